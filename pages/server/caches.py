"""Everything that is kept between reruns. Cached functions take the fingerprint and every setting as arguments."""

from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from evalmap.data.choices import shared_option_words
from evalmap.data.remote import collections
from evalmap.data.remote.collections import fetching
from evalmap.data.store.workspace import Workspace
from evalmap.data.text.normalization import redundant
from evalmap.embeddings import label_deviations
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.label_deviations import LabelDeviation
from evalmap.embeddings.query import QueryEncoder
from evalmap.pages.component import answer_columns, map_data
from evalmap.pages.server import access
from evalmap.pages.server.maps import built_map


@st.cache_resource
def workspace() -> Workspace:
    """The workspace of this server, with the bundled samples and their answers in it.

    Raises
    ------
    DatasetError : the pages were started without what guards them
    """
    from evalmap.answers import sample_answers
    from evalmap.embeddings import sample_maps

    access.require_front_door()
    space = Workspace.default()
    sample_maps.install(space)
    sample_answers.install(space)
    return space


@st.cache_resource(max_entries=64)
def columns(slug: str, fingerprint: str) -> list[map_data.Column]:
    """What the map can be coloured by."""
    return map_data.columns(built_map(slug, fingerprint))


@st.cache_resource(max_entries=4)
def query_encoder(model: str, dtype: str | None, model_key: str | None) -> QueryEncoder:
    """The encoder for search by meaning, in a process of its own; another one where the model's files are others."""
    return QueryEncoder(model, dtype=dtype, model_key=model_key)


@st.cache_data(max_entries=256, show_spinner="Searching by meaning …")
def search(slug: str, fingerprint: str, model: str, query: str, top: int) -> list[tuple[int, float]]:
    """(row, similarity) of the rows nearest to the query, the nearest first."""
    built = built_map(slug, fingerprint)
    made_by = built.manifest.settings.encoder
    return built.search(query_encoder(model, made_by.get("dtype"), made_by.get("model_key")).encode(query), top=top)


@st.cache_data(max_entries=64)
def deviations_of_labels(slug: str, fingerprint: str, layer: str) -> list[LabelDeviation]:
    """Each cluster's labels against the dataset's."""
    built = built_map(slug, fingerprint)
    return label_deviations.label_deviations(built.examples["label"], built.clustering(layer))


@st.cache_data(max_entries=64)
def label_words(slug: str, fingerprint: str) -> dict[str, str]:
    """Each label with the option that it names, where all examples have the same options; {} where they don't."""
    examples = built_map(slug, fingerprint).examples
    return shared_option_words(examples["label"], examples["choices"])


def open_map(slug: str, fingerprint: str) -> BuiltMap:
    """The built map, shared by all sessions and routes."""
    return built_map(slug, fingerprint)


@st.cache_resource(max_entries=64)
def codes(slug: str, fingerprint: str, column: str) -> NDArray[np.uint16]:
    """The category code of every row under a colouring, as the map draws it."""
    return np.frombuffer(answer_columns.column_bytes(built_map(slug, fingerprint), column), dtype="<u2")


@st.cache_data(max_entries=8)
def source_states(collection_id: str, root: str, signature: tuple[tuple[int, int], ...]) -> dict[str, fetching.State]:
    """Which files of a known collection lie whole below root; `signature` (sizes and times) says when to look again."""
    return fetching.state(collections.collection(collection_id), Path(root))


@st.cache_data(max_entries=64)
def repeated(slug: str, fingerprint: str) -> int:
    """Rows whose text repeats another's under the typographic normalization."""
    return redundant(built_map(slug, fingerprint).examples["text"], "typographic")
