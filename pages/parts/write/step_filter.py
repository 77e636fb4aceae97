"""Filter: how surely another model says that a row bears its label."""

import streamlit as st

from evalmap.pages.parts.write import confidence_chart
from evalmap.pages.parts.write.open_plan import OpenPlan


def draw(plan: OpenPlan) -> None:
    """The histogram of the confidence by label with the threshold; or how to have one."""
    if plan.result is None:
        st.info("Nothing is written yet.", icon=":material/edit_note:")
        return
    if not plan.result.told.get("filter"):
        st.markdown("No model has judged these rows yet. Name one in the plan, under `[filter]`:")
        st.code('[filter]\nthreshold = 0.8\n\n[filter.model]\nname = "…"\nbase_url = "http://127.0.0.1:8000/v1"', language="toml")
        return
    confidence_chart.draw(plan.result)
