"""The columns of a map that can be filtered, kept between runs: their facets, and the filter that they make together."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from evalmap.data.facets.column_kinds import LeftOut
from evalmap.data.facets.cross_filter import CrossFilter
from evalmap.data.facets.facet import Facet
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.map.facet_columns import facets_of
from evalmap.pages.server import answer_cache
from evalmap.pages.server.curations import curation_of
from evalmap.pages.server.map_reviews import reviews_of


@dataclass(frozen=True)
class MapColumns:
    """What there is to filter by.

    Attributes
    ----------
    facets : by key, in the order of the charts
    cross_filter : of all of them
    left_out : the columns without a facet, with the reasons
    """

    facets: Mapping[str, Facet]
    cross_filter: CrossFilter
    left_out: tuple[LeftOut, ...]


def columns(built: BuiltMap) -> MapColumns:
    """The columns of a map as of its answers, its curation and its reviews; made once and shared by all sessions."""
    sets = answer_cache.sets_quietly(built)
    answers = tuple((scores.id, scores.label, answer_cache.digest(scores)) for scores in sets)
    made = (curation_of(built).signature, reviews_of(built).signature)
    return _columns(built.manifest.slug, built.manifest.fingerprint, answers, made, built)


@st.cache_resource(max_entries=8, show_spinner=False)
def _columns(
    slug: str, fingerprint: str, answers: tuple[tuple[str, str, str], ...], made: tuple[str, str], _built: BuiltMap
) -> MapColumns:
    facets, left_out = facets_of(_built, answer_cache.sets_quietly(_built), curation_of(_built).rows, reviews_of(_built))
    return MapColumns({facet.key: facet for facet in facets}, CrossFilter(facets), tuple(left_out))
