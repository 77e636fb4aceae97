"""The figures of a quality report that a check may hold to a limit."""

from collections.abc import Mapping
from typing import Any

from evalmap.screening.quality.flags.find_flags import FLAG_RULES
from evalmap.screening.quality.report import QualityReport
from evalmap.screening.quality.shortcut_predictors import PREDICTORS

FIGURES = {
    "duplicates": "the ratio of rows that are near-duplicates of one that stays",
    "repeats": "the chance that the next row would repeat one that is there",
    "flags": "the number or ratio of rows with a flag",
    "shortcuts": "the best accuracy of a trivial predictor of the labels",
    "balance": "the ratio of rows to drop until labels are even inside clusters",
}


def known_figures() -> dict[str, str]:
    """Each figure's name → what it is, as a sentence begins with it."""
    rules = {f"flags.{rule}": f"the number or ratio of rows with the flag {rule}" for rule in FLAG_RULES}
    predictors = {f"shortcuts.{name}": f"the accuracy of {name}" for name in PREDICTORS}
    return {**FIGURES, **rules, **predictors}


def section_of(name: str) -> str:
    """The section of the report that a figure is of."""
    kind = name.partition(".")[0]
    return {"repeats": "saturation"}.get(kind, kind)


def figures(report: QualityReport, limits: Mapping[str, float]) -> dict[str, float | None]:
    """The figures of these limits; None for one that was not measured.

    All are ratios, 0 to 1, near 0 is good (of shortcuts: near the commonest label's ratio); flags are counted in rows where their
    limit is 1 or more.
    """
    return {name: _figure(name, report, counted=limit >= 1) for name, limit in limits.items()}


def _figure(name: str, report: QualityReport, *, counted: bool) -> float | None:
    kind, _, which = name.partition(".")
    found: Any = report.sections.get(section_of(name))
    if found is None:
        return None
    match kind:
        case "duplicates":
            return found["ratio"]
        case "repeats":
            new = found["p_new"]["value"]
            return None if new is None else 1 - new
        case "flags":
            asked = [one for one in found if which in ("", one["rule"]) and one["count"] is not None]
            rows = len({row for one in asked for row in one["rows"]})
            return None if not asked else float(rows) if counted else rows / report.facts.rows
        case "shortcuts":
            accuracies = [one["accuracy"] for one in found if which in ("", one["predictor"]) and one["accuracy"] is not None]
            return max(accuracies, default=None)
        case _:
            return None if found.get("reason") else len(found["to_drop"]) / report.facts.rows
