"""Going from one page to another."""

import streamlit as st

from evalmap.pages.shared import state


def open_map(slug: str, example: str = "") -> None:
    """Go to the map of a dataset, with an example open; to be called from a callback, before the picker is drawn."""
    state.forget(*state.OF_ONE_DATASET)
    st.session_state[state.DATASET] = slug
    st.session_state[state.EXAMPLE] = example
    st.session_state[state.GO_TO] = "map.py"
