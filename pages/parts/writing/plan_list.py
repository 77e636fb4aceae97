"""The plans that there are: how far each is, and why one stopped."""

import streamlit as st

from evalmap.pages.parts.writing import step_bar
from evalmap.pages.server import access
from evalmap.pages.shared import state, text
from evalmap.writing.plan_shelf import PlanState


def draw(states: list[PlanState]) -> None:
    """One line a plan; nothing where there are none."""
    if not states:
        return
    st.markdown("#### Plans")
    for one in states:
        name = one.place.name
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"plan-of-{name}"):
            with st.container(width="stretch", gap="xsmall"):
                st.markdown(f"**{text.in_label(one.behaviour, limit=120)}**")
                st.caption(_words(one))
            _badge(one)
            st.button("Open", key=f"open-plan-{name}", icon=":material/arrow_forward:", on_click=_open, args=(name,))


def _words(one: PlanState) -> str:
    wanted = "" if one.wanted is None else f" of {one.wanted:,} wanted"
    kept = "nothing written yet" if one.kept is None else f"{one.kept:,} rows kept"
    parts = [text.in_label(one.place.name), f"{kept}{wanted}" if one.kept is not None else f"{kept}{wanted and ' · ' + wanted[4:]}"]
    reason = one.problem or ("" if one.running else one.stopped)
    if reason:
        parts.append(text.in_label(access.without_paths(reason, str(one.place.path)), limit=240))
    return " · ".join(parts)


def _badge(one: PlanState) -> None:
    if one.running:
        st.badge("running", color="blue", icon=":material/progress_activity:")
    elif one.problem:
        st.badge("to mend", color="orange", icon=":material/error:")
    elif one.stopped:
        st.badge("stopped", color="orange", icon=":material/pause:")
    elif one.kept is not None:
        st.badge("written", color="green", icon=":material/check:")
    else:
        st.badge("plan", color="gray", icon=":material/description:")


def _open(name: str) -> None:
    step_bar.forget_step()
    st.session_state[state.PLAN] = name
