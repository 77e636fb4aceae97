"""Reading a built map back."""

import dataclasses
import re
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.labels import label_counts
from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.embeddings.clustering import Clustering
from evalmap.embeddings.layers import LAYERS
from evalmap.embeddings.naming import ClusterName
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.sample_maps import BUILT
from evalmap.embeddings.settings import Settings
from evalmap.tests.fakes import FakeEncoder, fake_vector, sentences, write_rows

TEXTS = [*sentences(98), "word " * 60, sentences(1)[0]]  # one cut at the window, one repeated


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("built")


@pytest.fixture(scope="module")
def read(home: Path) -> BuiltMap:
    rows = [{"text": text, "label": [" Yes", " No", None][i % 3], "n": i} for i, text in enumerate(TEXTS)]
    rows.insert(50, {"text": None, "label": " Yes", "n": -1})  # set aside: lines and rows part ways here
    path = write_rows(home / "topics.jsonl", rows)
    workspace = Workspace(home / "home")
    build(open_dataset(path), workspace=workspace, encoder=FakeEncoder(), settings=Settings(k=5))
    return load_map(workspace, workspace.find("topics"))


def test_row_i_of_everything_is_example_i(read: BuiltMap):
    assert len(read) == 100
    assert read.examples["text"].tolist() == TEXTS
    assert read.fields["n"].tolist() == list(range(100))
    assert np.array_equal(read.vectors, [fake_vector(text) for text in TEXTS])
    assert read.coordinates.shape == (100, 2)
    assert len(read.graph) == len(read.outliers) == 100
    assert np.flatnonzero(read.truncated).tolist() == [98]
    assert read.manifest.truncated == 1
    assert read.manifest.outliers == read.outliers.sum()


def test_clusters_of_each_layer_hold_every_row_and_every_label(read: BuiltMap):
    clusters = read.clusters()
    assert list(dict.fromkeys(cluster["layer"] for cluster in clusters)) == [layer.id for layer in LAYERS]
    for layer in (layer.id for layer in LAYERS):
        found = [cluster for cluster in clusters if cluster["layer"] == layer]
        labels = read.clustering(layer).labels
        assert [cluster["id"] for cluster in found] == list(range(len(found)))
        assert sum(cluster["size"] for cluster in found) == 100
        for cluster in found:
            rows = np.flatnonzero(labels == cluster["id"])
            expected = Counter(str(read.examples["label"].iloc[row]) for row in rows if read.examples["label"].notna().iloc[row])
            assert (cluster["size"], cluster["labels"]) == (len(rows), dict(expected))
            assert cluster["medoid"] in [TEXTS[row] for row in rows]
            assert cluster["name"]
    assert sum((Counter(c["labels"]) for c in clusters if c["layer"] == "kmeans"), Counter()) == read.manifest.labels


def test_names_stand_by_layer_and_id(read: BuiltMap):
    assert [[name.id for name in read.names_by_layer[layer.id]] for layer in LAYERS] == [
        list(range(read.clustering(layer.id).n_clusters)) for layer in LAYERS
    ]


def test_unknown_layer_is_told_with_those_there_are(read: BuiltMap):
    there = "kmeans, topics-coarse, topics-medium, topics-fine"
    with pytest.raises(ValueError, match=rf"^layer 'graph-9' is unknown; there are {there}$"):
        read.clustering("graph-9")


def test_layers_answer_to_the_ids_of_version_0_1(read: BuiltMap):
    for former, today in (("graph-0", "topics-coarse"), ("graph-1", "topics-medium"), ("graph-2", "topics-fine")):
        assert read.clustering(former) is read.clustering(today)


def test_map_of_version_0_1_opens_with_todays_layers(tmp_path: Path):
    shutil.copytree(BUILT, tmp_path / "older")
    older = Workspace(tmp_path / "older")
    manifest = older.find("samples")
    folder, named = (
        older.entry("clustering", manifest.key("clustering")),
        older.entry("naming", manifest.key("naming")) / "names.json",
    )
    names = named.read_text("utf-8")
    for layer in LAYERS:
        if layer.former_id:
            (folder / f"{layer.id}.npy").rename(folder / f"{layer.former_id}.npy")
            names = names.replace(f'"{layer.id}"', f'"{layer.former_id}"')
    named.write_text(names, "utf-8")
    built = load_map(older, manifest)
    assert [clustering.layer for clustering in built.clusterings] == [layer.id for layer in LAYERS]
    assert set(built.names_by_layer) == {layer.id for layer in LAYERS}
    for layer in LAYERS:
        stored = np.load(folder / f"{layer.former_id or layer.id}.npy")
        assert np.array_equal(built.clustering(layer.id).labels, stored)


def test_similar_rows_are_those_of_brute_force(read: BuiltMap):
    vectors = np.array([fake_vector(text) for text in TEXTS], np.float64)
    for row in (0, 42, 98):
        similarities = vectors @ vectors[row]
        others = [other for other in range(100) if other != row]
        expected = sorted(others, key=lambda other: (-round(similarities[other], 6), other))[:10]
        found = read.similar(row)
        assert [other for other, _ in found] == expected
        np.testing.assert_allclose([similarity for _, similarity in found], similarities[expected], atol=1e-5)
    assert read.similar(0, top=1) == [(99, pytest.approx(1.0))]


def test_search_finds_the_rows_nearest_to_a_query(read: BuiltMap):
    found = read.search(fake_vector("harbour anchor"), top=12)
    assert {TEXTS[row].split()[0] for row, _ in found} == {"harbour"}
    similarities = [similarity for _, similarity in found]
    assert similarities == sorted(similarities, reverse=True)
    own = read.search(fake_vector(TEXTS[0]), top=3)
    assert [row for row, _ in own[:2]] == [0, 99]
    assert len(read.search(fake_vector("anything"), top=1000)) == 100


def test_row_is_found_by_dataset_and_line(read: BuiltMap):
    assert read.row_of("topics", 1) == 0
    assert read.row_of("topics", 50) == 49
    assert read.row_of("topics", 51) is None  # set aside
    assert read.row_of("topics", 52) == 50
    assert read.row_of("topics", 101) == 99
    assert read.row_of("others", 1) is None


def test_labels_are_counted_from_the_most_frequent(read: BuiltMap):
    assert label_counts(read.examples["label"]) == {"Yes": 34, "No": 33}
    assert list(label_counts(read.examples["label"])) == ["Yes", "No"]
    assert label_counts(read.examples["label"].iloc[:0]) == {}
    assert list(label_counts(read.examples["label"].iloc[:2])) == ["No", "Yes"]  # equally many: by name


def test_stage_that_is_gone_is_told(read: BuiltMap, home: Path, tmp_path: Path):
    shutil.copytree(home / "home", tmp_path / "copy")
    workspace = Workspace(tmp_path / "copy")
    shutil.rmtree(workspace.root / "stages" / "projection")
    remedy = f"Build it again: evalmap build {read.manifest.location}"
    sentence = f"topics: the results of stage projection are gone from {workspace.root}. {remedy}"
    with pytest.raises(DatasetError, match=f"^{re.escape(sentence)}$"):
        load_map(workspace, read.manifest)


@pytest.mark.parametrize(
    ("stage", "name", "cut", "said"),
    [
        (
            "neighbors",
            "indices.npy",
            40,
            r"topics: what .* holds of its map is damaged \(.*\)\. Remove the map and build it again: ",
        ),
        ("clustering", "kmeans.npy", 0, r"topics: what .* holds of its map is damaged"),
        ("records", "examples.parquet", 100, r"topics: what .* holds of its map is damaged"),
        ("naming", "names.json", 10, r"topics: what .* holds of its map is damaged"),
        ("projection", "coordinates.npy", None, r"coordinates\.npy: is gone\. Build the map again: evalmap build "),
    ],
)
def test_a_stored_file_that_is_cut_off_or_gone_is_one_sentence(
    read: BuiltMap, home: Path, tmp_path: Path, stage: str, name: str, cut: int | None, said: str
):
    shutil.copytree(home / "home", tmp_path / "home")
    space = Workspace(tmp_path / "home")
    path = space.entry(stage, read.manifest.key(stage)) / name
    if cut is None:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(DatasetError, match=said):
        load_map(space, "topics")


def test_breadcrumb_names_the_parents_in_short_and_leaves_out_those_with_one_child(read: BuiltMap):
    layers = {"topics-coarse": [0, 0, 0, 1], "topics-medium": [0, 0, 1, 2], "topics-fine": [0, 1, 2, 3], "kmeans": [0, 0, 0, 0]}
    names = [
        ClusterName(
            layer, id, f"{layer[7:]}{id} · b · {layer}", (), 0, (), model="m" if (layer, id) == ("topics-coarse", 0) else None
        )
        for layer, labels in layers.items()
        for id in range(max(labels) + 1)
    ]
    clusterings = tuple(Clustering(layer, np.array(labels, np.int32)) for layer, labels in layers.items())
    nested = dataclasses.replace(read, clusterings=clusterings, names=tuple(names))
    of_model = "coarse0 · b · topics-coarse"
    assert nested.breadcrumb("topics-fine", 1) == f"{of_model} › medium0 · topics-medium › fine1 · b · topics-fine"
    assert nested.breadcrumb("topics-fine", 2) == f"{of_model} › fine2 · b · topics-fine"  # alone in medium 1
    assert nested.breadcrumb("topics-fine", 3) == "fine3 · b · topics-fine"  # alone in medium 2, which is alone in coarse 1
    assert nested.breadcrumb("topics-coarse", 1) == "coarse1 · b · topics-coarse"
    assert nested.breadcrumb("kmeans", 0) == "0 · b · kmeans"
    assert [name.id for name in nested.lineage("topics-fine", 1)] == [0, 0, 1]


def test_breadcrumb_says_no_term_twice(read: BuiltMap):
    layers = {"topics-coarse": [0, 0, 0, 1], "topics-medium": [0, 0, 1, 2], "topics-fine": [0, 1, 2, 3]}
    called = {
        "topics-coarse": ["harm · violence · war", "x"],
        "topics-medium": ["violence · use", "y", "z"],
        "topics-fine": ["violence · use · force", "peace", "v", "w"],
    }
    names = tuple(ClusterName(layer, i, name, (), 0, ()) for layer, all_names in called.items() for i, name in enumerate(all_names))
    clusterings = tuple(Clustering(layer, np.array(labels, np.int32)) for layer, labels in layers.items())
    nested = dataclasses.replace(read, clusterings=clusterings, names=names)
    assert nested.breadcrumb("topics-fine", 0) == "harm · war › violence · use · force"
    assert nested.breadcrumb("topics-fine", 1) == "harm · war › violence · use › peace"
