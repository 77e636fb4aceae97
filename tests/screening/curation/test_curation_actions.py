"""Curating a map: which rows go, what the clusters are called, and that undo brings all of it back."""

import json
from pathlib import Path

import numpy as np
import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.store.disk_space import collect
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import cluster_edits, model_names
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.embeddings.model_names import ModelName, ModelNames
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.screening.curation import curation_actions as curate
from evalmap.screening.curation.curation_journal import read_curation
from evalmap.screening.curation.replay import curated_rows
from evalmap.screening.default_screening import default_screening
from evalmap.screening.keep.by_hand import DecisionLog, row_keys
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows

LAYER = "kmeans"


def write(path: Path, texts: list[str]) -> Path:
    return write_rows(path, [{"text": text, "label": ["Yes", "No"][i % 2]} for i, text in enumerate(texts)])


def built_map(space: Workspace, path: Path, k: int = 5) -> BuiltMap:
    return load_map(space, build(open_dataset(path), workspace=space, settings=Settings(k=k), encoder=FakeEncoder()))


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


@pytest.fixture
def built(space: Workspace, tmp_path: Path) -> BuiltMap:
    texts = sentences(40)
    return built_map(space, write(tmp_path / "set.jsonl", [*texts, texts[4]]))


def shown(space: Workspace) -> BuiltMap:
    return load_map(space, "set")


def called(built: BuiltMap, layer: str = LAYER) -> list[str]:
    return [name.name for name in built.names_by_layer[layer]]


def test_deleted_row_frees_what_it_stood_for(space: Workspace, built: BuiltMap):
    """Row 40 repeats row 4: one of the two stays, and once that one is deleted, the other."""
    before = default_screening(built, space)
    assert before
    kept = 4 if before.kept[4] else 40
    assert not before.kept[44 - kept]
    curate.delete(space, built, [kept], chosen="lasso")
    after = default_screening(built, space)
    assert after
    assert not after.kept[kept]
    assert after.kept[44 - kept]
    curate.undo(space, built.manifest)
    undone = default_screening(built, space)
    assert undone
    assert (undone.kept == before.kept).all()


def test_deleting_on_the_map_comes_before_keeping_by_hand(space: Workspace, built: BuiltMap):
    with DecisionLog.changing(space, built.manifest.source) as log:
        log.keep(row_keys(built.examples)[7])
    curate.delete(space, built, [7], chosen="lasso")
    found = default_screening(built, space)
    assert found
    assert not found.kept[7]


def test_a_row_has_every_tag_once_in_the_order_given(space: Workspace, built: BuiltMap):
    curate.tag(space, built, [1, 2], " odd   ones ", chosen="lasso")
    curate.tag(space, built, [2, 5], "b", chosen="lasso")
    curate.tag(space, built, [2], "odd ones", chosen="lasso")
    curated = curated_rows(read_curation(space, built.manifest.source).active, built.examples)
    assert curated.tags == {1: ("odd ones",), 2: ("odd ones", "b"), 5: ("b",)}


def test_equal_rows_are_told_apart(space: Workspace, tmp_path: Path):
    built = built_map(space, write_rows(tmp_path / "set.jsonl", [{"text": text} for text in [*sentences(20), *sentences(20)]]))
    curate.delete(space, built, [25], chosen="lasso")
    curated = curated_rows(read_curation(space, built.manifest.source).active, built.examples)
    assert list(curated.deleted) == [25]  # and not row 5, which holds the same


def test_rows_are_found_again_where_the_file_has_others_now(space: Workspace, built: BuiltMap, tmp_path: Path):
    curate.delete(space, built, [4, 9], chosen="lasso")
    rows = [{"text": text, "label": ["Yes", "No"][i % 2]} for i, text in enumerate(sentences(40))]
    changed = [{**rows[9], "label": "Yes"}, {"text": "something new", "label": "Yes"}, *rows[20:], rows[4], *rows[:4]]
    again = open_dataset(write_rows(tmp_path / "set.jsonl", changed))
    curated = curated_rows(read_curation(space, built.manifest.source).active, again.examples)
    assert [again.examples["text"].iloc[row] for row in curated.deleted] == [rows[4]["text"]]  # row 9 is another row by its label
    assert curated.found == {1: 1}


def test_renamed_cluster_shows_everywhere_and_undo_brings_back_the_map_as_built(space: Workspace, built: BuiltMap):
    curate.rename(space, built, LAYER, 2, "Harbours")
    after = shown(space)
    assert called(after) == [*called(built)[:2], "Harbours", *called(built)[3:]]
    assert [c["name"] for c in after.clusters() if c["layer"] == LAYER] == called(after)
    assert called(after, "topics-coarse") == called(built, "topics-coarse")
    assert after.manifest.fingerprint != built.manifest.fingerprint
    assert after.manifest.key("projection") == built.manifest.key("projection")
    curate.undo(space, built.manifest)
    assert shown(space).manifest == built.manifest
    assert shown(space).names == built.names
    curate.redo(space, built.manifest)
    assert called(shown(space)) == called(after)


def test_merged_clusters_are_one_with_the_rows_of_both_the_largest_first(space: Workspace, built: BuiltMap):
    labels = built.clustering(LAYER).labels
    curate.merge(space, built, LAYER, [4, 0], into=1)
    after = shown(space)
    name = called(built)[1]
    merged = called(after).index(name)
    assert np.flatnonzero(after.clustering(LAYER).labels == merged).tolist() == np.flatnonzero(np.isin(labels, (0, 1, 4))).tolist()
    assert sorted(called(after)) == sorted(one for i, one in enumerate(called(built)) if i not in (0, 4))
    sizes = np.bincount(after.clustering(LAYER).labels)
    assert (np.diff(sizes) <= 0).all()
    for one in after.names_by_layer[LAYER]:  # each keeps its rows
        if one.name != name:
            was = called(built).index(one.name)
            assert ((after.clustering(LAYER).labels == one.id) == (labels == was)).all()
    curate.undo(space, built.manifest)
    assert (shown(space).clustering(LAYER).labels == labels).all()


def test_a_merged_cluster_can_be_renamed_and_merged_again(space: Workspace, built: BuiltMap):
    curate.merge(space, built, LAYER, [1], into=0)
    now = shown(space)
    merged = called(now).index(called(built)[0])
    curate.rename(space, now, LAYER, merged, "Both")
    now = shown(space)
    other = next(name.id for name in now.names_by_layer[LAYER] if name.name != "Both")
    curate.merge(space, now, LAYER, [other], into=called(now).index("Both"))
    assert len(called(shown(space))) == 3
    assert "Both" in called(shown(space))
    curate.undo(space, built.manifest, 1)  # the first merge: what was renamed is then no cluster's majority, or one of both
    assert len(called(shown(space))) >= 3
    for _ in range(2):
        curate.undo(space, built.manifest)
    assert shown(space).manifest == built.manifest


def test_merging_across_topics_leaves_a_parent_for_every_cluster(space: Workspace, built: BuiltMap):
    layer = "topics-fine"
    last = len(called(built, layer)) - 1
    curate.merge(space, built, layer, [last], into=0)
    after = shown(space)
    coarser = after.clustering("topics-medium").labels
    for cluster, parent in enumerate(after.parents_by_layer[layer].tolist()):
        own = np.bincount(coarser[after.clustering(layer).labels == cluster])
        assert own[parent] == own.max()
        assert after.breadcrumb(layer, cluster)


def test_names_by_a_model_stay_below_the_given_ones(space: Workspace, built: BuiltMap):
    given = (ModelName(LAYER, 0, "By a model"), ModelName(LAYER, 1, "Mine"))
    named = model_names.keep(space, built.manifest, ModelNames("m", "s", "p", 1, given))
    built = load_map(space, named)
    curate.rename(space, built, LAYER, 2, "By hand")
    assert called(shown(space))[:3] == ["By a model", "Mine", "By hand"]
    terms = load_map(space, model_names.by_terms(space.find("set")))
    assert called(terms)[2] == "By hand"
    curate.rename(space, terms, LAYER, 2, "mine")  # no cluster is called so by its terms
    assert called(shown(space))[:3] == ["By a model", "Mine (2)", "mine"]
    model_names.drop(space, shown(space).manifest)
    assert called(shown(space))[2] == "mine"


def test_what_cannot_be_done_is_told_and_leaves_no_step(space: Workspace, built: BuiltMap):
    other = called(built)[1]
    for do, message in (
        (lambda: curate.delete(space, built, [], chosen="lasso"), "nothing to delete: no row was chosen"),
        (lambda: curate.tag(space, built, [1], "  ", chosen="lasso"), "the tag is empty"),
        (lambda: curate.tag(space, built, [1], "a,b", chosen="lasso"), "a tag has no comma"),
        (lambda: curate.tag(space, built, [1], "x" * 81, chosen="lasso"), "the tag has 81 characters; expected 80 at most"),
        (lambda: curate.rename(space, built, LAYER, 0, other.upper()), "another cluster of Clusters .* is called so"),
        (lambda: curate.merge(space, built, LAYER, [0], into=0), "name two different clusters"),
    ):
        with pytest.raises(DatasetError, match=message):
            do()
    assert read_curation(space, built.manifest.source).steps == ()


def test_a_build_with_equal_clusters_takes_the_names_along_and_one_with_others_finds_them_again(
    space: Workspace, built: BuiltMap, tmp_path: Path
):
    curate.rename(space, built, LAYER, 0, "First")
    curate.rename(space, built, "topics-coarse", 0, "Coarse")
    again = built_map(space, tmp_path / "set.jsonl")
    assert called(again)[0] == "First"
    other = built_map(space, tmp_path / "set.jsonl", k=1)
    assert cluster_edits.as_built(other.manifest) == other.manifest  # its names have another key
    curate.refresh(space, other.manifest.slug)
    assert "Coarse" in called(shown(space), "topics-coarse")  # the same topics
    assert "First" not in called(shown(space))  # the one cluster shares a fifth of its rows


def test_edits_stay_as_long_as_their_map(space: Workspace, built: BuiltMap):
    curate.rename(space, built, LAYER, 0, "First")
    collect(space)
    assert called(shown(space))[0] == "First"
    space.remove("set")
    assert space.entries(cluster_edits.STAGE) == []


def test_journal_holds_the_step_as_it_was_made(space: Workspace, built: BuiltMap):
    step = curate.delete(space, built, np.array([9, 4]), chosen="lasso")
    (path,) = (space.root / "curation").glob("*.jsonl")
    header, line = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(header) == {"format": 1, "source": built.manifest.source}
    ids = built.examples["example_id"]
    assert json.loads(line)["rows"] == {"set": f"{ids[4]} {ids[9]}"}
    assert read_curation(space, built.manifest.source).steps == (step,)
