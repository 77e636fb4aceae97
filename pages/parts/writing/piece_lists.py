"""What was kept and what was set aside, side by side, filtered by step and label; and where one piece comes from."""

import json
from collections.abc import Sequence
from typing import Any

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.pages.server import access
from evalmap.pages.server.written import StoredResult
from evalmap.pages.shared import state, text
from evalmap.screening.groups.diff import word_diff
from evalmap.writing.result_pieces import KEPT, STEPS, ReadPiece

AT_ONCE = 10  # pieces of a list that are shown
WORDS = {
    "unparsed": "unparsed",
    "repeats": "repeats",
    "filtered": "filtered",
    "near_duplicates": "near-duplicates",
    "not_best": "not among the best",
    "not_yet_filtered": "not yet filtered",
}


def draw_alike(result: StoredResult, steps: Sequence[str]) -> None:
    """What was set aside at these steps, each with the words in which it differs from what it is like."""
    try:
        pieces = [(at, piece) for at, piece in enumerate(result.pieces()) if piece.step in steps]
    except DatasetError as error:
        text.show_error(error)
        return
    st.markdown(f"**Repeats and near-duplicates** · {len(pieces):,}")
    if not pieces:
        st.caption("None: each row says something that no other does.")
        return
    shown = _page(pieces, "alike")
    for column, half in zip(st.columns(2, gap="large"), (shown[::2], shown[1::2]), strict=True):
        with column:
            for _, piece in half:
                with st.container(border=True, gap="xsmall"):
                    if piece.like is None or piece.like == piece.text:
                        text.show(piece.text)
                    else:
                        st.markdown(text.diff(word_diff(piece.like, piece.text)))
                    _facts(piece)


def draw(result: StoredResult) -> None:
    """Both lists."""
    try:
        pieces = result.pieces()
    except DatasetError as error:
        text.show_error(error)
        return
    labels = list(dict.fromkeys(piece.label for piece in pieces if piece.label))
    labels.sort(key=lambda label: list(result.table).index(label) if label in result.table else -1)
    steps = [step for step in dict.fromkeys((*STEPS, *(piece.step for piece in pieces))) if step != KEPT]
    steps = [step for step in steps if any(piece.step == step for piece in pieces)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox("Label", labels, index=None, placeholder="all labels", key=state.PIECES_LABEL, width=180)
        step = st.selectbox(
            "Set aside as",
            steps,
            index=None,
            placeholder="all steps",
            format_func=_words,
            key=state.PIECES_STEP,
            width=220,
        )
    shown = [(at, piece) for at, piece in enumerate(pieces) if label in (None, piece.label)]
    kept = [(at, piece) for at, piece in shown if piece.step == KEPT]
    aside = [(at, piece) for at, piece in shown if piece.step in steps and step in (None, piece.step)]
    left, right = st.columns(2, gap="large")
    with left:
        _list("Kept", kept)
    with right:
        _list("Set aside", aside)


def _words(step: str) -> str:
    return WORDS.get(step, step.replace("_", " "))


def _list(title: str, pieces: list[tuple[int, ReadPiece]]) -> None:
    st.markdown(f"**{title}** · {len(pieces):,}")
    if not pieces:
        st.caption("None.")
        return
    for at, piece in _page(pieces, title):
        with st.container(border=True, gap="xsmall"):
            text.show(piece.text or "(empty)")
            _facts(piece)
            if piece.like is not None:
                st.caption("like")
                text.show(piece.like)
            with st.popover("Where it comes from", type="tertiary", icon=":material/history:", key=f"piece-{at}"):
                _origin(piece.provenance)


def _page(pieces: list[tuple[int, ReadPiece]], key: str) -> list[tuple[int, ReadPiece]]:
    """Those of one page; the reader turns pages where there are several."""
    pages = -(-len(pieces) // AT_ONCE)
    page = 1
    if pages > 1:
        page = int(st.number_input(f"Page, of {pages:,}", 1, pages, key=f"pieces-page-{key}-{pages}", width=140))
    return pieces[(page - 1) * AT_ONCE : page * AT_ONCE]


def _facts(piece: ReadPiece) -> None:
    with st.container(horizontal=True, gap="small"):
        st.badge(text.in_badge(piece.label or "no label"), color="gray")
        if piece.reason:
            st.badge(text.in_badge(piece.reason), color="orange")
        if piece.cosine is not None:
            st.badge(f"cosine {piece.cosine:.3f}", color="gray")
        if piece.confidence is not None:
            st.badge(f"confidence {piece.confidence:.2f}", color="blue")


def _origin(told: Any) -> None:
    """Prompt, raw reply, model, how it was drawn, when."""
    if not told:
        st.caption("Not told.")
        return
    st.caption("Prompt")
    st.code(text.sendable(str(told.get("prompt", ""))), language=None, wrap_lines=True)
    st.caption("Reply as it came")
    st.code(text.sendable(str(told.get("raw") or "")), language=None, wrap_lines=True)
    rest = {name: value for name, value in told.items() if name not in ("prompt", "raw")}
    st.code(access.without_paths(json.dumps(rest, ensure_ascii=False, indent=1)), language="json", wrap_lines=True)
