"""Names that a language model gave: which are taken, where they are kept, and how long they stay."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.store.disk_space import collect
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import model_names
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.embeddings.clustering import Clustering
from evalmap.embeddings.model_names import ModelName, ModelNames
from evalmap.embeddings.naming import ClusterName
from evalmap.tests.answers import maps


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


@pytest.fixture
def built(space: Workspace, tmp_path: Path) -> BuiltMap:
    return maps.built(space, tmp_path / "likes.jsonl", maps.rows(40))


PLACES = {
    "sea": (1.0, 0.0),
    "boats": (0.8, 0.6),
    "music": (0.0, 1.0),
    "land": (-1.0, 0.0),
    "hills": (-0.6, -0.8),
    "bay": (0.96, 0.28),
}


def judged(built: BuiltMap, proposals: dict[int, str]) -> dict[int, str | None]:
    """Four clusters, at the sea, music, land and bay, called boats, music, land and hills; {cluster: why it was refused}."""
    names = [ClusterName("kmeans", i, name, (), i, (i,)) for i, name in enumerate(("boats", "music", "land", "hills"))]
    small = replace(
        built,
        vectors=np.array([PLACES[place] for place in ("sea", "music", "land", "bay")], np.float32),
        clusterings=(Clustering("kmeans", np.arange(4, dtype=np.int32)),),
        names=tuple(names),
    )

    def embed(texts: Sequence[str]) -> np.ndarray:
        return np.array([PLACES[text.lower()] for text in texts], np.float32)

    found = model_names.judge(
        {("kmeans", i): name for i, name in proposals.items()},
        embeddings=small.vectors,
        clusterings=small.clusterings,
        names=small.names_by_layer,
        parents=small.parents_by_layer,
        embed=embed,
    )
    assert [name.name for name in found] == list(proposals.values())
    return {name.id: name.refused for name in found}


def test_name_that_finds_its_cluster_better_is_taken(built: BuiltMap):
    assert judged(built, {0: "Sea"}) == {0: None}


def test_name_that_finds_it_less_well_is_refused_with_both_figures(built: BuiltMap):
    why = "finds its cluster less well than its terms do (contrast -0.336, theirs 0.720)"
    assert judged(built, {0: "Sea", 1: "boats"}) == {0: None, 1: why}


def test_name_that_another_cluster_bears_is_refused_in_any_case(built: BuiltMap):
    assert judged(built, {0: "sea", 3: "SEA"}) == {0: None, 3: "another cluster bears this name"}
    assert judged(built, {1: "Music", 2: "land"}) == {1: None, 2: None}  # its own name is no other's


def given(built: BuiltMap, names: Sequence[ModelName] | None = None) -> ModelNames:
    taken = (ModelName("kmeans", 0, "Ships"), ModelName("kmeans", 1, "Refused", "finds it less well"))
    return ModelNames("model-1", "http://127.0.0.1/v1", "prompt", 1, tuple(names or taken))


def test_kept_names_are_shown_and_the_map_as_built_stays_one_fingerprint_away(space: Workspace, built: BuiltMap):
    named = model_names.keep(space, built.manifest, given(built))
    assert space.find("likes") == named
    assert named.fingerprint != built.manifest.fingerprint
    read = load_map(space, named)
    first, second = read.names_by_layer["kmeans"][:2]
    assert (first.name, first.model, first.terms) == ("Ships", "model-1", built.names_by_layer["kmeans"][0].terms)
    assert second == built.names_by_layer["kmeans"][1]
    assert model_names.by_terms(named) == built.manifest
    assert load_map(space, model_names.by_terms(named)).names == built.names
    assert model_names.drop(space, named) == built.manifest == space.find("likes")


def test_names_stay_with_the_map_through_gc_and_a_build_and_go_when_its_clusters_change(
    space: Workspace, built: BuiltMap, tmp_path: Path
):
    named = model_names.keep(space, built.manifest, given(built))
    assert [one for one in collect(space) if one.kind == "entry"] == []
    again = maps.built(space, tmp_path / "likes.jsonl")
    assert again.manifest.fingerprint == named.fingerprint
    assert again.names_by_layer["kmeans"][0].name == "Ships"
    other = maps.built(space, tmp_path / "likes.jsonl", k=3)
    assert {name.model for name in other.names} == {None}
    collect(space)
    assert space.entries(model_names.STAGE) == []


def test_map_that_was_built_anew_meanwhile_is_told(space: Workspace, built: BuiltMap, tmp_path: Path):
    maps.built(space, tmp_path / "likes.jsonl", k=3)
    with pytest.raises(DatasetError, match="likes: its map was built again or removed meanwhile"):
        model_names.keep(space, built.manifest, given(built))
