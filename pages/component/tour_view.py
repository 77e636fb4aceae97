"""The tour of the first start: five cards over a sample's map, until it is ended or skipped.

Who has seen it is told by a cookie of ours that the browser's script sets, `evalmap_tour=seen`; the server keeps nothing.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st
from streamlit.components.v2 import component

from evalmap.data.store import jobs
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import sample_maps
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.server import caches
from evalmap.pages.server.routes import assets_url, base_path
from evalmap.pages.shared import state
from evalmap.pages.shared.navigation import open_map

COOKIE, SEEN = "evalmap_tour", "seen"
SAMPLE = sample_maps.COLLECTION  # several files, topics and kinds of labels, with duplicates and answers: the most to see
_MOST_DISTANCES = 10_000_000  # that are computed to find a point that stands alone: 80 MB, 0.2 s

_BOOT = """
export default async function (component) {
  const { mount } = await import(new URL(component.data.assets + "/tour.js", location.origin).href);
  return mount(component);
}
"""
_tour = component("evalmap_tour", html='<div class="evalmap-tour"></div>', js=_BOOT, isolate_styles=False)


def welcome(at_root: bool) -> None:
    """In the first run of a session, before the picker is drawn: whether the tour begins, and the way to its map.

    Parameters
    ----------
    at_root : whether the address is that of the site itself, and names no page
    """
    if state.TOUR in st.session_state:
        return
    query = st.query_params.to_dict()
    asked = st.query_params.pop(state.TOUR, None) == "1"
    space = caches.workspace()
    led = at_root and SAMPLE in space.slugs() and (asked or begins_by_itself(st.context.cookies, query, space))
    st.session_state[state.TOUR] = led or (asked and not at_root)
    if led:  # by the address, which the picker takes the dataset from: there is none yet whose value could be set
        st.switch_page("map.py", query_params={state.DATASET: SAMPLE})


def begins_by_itself(cookies: Mapping[str, str], query: Mapping[str, object], space: Workspace) -> bool:
    """Whether the bare address of the site leads into the tour: for a browser that never saw it, on a workspace of samples alone.

    Parameters
    ----------
    cookies : that the browser sent
    query : the parameters of the address; with any, it is a link to something
    """
    if query or COOKIE in cookies:
        return False
    manifests, damaged = space.pointers()
    idle = all(job.state == "done" for job in jobs.jobs(space))  # those that looked for a sample's duplicates stay in the list
    return idle and not damaged and all(manifest.sample for manifest in manifests)


def begin() -> None:
    """Begin the tour on the sample's map; to be called from a callback, before the picker is drawn."""
    if SAMPLE in caches.workspace().slugs():
        st.session_state[state.TOUR] = True
        open_map(SAMPLE)


def draw() -> None:
    """The card of the tour over the page, as long as it lasts."""
    if not st.session_state.get(state.TOUR):
        return
    data: dict[str, Any] = {"assets": assets_url(), "cookie": COOKIE, "path": f"{base_path()}/", "row": None}
    slug = st.session_state.get(state.DATASET)
    if manifest := caches.workspace().manifest(slug) if slug else None:
        data["row"] = lone_row(caches.open_map(manifest.slug, manifest.fingerprint))
    _tour(key="evalmap-tour", data=data, on_over_change=_over)


def lone_row(built: BuiltMap) -> int:
    """A row to point at: of the quarter of the rows nearest to the middle, the one whose point stands farthest from all others."""
    places = built.coordinates.astype(np.float64)
    n = len(places)
    from_middle = np.square(places - np.median(places, axis=0)).sum(axis=1)
    near = np.argsort(from_middle, kind="stable")[: max(min(n // 4, _MOST_DISTANCES // n), 1)]
    apart = np.square(places[near, None] - places[None]).sum(axis=2)
    apart[np.arange(len(near)), near] = np.inf
    return int(near[apart.min(axis=1).argmax()])


def _over() -> None:
    st.session_state[state.TOUR] = False
