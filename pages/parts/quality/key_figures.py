"""The figures that say most, side by side, each with what it means."""

from typing import Any

import streamlit as st

from evalmap.pages.shared import text
from evalmap.screening.quality.report import QualityReport


def draw(report: QualityReport) -> None:
    """One figure a section that was measured."""
    with st.container(horizontal=True):
        for name, value in report.sections.items():
            if name in _FIGURES and (figure := _FIGURES[name](value)):
                label, shown, help = figure
                st.metric(label, shown, help=help, width="content")


def _duplicates(value: Any) -> tuple[str, str, str]:
    help = "Rows that a screening with default settings removes: one that stays is like them. 0 to 100 %; near 0 is good."
    return "Near-duplicates", text.percent(value["ratio"], 1), help


def _saturation(value: Any) -> tuple[str, str, str] | None:
    new = value["p_new"]["value"]
    help = "Chance that the next row written this way repeats one that is there (Good and Turing). 0 to 100 %; near 0 is good."
    return None if new is None else ("The next row repeats", text.percent(1 - new), help)


def _flags(value: Any) -> tuple[str, str, str]:
    rows = len({row for flag in value for row in flag["rows"]})
    return "Rows with a flag", f"{rows:,}", "Rows that one rule or more says are broken or doubtful. Near 0 is good."


def _shortcuts(value: Any) -> tuple[str, str, str] | None:
    measured = [one for one in value if one["accuracy"] is not None]
    if not measured:
        return None
    best = max(measured, key=lambda one: one["accuracy"])
    help = (
        "Labels that the best trivial predictor guesses right, cross-validated. 0 to 100 %; near the commonest label's "
        f"{text.percent(best['chance'])} is good, 100 % says that the labels can be had without reading."
    )
    return "Best shortcut guesses", text.percent(best["accuracy"]), help


def _balance(value: Any) -> tuple[str, str, str] | None:
    if value.get("reason"):
        return None
    uneven = sum(cluster["flagged"] for cluster in value["clusters"])
    help = "Clusters whose labels are not shared out as in the dataset (q < .05). 0 is good."
    return "Uneven clusters", f"{uneven} of {len(value['clusters'])}", help


_FIGURES = {"duplicates": _duplicates, "saturation": _saturation, "flags": _flags, "shortcuts": _shortcuts, "balance": _balance}
