"""One example, whole: every field, and the examples most like it."""

import json

import pandas as pd
import streamlit as st

from evalmap.answers.reading.reviews import Review
from evalmap.data.choices import option_words
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.layers import TOPICS_FINE
from evalmap.pages.parts.map import neighbor_lines
from evalmap.pages.server import answer_cache
from evalmap.pages.server.map_reviews import reviews_of
from evalmap.pages.shared import answer_table, example_address, example_body, text


def draw(built: BuiltMap, row: int | None) -> None:
    """Draw the card, or that no example has the line that was asked for."""
    if row is None:
        st.warning("No example has this line. Lines are counted from 1, as in the file.", icon=":material/search_off:")
        return
    example = built.examples.iloc[row]
    with st.container(horizontal=True, gap="small"):
        if isinstance(example["label"], str):
            st.badge(text.in_badge(option_words(example["label"], example["choices"])), icon=":material/label:", color="blue")
        if example["confidence"] == example["confidence"]:
            st.badge(f"confidence {text.percent(example['confidence'], 1)}", color="gray")
        if built.outliers[row]:
            st.badge("outlier", color="orange", help="Even its nearest neighbour is unusually unlike it.")
        if built.truncated[row]:
            st.badge("cut at the model's window", icon=":material/content_cut:", color="orange")
    example_body.draw(built, row)
    topic = built.breadcrumb(TOPICS_FINE.id, int(built.clustering(TOPICS_FINE.id).labels[row]))
    st.caption(f"{example_address.place(built, row)} · {text.in_label(topic)}")
    if said := reviews_of(built).of(row):
        st.markdown("**People**")
        st.markdown("  \n".join(_review(one) for one in said))
    st.markdown("**Most similar**")
    neighbor_lines.draw(built, row)
    _similar(built, row)
    if sets := answer_cache.sets_quietly(built):
        st.markdown("**Model answers**")
        answer_table.draw(sets, row, key=f"{built.manifest.slug}-{row}")
    with st.expander("All fields"):
        _fields(example["raw"])


def _review(said: Review) -> str:
    """What one person said of the row, in a line."""
    fits = {True: "label fits", False: "label does not fit", None: "label not judged"}[said.label_fits]
    relevance = f", relevance {said.relevance}" if said.relevance is not None else ""
    comment = f" :gray[· {text.in_label(said.comment, limit=300)}]" if said.comment else ""
    return f"{text.in_label(said.reviewer or '(no name)')}: {fits}{relevance}{', ambiguous' if said.ambiguous else ''}{comment}"


def _similar(built: BuiltMap, row: int) -> None:
    found = built.similar(row, top=10)
    rows = [other for other, _ in found]
    table = pd.DataFrame(
        {
            "similarity": [similarity for _, similarity in found],
            "text": built.examples["text"].iloc[rows].to_numpy(),
            "label": built.examples["label"].iloc[rows].to_numpy(),
            **example_address.place_columns(built, rows),
        }
    )
    key = f"similar-{built.manifest.slug}-{row}"
    st.dataframe(
        table,
        key=key,
        hide_index=True,
        height=250,
        on_select=example_address.opener(built, rows, key),
        selection_mode="single-row",
        column_config={
            "similarity": st.column_config.NumberColumn("cosine", format="%.3f", width=60),
            "text": st.column_config.TextColumn("text", width="large"),
            "label": st.column_config.TextColumn("label", width=60),
            **example_address.place_config(built),
        },
        alt="The ten most similar examples with their cosine similarities",
    )
    st.caption("Select a row to open that example.")


def _fields(raw: str) -> None:
    for name, value in json.loads(raw).items():
        st.caption(text.in_label(str(name)))
        text.show(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
