"""Several maps in one plane, and as one map."""

from pathlib import Path

import numpy as np
import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.store.disk_space import collect
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import sample_maps, shared_layout
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.embeddings.layers import LAYERS
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.embeddings.shared_layout import (
    STAGE,
    SharedLayout,
    draw_rows,
    layout_key,
    shared_layout_of,
    stored_shared_layout,
)
from evalmap.embeddings.shared_map import shared_map
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows

HUMAN, LM = "accepts-being-paused-human", "accepts-being-paused-lm"


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    space = Workspace(tmp_path_factory.mktemp("shared") / "home")
    sample_maps.install(space)
    return space


@pytest.fixture(scope="module")
def maps(space: Workspace) -> list[BuiltMap]:
    return [load_map(space, slug) for slug in (HUMAN, LM)]


@pytest.fixture(scope="module")
def layout(space: Workspace, maps: list[BuiltMap]) -> SharedLayout:
    return shared_layout_of(maps, space)


def built(folder: Path, space: Workspace, texts: list[str], name: str, **encoder: str) -> BuiltMap:
    path = write_rows(folder / f"{name}.jsonl", [{"text": text, f"only {name}": 1} for text in texts])
    manifest = build(open_dataset(path), workspace=space, settings=Settings(k=2), encoder=FakeEncoder(**encoder))  # pyright: ignore
    return load_map(space, manifest)


def test_all_rows_of_all_maps_lie_in_one_plane(layout: SharedLayout, maps: list[BuiltMap]):
    assert len(layout) == len(maps[0]) + len(maps[1]) == 240
    assert layout.sources.tolist() == [0] * 60 + [1] * 180
    assert layout.rows.tolist() == [*range(60), *range(180)]
    assert layout.coordinates.shape == (240, 2)
    assert np.isfinite(layout.coordinates).all()
    assert layout.settings["method"] == "umap"
    assert layout.settings["rows"] == [{"laid_out": 60, "of": 60}, {"laid_out": 180, "of": 180}]
    assert [clustering.layer for clustering in layout.clusterings] == [layer.id for layer in LAYERS]
    assert all(len(clustering.labels) == 240 for clustering in layout.clusterings)
    assert (layout.row_of(1, 5), layout.row_of(0, 70)) == (65, None)


def test_neighbours_are_those_of_the_union_by_brute_force(layout: SharedLayout, maps: list[BuiltMap]):
    vectors = np.concatenate([np.array(built.vectors) for built in maps])
    similarity = vectors @ vectors.T
    np.fill_diagonal(similarity, -2)
    assert layout.graph.knn_similarities[:, 0] == pytest.approx(similarity.max(axis=1), abs=1e-5)
    across = layout.graph.knn_indices[:60] >= 60
    assert across.any()  # rows of one map have neighbours in the other


def test_places_near_each_other_are_alike_in_text(layout: SharedLayout, maps: list[BuiltMap]):
    own = [built.manifest.settings.projection["trustworthiness"] for built in maps]
    assert layout.settings["trustworthiness"] > min(own) - 0.05


def test_layout_is_kept_and_read_back_whole(space: Workspace, maps: list[BuiltMap], layout: SharedLayout, monkeypatch):
    def fail(*_: object, **__: object) -> None:
        raise AssertionError("laid out again")

    monkeypatch.setattr(shared_layout, "project", fail)
    for again in (shared_layout_of(maps, space), stored_shared_layout(maps, space)):
        assert again is not None
        assert again.coordinates.tobytes() == layout.coordinates.tobytes()
        assert again.names == layout.names
        assert [c.labels.tolist() for c in again.clusterings] == [c.labels.tolist() for c in layout.clusterings]
        assert again.settings == layout.settings
    assert stored_shared_layout(maps[::-1], space) is None  # another order is another entry


def test_layout_stays_as_long_as_its_first_map(tmp_path: Path):
    space = Workspace(tmp_path / "home")
    maps = [built(tmp_path, space, sentences(12, seed=seed), f"few{seed}") for seed in (1, 2)]
    shared_layout_of(maps, space)
    collect(space)
    assert space.has(STAGE, layout_key([one.manifest for one in maps]))
    space.remove("few1")
    collect(space)
    assert not space.has(STAGE, layout_key([one.manifest for one in maps]))


def test_as_one_map_each_row_is_that_of_its_source(layout: SharedLayout, maps: list[BuiltMap]):
    one = shared_map(layout, maps, slug="x", fingerprint="y")
    assert len(one) == 240
    assert one.examples["dataset"].tolist() == [HUMAN] * 60 + [LM] * 180
    for row in (0, 59, 60, 239):
        source, own = layout.sources[row], int(layout.rows[row])
        assert one.text(row) == maps[source].text(own)
        assert np.array_equal(one.vectors[row], maps[source].vectors[own])
        assert one.identity(row)[1] == maps[source].identity(own)[1]
    assert one.manifest.datasets == {HUMAN: 60, LM: 180}
    assert (one.manifest.slug, one.manifest.fingerprint) == ("x", "y")
    assert one.names_by_layer.keys() == {layer.id for layer in LAYERS}


def test_fields_that_one_map_lacks_are_missing_there(tmp_path: Path):
    space = Workspace(tmp_path / "home")
    maps = [built(tmp_path, space, sentences(9, seed=seed), f"few{seed}") for seed in (1, 2)]
    one = shared_map(shared_layout_of(maps, space), maps, slug="x", fingerprint="y")
    assert one.fields["only few1"].notna().tolist() == [True] * 9 + [False] * 9


def test_three_rows_beside_many_and_three_beside_three_have_a_layout(tmp_path: Path, maps: list[BuiltMap]):
    space = Workspace(tmp_path / "home")
    few, three, other = (built(tmp_path, space, sentences(n, seed=seed), f"of{seed}") for n, seed in ((40, 1), (3, 2), (3, 3)))
    for pair, n in (([few, three], 43), ([three, other], 6)):
        layout = shared_layout_of(pair, space)
        assert len(layout) == n
        assert np.isfinite(layout.coordinates).all()


def test_larger_maps_are_drawn_from_in_equal_numbers_and_smaller_ones_are_whole():
    rows = draw_rows([50, 3000, 10, 5000], 1000)
    assert [len(own) for own in rows] == [50, 470, 10, 470]
    assert rows[0].tolist() == list(range(50))
    assert all((np.diff(own) > 0).all() for own in rows)
    assert rows[3].max() < 5000
    assert [own.tolist() for own in draw_rows([50, 3000, 10, 5000], 1000)] == [own.tolist() for own in rows]
    assert [len(own) for own in draw_rows([600, 400], 1000)] == [600, 400]


def test_sample_is_told(maps: list[BuiltMap], tmp_path: Path):
    layout = shared_layout_of(maps, Workspace(tmp_path / "home"), max_rows=100)
    assert layout.settings["rows"] == [{"laid_out": 50, "of": 60}, {"laid_out": 50, "of": 180}]
    one = shared_map(layout, maps, slug="x", fingerprint="y")
    assert [one.text(row) for row in (10, 90)] == [maps[0].text(int(layout.rows[10])), maps[1].text(int(layout.rows[90]))]


def test_what_cannot_lie_together_is_refused_in_a_sentence(maps: list[BuiltMap], tmp_path: Path):
    space = Workspace(tmp_path / "home")
    with pytest.raises(DatasetError, match=r"^one dataset was given; a shared map takes 2 to 8\.$"):
        shared_layout_of(maps[:1], space)
    with pytest.raises(DatasetError, match=r"^9 datasets were given"):
        stored_shared_layout(maps[:1] * 9, space)
    other = built(tmp_path, space, sentences(9), "other", model_key="fake-2")
    with pytest.raises(DatasetError, match="two models' vectors can't be compared"):
        shared_layout_of([maps[0], other], space)
