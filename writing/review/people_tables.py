"""What people's reviews come to as tables of a quality report: in no figure of its own sections."""

from collections.abc import Mapping, Sequence
from typing import Any

from evalmap.screening.quality.report_tables import Column, ReportTable

PEOPLE = "People"
DISPUTED = 20  # rows listed

_FIGURES = (  # name, the keys of its value, interval and rows, and what it means
    ("Label fits", "fits", "low", "high", "n", "Ratio of rows whose label fits, by hand or by the majority. Wilson interval."),
    (
        *("Relevance", "relevance", "relevance_low", "relevance_high", "n_relevance"),
        "Mean of each row's mean. From 1 to 5; high is good. Bootstrap interval.",
    ),
    (
        *("Ambiguous", "ambiguous", "ambiguous_low", "ambiguous_high", "n_ambiguous"),
        "Ratio of rows that somebody called ambiguous; 0 is good. Wilson interval.",
    ),
    ("Fleiss' κ of the label", "kappa", "kappa_low", "kappa_high", "n_kappa", "How far people agree. 1: fully, 0: as by chance."),
)


def people_tables(report: Mapping[str, Any]) -> list[ReportTable]:
    """The figures, each reviewer and cluster, and the rows on which people disagree.

    Parameters
    ----------
    report : of `review_report`
    """
    columns = (Column("figure"), *(Column(name, "number") for name in ("value", "from", "to")), Column("rows", "count"))
    rows = [(name, *(report[key] for key in keys)) for name, *keys, _ in _FIGURES]
    helps = [one[-1] for one in _FIGURES]
    if beside := report["judge"]:
        rows.append((f"Cohen's κ with {beside['model']}", *(beside[key] for key in ("kappa", "low", "high", "n"))))
        helps.append("Agreement of the majority with the model that judged the rows: 1 is full, 0 is chance alone.")
    lead = report["sentence"][:1].upper() + report["sentence"][1:]
    tables = [ReportTable("", columns, tuple(rows), lead=lead, helps=tuple(helps))]
    tables.append(_each("Reviewers", "reviewer", report["by_reviewer"]))
    tables.append(_each("Clusters", "name", report["by_cluster"], detail=True))
    if found := report["disputed"]:
        more = f" The first {DISPUTED} of {len(found):,}." if len(found) > DISPUTED else ""
        columns = tuple(map(Column, ("row", "votes", "settled", "text")))
        tables.append(
            ReportTable(
                "Disagreements",
                columns,
                tuple(map(_dispute, found[:DISPUTED])),
                lead=f"Some call the label right, others wrong.{more}",
            )
        )
    return tables


def _each(title: str, what: str, figures: Sequence[Mapping[str, Any]], *, detail: bool = False) -> ReportTable:
    columns = (
        *(Column(what), Column("rows", "count"), Column("label fits", "ratio"), Column("from", "ratio"), Column("to", "ratio")),
        *(Column("relevance", "number"), Column("from", "number"), Column("to", "number"), Column("ambiguous", "ratio")),
    )
    keys = ("rows", "fits", "low", "high", "relevance", "relevance_low", "relevance_high", "ambiguous")
    rows = tuple((one[what] or "(no name)", *(one[key] for key in keys)) for one in figures)
    return ReportTable(title, columns, rows, detail=detail)


def _dispute(one: Mapping[str, Any]) -> tuple[str, ...]:
    votes = ", ".join(f"{who or '(no name)'} {'yes' if fits else 'no'}" for who, fits in one["votes"].items())
    decided = "undecided" if one["verdict"] is None else f"{'yes' if one['verdict'] else 'no'} {one['settled']}"
    return f"{one['dataset']}, line {one['line']:,}", votes, decided, one["text"]
