"""Reading pairs just above and just below the cut, so that the threshold is chosen by what the texts say."""

import numpy as np
import streamlit as st

from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.duplicates.duplicate_controls import ScreenChoices
from evalmap.pages.parts.duplicates.group_cards import where
from evalmap.pages.shared import state, text
from evalmap.screening.groups.diff import word_diff
from evalmap.screening.pair_types import Pairs
from evalmap.screening.pairs.likeness import strength

SHOWN = 6  # pairs on each side
WINDOW = 0.02  # of similarity, on each side of the cut


def draw(built: BuiltMap, pairs: Pairs, choices: ScreenChoices) -> None:
    """A sample of pairs on both sides of the cut; another sample on request."""
    if choices.method == "exact":
        st.info("Equal or not: an exact method has no cut to read around. Choose lexical, semantic or all.", icon=":material/info:")
        return
    seed = int(st.session_state.get(state.PAIR_SAMPLE, 0))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown("Are these the same example? Lower the threshold if pairs below the cut are, raise it if those above are not.")
        st.button("Other pairs", icon=":material/casino:", on_click=_again, args=(seed + 1,), key="other-pairs")
    numbers = strength(pairs, method=choices.method, normalization=choices.normalization)
    below, above = st.columns(2, gap="medium")
    cut = choices.threshold
    for column, title, inside in (
        (below, f"Below {cut:.3f}: kept apart", (numbers < cut) & (numbers >= cut - WINDOW)),
        (above, f"At or above {cut:.3f}: called the same", (numbers >= cut) & (numbers < cut + WINDOW)),
    ):
        with column:
            positions = np.flatnonzero(inside)
            st.markdown(f"**{title}** ({len(positions):,} pairs within {WINDOW})")
            chosen = np.random.default_rng(seed).choice(positions, size=min(SHOWN, len(positions)), replace=False)
            for at in sorted(chosen.tolist(), key=lambda p: -numbers[p]):
                _pair(built, pairs, at, float(numbers[at]))


def _pair(built: BuiltMap, pairs: Pairs, at: int, number: float) -> None:
    left, right = int(pairs.left[at]), int(pairs.right[at])
    with st.container(border=True):
        st.caption(f"{number:.3f} · {where(built, left)} — {where(built, right)}")
        st.markdown(text.diff(word_diff(built.text(left), built.text(right))))


def _again(seed: int) -> None:
    st.session_state[state.PAIR_SAMPLE] = seed
