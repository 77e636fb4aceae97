"""Rows of a problem or a flag, paged; a click opens the example on the map."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.shared import example_address
from evalmap.pages.shared.navigation import open_map

PAGE = 10


def draw(built: BuiltMap, rows: Sequence[int], *, key: str, evidence: Sequence[str] = ()) -> None:
    """A table of the rows.

    Parameters
    ----------
    evidence : what was found in each; () where there is none to tell
    """
    pages = -(-len(rows) // PAGE)
    page = st.pagination(pages, key=f"page-of-{key}-{built.manifest.fingerprint}") if pages > 1 else 1
    first = (page - 1) * PAGE
    shown = list(rows[first : first + PAGE])
    examples = built.examples.iloc[shown]
    table = pd.DataFrame({**example_address.place_columns(built, shown), "text": examples["text"].to_numpy()})
    if any(evidence):
        table["found"] = list(evidence[first : first + PAGE])
    if examples["label"].notna().any():
        table["label"] = examples["label"].to_numpy()
    name = f"rows-of-{key}-{first}-{built.manifest.fingerprint}"

    def opened() -> None:
        if picked := st.session_state[name]["selection"]["rows"]:
            open_map(built.manifest.slug, example_address.address(built, int(shown[picked[0]])))

    st.dataframe(
        table,
        key=name,
        hide_index=True,
        height="auto",
        on_select=opened,
        selection_mode="single-row",
        column_config={
            **example_address.place_config(built),
            "text": st.column_config.TextColumn("text", width=620 if len(built.manifest.datasets) == 1 else 440),
            "found": st.column_config.TextColumn("found there", width=220),
            "label": st.column_config.TextColumn("label", width=70),
        },
        alt="Examples with this problem; choosing one opens it on the map",
    )
    st.caption("Choose a row to open it on the map.")
