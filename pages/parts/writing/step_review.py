"""Review: people check rows."""

import streamlit as st

from evalmap.pages.parts.writing import map_of_plan
from evalmap.pages.parts.writing.open_plan import OpenPlan


def draw(plan: OpenPlan) -> None:
    """How to begin."""
    if not map_of_plan.draw_needed(plan, "A review") or plan.map is None:
        return
    st.markdown("Does the label fit, how relevant is the row, is it ambiguous? Each judgement is one key; in a terminal:")
    st.code(f"evalmap review {plan.map.slug} --reviewer NAME", language=None)
