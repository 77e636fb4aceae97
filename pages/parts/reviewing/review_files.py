"""Reviews as files, out and in, and what a screening makes of them."""

from collections.abc import Callable

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.server import access, caches, changes
from evalmap.pages.shared import text
from evalmap.pages.shared.action import action
from evalmap.writing.review.review_store import ReviewStore
from evalmap.writing.review.review_table import written_reviews

_UPLOAD, _IMPORTED = "review-upload", "review-imported"


def draw(built: BuiltMap) -> None:
    """The downloads, each made when it is asked for, the import, and the command that drops what people refuse."""
    st.subheader("Files", anchor=False, divider="gray")
    slug = built.manifest.slug

    def made(ending: str) -> Callable[[], bytes]:
        return lambda: written_reviews(
            ReviewStore(caches.workspace(), built.manifest.source).judgements(), built.examples, ending=ending
        )

    with st.container(horizontal=True):
        for label, ending, mime in (("Reviews (JSONL)", ".jsonl", "application/x-ndjson"), ("Reviews (CSV)", ".csv", "text/csv")):
            st.download_button(
                label,
                made(ending),
                file_name=f"{slug}-reviews{ending}",
                mime=mime,
                key=f"reviews-{ending[1:]}",
                icon=":material/download:",
                on_click="ignore",
            )
    draw_import(built)
    st.caption(
        "To leave out of a screening the rows whose label does not fit, by hand or by the majority, or that nothing decides:"
    )
    source = text.sendable(access.without_paths(built.manifest.source, built.manifest.source))
    st.code(f"evalmap screen {source} --drop-disputed --out kept.jsonl", language=None)


def draw_import(built: BuiltMap) -> None:
    """Reviews that were made elsewhere come in; nothing on a read-only site."""
    if told := st.session_state.pop(_IMPORTED, None):
        st.success(told, icon=":material/check:")
    if not access.writable():
        return
    with st.expander("Import reviews"):
        st.caption("As exported here, or a table with row, line or id, reviewer, label_fits, relevance, ambiguous, comment.")
        uploaded = st.file_uploader("Reviews", type=["jsonl", "csv"], key=_UPLOAD, label_visibility="collapsed")
        args = (built, uploaded)
        st.button("Import", key="import-reviews", disabled=uploaded is None, on_click=action(_import), args=args)


def _import(built: BuiltMap, uploaded: UploadedFile) -> None:
    n, new = changes.import_reviews(caches.workspace(), built, uploaded.name, uploaded.getvalue())
    st.session_state[_IMPORTED] = f"{n:,} judgements read, {new:,} of them new."
