"""Examples with every model's answer side by side, paged."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from evalmap.answers.answer_types import Scores
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.component import answer_columns
from evalmap.pages.shared import example_address, state, text

PAGE = 25
MOST_SETS = 6
LINE, LEAST, MOST, APART = "line", "least matching first", "most matching first", "where the two differ most"


def draw(built: BuiltMap, sets: Sequence[Scores], rows: NDArray[np.int64], what: str, *, key: str) -> None:
    """Draw the rows; the first two sets give the orders."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(rows):,} examples** {text.in_label(what, limit=100)}", width="stretch")
        orders = [LINE, LEAST, MOST] + ([APART] if len(sets) > 1 else [])
        order = st.selectbox("Order", orders, key=f"{state.ANSWER_ROWS}-{key}", label_visibility="collapsed", width=230)
    if not len(rows):
        st.info("There is none.", icon=":material/filter_alt_off:")
        return
    rows = rows[_arranged(sets, rows, order or LINE)]
    pages = -(-len(rows) // PAGE)
    page = st.pagination(pages, key=f"answer-page-{key}-{order}-{len(rows)}") if pages > 1 else 1
    on_page = rows[(page - 1) * PAGE : page * PAGE]
    _table(built, sets[:MOST_SETS], on_page, f"answer-rows-{built.manifest.slug}-{key}-{order}-{page}")
    if len(sets) > MOST_SETS:
        st.caption(f"{MOST_SETS} of {len(sets)} answer sets are shown; open an example to see all.")


def _arranged(sets: Sequence[Scores], rows: NDArray[np.int64], order: str) -> NDArray[np.intp]:
    if order == LINE:
        return np.arange(len(rows))
    values = sets[0].p_matching if np.isfinite(sets[0].p_matching).any() else sets[0].matches
    found = values[rows]
    if order == APART:
        found = -np.abs(answer_columns.difference(sets[0], sets[1])[rows])
    elif order == MOST:
        found = -found
    return np.argsort(found, kind="stable")  # nan last


def _table(built: BuiltMap, sets: Sequence[Scores], rows: NDArray[np.int64], key: str) -> None:
    examples = built.examples.iloc[rows]
    table = pd.DataFrame(
        {
            **example_address.place_columns(built, rows),
            "text": examples["text"].to_numpy(),
            "label": examples["label"].to_numpy(),
        }
    )
    config: dict[str, Any] = {
        **example_address.place_config(built),
        "text": st.column_config.TextColumn("text", width=430),
        "label": st.column_config.TextColumn("matching", width=80),
    }
    for place, scores in enumerate(sets):
        table[f"answer-{place}"] = [answer_columns.cell(scores, int(row)) for row in rows]
        config[f"answer-{place}"] = st.column_config.TextColumn(scores.label, width=110)
        if np.isfinite(scores.p_matching).any():
            table[f"p-{place}"] = scores.p_matching[rows]
            config[f"p-{place}"] = st.column_config.ProgressColumn(
                "P(matching)", min_value=0, max_value=1, format="%.2f", width=90, help=f"of {text.in_label(scores.label)}"
            )

    st.dataframe(
        table,
        key=key,
        hide_index=True,
        placeholder="–",
        height="auto",
        on_select=example_address.opener(built, rows, key),
        selection_mode="single-row",
        column_config=config,
        alt="Examples with each model's answer",
    )
    st.caption("Select a row to open that example beside the map.")
