"""Write: from a behaviour in one sentence to rows that are written, filtered, looked at, screened, reviewed and handed on."""

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.pages.parts.writing import (
    plan_form,
    plan_list,
    start_plan,
    step_bar,
    step_filter,
    step_gaps,
    step_look,
    step_phrasings,
    step_publish,
    step_review,
    step_screen,
    step_write,
)
from evalmap.pages.parts.writing.open_plan import OpenPlan, opened
from evalmap.pages.server import caches
from evalmap.pages.shared import state, text
from evalmap.writing import plan_shelf

STEPS = {
    "describe": plan_form.draw,
    "write": step_write.draw,
    "filter": step_filter.draw,
    "look": step_look.draw,
    "screen": step_screen.draw,
    "phrasings": step_phrasings.draw,
    "gaps": step_gaps.draw,
    "review": step_review.draw,
    "publish": step_publish.draw,
}


def draw() -> None:
    space = caches.workspace()
    states = [plan_shelf.state_of(space, place) for place in plan_shelf.places(space)]
    plan = _chosen(states)
    if plan is None:
        step_bar.draw_sentence()
        plan_list.draw(states)
        start_plan.draw()
        step_bar.draw_outline()
        return
    step = step_bar.draw(plan)
    if step not in ("describe", "phrasings"):
        step_bar.draw_template(plan)
    STEPS[step](plan)


def _chosen(states: list[plan_shelf.PlanState]) -> OpenPlan | None:
    """The plan that is open, by the picker beside the page's heading."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="plan-head"):
        head = st.container(width="stretch")
        name = st.selectbox(
            "Plan",
            [one.place.name for one in states],
            index=None,
            placeholder="All plans" if states else "None yet",
            disabled=not states,
            key=state.PLAN,
            bind="query-params",
            on_change=step_bar.forget_step,
            width=320,
        )
    chosen = next((one for one in states if one.place.name == name), None)
    with head:
        text.heading(chosen.behaviour if chosen else "Write")
    return opened(chosen) if chosen else None


try:
    draw()
except DatasetError as error:
    text.show_error(error)
