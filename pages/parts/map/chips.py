"""What is asked of the columns, as chips above the map: each can be taken away; and how many examples pass."""

from collections.abc import Mapping

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from evalmap.data.facets.facet import Facet
from evalmap.data.facets.predicates import Filter, describe, to_query
from evalmap.data.labels import label_counts, shares
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.label_deviations import reference_label
from evalmap.pages.parts.map import filter_builder, where
from evalmap.pages.shared import state, text

MOST = 60  # characters on a chip; all of it in its help


def draw(built: BuiltMap, filter: Filter, facets: Mapping[str, Facet], mask: NDArray[np.bool_], meaning: str) -> None:
    """A chip for each predicate and for the search by meaning, what adds one, what clears all, and the counts.

    Parameters
    ----------
    mask : (n_samples,) the rows that pass
    meaning : what is searched for; "" for nothing
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="chips"):
        for predicate, query in zip(filter, to_query(filter), strict=True):
            sentence = describe(predicate, facets[predicate.column].title)
            st.button(
                text.in_label(sentence, limit=MOST),
                key=f"chip-{query}",
                icon=":material/close:",
                icon_position="right",
                help=f"Take away: {text.in_label(sentence, limit=400)}",
                on_click=where.drop,
                args=(predicate,),
            )
        if meaning:
            st.button(
                text.in_label(f"Nearest to “{meaning}”", limit=MOST),
                key="chip-meaning",
                icon=":material/close:",
                icon_position="right",
                help="End the search",
                on_click=state.forget,
                args=(state.MEANING,),
            )
        filter_builder.draw(filter, facets)
        if filter or meaning:
            st.button("Clear all", key="clear-filters", type="tertiary", on_click=state.forget, args=state.FILTERS)
        if filter:
            st.caption(_counted(built, mask), width="content")


def _counted(built: BuiltMap, mask: NDArray[np.bool_]) -> str:
    """How many pass, and what share of them bears the label that shares are told of."""
    labels = built.examples["label"]
    counts = label_counts(labels[mask])
    reference = reference_label(labels)
    words = [f"**{int(mask.sum()):,}** of {len(mask):,} pass"]
    if counts and reference is not None:
        words.append(f"{text.in_label(reference, limit=24)} {text.percent(shares(counts).get(reference, 0.0))}")
    return " · ".join(words)
