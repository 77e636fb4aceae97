"""Going from one page to another."""

from collections.abc import Mapping, Sequence

import streamlit as st

from evalmap.data.facets.predicates import from_query
from evalmap.pages.shared import state


def open_map(slug: str, example: str = "", *, rows: str = "", where: str = "") -> None:
    """Go to the map of a dataset, with an example open; to be called from a callback, before the picker is drawn.

    Parameters
    ----------
    rows : a problem of the quality report, whose rows are shown alone
    where : a predicate, as a link has it, whose rows are shown alone
    """
    state.forget(*state.OF_ONE_DATASET)
    st.session_state[state.DATASET] = slug
    st.session_state[state.EXAMPLE] = example
    if rows:
        st.session_state[state.ROWS] = rows
    if where:
        st.session_state[state.WHERE] = from_query([where])
    _go("map.py", {state.EXAMPLE: example, state.ROWS: rows, state.WHERE: [where] if where else []})


def open_duplicates(slug: str, *, drop_flagged: Sequence[str] = (), tab: str = "") -> None:
    """Go to the duplicates page of a dataset, set as a screening is by default.

    Parameters
    ----------
    drop_flagged : flags whose rows go first
    tab : the one that is open; "": the first
    """
    state.forget(*state.OF_ONE_DATASET, state.THRESHOLD)
    st.session_state[state.DATASET] = slug
    st.session_state[state.SCREEN_METHOD] = "all"
    st.session_state[state.DROP_FLAGGED] = list(drop_flagged)
    if tab:
        st.session_state[state.DUPLICATES_PANEL] = tab
    _go("duplicates.py", {state.SCREEN_METHOD: "all", state.DROP_FLAGGED: list(drop_flagged)})


def open_review(slug: str) -> None:
    """Go to the review page of a dataset; to be called from a callback."""
    state.forget(*state.OF_ONE_DATASET)
    st.session_state[state.DATASET] = slug
    _go("reviewing.py", {})


def open_plan(name: str) -> None:
    """Go to the write page with a plan open; to be called from a callback."""
    for key in (state.PLAN, state.WRITE_STEP, state.PHRASING):
        st.session_state.pop(key, None)
    _go("writing.py", {state.PLAN: name})


def _go(page: str, asked: Mapping[str, str | list[str]]) -> None:
    """What was set in the session before a page was left comes into the address of the next one only where it is told."""
    st.session_state[state.GO_TO] = (page, {key: value for key, value in asked.items() if value})
