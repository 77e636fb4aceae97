"""The rows on which people disagree: who said what, what the majority says, and a decision by hand that can be taken back."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import streamlit as st

from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.server import access, caches, changes, map_reviews
from evalmap.pages.shared import example_address, state, text
from evalmap.pages.shared.action import action
from evalmap.pages.shared.navigation import open_map
from evalmap.writing.review.label_options import label_of

PAGE = 5
VERDICTS = {True: "fits", False: "does not fit", None: "undecided"}
COLORS: dict[bool | None, Literal["green", "red", "orange"]] = {True: "green", False: "red", None: "orange"}


def draw(built: BuiltMap, disputed: Sequence[Mapping[str, Any]]) -> None:
    """The rows, those that nothing decides first."""
    st.subheader("Disagreements", anchor=False, divider="gray")
    undecided = sum(one["verdict"] is None for one in disputed)
    if not disputed:
        st.caption("Nobody calls a label right that another calls wrong.")
        return
    by = f"{undecided:,} without a majority" if undecided else "each has a majority, or was decided by hand"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{len(disputed):,} {'row' if len(disputed) == 1 else 'rows'}: {by}.", width="stretch")
        if access.writable() and st.session_state.get(state.SETTLED_BEFORE, {}).get(built.manifest.slug):
            st.button("Undo the last decision", icon=":material/undo:", key="unsettle", on_click=action(_undo), args=(built,))
    pages = -(-len(disputed) // PAGE)
    page = st.pagination(pages, key=f"disputed-page-{built.manifest.slug}") if pages > 1 else 1
    for one in disputed[(page - 1) * PAGE : page * PAGE]:
        _draw(built, one)


def _draw(built: BuiltMap, one: Mapping[str, Any]) -> None:
    row = one["row"]
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            how = f"{VERDICTS[one['verdict']]} {one['settled'] or ''}".strip()
            st.badge(how, color=COLORS[one["verdict"]])
            if (label := label_of(built, row)) is not None:
                st.badge(text.in_badge(label), icon=":material/label:", color="blue")
            votes = [f"{text.in_label(who or '(no name)')} {VERDICTS[fits]}" for who, fits in one["votes"].items()]
            st.caption(f"{', '.join(votes)} · {example_address.place(built, row)}", width="stretch")
        text.show(one["text"])
        with st.container(horizontal=True, gap="small"):
            if access.writable():
                by_hand = one["settled"] == "by hand"
                for word, verdict in (("Fits", True), ("Does not fit", False)):
                    kind = "primary" if by_hand and one["verdict"] is verdict else "secondary"
                    button = f"settle-{'yes' if verdict else 'no'}-{row}"
                    st.button(word, key=button, type=kind, on_click=action(_settle), args=(built, row, verdict))
                if by_hand:
                    st.button("By majority", key=f"settle-open-{row}", on_click=action(_settle), args=(built, row, None))
            go = (built.manifest.slug, example_address.address(built, row))
            st.button("Show on map", key=f"disputed-map-{row}", type="tertiary", on_click=open_map, args=go)


def _settle(built: BuiltMap, row: int, verdict: bool | None) -> None:
    before = map_reviews.reviews_of(built).settled.get(row)
    changes.settle_review(caches.workspace(), built, row, verdict)
    _before(built).append((row, before))


def _undo(built: BuiltMap) -> None:
    if made := _before(built):
        row, before = made[-1]
        changes.settle_review(caches.workspace(), built, row, before)
        made.pop()


def _before(built: BuiltMap) -> list[tuple[int, bool | None]]:
    """(row, what was decided before) of each decision of this window."""
    return st.session_state.setdefault(state.SETTLED_BEFORE, {}).setdefault(built.manifest.slug, [])
