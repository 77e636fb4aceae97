"""Which rows pass the filters, held against a plain loop."""

import math
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.clustering import Clustering
from evalmap.pages.parts.map.filters import Filters, passing

TEXTS = [
    *("Über Straße", "a+b (c)", "ΣΊΣΥΦΟΣ", "50 % [x] ^$ .*", "back\\slash \\E", "two\nlines", "null"),
    *("Dot.", "МОСКВА", "naïve café"),
]
LABELS = ["Yes", "No", None, "(A)", ""]
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "text": st.sampled_from(TEXTS),
            "label": st.sampled_from(LABELS),
            "confidence": st.sampled_from([float("nan"), 0.0, 0.25, 0.5, 0.75, 1.0]),
            "dataset": st.sampled_from(["a", "b", "c"]),
            "cluster": st.integers(0, 3),
        }
    ),
    min_size=1,
    max_size=12,
)
FILTERS = st.builds(
    Filters,
    labels=st.lists(st.sampled_from(["Yes", "No", "(A)", ""]), max_size=2).map(tuple),
    confidence=st.one_of(st.none(), st.sampled_from([(0.0, 0.5), (0.25, 0.75), (0.5, 0.5), (0.9, 0.95)])),
    layer=st.sampled_from(["kmeans", "topics-medium"]),
    clusters=st.lists(st.integers(0, 3), max_size=2).map(tuple),
    files=st.lists(st.sampled_from(["a", "b"]), max_size=2).map(tuple),
    contains=st.sampled_from(["", "ü", "STRASS", "straße", "σ", "(", "B (", ".*", "^$", "\\", "\\e", "\n", "NULL", ".", "МОСКва"]),
)


def a_map(rows: list[dict[str, Any]]) -> BuiltMap:
    columns = {"text": "str", "label": "str", "dataset": "str", "confidence": "float64"}
    examples = pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=kind) for name, kind in columns.items()})
    labels = np.array([row["cluster"] for row in rows], dtype=np.int32)
    layers = {"kmeans": Clustering("kmeans", labels), "topics-medium": Clustering("topics-medium", (3 - labels).astype(np.int32))}

    class Map(SimpleNamespace):
        def __len__(self) -> int:
            return len(rows)

    return cast(BuiltMap, Map(examples=examples, clustering=layers.__getitem__))


def passes(row: dict[str, Any], filters: Filters) -> bool:
    cluster = row["cluster"] if filters.layer == "kmeans" else 3 - row["cluster"]
    confidence = row["confidence"]
    return (
        (not filters.labels or row["label"] in filters.labels)
        and (
            filters.confidence is None
            or (not math.isnan(confidence) and filters.confidence[0] <= confidence <= filters.confidence[1])
        )
        and (not filters.clusters or cluster in filters.clusters)
        and (not filters.files or row["dataset"] in filters.files)
        and filters.contains.lower() in row["text"].lower()
    )


@settings(max_examples=150, deadline=None)
@given(ROWS, FILTERS)
def test_rows_are_those_of_a_plain_loop(rows: list[dict[str, Any]], filters: Filters):
    mask = passing(a_map(rows), filters)
    assert mask.dtype == bool
    assert mask.tolist() == [passes(row, filters) for row in rows]


@given(ROWS)
def test_nothing_asked_for_lets_every_row_pass(rows: list[dict[str, Any]]):
    assert not Filters().active
    assert passing(a_map(rows), Filters()).all()


@pytest.mark.parametrize(
    ("contains", "found"),
    [
        ("über", [0]),
        ("STRAßE", [0]),
        ("σίσυφος", [2]),
        ("Москва", [8]),
        ("CAFÉ", [9]),
        ("cafe", []),
        (".", [3, 7]),
        ("(c)", [1]),
        ("a+B", [1]),
        ("[X]", [3]),
        ("^$ .*", [3]),
        ("\\", [4]),
        ("\\e", [4]),
        ("o\nL", [5]),
        ("x|y", []),
        ("null", [6]),
    ],
)
def test_contains_is_literal_and_blind_to_case(contains: str, found: list[int]):
    rows = [{"text": text, "label": None, "confidence": math.nan, "dataset": "a", "cluster": 0} for text in TEXTS]
    assert np.flatnonzero(passing(a_map(rows), Filters(contains=contains))).tolist() == found


def test_whatever_is_asked_for_makes_filters_active():
    asked = [{"labels": ("x",)}, {"confidence": (0, 1)}, {"clusters": (0,)}, {"files": ("a",)}, {"contains": " "}]
    assert [one for one in asked if not Filters(**one).active] == []
    assert not Filters(layer="topics-medium").active
