"""Fill the gaps: where the map is thin, and the plan that writes more there."""

import streamlit as st

from evalmap.pages.parts.writing import map_of_plan
from evalmap.pages.parts.writing.open_plan import OpenPlan
from evalmap.pages.shared.navigation import open_map


def draw(plan: OpenPlan) -> None:
    """The way to the map, where thin clusters are seen."""
    if not map_of_plan.draw_needed(plan, "Filling the gaps") or plan.map is None:
        return
    st.markdown(
        "Thin or one-sided clusters show on the map, under Clusters. More rows like those of a cluster come from a plan of "
        "their own."
    )
    st.button(
        "Open the map", type="primary", icon=":material/scatter_plot:", key="gaps-map", on_click=open_map, args=(plan.map.slug,)
    )
