"""Two versions of one file: what was added, removed, reworded, and what moved to which cluster."""

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from evalmap.pages.parts.compare.compared import Compared
from evalmap.pages.shared import example_address, text
from evalmap.screening.groups.diff import word_diff

PAGE = 20


def draw(compared: Compared) -> None:
    """The counts, and the rows of one kind of change."""
    versions = compared.report["versions"]
    kinds: dict[str, tuple[Sequence[Any], Callable[[Any], None]]] = {
        "Added": (versions["added"], lambda row: _row(compared, 1, row)),
        "Removed": (versions["removed"], lambda row: _row(compared, 0, row)),
        "Reworded": (versions["reworded"], lambda pair: _reworded(compared, pair)),
        "In another cluster": (versions["moved"], lambda pair: _changed(compared, pair)),
        "Relabelled": (versions.get("relabelled", []), lambda pair: _changed(compared, pair)),
    }
    st.markdown(
        f"From **{compared.label(0)}** to **{compared.label(1)}**: "
        + ", ".join(f"{len(rows):,} {kind.lower()}" for kind, (rows, _) in kinds.items())
        + (f"; {versions['equal']:,} rows are the same." if "equal" in versions else ".")
    )
    chosen = st.segmented_control("Rows", list(kinds), default="Added", key="version-kind", label_visibility="collapsed")
    rows, show = kinds[chosen or "Added"]
    if not rows:
        st.caption("None.")
        return
    pages = -(-len(rows) // PAGE)
    page = st.pagination(pages, key=f"version-page-{chosen}") if pages > 1 else 1
    for one in rows[(page - 1) * PAGE : page * PAGE]:
        with st.container(border=True):
            show(one)


def _row(compared: Compared, place: int, row: int) -> None:
    built = compared.maps[place]
    text.show(built.text(row))
    st.caption(example_address.place(built, row))


def _reworded(compared: Compared, pair: dict[str, Any]) -> None:
    before, after = compared.maps
    st.markdown(text.diff(word_diff(before.text(pair["a"]), after.text(pair["b"]))))
    places = f"{example_address.place(before, pair['a'])} → {example_address.place(after, pair['b'])}"
    st.caption(f"{places} · similarity {pair['similarity']:.2f}")


def _changed(compared: Compared, pair: dict[str, Any]) -> None:
    text.show(compared.maps[1].text(pair["b"]))
    st.caption(f"{text.in_label(str(pair['from']))} → {text.in_label(str(pair['to']))}")
