"""Fill the gaps: where the map is thin or uneven, and the plans that write more there."""

import numpy as np
import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.writing import map_of_plan
from evalmap.pages.parts.writing.open_plan import OpenPlan
from evalmap.pages.server import caches
from evalmap.pages.server.repeats import repeats_of
from evalmap.pages.shared import more_rows, text
from evalmap.pages.shared.navigation import open_map
from evalmap.writing.gap_places import GapPlace, find_thin, find_uneven

MOST = 8  # places that are listed


def draw(plan: OpenPlan) -> None:
    """The thin clusters and those whose labels are uneven, each with the plan that fills it; and the way to the map."""
    if not map_of_plan.draw_needed(plan, "Filling the gaps") or plan.map is None:
        return
    built = caches.open_map(plan.map.slug, plan.map.fingerprint)
    places = _places(built)
    if not places:
        st.info("No cluster is thin, and none has uneven labels.", icon=":material/check:")
    for place in places[:MOST]:
        _draw_place(built, place)
    if len(places) > MOST:
        st.caption(f"… and {len(places) - MOST:,} more: evalmap write gap lists them.")
    st.markdown("Rows that are selected or filtered on the map can be written more of, too: under “Write more” there.")
    st.button("Open the map", icon=":material/scatter_plot:", key="gaps-map", on_click=open_map, args=(plan.map.slug,))


def _places(built: BuiltMap) -> list[GapPlace]:
    """The thin clusters first; where near-duplicates were not looked for yet, the uneven ones alone."""
    try:
        distinct = repeats_of(built) == np.arange(len(built))
    except DatasetError as error:
        text.show_error(error)
        return find_uneven(built)
    return [*find_thin(built, distinct), *find_uneven(built)]


def _draw_place(built: BuiltMap, place: GapPlace) -> None:
    key = f"{place.kind}-{place.number}"
    with st.container(border=True, key=f"place-{key}"):
        st.markdown(f"{place.kind.capitalize()}: **{text.in_label(place.name)}** · {text.in_label(place.reason, limit=200)}")
        wanted = ", ".join(f"{n:,} {label}".strip() for label, n in place.to_write.items())
        st.caption(text.in_label(f"To write: {wanted}", limit=200))
        if not more_rows.may_plan():
            return
        opened = st.expander("Write more here", icon=":material/edit_note:", key=f"write-{key}", on_change="rerun")
        if opened.open:
            with opened:
                label = max(place.to_write, key=lambda one: place.to_write[one], default=None)
                alone = label if len(place.to_write) == 1 else None
                count = place.to_write[label] if label is not None else None
                more_rows.draw(built, lambda: place, key=key, label=alone, count=count)
