"""What a language model judged of the rows, apart from every other figure; or how to ask one."""

import streamlit as st

from evalmap.answers.reporting.judge_section import judge_journals, judge_lines, judge_section
from evalmap.data.errors import DatasetError
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.quality import problem_rows
from evalmap.pages.server import caches
from evalmap.pages.shared import text
from evalmap.writing.review.review_store import ReviewStore

APART = "A language model judged these rows. It is in no figure above."


def draw(built: BuiltMap) -> None:
    """The figures of the judge asked last, with people's where they reviewed, and the rows that it rated lowest."""
    st.subheader("A judge", anchor=False, divider="gray")
    space, manifest = caches.workspace(), built.manifest
    try:
        reviews = ReviewStore(space, manifest.source).on(built.examples)
        found = judge_section(space, built, reviews=reviews) if judge_journals(space, manifest.source) else None
    except DatasetError as error:
        text.show_error(error)
        return
    if found is None:
        st.caption("No language model has judged these rows. To ask one, in a terminal:")
        st.code(f"evalmap quality judge {manifest.slug} --model MODEL --base-url ADDRESS", language=None)
        return
    st.caption(APART)
    for line in judge_lines(manifest.name, {**found, "rows": []}):
        st.markdown(text.in_label(line.strip(), limit=400))
    if found["rows"]:
        st.markdown("**Rated lowest**")
        evidence = [_said(row) for row in found["rows"]]
        problem_rows.draw(built, [row["row"] for row in found["rows"]], key="judged", evidence=evidence)


def _said(row: dict) -> str:
    """What each phrasing gave for a row: whether the label fits, and the relevance."""
    fits = "/".join({True: "fits", False: "does not fit", None: "?"}[one] for one in row["fits"])
    relevance = "/".join("?" if one is None else f"{one:.1f}" for one in row["relevance"])
    return f"label {fits}; relevance {relevance}"
