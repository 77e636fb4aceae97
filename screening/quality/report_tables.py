"""The sections of a report as tables for a person: what the terminal, the HTML file and the page show alike.

Each figure bears its meaning: what it says, its range, and which end is good.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from evalmap.screening.quality.todo import Facts, Problem, words

Kind = Literal["text", "count", "ratio", "number"]
Cell = str | int | float | None
MOST_BESIDE = 4  # parts that stand side by side as columns; more are rows
GOOD_LOW, GOOD_HIGH = "near 0 is good", "high is good"

# statistic of the scorecard → what a reader calls it, and what it means; others bear their own names
STATISTICS: dict[str, tuple[str, str]] = {
    "vendi": (
        "Behave like (Vendi score)",
        "How many wholly different rows the sample behaves like. From 1, all alike, to the size of the sample; high is good.",
    ),
    "nearest_similarity": (
        "Nearest neighbour's similarity",
        "Mean cosine similarity of a row and its nearest neighbour. From -1 to 1; low is good, 1 means that every row has a copy.",
    ),
    "near_duplicates_all": (
        "Near-duplicates",
        "Ratio of rows with a near-duplicate in the sample, by any method. 0 to 100 %; 0 is good.",
    ),
    "near_duplicates_exact": ("… by equal text", "Ratio of rows whose text another row of the sample has. 0 to 100 %; 0 is good."),
    "near_duplicates_lexical": (
        "… by characters",
        "Ratio of rows that share their characters with another row. 0 to 100 %; 0 is good.",
    ),
    "near_duplicates_semantic": (
        "… by meaning",
        "Ratio of rows whose embedding is near that of another row. 0 to 100 %; 0 is good.",
    ),
    "cluster_entropy": (
        "Evenness over clusters",
        "Normalised entropy of the rows over the clusters of the map. 0: all in one cluster, 1: evenly spread; high is good.",
    ),
    "distinct_1": ("Distinct words", "Different words, divided by all words. 0 to 1; high is good, and only equal sizes compare."),
    "distinct_2": ("Distinct pairs of words", "Different pairs of words that follow, divided by all words. 0 to 1; high is good."),
    "distinct_3": (
        "Distinct triples of words",
        "Different triples of words that follow, divided by all words. 0 to 1; high is good.",
    ),
    "compression_ratio": (
        "Compression ratio",
        "Size of the texts, divided by their size when compressed. From about 1 upwards; low is good, high says that they repeat.",
    ),
    "self_repetition": (
        "Repeated 4-grams",
        "How often four words that follow in a row stand in other rows too, on a logarithmic scale. 0: never; low is good.",
    ),
    "opening_share": ("Commonest opening", "Ratio of rows that open with the commonest three words. 0 to 100 %; low is good."),
}
RATIOS = ("near_duplicates", "opening_share")
KINDS = {"dataset": "Datasets", "label": "Labels", "cluster": "Clusters", "screening": "Before and after screening"}
OF_CLUSTERS = ("vendi", "nearest_similarity", "near_duplicates_all", "distinct_2", "compression_ratio", "opening_share")

# predictor → what it sees
PREDICTORS = {
    "first_two_words": "the first two words of the text",
    "length": "how long the text is",
    "bag_of_words": "which words occur, in any order",
    "negation": "whether words such as no, not, never occur",
    "option_position": "how many options there are",
    "option_length": "how long each option is",
    "longest": "which option is the longest",
    "punctuation": "which punctuation marks occur",
}


@dataclass(frozen=True)
class Column:
    """A column: its name, what a cell holds, and what it means."""

    name: str
    kind: Kind = "text"
    help: str = ""


@dataclass(frozen=True)
class ReportTable:
    """A table of a section.

    Attributes
    ----------
    title : in a few words; "" under the section's own
    lead : sentences above it
    columns, rows : a cell a column; None where there is none
    detail : whether it is for those who ask for more
    helps : what each row means, where rows are figures; () else
    """

    title: str
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()
    lead: str = ""
    detail: bool = False
    helps: tuple[str, ...] = ()


def cell_text(value: Cell, kind: Kind) -> str:
    """A cell as a reader sees it."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    if kind == "count":
        return f"{value:,.0f}"
    return f"{100 * value:.1f} %" if kind == "ratio" else number(value)


def number(value: float) -> str:
    """A figure with three digits or more that count; one that is nearly 0 is "< 0.001"."""
    if 0 < value < 0.0005:
        return "< 0.001"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.3f}"


def headline(facts: Facts, sections: Mapping[str, Any]) -> str:
    """The report in a sentence: "1,000 rows behave like 212 different ones"."""
    card = sections.get("scorecard")
    if not card or card["vendi"] is None:
        return f"{facts.rows:,} rows."
    vendi = card["vendi"]
    alike = f"{vendi:.1f}" if vendi < 10 else f"{vendi:,.0f}"
    return f"{facts.rows:,} rows behave like {alike} different ones."


def of_scorecard(value: Any, facts: Facts) -> list[ReportTable]:
    """A table a kind of parts, clusters last and as a detail."""
    kinds = dict.fromkeys(part["kind"] for part in value["parts"])
    tables = []
    for kind in sorted(kinds, key=lambda kind: kind == "cluster"):
        parts = [part for part in value["parts"] if part["kind"] == kind]
        tables.append(_parts_as_rows(kind, parts) if len(parts) > MOST_BESIDE else _parts_as_columns(kind, parts))
    return tables


def _parts_as_columns(kind: str, parts: Sequence[Any]) -> ReportTable:
    usable = [part for part in parts if not part["reason"]]
    if not usable:
        return ReportTable(KINDS.get(kind, kind), lead=_unusable(parts), detail=kind == "cluster")
    names = in_reading_order(usable[0]["statistics"])
    columns = [
        Column(_called(part), help=f"{part['size']:,} rows, samples of {part['n']:,}; with the 95 % interval.") for part in usable
    ]
    baseline = Column("a random sample", help="The same of random samples of the whole collection, of the same size.")
    rows = tuple(
        (
            statistic_name(name),
            *(estimate_text(part["statistics"].get(name), name) for part in usable),
            estimate_text(usable[0]["baseline"].get(name), name),
        )
        for name in names
    )
    lead = f"Samples of {usable[0]['n']:,} rows, so that figures compare. {_unusable(parts)}".strip()
    helps = tuple(statistic_meaning(name) for name in names)
    return ReportTable(KINDS.get(kind, kind), (Column("statistic"), *columns, baseline), rows, lead, kind == "cluster", helps)


def _parts_as_rows(kind: str, parts: Sequence[Any]) -> ReportTable:
    usable = [part for part in parts if not part["reason"]]
    if not usable:
        return ReportTable(KINDS.get(kind, kind), lead=_unusable(parts), detail=kind == "cluster")
    names = [name for name in OF_CLUSTERS if name in usable[0]["statistics"]]
    columns = tuple(Column(statistic_name(name), help=statistic_meaning(name)) for name in names)
    rows = [
        (_called(part), part["size"], *(estimate_text(part["statistics"].get(name), name) for name in names)) for part in usable
    ]
    rows.append(("a random sample", usable[0]["n"], *(estimate_text(usable[0]["baseline"].get(name), name) for name in names)))
    lead = f"Samples of {usable[0]['n']:,} rows, so that figures compare. {_unusable(parts)}".strip()
    return ReportTable(
        KINDS.get(kind, kind), (Column(kind), Column("rows", "count"), *columns), tuple(rows), lead, kind == "cluster"
    )


def _called(part: Any) -> str:
    name = str(part["name"])
    return {"before": "before screening", "after": "after screening"}.get(name, name) if part["kind"] == "screening" else name


def _unusable(parts: Sequence[Any]) -> str:
    left = [f"{_called(part)}: no figures ({part['reason']})." for part in parts if part["reason"]]
    more = f" {len(left) - 5} more have none." if len(left) > 5 else ""
    return " ".join(left[:5]) + more


def in_reading_order(statistics: Iterable[str]) -> list[str]:
    """Names of statistics in the order in which a reader is told of them; those without words of their own last."""
    known = list(STATISTICS)
    return sorted(statistics, key=lambda name: known.index(name) if name in known else len(known))


def statistic_name(statistic: str) -> str:
    """What a reader calls a statistic of the scorecard."""
    return STATISTICS[statistic][0] if statistic in STATISTICS else words(statistic)


def statistic_meaning(statistic: str) -> str:
    """What it says, its range and its good end; "" where that is not known."""
    return STATISTICS[statistic][1] if statistic in STATISTICS else ""


def estimate_text(found: Any, statistic: str) -> str | None:
    """A figure with its interval, "0.63 (0.60 to 0.66)"."""
    if not found or found["value"] is None:
        return None
    kind: Kind = "ratio" if statistic.startswith(RATIOS) else "number"
    value = cell_text(found["value"], kind)
    if found["low"] is None or found["high"] is None:
        return value
    low, high = (cell_text(found[end], kind).removesuffix(" %") for end in ("low", "high"))
    return f"{value} ({low} to {high})"


def of_duplicates(value: Any, facts: Facts) -> list[ReportTable]:
    """What a screening with default settings removes."""
    columns = (
        Column("rows that go", "count", f"Rows that a screening with default settings removes; {GOOD_LOW}."),
        Column("of all", "ratio", f"0 to 100 %; {GOOD_LOW}."),
        Column("groups", "count", "Groups of rows that hang together as near-duplicates."),
        Column("largest group", "count", "Rows of the largest such group."),
        Column("alike from", "number", "The similarity from which on two rows are alike."),
    )
    row = (value["count"], value["ratio"], value["groups"], value["largest"] if value["groups"] else None, value["threshold"])
    return [ReportTable("", columns, (row,))]


def of_saturation(value: Any, facts: Facts) -> list[ReportTable]:
    """Whether more rows would be new."""
    columns = (
        Column("rows", "count"),
        Column(
            "distinct",
            "count",
            "Groups of near-duplicates, a row without one being its own group; near the number of rows is good.",
        ),
        Column(
            "the next is new",
            "ratio",
            "Chance that the next row written this way is new (Good and Turing). 0 to 100 %; high says that more pay.",
        ),
        Column("95 %", help="Its 95 % interval."),
        Column("distinct in all, at least", "count", "How many distinct rows this way of writing holds, a lower bound (Chao1)."),
        Column("95 % ", help="Its 95 % interval."),
    )
    new, total = value["p_new"], value["total"]
    row = (value["n"], value["distinct"], new["value"], _ends(new, "ratio"), total["value"], _ends(total, "count"))
    return [ReportTable("", columns, (row,), value["sentence"])]


def _ends(found: Any, kind: Kind) -> str | None:
    if found["low"] is None or found["high"] is None:
        return None
    return f"{cell_text(found['low'], kind).removesuffix(' %')} to {cell_text(found['high'], kind)}"


def of_flags(value: Any, facts: Facts) -> list[ReportTable]:
    """The rules that found rows; those that found none, or could not be asked, as a detail."""
    found = sorted((one for one in value if one["count"]), key=lambda one: -one["count"])
    clean = [one for one in value if one["count"] == 0]
    silent = [one for one in value if one["count"] is None]
    bear = len({row for one in found for row in one["rows"]})
    lead = (
        f"{bear:,} of {facts.rows:,} rows bear a flag. {len(clean)} of {len(value)} rules found nothing"
        f"{f', {len(silent)} could not be asked' if silent else ''}."
    )
    columns = (
        Column("rule", help="Its name, as --drop-flagged takes it."),
        Column("rows", "count", f"How many rows it found; {GOOD_LOW}."),
        Column("of all", "ratio", f"0 to 100 %; {GOOD_LOW}."),
        Column("what it says of a row"),
    )
    rows = tuple((one["rule"], one["count"], one["count"] / facts.rows, one["meaning"]) for one in found)
    tables = [ReportTable("", columns if rows else (), rows, lead)]
    if rest := [(one["rule"], one.get("reason") or "no row", one["meaning"]) for one in (*silent, *clean)]:
        tables.append(
            ReportTable(
                "Rules that found nothing",
                (Column("rule"), Column("found"), Column("what it says of a row")),
                tuple(rest),
                detail=True,
            )
        )
    return tables


def of_shortcuts(value: Any, facts: Facts) -> list[ReportTable]:
    """A row a predictor; where none could be measured, the one sentence why."""
    measured = sorted((one for one in value if one["accuracy"] is not None), key=lambda one: -one["accuracy"])
    reasons = {one["predictor"]: one["reason"] for one in value if one.get("reason")}
    if not measured:
        return [ReportTable("", lead=f"Not measured: {next(iter(reasons.values()), 'no predictor was asked.')}")]
    columns = (
        Column("predictor", help="What trivial thing of a row it sees."),
        Column(
            "guesses right",
            "ratio",
            "Cross-validated accuracy, near-duplicates in one fold. 0 to 100 %; near the commonest label is good.",
        ),
        Column("commonest label", "ratio", "What always guessing the commonest label gets right."),
        Column(
            "control",
            "ratio",
            "The same predictor on shuffled labels; far from the commonest label means that the measurement is at fault.",
        ),
        Column("without the worst", "ratio", "Accuracy that remains when the rows that are guessed most surely are removed."),
        Column("most telling", help="Phrases, how many rows bear them, and how many of these have the label."),
    )
    rows = tuple(
        (words(one["predictor"]), one["accuracy"], one["chance"], one["control"], one["remaining"], _phrases(one["phrases"][:3]))
        for one in measured
    )
    told = [f"{words(name)}: not measured ({reason.removesuffix('.')})." for name, reason in reasons.items()]
    tables = [ReportTable("", columns, rows, " ".join(dict.fromkeys(told)), helps=tuple(_sees(one) for one in measured))]
    phrases = tuple(
        (words(one["predictor"]), phrase["text"], phrase["rows"], phrase["label"], phrase["share"])
        for one in measured
        for phrase in one["phrases"]
    )
    if phrases:
        names = (Column("predictor"), Column("phrase"), Column("rows", "count"), Column("label"), Column("of these", "ratio"))
        tables.append(ReportTable("What gives labels away", names, phrases, detail=True))
    return tables


def of_shortcut_parts(value: Any, facts: Facts) -> list[ReportTable]:
    """The strongest predictor of each file and cluster, the one furthest above chance first."""
    found = []
    for part in value:
        measured = [one for one in part["shortcuts"] if one["accuracy"] is not None]
        if measured:
            best = max(measured, key=lambda one: one["accuracy"])
            telling = ", ".join(f"“{phrase['text']}” ({phrase['label']})" for phrase in best["phrases"][:3])
            figures = (best["accuracy"], best["chance"], best["control"])
            found.append((part["kind"], part["name"], part["size"], words(best["predictor"]), *figures, telling))
    if not found:
        return [ReportTable("", lead="Not measured: no file or cluster has 50 rows with labels, and two labels.")]
    columns = (
        Column("part"),
        Column("name"),
        Column("rows", "count"),
        Column(
            "strongest predictor", help="The trivial thing that guesses most labels right, trained on the rows of this part alone."
        ),
        Column("guesses right", "ratio", "Cross-validated accuracy. 0 to 100 %; near the commonest label is good."),
        Column("commonest label", "ratio", "What always guessing the commonest label of the part gets right."),
        Column("control", "ratio", "The same predictor on shuffled labels."),
        Column("most telling", help="Phrases, and the label that rows with them bear."),
    )
    rows = tuple(sorted(found, key=lambda row: row[5] - row[4]))
    return [ReportTable("", columns, rows, detail=True)]


def _sees(shortcut: Any) -> str:
    return PREDICTORS.get(shortcut["predictor"], "")


def _phrases(phrases: Sequence[Any]) -> str | None:
    told = [f"“{one['text']}” ({one['rows']:,}: {100 * one['share']:.0f} % {one['label']})" for one in phrases]
    return ", ".join(told) or None


def of_balance(value: Any, facts: Facts) -> list[ReportTable]:
    """The clusters whose labels deviate; all of them as a detail."""
    if value.get("reason"):
        return [ReportTable("", lead=f"Not tested: {value['reason']}")]
    uneven = [one for one in value["clusters"] if one["flagged"]]
    lead = f"In {len(uneven)} of {len(value['clusters'])} clusters the labels are not shared out as in the dataset (q < .05)."
    if uneven:
        lead += f" Without {len(value['to_drop']):,} rows, or with those to write, they would be."
    tables = [_clusters("", uneven, value["reference"], lead, detail=False)]
    if len(uneven) < len(value["clusters"]):
        tables.append(_clusters("All clusters", value["clusters"], value["reference"], "", detail=True))
    return tables


def _clusters(title: str, clusters: Sequence[Any], reference: str, lead: str, *, detail: bool) -> ReportTable:
    if not clusters:
        return ReportTable(title, lead=lead, detail=detail)
    columns = (
        Column("cluster"),
        Column("rows of each label"),
        Column(str(reference), "ratio", "Ratio of labelled rows that bear this label; near the dataset's is good."),
        Column(
            "q", "number", "Of Fisher's exact or the chi-squared test, after Benjamini and Hochberg. Below .05 the labels deviate."
        ),
        Column("to write", help="Rows to write more of this topic, until the labels have the dataset's shares."),
    )
    rows = tuple(
        (
            f"{one['id']} {one['name']}",
            ", ".join(f"{rows:,} {label}" for label, rows in one["counts"].items() if rows),
            one["share"],
            one["qvalue"],
            ", ".join(f"{rows:,} {label}" for label, rows in one["to_write"].items()) or None,
        )
        for one in sorted(clusters, key=lambda one: (one["qvalue"] is None, one["qvalue"]))
    )
    return ReportTable(title, columns, rows, lead, detail)


def todo_table(todo: Sequence[Problem]) -> ReportTable:
    """What is to be done, the problem of the most rows first."""
    if not todo:
        return ReportTable("", lead="Nothing that these sections look for.")
    columns = (
        Column("rows", "count", "How many rows are affected."),
        Column("problem"),
        Column("evidence"),
        Column("what mends it"),
    )
    return ReportTable("", columns, tuple((one.count, one.title, one.evidence, one.command or one.remedy) for one in todo))
