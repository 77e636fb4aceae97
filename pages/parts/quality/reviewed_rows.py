"""What people said of the rows, apart from every figure that is measured; or the way to where they can say it."""

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.server import access, map_reviews
from evalmap.pages.shared import state, text
from evalmap.writing.review.review_report import report_lines

LINES = 3  # of a report: what holds of the whole


def draw(built: BuiltMap) -> None:
    """The figures of the whole, and the way to the page with the others."""
    st.subheader("People", anchor=False, divider="gray")
    try:
        report = map_reviews.report_of(built)
    except DatasetError as error:
        text.show_error(error)
        return
    here = {state.DATASET: built.manifest.slug}
    if not report["judgements"]:
        st.caption("Nobody has reviewed these rows.")
        if access.writable():
            st.page_link("reviewing.py", label="Review rows", icon=":material/rate_review:", query_params=here)
        return
    st.caption("People read these rows. What they said is in no figure above.")
    said = [line for line in report_lines("", report) if not line.startswith(("    ", "  by ", "  people disagree"))]
    for line in said[: LINES + 1]:
        st.markdown(text.in_label(line.removeprefix(": ").strip(), limit=400))
    disputed = len(report["disputed"])
    more = f" and {disputed:,} rows on which people disagree" if disputed else ""
    st.page_link(
        "reviewing.py",
        label=f"Each reviewer and cluster{more}",
        icon=":material/rate_review:",
        query_params={**here, state.REVIEW_PANEL: "Results"},
    )
