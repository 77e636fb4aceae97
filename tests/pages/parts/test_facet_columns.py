"""The columns of a built map as facets."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalmap.answers.aligned import answers_on
from evalmap.answers.store import AnswerStore
from evalmap.data.facets.cross_filter import CrossFilter
from evalmap.data.facets.facet import Facet
from evalmap.data.facets.predicates import Predicate
from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.embeddings.pipeline import build
from evalmap.pages.component import answer_columns, map_data
from evalmap.pages.parts.map.facet_columns import facets_of
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows

N = 60
TEXTS = sentences(N)


def rows() -> list[dict[str, Any]]:
    return [
        {
            "text": text,
            "label": ("Yes", "No", "No", None)[i % 4],
            "confidence": None if i % 7 == 0 else 0.5 + i / 200,
            "weight": i % 5 if i % 3 else None,
            "a/b?": "xyz"[i % 3],
            "Label": "same",
            "true": i % 2 == 0,
            "when": f"2024-0{1 + i % 3}-05",
            "tags": [["red"], ["red", "blue"], []][i % 3],
            "note": f"a note of its own, number {i}",
            "row": i,
        }
        for i, text in enumerate(TEXTS)
    ]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltMap:
    folder = tmp_path_factory.mktemp("map")
    workspace = Workspace(folder / "home")
    manifest = build(open_dataset(write_rows(folder / "sixty.jsonl", rows())), workspace=workspace, encoder=FakeEncoder())
    return load_map(workspace, manifest)


@pytest.fixture(scope="module")
def facets(built: BuiltMap) -> dict[str, Facet]:
    return {facet.key: facet for facet in facets_of(built, [])[0]}


def bars(facet: Facet) -> list[tuple[str, int]]:
    return list(zip(facet.names, facet.counts().tolist(), strict=True))


def colors(column: map_data.Column) -> list[tuple[str, int]]:
    """The categories of a colouring, without the missing rows."""
    return list(column.categories[: len(column.categories) - (1 if column.missing else 0)])


def test_every_column_that_says_something_has_a_facet(built: BuiltMap, facets: dict[str, Facet]):
    kinds = {key: facet.kind for key, facet in facets.items() if not key.startswith("cluster.")}
    field = next(key for key in kinds if key.startswith("field.a-b-."))
    assert kinds == {
        "label": "category",
        "confidence": "number",
        "neighbors_kept": "number",
        "outlier": "category",
        "length": "number",
        "nearest_similarity": "number",
        "field.weight": "number",
        field: "category",
        "field.true": "category",
        "field.when": "date",
        "field.tags": "items",
        "text": "text",
    }
    assert {f"cluster.{layer.layer}" for layer in built.clusterings if layer.n_clusters > 1} <= facets.keys()
    assert {facet.n for facet in facets.values()} == {N}


def test_what_says_nothing_is_left_out_with_the_reason(built: BuiltMap):
    left_out = {one.title: one.reason for one in facets_of(built, [])[1] if one.key.startswith("field.")}
    assert left_out == {
        "Label (field)": "every row has the same value (same)",
        "note": "nearly every row has a text of its own",
        "row": "counts the rows",
    }


def test_keys_titles_names_and_codes_are_those_of_the_colours(built: BuiltMap, facets: dict[str, Facet]):
    columns = {column.key: column for column in map_data.columns(built)}
    assert columns.keys() - facets.keys() <= {one.key for one in facets_of(built, [])[1]}
    compared = 0
    for key in columns.keys() & facets.keys():
        assert facets[key].title == columns[key].title
        if facets[key].kind == "category":
            assert bars(facets[key]) == colors(columns[key])
            assert facets[key].missing == columns[key].missing
            compared += 1
    assert compared >= 5


def test_values_are_those_of_the_examples(built: BuiltMap, facets: dict[str, Facet]):
    np.testing.assert_array_equal(facets["confidence"].values, built.examples["confidence"].to_numpy())
    np.testing.assert_array_equal(facets["length"].values, [len(text) for text in TEXTS])
    similarities = np.asarray(built.vectors) @ np.asarray(built.vectors).T
    np.fill_diagonal(similarities, -2)
    np.testing.assert_allclose(facets["nearest_similarity"].values, similarities.max(axis=1), atol=1e-6)
    assert all(len(repr(value)) <= 13 for value in facets["nearest_similarity"].values.tolist())


def test_facets_of_a_map_filter_each_other(facets: dict[str, Facet]):
    cross = CrossFilter([*facets.values()])
    passing = cross.apply((Predicate("field.tags", "is", ("blue",)), Predicate("label", "is", ("No",))))
    expected = [i for i in range(N) if i % 3 == 1 and i % 4 in (1, 2)]
    assert np.flatnonzero(passing.mask).tolist() == expected
    words = TEXTS[7]
    assert np.flatnonzero(cross.apply((Predicate("text", "contains", (words.upper(),)),)).mask).tolist() == [
        i for i, text in enumerate(TEXTS) if words.lower() in text.lower()
    ]


def test_answers_of_each_set_have_facets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from evalmap.answers import sample_answers
    from evalmap.embeddings import sample_maps

    monkeypatch.setenv("EVALMAP_HOME", str(tmp_path))
    workspace = Workspace.default()
    sample_maps.install(workspace)
    sample_answers.install(workspace)
    maps = ((load_map(workspace, manifest), manifest) for manifest in workspace.manifests())
    built, sets = next((built, sets) for built, _ in maps if (sets := answers_on(built, AnswerStore(workspace))))
    facets = {facet.key: facet for facet in facets_of(built, sets)[0]}
    columns = answer_columns.columns(sets)
    assert columns
    left_out = {one.key for one in facets_of(built, sets)[1]}
    assert {column.key for column in columns} <= facets.keys() | left_out
    for column in columns:
        if column.key in facets and column.kind == "category":
            known = len(column.categories) - (1 if column.missing else 0)
            assert list(zip(facets[column.key].names, facets[column.key].counts().tolist(), strict=True)) == list(
                column.categories[:known]
            )
    p_key = next(column.key for column in columns if column.key.endswith(".p"))
    np.testing.assert_array_equal(facets[p_key].values, next(s for s in sets if s.id in p_key).p_matching)
