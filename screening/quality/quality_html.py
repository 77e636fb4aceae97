"""A quality report for a person without the tool: one HTML file that needs nothing else."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from evalmap.screening.quality.report import QualityReport
from evalmap.screening.quality.report_tables import ReportTable, cell_text
from evalmap.screening.quality.sections import of_names

TEMPLATE = Path(__file__).with_name("quality_report.html.jinja")
ROWS, TEXT = 10, 1000  # shown of a problem: rows, characters of a row
LEFT, TOP, WIDTH, HEIGHT = 50, 10, 570, 190  # of the growth curve's frame in the template, in its units


def quality_html(
    report: QualityReport, examples: pd.DataFrame, *, beside: Mapping[str, Sequence[ReportTable]] | None = None
) -> bytes:
    """One HTML file that needs nothing else: the headline, the to-do list, every section's tables, some rows of each problem.

    Dataset text is escaped; the page's policy forbids scripts and anything from outside.

    Parameters
    ----------
    examples : the rows of the dataset that the report is of
    beside : {title: tables} of what stands behind the sections and is in no figure of theirs, such as what people said
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    page = template.render(
        facts=report.facts,
        headline=report.headline,
        todo=report.todo,
        sections=[
            {
                "title": section.title,
                "tables": section.tables(value, report.facts),
                "growth": _growth(value) if section.name == "saturation" else None,
            }
            for section, value in of_names(report.sections)
        ]
        + [{"title": title, "tables": tables, "growth": None} for title, tables in (beside or {}).items()],
        examples=[
            {"title": problem.title, "total": problem.count, "rows": [_row(examples, row) for row in problem.rows[:ROWS]]}
            for problem in report.todo
            if problem.rows
        ],
        cell_text=cell_text,
    )
    return page.encode("utf-8", "replace")


def _growth(value: Any) -> dict[str, Any] | None:
    """The growth curve as an SVG's points; None without rows."""
    n = value["n"]
    if not n:
        return None
    points = [(LEFT + WIDTH * rows / n, TOP + HEIGHT * (1 - distinct / n)) for rows, distinct in [(0, 0), *value["growth"]]]
    return {"rows": n, "points": " ".join(f"{x:.1f},{y:.1f}" for x, y in points)}


def _row(examples: pd.DataFrame, row: int) -> dict[str, Any]:
    example = examples.iloc[row]
    label, text = example["label"], str(example["text"])
    return {
        "dataset": str(example["dataset"]),
        "line": int(example["line"]),
        "label": label if isinstance(label, str) else None,
        "text": text if len(text) <= TEXT else f"{text[:TEXT]} […]",
    }
