"""The figures of answer sets, kept between reruns: each under the map's fingerprint and what the sets answer on it."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from evalmap.answers.answer_types import Scores
from evalmap.answers.reading.occupations import OccupationRows
from evalmap.answers.reporting.pronoun_section import bias_of, occupations_of
from evalmap.answers.statistics.calibration import CalibrationCurve, calibration_curves
from evalmap.answers.statistics.clusters import ClusterFigures, cluster_figures
from evalmap.answers.statistics.comparison import ClusterComparison, Comparison, compare, compare_clusters
from evalmap.answers.statistics.pronoun_bias import PronounBias
from evalmap.answers.statistics.screening_effect import ScreeningEffect, screening_effect
from evalmap.answers.statistics.summary import Summary, summarize
from evalmap.answers.statistics.weighted import WeightedFigures, weighted_figures
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.server import answer_cache


def labels_of(built: BuiltMap) -> NDArray[np.object_]:
    return built.examples["label"].to_numpy(dtype=object)


def confidence_of(built: BuiltMap) -> NDArray[np.float64]:
    return built.examples["confidence"].to_numpy(dtype=np.float64)


def summary(built: BuiltMap, scores: Scores) -> Summary:
    return _summary(_key(built, scores), built, scores)


def clusters(built: BuiltMap, scores: Scores, layer: str, *, adjust: bool = True) -> list[ClusterFigures]:
    return _clusters(_key(built, scores), layer, adjust, built, scores)


def comparison(built: BuiltMap, a: Scores, b: Scores, groups: NDArray[np.int64] | None) -> Comparison:
    return _comparison(_key(built, a, b), _content(groups), built, a, b, groups)


def cluster_comparisons(
    built: BuiltMap, a: Scores, b: Scores, layer: str, groups: NDArray[np.int64] | None
) -> list[ClusterComparison]:
    return _cluster_comparisons(_key(built, a, b), layer, _content(groups), built, a, b, groups)


def curves(built: BuiltMap, scores: Scores) -> list[CalibrationCurve]:
    return _curves(_key(built, scores), built, scores)


def effect_of_screening(built: BuiltMap, scores: Scores, kept: NDArray[np.bool_], groups: NDArray[np.int64]) -> ScreeningEffect:
    return _effect_of_screening(_key(built, scores), _content(kept) + _content(groups), built, scores, kept, groups)


def weighted(built: BuiltMap, scores: Scores, duplicates: NDArray[np.int64], groups: NDArray[np.int64]) -> WeightedFigures:
    return _weighted(_key(built, scores), _content(duplicates) + _content(groups), scores, duplicates, groups)


def occupations(built: BuiltMap) -> OccupationRows | None:
    return _occupations((built.manifest.slug, built.manifest.fingerprint), built)


def pronouns(built: BuiltMap, scores: Scores, layer: str) -> PronounBias:
    return _pronouns(_key(built, scores), layer, built, scores)


def _key(built: BuiltMap, *sets: Scores) -> tuple[str, ...]:
    manifest = built.manifest
    return (manifest.slug, manifest.fingerprint, *(f"{scores.id}.{answer_cache.digest(scores)}" for scores in sets))


def _content(values: np.ndarray | None) -> str:
    from hashlib import sha256

    return "" if values is None else sha256(np.ascontiguousarray(values).tobytes()).hexdigest()[:16]


# Streamlit leaves arguments with a leading underscore out of the key.


@st.cache_resource(max_entries=256, show_spinner=False)
def _summary(key: tuple[str, ...], _built: BuiltMap, _scores: Scores) -> Summary:
    return summarize(_scores, labels=labels_of(_built), confidence=confidence_of(_built))


@st.cache_resource(max_entries=256, show_spinner=False)
def _clusters(key: tuple[str, ...], layer: str, adjust: bool, _built: BuiltMap, _scores: Scores) -> list[ClusterFigures]:
    clustering = _built.clustering(layer)
    return cluster_figures(
        _scores,
        labels=labels_of(_built),
        confidence=confidence_of(_built),
        clusters=clustering.labels.astype(np.int64),
        n_clusters=clustering.n_clusters,
        adjust=adjust,
    )


@st.cache_resource(max_entries=64, show_spinner="Comparing …")
def _comparison(
    key: tuple[str, ...], content: str, _built: BuiltMap, _a: Scores, _b: Scores, _groups: NDArray[np.int64] | None
) -> Comparison:
    return compare(_a, _b, labels=labels_of(_built), groups=_groups)


@st.cache_resource(max_entries=64, show_spinner="Comparing cluster by cluster …")
def _cluster_comparisons(
    key: tuple[str, ...], layer: str, content: str, _built: BuiltMap, _a: Scores, _b: Scores, _groups: NDArray[np.int64] | None
) -> list[ClusterComparison]:
    clustering = _built.clustering(layer)
    return compare_clusters(
        _a,
        _b,
        labels=labels_of(_built),
        clusters=clustering.labels.astype(np.int64),
        n_clusters=clustering.n_clusters,
        groups=_groups,
    )


@st.cache_resource(max_entries=64, show_spinner=False)
def _curves(key: tuple[str, ...], _built: BuiltMap, _scores: Scores) -> list[CalibrationCurve]:
    return calibration_curves(_scores, labels=labels_of(_built), confidence=confidence_of(_built))


@st.cache_resource(max_entries=64, show_spinner=False)
def _effect_of_screening(
    key: tuple[str, ...], content: str, _built: BuiltMap, _scores: Scores, _kept: NDArray[np.bool_], _groups: NDArray[np.int64]
) -> ScreeningEffect:
    labels, confidence = labels_of(_built), confidence_of(_built)
    return screening_effect(_scores, labels=labels, confidence=confidence, kept=_kept, groups=_groups)


@st.cache_resource(max_entries=16, show_spinner=False)
def _occupations(key: tuple[str, ...], _built: BuiltMap) -> OccupationRows | None:
    return occupations_of(_built)


@st.cache_resource(max_entries=64, show_spinner=False)
def _pronouns(key: tuple[str, ...], layer: str, _built: BuiltMap, _scores: Scores) -> PronounBias:
    found = occupations(_built)
    figures = bias_of(_scores, found, layer=_built.clustering(layer)) if found else None
    assert figures is not None, "asked of a set that has no probabilities of pronouns"
    return figures


@st.cache_resource(max_entries=64, show_spinner=False)
def _weighted(
    key: tuple[str, ...], content: str, _scores: Scores, _duplicates: NDArray[np.int64], _groups: NDArray[np.int64]
) -> WeightedFigures:
    return weighted_figures(_scores, duplicates=_duplicates, groups=_groups)
