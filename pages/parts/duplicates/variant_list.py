"""Pairs that are alike and differ in a number, a negation, a date, a name or a key."""

import streamlit as st

from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.duplicates.duplicate_pairs import PageScreening
from evalmap.pages.parts.duplicates.group_cards import act, where
from evalmap.pages.server import screenings
from evalmap.pages.shared import text
from evalmap.screening.groups.diff import word_diff
from evalmap.screening.variants.variants import Difference, bits_of

PAGE = 10


def draw(built: BuiltMap, screening: PageScreening) -> None:
    """A page of variants, as many kinds as there are in a switch above them."""
    selection = screening.selection
    pairs, counts = selection.variants, selection.settings["variants"]
    if not len(pairs):
        st.info("No two examples at this threshold are variants of each other.", icon=":material/check:")
        return
    st.caption(
        f"{len(pairs):,} pairs are alike at the threshold and not the same. Neither half is removed for the other, unless "
        "“Merge rows that differ in” says so."
    )
    some = {f"{kind} ({count:,})": kind for kind, count in counts.items() if count}
    shown = (
        st.segmented_control("Differ in", list(some), key="variant-kind", label_visibility="collapsed") if len(some) > 1 else None
    )
    if shown:
        pairs = pairs[(selection.variant_kinds & bits_of([some[shown]])) != 0]
    pages = -(-len(pairs) // PAGE)
    page = min(st.pagination(pages, key="variant-page"), pages) if pages > 1 else 1
    differences = screenings.differences(built)
    for left, right in pairs[(page - 1) * PAGE : page * PAGE].tolist():
        with st.container(border=True):
            st.caption(f"{where(built, left)} — {where(built, right)}")
            st.markdown(" · ".join(_named(found) for found in differences.between(left, right)))
            st.markdown(text.diff(word_diff(built.text(left), built.text(right))))
            with st.container(horizontal=True):
                for name, row in (("first", left), ("second", right)):
                    key = f"variant-{left}-{right}-{name}"
                    act(built, f"Remove the {name}", lambda log, keys, row=row: log.remove(keys[row]), None, key)


def _named(found: Difference) -> str:
    """What two rows differ in, as a badge and the two values, for a place that reads Markdown."""
    one, other = (text.in_label(value, limit=60) if value else "–" for value in (found.one, found.other))
    return f":violet-badge[{text.in_badge(found.name)}] {one} → {other}"
