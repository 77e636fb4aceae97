"""How a page with a map lies in the window: the map fills it, the open example is in a drawer at its right, the rest in one below.

The left drawer is Streamlit's sidebar. How the boxes lie is told in pages/component/static/drawers.css, which comes with the map.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import streamlit as st

from evalmap.pages.shared import state

HALF, TALL = "half", "tall"


@contextmanager
def around_map() -> Iterator[None]:
    """Everything between the page's header and the window's lower edge; `above`, `canvas`, `card` and `draw_panel` go inside."""
    with st.container(key="drawers", gap=None):
        yield


@contextmanager
def above() -> Iterator[None]:
    """What lies over the map's upper edge: what is shown, counts, what is set."""
    with st.container(key="drawers-head", gap="xsmall"):
        yield


@contextmanager
def canvas() -> Iterator[None]:
    """The map alone."""
    with st.container(key="drawers-map", gap=None):
        yield


@contextmanager
def card(title: str, *, on_close: Callable[[], None]) -> Iterator[None]:
    """The right drawer. It is there while something is open in it."""
    with st.container(key="drawers-card", gap="small"):
        with st.container(key="drawers-card-head", horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{title}**", width="stretch")
            st.button("Close", icon=":material/close:", type="tertiary", key="close-card", on_click=on_close)
        yield


def draw_panel(parts: Mapping[str, Callable[[], None]], *, key: str, default: str | None = None) -> None:
    """The bottom drawer: a bar with one word a part, and the open part above it, half as high as the window or nearly as high.

    Only the open part is drawn: what is costly waits until it is asked for.

    Parameters
    ----------
    parts : what each word opens
    key : of the URL and the session, which remember the open part
    default : the part that is open at first
    """
    tall = st.session_state.get(state.PANEL_HEIGHT, HALF) == TALL
    with st.container(key="drawers-panel", gap=None):
        with st.container(key="drawers-bar", horizontal=True, vertical_alignment="center", gap="small"):
            chosen = st.segmented_control(
                "Below the map", list(parts), default=default, key=key, bind="query-params", label_visibility="collapsed"
            )
            if chosen:
                _height_buttons(key, tall)
        if chosen:
            with st.container(key=f"drawers-body-{TALL if tall else HALF}", gap="small"):
                parts[chosen]()


def _height_buttons(key: str, tall: bool) -> None:
    to, icon, what = (HALF, ":material/expand_more:", "Lower") if tall else (TALL, ":material/expand_less:", "Higher")
    st.button(what, icon=icon, type="tertiary", key="height-of-panel", on_click=_remember_height, args=(to,))
    st.button("Close", icon=":material/close:", type="tertiary", key="close-panel", on_click=_close, args=(key,))


def _close(key: str) -> None:
    st.session_state[key] = None


def _remember_height(height: str) -> None:
    st.session_state[state.PANEL_HEIGHT] = height
