"""Two to eight datasets beside each other: on one map, told apart or not, what one covers of the other, what is missing."""

from collections.abc import Callable

import streamlit as st

from evalmap.pages.parts.compare import (
    cluster_makeup,
    coverage_curves,
    dataset_choice,
    gap_list,
    overlap_matrix,
    scorecard_table,
    separability_text,
    shared_example,
    shared_view,
    term_table,
    version_list,
)
from evalmap.pages.shared import drawers, state, text


def draw() -> None:
    with st.sidebar:
        chosen = dataset_choice.draw()
    compared = dataset_choice.require(chosen)
    with st.sidebar:
        choices = shared_view.draw_controls(compared)
        opened = shared_example.draw_address(compared)
        ringed = gap_list.draw_ringing(compared)
    with drawers.around_map():
        with drawers.above():
            text.heading(" · ".join(compared.name(place) for place in range(len(compared.maps))))
            separability_text.draw_sentence(compared)
            shared_view.draw_note(compared)
        with drawers.canvas():
            shared_view.draw(compared, choices, opened, ringed)
        if opened is not None:
            with drawers.card("Example", on_close=shared_example.close):
                shared_example.draw(compared, opened)
        parts: dict[str, Callable[[], None]] = {
            "Told apart": lambda: separability_text.draw(compared),
            "Coverage": lambda: coverage_curves.draw(compared),
            "Gaps": lambda: gap_list.draw(compared),
            "Overlap": lambda: overlap_matrix.draw(compared),
            "Scorecards": lambda: scorecard_table.draw(compared),
            "Clusters": lambda: cluster_makeup.draw(compared),
            "Words": lambda: term_table.draw(compared),
        }
        if compared.report["versions"]:
            parts["Versions"] = lambda: version_list.draw(compared)
        drawers.draw_panel(parts, key=state.COMPARE_PANEL)


draw()
