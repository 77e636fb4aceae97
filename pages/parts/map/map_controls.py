"""The map page's sidebar: colouring, filters, search."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.layers import LAYERS
from evalmap.embeddings.naming import ClusterName
from evalmap.pages.component import answer_columns
from evalmap.pages.component.map_data import Column
from evalmap.pages.parts.map.filters import Filters
from evalmap.pages.server import answer_cache, caches
from evalmap.pages.shared import state, text

TOP = 50  # search results


@dataclass(frozen=True)
class Choices:
    """What the reader set in the sidebar."""

    column: Column
    filters: Filters
    names: bool
    meaning: str
    top: int = TOP


def draw_controls(built: BuiltMap) -> Choices:
    """Draw the sidebar and read it."""
    column = _color(built)
    names = st.toggle("Cluster names on the map", value=True, key=state.NAMES, bind="query-params")
    meaning = st.text_input(
        "Search by meaning",
        key=state.MEANING,
        bind="query-params",
        placeholder="e.g. being switched off",
        help=f"The {TOP} examples whose embeddings are nearest to what you write; ringed on the map and listed below it.",
        icon=":material/search:",
    )
    filters = _filters(built)
    return Choices(column=column, filters=filters, names=names, meaning=meaning.strip() if meaning else "")


def cluster_option(name: ClusterName) -> str:
    """How a cluster stands in the filter and in the URL."""
    return f"{name.id} · {name.name}"


def _color(built: BuiltMap) -> Column:
    manifest = built.manifest
    # A bound widget writes what it shows into the URL; so the options are the titles.
    own = caches.columns(manifest.slug, manifest.fingerprint)
    columns = {column.title: column for column in (*own, *answer_columns.columns(answer_cache.sets_quietly(built)))}
    chosen = st.selectbox("Colour by", list(columns), key=state.COLOR, bind="query-params")
    return columns.get(chosen or "", next(iter(columns.values())))


def _filters(built: BuiltMap) -> Filters:
    examples, manifest = built.examples, built.manifest
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.markdown("**Filters**")
        st.button("Clear", type="tertiary", on_click=state.forget, args=state.FILTERS, help="Clear every filter and the search.")
    contains = st.text_input("Text contains", key=state.CONTAINS, bind="query-params", placeholder="literal text, any case")
    labels: list[str] = []
    if len(manifest.labels) > 1:
        words = caches.label_words(manifest.slug, manifest.fingerprint)
        labels = st.multiselect(
            "Label",
            list(manifest.labels),
            format_func=lambda label: words.get(str(label), str(label)),
            key=state.LABELS,
            bind="query-params",
            placeholder="any",
        )
    confidence = _confidence(built) if examples["confidence"].notna().any() else None
    files: list[str] = []
    if len(manifest.datasets) > 1:
        files = st.multiselect("Dataset in the collection", list(manifest.datasets), key=state.FILES, bind="query-params")
    title = st.selectbox(
        "Clusters of",
        [layer.title for layer in LAYERS],
        key=state.LAYER,
        bind="query-params",
        on_change=state.forget,
        args=(state.CLUSTERS,),
    )
    layer = next((layer for layer in LAYERS if layer.title == title), LAYERS[0]).id
    named = {cluster_option(name): name.id for name in built.names_by_layer[layer]}
    clusters = st.multiselect(
        "Cluster",
        list(named),
        key=state.CLUSTERS,
        bind="query-params",
        placeholder="any",
    )
    return Filters(
        labels=tuple(labels),
        confidence=confidence,
        layer=layer,
        clusters=tuple(named[cluster] for cluster in clusters if cluster in named),
        files=tuple(files),
        contains=contains or "",
    )


def _confidence(built: BuiltMap) -> tuple[float, float] | None:
    """The range asked for, with the balance that it leaves beside it; None where it is the whole range."""
    values = built.examples["confidence"].to_numpy()
    finite = values[np.isfinite(values)]
    if not len(finite) or finite.min() == finite.max():
        return None
    least, most = float(finite.min()), float(finite.max())
    ratio = least >= 0 and most <= 1  # one range for all such datasets: the slider stays the same one
    low, high = (0.0, 1.0) if ratio else (float(np.floor(least * 100) / 100), float(np.ceil(most * 100) / 100))
    step = 0.01 if high - low <= 2 else (high - low) / 100
    key = state.CONFIDENCE if ratio else state.SCORE
    chosen = st.slider("Confidence", low, high, (low, high), step=step, key=key, bind="query-params")
    kept = (values >= chosen[0]) & (values <= chosen[1])
    if chosen == (low, high):
        return None
    st.caption(f"keeps {int(kept.sum()):,}: {text.balance(built.examples['label'][kept])}")
    return chosen
