"""Pairs that are alike and whose labels differ."""

import streamlit as st

from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.duplicates.duplicate_pairs import PageScreening
from evalmap.pages.parts.duplicates.group_cards import act, where
from evalmap.pages.shared import text
from evalmap.screening.groups.diff import word_diff
from evalmap.screening.pair_types import Pairs

PAGE = 10


def draw(built: BuiltMap, pairs: Pairs, screening: PageScreening) -> None:
    """A page of contrast pairs, the more alike first."""
    contrast = screening.selection.contrast
    if not len(contrast):
        st.info("No two examples at this threshold have different labels.", icon=":material/check:")
        return
    st.caption(
        f"{len(contrast):,} pairs are alike at the threshold and have different labels: minimal pairs, or contradictions. "
        "Neither half is removed while “Protect contrast pairs” is on."
    )
    pages = -(-len(contrast) // PAGE)
    page = st.pagination(pages, key="contrast-page") if pages > 1 else 1
    for left, right in contrast[(page - 1) * PAGE : page * PAGE].tolist():
        with st.container(border=True):
            st.caption(f"{where(built, left)} — {where(built, right)}")
            st.markdown(text.diff(word_diff(built.text(left), built.text(right))))
            with st.container(horizontal=True):
                for name, row in (("first", left), ("second", right)):
                    key = f"contrast-{left}-{right}-{name}"
                    act(built, f"Remove the {name}", lambda log, keys, row=row: log.remove(keys[row]), None, key)
