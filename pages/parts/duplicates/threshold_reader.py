"""Threshold by example: one pair after another, same or different, and the threshold that agrees with the reader."""

import streamlit as st

from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.duplicates.duplicate_controls import ScreenChoices
from evalmap.pages.parts.duplicates.group_cards import where
from evalmap.pages.server import access, caches, changes, screenings
from evalmap.pages.shared import state, text
from evalmap.pages.shared.action import action
from evalmap.screening.groups.diff import word_diff
from evalmap.screening.keep.by_hand import row_keys
from evalmap.screening.pair_judgements import PairJudgements, Reading, Verdict
from evalmap.screening.pair_types import Pairs
from evalmap.screening.threshold_by_example import ENOUGH, START

SHOWN = 8  # pairs that disagree


def draw(built: BuiltMap, pairs: Pairs, choices: ScreenChoices) -> None:
    """The pair to read, with keys: S same, D different, X skip; and what the judgements come to."""
    if choices.method == "exact":
        st.info("Equal or not: an exact method has no threshold. Choose lexical, semantic or all.", icon=":material/info:")
        return
    reading = screenings.reading_of(built, pairs, method=choices.method, normalization=choices.normalization, merge=choices.merge)
    if not reading.readable:
        st.info("No pair to read: only pairs that are alike, not equal and no variants can be.", icon=":material/info:")
        return
    left, right = st.columns([7, 4], gap="medium")
    with left:
        _draw_pair(built, pairs, reading)
    with right:
        _draw_result(built, pairs, reading, choices)


def _draw_pair(built: BuiltMap, pairs: Pairs, reading: Reading) -> None:
    n = len(reading.judged)
    st.progress(min(n / ENOUGH, 1.0), text=f"{n} read, of about {ENOUGH}")
    if not access.writable():
        st.info("This site is read-only: pairs are judged by those who run it.", icon=":material/lock:")
        return
    one, other = (0, 0) if reading.next is None else (int(pairs.left[reading.next]), int(pairs.right[reading.next]))
    if reading.next is None:
        st.info("Every pair was read.", icon=":material/check:")
    else:
        with st.container(border=True):
            st.caption(where(built, one))
            text.show(built.text(one))
            st.caption(where(built, other))
            st.markdown(text.diff(word_diff(built.text(one), built.text(other))))
    with st.container(horizontal=True):
        if reading.next is not None:
            for label, icon, key, verdict in (
                ("Same", ":material/check:", "S", "same"),
                ("Different", ":material/difference:", "D", "different"),
                ("Skip", ":material/skip_next:", "X", "skipped"),
            ):
                judge = (built, one, other, verdict)
                st.button(label, icon=icon, shortcut=key, key=f"judge-{verdict}", on_click=action(_judge), args=judge)
        if n or reading.next is None:
            undo = action(changes.judge_pairs)
            args = (caches.workspace(), built, PairJudgements.undo)
            st.button("Take back", icon=":material/undo:", key="judge-undo", type="tertiary", on_click=undo, args=args)


def _judge(built: BuiltMap, one: int, other: int, verdict: Verdict) -> None:
    keys = row_keys(built.examples)
    changes.judge_pairs(caches.workspace(), built, lambda made: made.judge(keys[one], keys[other], verdict))


def _draw_result(built: BuiltMap, pairs: Pairs, reading: Reading, choices: ScreenChoices) -> None:
    found = reading.estimate
    if found is None or len(reading.judged) < START:
        st.markdown("Is it the same example twice? Pairs are chosen where a verdict teaches most.")
        st.caption(f"A threshold is told from {START} pairs on.")
        return
    if found.reason:
        st.markdown(f"No threshold yet: {found.reason}.")
        side = f"at or below {found.high:.3f}" if "same" in found.reason else f"at or above {found.low:.3f}"
        st.caption(f"Your boundary lies {side} (95 %).")
        return
    with st.container(horizontal=True):
        st.metric("Agrees best", f"{found.threshold:.3f}")
        st.metric("Judgements", f"{found.agreed} of {found.n}")
    st.caption(
        f"Your boundary lies between {found.low:.3f} and {found.high:.3f} (95 %). The threshold is now {choices.threshold:.3f}."
    )
    lowest = max(round(min(found.threshold, 1.0), 3), screenings.lowest_threshold(pairs, choices.method))
    st.button(f"Use {lowest:.3f}", type="primary", icon=":material/check:", key="use-threshold", on_click=_use, args=(lowest,))
    if found.disagreeing:
        n = len(found.disagreeing)
        st.markdown(f"**{n} {'judgement disagrees' if n == 1 else 'judgements disagree'} with it**")
    for at in found.disagreeing[:SHOWN]:
        number, same = reading.judged[at]
        one, other = int(pairs.left[reading.positions[at]]), int(pairs.right[reading.positions[at]])
        with st.container(border=True):
            st.caption(f"{number:.3f}, called {'the same' if same else 'different'}")
            st.markdown(text.diff(word_diff(built.text(one), built.text(other))))


def _use(threshold: float) -> None:
    st.session_state[state.THRESHOLD] = threshold
