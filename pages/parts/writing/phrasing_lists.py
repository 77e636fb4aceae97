"""The first rows of each phrasing side by side, of one label."""

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.pages.parts.writing.open_plan import OpenPlan
from evalmap.pages.shared import state, text
from evalmap.writing.result_pieces import KEPT

SHOWN = 10


def draw(plan: OpenPlan) -> None:
    """As many of each, in the order of asking: the same topics stand beside each other."""
    st.subheader("Rows to read", anchor=False, divider="gray")
    labels = [label for label in plan.results[0].table if label not in ("", "all")]
    label = st.selectbox("Label", labels, index=None, placeholder="all labels", key=state.PIECES_LABEL, width=180)
    for column, result in zip(st.columns(len(plan.results), gap="large"), plan.results, strict=True):
        with column:
            st.markdown(f"**{text.in_label(result.template)}**")
            try:
                kept = [one for one in result.pieces() if one.step == KEPT and label in (None, one.label)]
            except DatasetError as error:
                text.show_error(error)
                continue
            for piece in kept[:SHOWN]:
                with st.container(border=True, gap="xsmall"):
                    text.show(piece.text)
                    st.badge(text.in_badge(piece.label or "no label"), color="gray")
