"""What every model answered to one example."""

from collections.abc import Sequence

import streamlit as st

from evalmap.answers.answer_types import Scores
from evalmap.data.choices import option_words
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.shared import answer_table, example_address, example_body, navigation, text


def draw_example(built: BuiltMap, sets: Sequence[Scores], row: int) -> None:
    """The example, its label, and the answers."""
    example = built.examples.iloc[row]
    with st.container(horizontal=True, gap="small"):
        if isinstance(example["label"], str):
            words = text.in_badge(option_words(example["label"], example["choices"]))
            st.badge(f"matching: {words}", icon=":material/label:", color="blue")
        if example["confidence"] == example["confidence"]:
            st.badge(f"confidence {text.percent(example['confidence'], 1)}", color="gray")
    example_body.draw(built, row)
    st.caption(example_address.place(built, row))
    answer_table.draw(sets, row, key=f"{built.manifest.slug}-{row}")
    st.button("Open on the map page", icon=":material/scatter_plot:", on_click=_open, args=(built, row), type="tertiary")


def _open(built: BuiltMap, row: int) -> None:
    navigation.open_map(built.manifest.slug, example_address.address(built, row))
