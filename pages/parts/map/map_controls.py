"""What a reader sets of the map page: colouring and cluster names in the drawer, search by meaning over the map."""

from dataclasses import dataclass

import streamlit as st

from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.component import answer_columns, review_columns, tag_column
from evalmap.pages.component.map_data import Column
from evalmap.pages.server import answer_cache, caches
from evalmap.pages.shared import state

TOP = 50  # search results


@dataclass(frozen=True)
class Choices:
    """What the reader set in the drawer."""

    column: Column
    names: bool


def draw_controls(built: BuiltMap) -> Choices:
    """Draw the controls and read them."""
    column = _color(built)
    names = st.toggle("Cluster names on the map", value=True, key=state.NAMES, bind="query-params")
    return Choices(column=column, names=names)


def draw_search() -> str:
    """Draw the field of the search by meaning; what is searched for, "" for nothing."""
    meaning = st.text_input(
        "Search by meaning",
        key=state.MEANING,
        bind="query-params",
        placeholder=f"Search by meaning: the {TOP} nearest",
        label_visibility="collapsed",
        icon=":material/search:",
        width=270,
    )
    return (meaning or "").strip()


def _color(built: BuiltMap) -> Column:
    manifest = built.manifest
    # A bound widget writes what it shows into the URL; so the options are the titles.
    own = caches.columns(manifest.slug, manifest.fingerprint)
    tags = [column for column in (tag_column.tag_column(built),) if column]
    people = review_columns.columns(built)
    columns = {column.title: column for column in (*own, *tags, *people, *answer_columns.columns(answer_cache.sets_quietly(built)))}
    chosen = st.selectbox("Colour by", list(columns), key=state.COLOR, bind="query-params")
    return columns.get(chosen or "", next(iter(columns.values())))
