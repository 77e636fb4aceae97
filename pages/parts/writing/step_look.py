"""Look: what was kept and what was set aside, side by side to read, where each comes from, and the map."""

import streamlit as st

from evalmap.pages.parts.writing import map_of_plan, piece_lists
from evalmap.pages.parts.writing.open_plan import OpenPlan


def draw(plan: OpenPlan) -> None:
    """The way to the map, then the pieces."""
    if plan.result is None:
        st.info("Nothing is written yet.", icon=":material/edit_note:")
        return
    map_of_plan.draw(plan)
    piece_lists.draw(plan.result)
