"""Filter: how surely another model says that a row bears its label."""

import streamlit as st

from evalmap.pages.parts.writing import confidence_chart, step_bar
from evalmap.pages.parts.writing.open_plan import OpenPlan
from evalmap.pages.server import access


def draw(plan: OpenPlan) -> None:
    """The histogram of the confidence by label with the threshold; or how to have one."""
    if plan.result is None:
        st.info("Nothing is written yet.", icon=":material/edit_note:")
        return
    if not plan.result.told.get("filter"):
        st.markdown(
            "No model has judged these rows. With a filter, each row is put to another model, and kept where the label that was "
            "asked for is likely enough by the probabilities of its first token."
        )
        if access.writable() and access.serves_this_machine_only():
            go, to = step_bar.go_to, ("describe",)
            st.button("Add a filter to the plan", icon=":material/filter_alt:", key="add-filter", on_click=go, args=to)
        return
    confidence_chart.draw(plan.result)
