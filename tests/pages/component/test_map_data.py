"""What the browser is sent of a map."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import palette, thumbnail
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.embeddings.clustering import Clustering
from evalmap.embeddings.naming import ClusterName
from evalmap.embeddings.pipeline import build
from evalmap.pages.component import map_data
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows

TEXTS = sentences(7)
LABELS = ["No", "Yes", "No", None, "Yes", "No", "No"]
CONFIDENCES = [0.5, 0.75, None, 1.0, 0.25, 0.5, 0.5]


def rows() -> list[dict[str, Any]]:
    return [
        {
            "text": text,
            "label": label,
            "confidence": confidence,
            "weight": [3, 1, 2, None, 5, 4, 0][i],
            "a/b?": ["x", "y", "x", "x", "y", "x", "x"][i],
            "Label": "same",
            "true": i % 2 == 0,
        }
        for i, (text, label, confidence) in enumerate(zip(TEXTS, LABELS, CONFIDENCES, strict=True))
    ]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> BuiltMap:
    folder = tmp_path_factory.mktemp("map")
    workspace = Workspace(folder / "home")
    manifest = build(open_dataset(write_rows(folder / "seven.jsonl", rows())), workspace=workspace, encoder=FakeEncoder())
    return load_map(workspace, manifest)


def column_of(built: BuiltMap, key: str) -> map_data.Column:
    return next(column for column in map_data.columns(built) if column.key == key)


def with_changes(built: BuiltMap, **changes: Any) -> BuiltMap:
    return BuiltMap(**{name: changes.get(name, getattr(built, name)) for name in BuiltMap.__dataclass_fields__})


def test_points_are_all_x_and_then_all_y_in_little_endian_float32(built: BuiltMap):
    raw = map_data.points(built)
    assert len(raw) == 8 * len(built)
    read = np.frombuffer(raw, dtype="<f4")
    np.testing.assert_array_equal(read[: len(built)], built.coordinates[:, 0])
    np.testing.assert_array_equal(read[len(built) :], built.coordinates[:, 1])


def test_columns_come_in_the_order_of_the_menu_with_the_label_first(built: BuiltMap):
    keys = [column.key for column in map_data.columns(built)]
    layers = [f"cluster.{layer}" for layer in ("kmeans", "topics-coarse", "topics-medium", "topics-fine")]
    assert keys[:6] == ["label", *layers, "confidence"]
    assert "dataset" not in keys
    assert {"field.weight", "field.true", "field.Label"} <= set(keys)
    assert "field.text" not in keys
    assert "field.confidence" not in keys


def test_keys_and_titles_are_unique_and_keys_are_safe_in_a_url(built: BuiltMap):
    columns = map_data.columns(built)
    assert len({column.key for column in columns}) == len(columns)
    assert len({column.title for column in columns}) == len(columns)
    assert all(set(column.key) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") for column in columns)
    assert column_of(built, "field.Label").title == "Label (field)"
    assert next(column for column in columns if column.title == "a/b?").key.startswith("field.a-b-.")


def test_label_codes_follow_the_counts_and_rows_without_a_label_come_last(built: BuiltMap):
    column = column_of(built, "label")
    assert column.categories == (("No", 4), ("Yes", 2), ("missing", 1))
    assert column.codes == (0, 1, 65_535)
    assert map_data.column_codes(built, "label").tolist() == [0, 1, 0, 65_535, 1, 0, 0]


def test_thumbnail_has_the_colours_of_the_map(built: BuiltMap):
    column, categories = column_of(built, "label"), thumbnail.by_label(built.examples)
    assert categories
    codes = map_data.column_codes(built, "label").astype(np.int64)
    assert categories.codes.tolist() == np.where(codes == map_data.MISSING_CODE, thumbnail.MISSING, codes).tolist()
    assert list(categories.colors) == palette.colors([name for name, _ in column.categories])[:-1]


def test_a_category_that_is_called_missing_is_no_missing_value(built: BuiltMap):
    examples = built.examples.assign(label=["missing", *LABELS[1:]])
    column = column_of(with_changes(built, examples=examples), "label")
    assert column.categories == (("No", 3), ("Yes", 2), ("missing", 1), ("missing", 1))
    assert column.codes == (0, 1, 2, 65_535)


def test_numbers_keep_their_range_and_nan_marks_the_missing(built: BuiltMap):
    column = column_of(built, "confidence")
    assert (column.kind, column.low, column.high, column.missing) == ("number", 0.25, 1.0, 1)
    np.testing.assert_array_equal(map_data.column_codes(built, "confidence"), np.array(CONFIDENCES, dtype=np.float32))
    assert column_of(built, "field.weight").low == 0.0


def test_infinite_numbers_count_as_missing(built: BuiltMap):
    fields = built.fields.assign(weight=[np.inf, 1, 2, 3, 4, 5, 6])
    column = column_of(with_changes(built, fields=fields), "field.weight")
    assert (column.low, column.high, column.missing) == (1.0, 6.0, 1)


def test_truth_values_are_categories(built: BuiltMap):
    assert column_of(built, "field.true").categories == (("True", 4), ("False", 3))


def test_a_field_with_more_than_fifty_texts_is_no_colouring(built: BuiltMap):
    many = pd.Series([f"text {i}" for i in range(51)])
    assert not map_data._is_coloring(many)
    assert map_data._is_coloring(many[:50])
    assert not map_data._is_coloring(pd.Series([None, None], dtype=object))


def test_clusters_are_listed_by_id_with_their_names_and_sizes(built: BuiltMap):
    column = column_of(built, "cluster.kmeans")
    layer = built.clustering("kmeans")
    assert [count for _, count in column.categories] == np.bincount(layer.labels).tolist()
    assert [name for name, _ in column.categories] == [name.name for name in built.names_by_layer["kmeans"]]
    np.testing.assert_array_equal(map_data.column_codes(built, "cluster.kmeans"), layer.labels)


def test_an_unknown_colouring_is_a_key_error(built: BuiltMap):
    with pytest.raises(KeyError, match="dataset"):
        map_data.column_bytes(built, "dataset")


def test_cluster_labels_stand_at_the_median_of_their_points(built: BuiltMap):
    labels = np.array([0, 0, 0, 1, 1, 1, 0], dtype=np.int32)
    names = tuple(ClusterName("kmeans", i, f"cluster {i}", (), 0, (), holds=(0.5, 0.4)[i]) for i in range(2))
    coordinates = np.array([[0, 0], [1, 5], [9, 9], [2, 2], [4, 4], [3, 3], [1, 6]], dtype=np.float32)
    found = map_data.cluster_labels(
        with_changes(built, clusterings=(Clustering("kmeans", labels),), names=names, coordinates=coordinates)
    )
    names_there = [
        {"id": 0, "name": "cluster 0", "x": 1.0, "y": 5.5, "size": 4, "weak": False},
        {"id": 1, "name": "cluster 1", "x": 3.0, "y": 3.0, "size": 3, "weak": True},
    ]
    assert found == [{"layer": "kmeans", "zoom": None, "names": names_there}]


def test_names_of_topics_stand_from_coarse_to_fine_as_the_zoom_grows(built: BuiltMap):
    zooms = {layer["layer"]: layer["zoom"] for layer in map_data.cluster_labels(built)}
    assert zooms == {"kmeans": None, "topics-coarse": 0.0, "topics-medium": 1.7, "topics-fine": 4.0}


def test_hover_tells_the_example_and_leaves_out_what_is_missing(built: BuiltMap):
    found = map_data.hover(built, 1)
    assert (found["text"], found["label"], found["confidence"]) == (TEXTS[1], "Yes", 0.75)
    assert (found["dataset"], found["line"]) == ("seven", 2)
    names = [built.breadcrumb(layer, int(built.clustering(layer).labels[1])) for layer in ("topics-fine", "kmeans")]
    assert found["clusters"] == [{"title": "Topic", "name": names[0]}, {"title": "Cluster", "name": names[1]}]
    assert map_data.hover(built, 3)["label"] is None
    assert map_data.hover(built, 2)["confidence"] is None


def test_hover_tells_a_topic_with_its_parents(built: BuiltMap):
    layers = {"topics-coarse": [0, 0, 0, 0, 0, 1, 1], "topics-medium": [0, 0, 0, 1, 1, 2, 2], "topics-fine": [0, 0, 1, 2, 2, 3, 4]}
    names = tuple(
        ClusterName(layer, i, f"{layer} {i}", (), 0, ()) for layer, labels in layers.items() for i in range(max(labels) + 1)
    )
    clusterings = tuple(Clustering(layer, np.array(labels, np.int32)) for layer, labels in layers.items())
    nested = with_changes(built, clusterings=clusterings, names=names)
    topics = [map_data.hover(nested, row)["clusters"] for row in (2, 3)]
    assert topics[0] == [
        {"title": "Topic", "name": "topics-coarse 0 › topics-medium 0 › topics-fine 1"},
        {"title": "Cluster", "name": None},
    ]
    assert topics[1][0]["name"] == "topics-coarse 0 › topics-fine 2"


def test_hover_cuts_long_texts_at_600_characters(built: BuiltMap):
    long = with_changes(built, examples=built.examples.assign(text="é" * 601))
    assert map_data.hover(long, 0)["text"] == "é" * 600 + "…"
    exact = with_changes(built, examples=built.examples.assign(text="é" * 600))
    assert map_data.hover(exact, 0)["text"] == "é" * 600


@pytest.mark.parametrize("row", [-1, 7])
def test_hover_on_no_row_is_an_index_error(built: BuiltMap, row: int):
    with pytest.raises(IndexError, match="not on this map of 7 examples"):
        map_data.hover(built, row)


def test_bitset_puts_row_zero_into_the_lowest_bit():
    mask = np.array([True, False, False, True, False, False, False, False, True])
    assert list(base64.b64decode(map_data.bitset(mask))) == [0b1001, 0b1]


def test_the_folder_of_a_collection_is_a_colouring(tmp_path: Path):
    folder = tmp_path / "both"
    folder.mkdir()
    write_rows(folder / "one.jsonl", rows()[:4])
    write_rows(folder / "two.jsonl", rows()[4:])
    workspace = Workspace(tmp_path / "home")
    both = load_map(workspace, build(open_dataset(folder), workspace=workspace, encoder=FakeEncoder()))
    assert column_of(both, "dataset").categories == (("one", 4), ("two", 3))
