"""The rows of a problem that the quality page asked to show alone: named in the URL, until they are dismissed."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.server import quality_reports
from evalmap.pages.shared import state, text


@dataclass(frozen=True)
class RowList:
    """Rows that are shown alone: what they are called, and (n,) bool which."""

    title: str
    mask: NDArray[np.bool_]


def read(built: BuiltMap) -> RowList | None:
    """The list that the session, or on a cold link the URL, asks for; None where none is asked for or it is not there any more."""
    asked = st.session_state.get(state.ROWS, st.query_params.get(state.ROWS, ""))
    st.session_state[state.ROWS] = asked
    if asked != st.query_params.get(state.ROWS, ""):
        if asked:
            st.query_params[state.ROWS] = asked
        else:
            del st.query_params[state.ROWS]
    found = quality_reports.problem(built.manifest, str(asked)) if asked else None
    if found is None or not found.rows or max(found.rows) >= len(built):
        return None
    mask = np.zeros(len(built), dtype=bool)
    mask[list(found.rows)] = True
    return RowList(found.title, mask)


def draw(listed: RowList | None) -> None:
    """Say what is shown alone, with a button that shows all again."""
    if listed is None:
        if asked := st.session_state.get(state.ROWS):
            st.warning(f"{text.in_label(str(asked))}: the quality report has no such rows.", icon=":material/filter_alt_off:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"Only the {int(listed.mask.sum()):,} rows of “{text.in_label(listed.title)}” are shown.")
        st.button("Show all again", type="tertiary", key="show-all-rows", on_click=_dismiss)


def _dismiss() -> None:
    st.session_state[state.ROWS] = ""
