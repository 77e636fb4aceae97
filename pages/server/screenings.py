"""The pairs of a map, the decisions made by hand, and its default screening: what the duplicates and the answers page share."""

import json
from collections.abc import Sequence

import streamlit as st

from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.server import access, caches
from evalmap.pages.server.curations import curation_of
from evalmap.screening.default_screening import AT_ONCE, DefaultScreening
from evalmap.screening.default_screening import default_screening as screen_by_default
from evalmap.screening.flagged_rows import find_flagged
from evalmap.screening.keep.by_hand import DecisionLog, Decisions
from evalmap.screening.pair_judgements import PairJudgements, Reading, read_on
from evalmap.screening.pair_types import Method, Pairs
from evalmap.screening.pairs import pair_store
from evalmap.screening.templates.find_templates import Templates, find_templates
from evalmap.screening.variants.keys import variant_fields_of
from evalmap.screening.variants.variants import Differences


def decisions(built: BuiltMap) -> DecisionLog:
    """The decisions made by hand about this dataset, from the workspace."""
    return DecisionLog.load(caches.workspace(), built.manifest.source)


def decided(built: BuiltMap) -> Decisions:
    """What was decided about the rows: by hand on the Duplicates page, and deleted on the map."""
    return curation_of(built).rows.within(decisions(built).rows(built.examples))


def stored_pairs(slug: str, fingerprint: str) -> Pairs | None:
    """The pair list of a map; None where the pairs were not looked for yet."""
    pairs = _pairs(slug, fingerprint)
    if pairs is None:
        _pairs.clear(slug, fingerprint)  # they may be looked for later
    return pairs


def differences(built: BuiltMap) -> Differences:
    """What the rows of a map differ in, two by two, whatever the threshold."""
    return _differences(built.manifest.slug, built.manifest.fingerprint)


def flagged(built: BuiltMap, rules: Sequence[str], threshold: float) -> dict[int, str]:
    """The rows of a map that some rules flag, each with the names of those that do.

    Raises
    ------
    DatasetError : a rule lacks what it reads
    """
    return _flagged(built.manifest.slug, built.manifest.fingerprint, tuple(rules), threshold) if rules else {}


def variant_fields(built: BuiltMap) -> tuple[str, ...]:
    """The fields that tell rows with one text apart."""
    return variant_fields_of(built.manifest.reading, built.manifest.roles, built.fields.columns)


def judgements(built: BuiltMap) -> PairJudgements:
    """What was said of pairs of this dataset, from the workspace."""
    return PairJudgements.load(Workspace.default(), built.manifest.source)


def lowest_threshold(pairs: Pairs, method: Method) -> float:
    """The lowest threshold that the list of pairs allows, in hundredths."""
    floor = max(pairs.floors["lexical"], pairs.floors["semantic"]) if method == "all" else pairs.floors.get(method, 0.0)
    return min(0.99, -(-floor * 100 // 1) / 100)


def reading_of(built: BuiltMap, pairs: Pairs, *, method: Method, normalization: str, merge: Sequence[str]) -> Reading:
    """How far the reader is with the pairs of a map, and the one to read next."""
    made = judgements(built)
    how = {"method": method, "normalization": normalization, "merge": merge}
    return read_on(pairs, made, built.examples, differences=differences(built), **how)


def templates(slug: str, fingerprint: str) -> Templates:
    """Rows of a map that are equal but for short slots; its pairs were looked for before."""
    return _templates(slug, fingerprint)


def default_screening(built: BuiltMap) -> DefaultScreening | None:
    """The default screening as of the decisions made so far; None where the pairs of a large dataset were not looked for yet."""
    manifest = built.manifest
    made = json.dumps([decisions(built).as_list(), curation_of(built).signature])
    screening = _default_screening(manifest.slug, manifest.fingerprint, made)
    if screening is None:
        _default_screening.clear(manifest.slug, manifest.fingerprint, made)  # they may be looked for later
    return screening


@st.cache_resource(max_entries=4, show_spinner="Reading the pairs …")
def _pairs(slug: str, fingerprint: str) -> Pairs | None:
    built = caches.open_map(slug, fingerprint)
    found = pair_store.stored_pairs(built, caches.workspace())
    if found is None and not access.writable() and 2 <= len(built) <= AT_ONCE:
        return pair_store.search(built)  # kept in memory: a visitor of a read-only site writes nothing into the workspace
    return found


@st.cache_resource(max_entries=4, show_spinner="Reading what the texts differ in …")
def _differences(slug: str, fingerprint: str) -> Differences:
    built = caches.open_map(slug, fingerprint)
    return Differences(built.examples["embedded_text"].tolist(), fields=built.fields, variant_fields=variant_fields(built))


@st.cache_resource(max_entries=8, show_spinner="Asking for flags …")
def _flagged(slug: str, fingerprint: str, rules: tuple[str, ...], threshold: float) -> dict[int, str]:
    built, pairs = caches.open_map(slug, fingerprint), stored_pairs(slug, fingerprint)
    if pairs is None:
        return {}
    cut, outliers = built.truncated, built.outliers
    return find_flagged(built.examples, rules, pairs=pairs, threshold=threshold, truncated=cut, outliers=outliers)


@st.cache_resource(max_entries=4, show_spinner="Looking for templates …")
def _templates(slug: str, fingerprint: str) -> Templates:
    built, pairs = caches.open_map(slug, fingerprint), stored_pairs(slug, fingerprint)
    return find_templates(built.examples["embedded_text"].tolist(), pairs) if pairs is not None else Templates(len(built))


@st.cache_resource(max_entries=8, show_spinner="Looking for near-duplicates …")
def _default_screening(slug: str, fingerprint: str, decisions: str) -> DefaultScreening | None:
    """`decisions`: all of them, as JSON; the log itself is read from the workspace."""
    built = caches.open_map(slug, fingerprint)
    return screen_by_default(built, caches.workspace(), pairs=stored_pairs(slug, fingerprint), may_search=access.writable())
