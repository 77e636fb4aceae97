"""Writing more on the map: rows like those that are selected or filtered."""

import streamlit as st

from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.map.curating import ChosenRows
from evalmap.pages.shared import more_rows, state, text
from evalmap.writing.gap_places import chosen_place

PART = "Write more"  # of the panel


def draw_button() -> None:
    """Opens the part, above the map where rows are selected."""
    if more_rows.may_plan() and st.session_state.get(state.PANEL) != PART:
        st.button("Write more…", icon=":material/edit_note:", key="bar-write", on_click=_open_panel)


def draw(built: BuiltMap, chosen: ChosenRows) -> None:
    """The part of the panel."""
    if not chosen.words or not len(chosen.rows):
        st.info(
            "Select examples on the map (lasso or box), or filter them, to have more written like them.",
            icon=":material/lasso_select:",
        )
        return
    st.markdown(f"More like these **{len(chosen.rows):,} examples**: {text.in_label(chosen.words, limit=200)}")
    more_rows.draw(built, lambda: chosen_place(built, chosen.rows, chosen=chosen.words), key="map")


def _open_panel() -> None:
    st.session_state[state.PANEL] = PART
