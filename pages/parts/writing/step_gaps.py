"""Fill the gaps: where the map is thin, and the plan that writes more there."""

import numpy as np
import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.writing import map_of_plan
from evalmap.pages.parts.writing.open_plan import OpenPlan
from evalmap.pages.server import access, caches
from evalmap.pages.server.repeats import repeats_of
from evalmap.pages.shared import more_rows, text
from evalmap.pages.shared.navigation import open_map
from evalmap.writing.gap_places import GapPlace, find_thin, find_uneven

MOST = 8  # places that are listed


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
    _draw_places(caches.open_map(built.slug, built.fingerprint))
    if access.serves_this_machine_only():
        st.caption("In a terminal:")
        st.code(f"evalmap write gap {built.slug}", language=None)


def _draw_places(built: BuiltMap) -> None:
    """The thin clusters, then those whose labels are uneven; where near-duplicates were not looked for, the uneven ones alone."""
    try:
        places = find_thin(built, repeats_of(built) == np.arange(len(built)))
    except DatasetError as error:
        text.show_error(error)
        places = []
    places += find_uneven(built)
    if not places:
        st.info("No cluster is thin, and none has uneven labels.", icon=":material/check:")
    for place in places[:MOST]:
        _draw_place(built, place)
    if len(places) > MOST:
        st.caption(f"… and {len(places) - MOST:,} more.")


def _draw_place(built: BuiltMap, place: GapPlace) -> None:
    key = f"{place.kind}-{place.number}"
    with st.container(border=True, key=f"place-{key}"):
        st.markdown(f"{place.kind.capitalize()}: **{text.in_label(place.name)}** · {text.in_label(place.reason, limit=200)}")
        if not more_rows.may_plan():
            return
        opened = st.expander("Write more here", icon=":material/edit_note:", key=key, on_change="rerun")
        if opened.open:
            with opened:
                more_rows.draw(built, lambda: place, key=key, to_write=place.to_write)
