"""Review: people check rows one at a time, by single keys, and what their judgements come to."""

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.pages.parts.reviewing import review_card, review_controls, review_results
from evalmap.pages.server import access, caches
from evalmap.pages.shared import state, text

REVIEW, RESULTS = "Review", "Results"


def draw() -> None:
    manifest = state.require_dataset()
    built = caches.open_map(manifest.slug, manifest.fingerprint)
    if not access.writable():
        text.heading(manifest.name)
        st.info("This site is read-only: rows are reviewed by those who run it.", icon=":material/lock:")
        review_results.draw(built)
        return
    try:
        with st.sidebar:
            choices = review_controls.draw(built)
    except DatasetError as error:
        text.show_error(error)
        choices = None
    with st.container(horizontal=True, vertical_alignment="center"):
        text.heading(manifest.name)
        part = st.segmented_control(
            "Part", (REVIEW, RESULTS), default=REVIEW, key=state.REVIEW_PANEL, bind="query-params", label_visibility="collapsed"
        )
    if part == RESULTS:
        review_results.draw(built)
    elif choices is not None and choices.reviewer:
        review_card.draw(built, choices)
    elif choices is not None:
        review_controls.draw_name()


draw()
