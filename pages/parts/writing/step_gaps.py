"""Fill the gaps: where the map is thin, and the plan that writes more there."""

import streamlit as st

from evalmap.pages.parts.writing import map_of_plan
from evalmap.pages.parts.writing.open_plan import OpenPlan
from evalmap.pages.server import access
from evalmap.pages.shared.navigation import open_map


def draw(plan: OpenPlan) -> None:
    """The ways to a plan for more rows: a lasso on the map, thin clusters, another dataset."""
    if not map_of_plan.draw_needed(plan, "Filling the gaps") or (built := plan.map) is None:
        return
    st.markdown(
        "Where the map is thin, or a cluster has one label only, have more written like what is there. The plan that comes of "
        "it is listed here; its rows repeat none of these, and lie on the same map without moving a point."
    )
    ask = {"dataset": built.slug}
    with st.container(horizontal=True, vertical_alignment="center"):
        go = {"type": "primary", "icon": ":material/lasso_select:", "key": "gaps-map", "on_click": open_map, "args": (built.slug,)}
        st.button("Select on the map", **go)
        st.page_link("quality.py", label="Thin clusters, by their labels", icon=":material/balance:", query_params=ask)
        st.page_link("compare.py", label="What another dataset has", icon=":material/compare:")
    if access.serves_this_machine_only():
        st.caption("In a terminal:")
        st.code(f"evalmap write gap {built.slug}", language=None)
