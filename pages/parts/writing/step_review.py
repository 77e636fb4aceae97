"""Review: people check rows, and what they say of them so far."""

import streamlit as st

from evalmap.pages.parts.writing import map_of_plan
from evalmap.pages.parts.writing.open_plan import OpenPlan
from evalmap.pages.server import caches, map_reviews
from evalmap.pages.shared.navigation import open_review


def draw(plan: OpenPlan) -> None:
    """The way to the Review page, and how many rows are judged."""
    if not map_of_plan.draw_needed(plan, "A review") or (built := plan.map) is None:
        return
    found = map_reviews.reviews_of(caches.open_map(built.slug, built.fingerprint))
    rows = len({row for row, _ in found.reviews})
    people = len({review.reviewer for _, review in found.reviews})
    st.markdown(
        "Does the label fit, how relevant is the row, is it ambiguous? Each judgement is one key, blind to the label if wanted."
    )
    if rows:
        st.markdown(f"**{rows:,} of {built.rows:,} rows** judged by {people:,} {'person' if people == 1 else 'people'}.")
    with st.container(horizontal=True, vertical_alignment="center"):
        ask = {"dataset": built.slug}
        go, to = open_review, (built.slug,)
        st.button("Review rows", type="primary", icon=":material/rate_review:", key="go-review", on_click=go, args=to)
        if rows:
            results = {**ask, "review-panel": "Results"}
            st.page_link("reviewing.py", label="What the reviews come to", icon=":material/monitoring:", query_params=results)
    if rows and plan.plan is not None and plan.plan.filter is not None:
        st.caption("The filter's agreement with people is told under Filter, once the replies are read again under Write.")
    st.caption("In a terminal:")
    st.code(f"evalmap review {built.slug} --reviewer NAME", language=None)
