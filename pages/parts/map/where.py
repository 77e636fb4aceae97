"""What the reader asks of the columns: kept in the session, written into the URL, and read from there on a cold link."""

import re
from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.data.facets.facet import Facet
from evalmap.data.facets.predicates import Filter, Predicate, from_query, plain, to_query
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.layers import KMEANS, LAYERS
from evalmap.pages.server import caches
from evalmap.pages.shared import state, text

MOST_OF_A_LINK = 4_000  # characters; proxies cut longer addresses
LABEL, CONFIDENCE, DATASET, TEXT = "label", "confidence", "dataset", "text"  # keys of facets
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def cluster_column(layer: str) -> str:
    """The key of the facet of a layer."""
    return f"cluster.{layer}"


def read(built: BuiltMap, facets: Mapping[str, Facet]) -> Filter:
    """The filter of this session; on a cold link, the URL's. It goes into the URL; `draw_not_asked` tells what was left out."""
    if state.WHERE in st.session_state:
        asked, told = st.session_state[state.WHERE], []
    else:
        asked, told = _asked_by_link(built)
    known, more = possible(asked, facets)
    st.session_state[state.WHERE] = known
    if told or more:  # kept, as the page runs again on its own
        st.session_state[state.NOT_ASKED] = [*told, *more]
    _write(known)
    return known


def draw_not_asked() -> None:
    """Say what a link asked for and cannot be asked of this map."""
    for sentence in st.session_state.get(state.NOT_ASKED, []):
        st.warning(text.in_label(sentence, limit=400), icon=":material/filter_alt_off:")


def possible(filter: Filter, facets: Mapping[str, Facet]) -> tuple[Filter, list[str]]:
    """The predicates that can be asked of the columns, and a sentence on each that is left out or shortened."""
    kept: list[Predicate] = []
    told: list[str] = []
    for predicate in filter:
        facet = facets.get(predicate.column)
        if facet is None:
            told.append(f"{predicate.column[:80]}: this map has no such column; that filter was left out.")
            continue
        if predicate.op in ("is", "is_not") and facet.names:
            known = frozenset(facet.names)
            unknown = [value for value in predicate.values if plain(value) not in known]
            if unknown:
                names = ", ".join(f"“{plain(value)[:60]}”" for value in unknown[:3]) + (" …" if len(unknown) > 3 else "")
                told.append(f"{facet.title}: no example has {names}; that was left out of the filters.")
                values = tuple(value for value in predicate.values if plain(value) in known)
                if not values:
                    continue
                predicate = replace(predicate, values=values)
        try:
            facet.passes(predicate)  # kept for when it is applied
        except DatasetError as error:
            told.append(f"{str(error).removesuffix('.')}; that filter was left out.")
            continue
        kept.append(predicate)
    return tuple(dict.fromkeys(kept)), told


def now() -> Filter:
    """The filter as of this moment, for a callback."""
    return st.session_state.get(state.WHERE, ())


def ask(filter: Filter) -> None:
    """Ask for another filter; to be called from a callback."""
    st.session_state[state.WHERE] = tuple(dict.fromkeys(filter))
    st.session_state.pop(state.NOT_ASKED, None)


def ask_too(predicate: Predicate) -> None:
    """Ask for one thing more; to be called from a callback."""
    ask((*now(), predicate))


def drop(predicate: Predicate) -> None:
    """Ask for one thing less; to be called from a callback."""
    ask(tuple(one for one in now() if one != predicate))


def in_place(filter: Filter, column: str, predicates: Filter) -> Filter:
    """The filter with other predicates on a column, where its first one stood: no chip jumps."""
    places = [place for place, one in enumerate(filter) if one.column == column]
    at = places[0] if places else len(filter)
    others = tuple(one for one in filter[at:] if one.column != column)
    return (*filter[:at], *predicates, *others)


def _write(filter: Filter) -> None:
    query = to_query(filter)
    if sum(map(len, query)) > MOST_OF_A_LINK:
        query = []
    if query != st.query_params.get_all(state.WHERE):
        if query:
            st.query_params[state.WHERE] = query
        else:
            del st.query_params[state.WHERE]


def _asked_by_link(built: BuiltMap) -> tuple[Filter, list[str]]:
    """What a cold link asks for, also one from before; what came from there is gone from the URL."""
    asked: list[Predicate] = []
    told: list[str] = []
    for one in st.query_params.get_all(state.WHERE):
        try:
            asked.extend(from_query([one]))
        except DatasetError as error:
            told.append(f"{str(error)[:300].removesuffix('.')}; that filter was left out.")
    asked.extend(_asked_before(built))
    for key in state.EARLIER_FILTERS:
        if key in st.query_params:
            del st.query_params[key]
    return tuple(asked), told


def _asked_before(built: BuiltMap) -> list[Predicate]:
    """The filters of links that were made when each had a widget and a URL parameter of its own."""
    labels, confidence, score, clusters, files, contains = (
        [value for value in st.query_params.get_all(key) if value] for key in state.EARLIER_FILTERS
    )
    asked: list[Predicate] = []
    if labels:
        words = caches.label_words(built.manifest.slug, built.manifest.fingerprint)
        known = set(built.manifest.labels)
        asked.append(Predicate(LABEL, "is", tuple(words.get(one, one) if one in known else one for one in labels)))
    for ends in (confidence, score):
        if len(ends) == 2 and all(_NUMBER.fullmatch(end) and len(end) < 40 for end in ends):
            low, high = sorted(map(float, ends))
            confidence = built.examples["confidence"]
            if confidence.min() < low or confidence.max() > high:  # the whole range asked for nothing: rows without a value passed
                asked.append(Predicate(CONFIDENCE, "between", (low, high)))
    title = st.query_params.get(state.LAYER) or st.session_state.get(state.LAYER)
    layer = next((layer for layer in LAYERS if layer.title == title), KMEANS).id
    names = {str(name.id): name.name for name in built.names_by_layer[layer]}
    if clusters:
        asked.append(Predicate(cluster_column(layer), "is", tuple(names.get(one.partition(" · ")[0], one) for one in clusters)))
    if files:
        asked.append(Predicate(DATASET, "is", tuple(files)))
    if contains:
        asked.append(Predicate(TEXT, "contains", (contains[0],)))
    return asked
