"""One example, whole: every field, and the examples most like it."""

import json
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.layers import TOPICS_COARSE, TOPICS_MEDIUM
from evalmap.pages.server import answer_cache
from evalmap.pages.shared import answer_table, glance, state, text


def address(built: BuiltMap, row: int) -> str:
    """How the URL names an example: its line, after its file where there are several."""
    dataset, line = built.identity(row)
    return str(line) if len(built.manifest.datasets) == 1 else f"{dataset}:{line}"


def opened_row(built: BuiltMap) -> int | None:
    """The row that the session has open, or None."""
    named = str(st.session_state.get(state.EXAMPLE) or "").strip()
    dataset, _, line = named.rpartition(":")
    if not (line.isdecimal() and len(line) < 19):  # "²" is a digit; a line fits int64
        return None
    return built.row_of(dataset or next(iter(built.manifest.datasets)), int(line))


def draw_address(built: BuiltMap) -> int | None:
    """Draw the field that names the open example, and return its row; None where none is open."""
    several = len(built.manifest.datasets) > 1
    st.text_input(
        "Example",
        key=state.EXAMPLE,
        bind="query-params",
        placeholder="file:line, from 1" if several else "line, from 1",
        help="Which example is open: its line in the file, counted from 1. Click a point of the map to fill this in.",
        icon=":material/tag:",
    )
    return opened_row(built)


def open_row(built: BuiltMap, row: int) -> None:
    """Open an example; to be called from a callback, before the page is drawn."""
    st.session_state[state.EXAMPLE] = address(built, row)


def opener(built: BuiltMap, rows: Sequence[int] | NDArray[np.int64], key: str) -> Callable[[], None]:
    """The callback of a table of examples with that key: opens the row that was picked."""

    def opened() -> None:
        picked = st.session_state[key]["selection"]["rows"]
        if picked:
            open_row(built, int(rows[picked[0]]))

    return opened


def draw(built: BuiltMap, row: int | None) -> None:
    """Draw the card, or what to do where no example is open."""
    if row is None:
        if st.session_state.get(state.EXAMPLE):
            st.warning("No example has this line. Lines are counted from 1, as in the file.", icon=":material/search_off:")
        else:
            glance.draw(built)
        return
    example = built.examples.iloc[row]
    with st.container(horizontal=True, gap="small"):
        if isinstance(example["label"], str):
            st.badge(text.in_badge(example["label"]), icon=":material/label:", color="blue")
        if example["confidence"] == example["confidence"]:
            st.badge(f"confidence {text.percent(example['confidence'], 1)}", color="gray")
        if built.outliers[row]:
            st.badge("outlier", color="orange", help="Even its nearest neighbour is unusually unlike it.")
        if built.truncated[row]:
            st.badge("cut at the model's window", icon=":material/content_cut:", color="orange")
    with st.container(border=True):
        text.show(example["text"])
    where = text.in_label(str(example["dataset"]), limit=60)
    topics = " › ".join(text.in_label(built.names_by_layer[layer][cluster].name) for layer, cluster in _clusters(built, row))
    st.caption(f"{where}, line {int(example['line']):,} · {topics}")
    st.markdown("**Most similar**")
    _similar(built, row)
    if sets := answer_cache.sets_quietly(built):
        st.markdown("**Model answers**")
        answer_table.draw(sets, row, key=f"{built.manifest.slug}-{row}")
    with st.expander("All fields"):
        _fields(example["raw"])


def _clusters(built: BuiltMap, row: int) -> list[tuple[str, int]]:
    return [(c.layer, int(c.labels[row])) for c in built.clusterings if c.layer in (TOPICS_COARSE.id, TOPICS_MEDIUM.id)]


def _similar(built: BuiltMap, row: int) -> None:
    found = built.similar(row, top=10)
    rows = [other for other, _ in found]
    table = pd.DataFrame(
        {
            "similarity": [similarity for _, similarity in found],
            "text": built.examples["text"].iloc[rows].to_numpy(),
            "label": built.examples["label"].iloc[rows].to_numpy(),
            "line": [address(built, other) for other in rows],
        }
    )
    key = f"similar-{built.manifest.slug}-{row}"
    st.dataframe(
        table,
        key=key,
        hide_index=True,
        height=250,
        on_select=opener(built, rows, key),
        selection_mode="single-row",
        column_config={
            "similarity": st.column_config.NumberColumn("cosine", format="%.3f", width=60),
            "text": st.column_config.TextColumn("text", width="large"),
            "label": st.column_config.TextColumn("label", width=60),
        },
        alt="The ten most similar examples with their cosine similarities",
    )
    st.caption("Select a row to open that example.")


def _fields(raw: str) -> None:
    for name, value in json.loads(raw).items():
        st.caption(text.in_label(str(name)))
        text.show(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
