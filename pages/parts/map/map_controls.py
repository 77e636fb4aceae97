"""What stands at the top of the map page's drawer: colouring, cluster names, search by meaning."""

from dataclasses import dataclass

import streamlit as st

from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.component import answer_columns
from evalmap.pages.component.map_data import Column
from evalmap.pages.server import answer_cache, caches
from evalmap.pages.shared import state

TOP = 50  # search results


@dataclass(frozen=True)
class Choices:
    """What the reader set there."""

    column: Column
    names: bool
    meaning: str
    top: int = TOP


def draw_controls(built: BuiltMap) -> Choices:
    """Draw the controls and read them."""
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
    return Choices(column=column, names=names, meaning=meaning.strip() if meaning else "")


def _color(built: BuiltMap) -> Column:
    manifest = built.manifest
    # A bound widget writes what it shows into the URL; so the options are the titles.
    own = caches.columns(manifest.slug, manifest.fingerprint)
    columns = {column.title: column for column in (*own, *answer_columns.columns(answer_cache.sets_quietly(built)))}
    chosen = st.selectbox("Colour by", list(columns), key=state.COLOR, bind="query-params")
    return columns.get(chosen or "", next(iter(columns.values())))
