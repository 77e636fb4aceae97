"""From vectors to the plane."""

import numpy as np
import pytest
import umap.layouts
import umap.umap_
from numba.core.caching import NullCache
from numba.core.dispatcher import Dispatcher

from evalmap.embeddings.array_types import Vectors
from evalmap.embeddings.faithfulness import measure_faithfulness
from evalmap.embeddings.neighbors import NeighborGraph, find_neighbors
from evalmap.embeddings.projection import SMALLEST_FOR_UMAP, Projection, keep_compiled, project
from evalmap.tests.fakes import fake_vector, sentences, unit_vectors


@pytest.fixture(scope="module")
def embeddings() -> Vectors:
    return np.stack([fake_vector(text) for text in sentences(200)])


@pytest.fixture(scope="module")
def graph(embeddings: Vectors) -> NeighborGraph:
    return find_neighbors(embeddings)


@pytest.fixture(scope="module")
def projection(embeddings: Vectors, graph: NeighborGraph) -> Projection:
    return project(embeddings, graph=graph)


def test_umap_lays_each_row_once_and_says_how(projection: Projection):
    assert projection.coordinates.shape == (200, 2)
    assert projection.coordinates.dtype == np.float32
    assert np.isfinite(projection.coordinates).all()
    assert projection.settings == {
        "method": "umap", "n_neighbors": 15, "min_dist": 0.1, "metric": "cosine", "init": "pca", "random_state": 42,
    }  # fmt: skip


def test_same_inputs_and_seed_give_the_same_coordinates(embeddings: Vectors, graph: NeighborGraph, projection: Projection):
    assert np.array_equal(project(embeddings, graph=graph).coordinates, projection.coordinates)


def test_what_is_compiled_is_kept_for_the_next_process(projection: Projection):
    compiled = [function for function in umap_functions() if function.signatures]
    assert compiled
    assert [function.__name__ for function in compiled if function.stats.cache_path is None] == []


def test_where_nothing_can_be_kept_it_is_compiled_as_before(monkeypatch: pytest.MonkeyPatch):
    def refuse(function: Dispatcher) -> None:
        raise RuntimeError("cannot cache function: no locator available")

    for function in umap_functions():
        monkeypatch.setattr(function, "_cache", NullCache())
    monkeypatch.setattr(Dispatcher, "enable_caching", refuse)
    keep_compiled.__wrapped__()


def umap_functions() -> list[Dispatcher]:
    return [one for module in (umap.layouts, umap.umap_) for one in vars(module).values() if isinstance(one, Dispatcher)]


def test_another_seed_gives_other_coordinates(embeddings: Vectors, graph: NeighborGraph, projection: Projection):
    assert not np.allclose(project(embeddings, graph=graph, random_state=7).coordinates, projection.coordinates)


def test_map_keeps_neighbours_together(embeddings: Vectors, projection: Projection):
    topics = np.arange(200) % 5  # `sentences` goes round five topics
    nearest = find_nearest_on_map(projection.coordinates, 5)
    assert (topics[nearest] == topics[:, None]).mean() > 0.95
    assert measure_faithfulness(embeddings, projection.coordinates).trustworthiness.value > 0.8


def find_nearest_on_map(coordinates: np.ndarray, k: int) -> np.ndarray:
    distance = ((coordinates[:, None] - coordinates[None]) ** 2).sum(axis=2)
    np.fill_diagonal(distance, np.inf)
    return np.argsort(distance, axis=1)[:, :k]


def test_smallest_dataset_for_umap_is_laid_out_with_the_neighbours_it_has():
    embeddings = unit_vectors(SMALLEST_FOR_UMAP)
    found = project(embeddings, graph=find_neighbors(embeddings), n_neighbors=200)
    assert (found.settings["method"], found.settings["n_neighbors"]) == ("umap", SMALLEST_FOR_UMAP - 1)
    assert np.isfinite(found.coordinates).all()


def test_two_piles_of_duplicates_have_finite_coordinates():
    embeddings = np.repeat(unit_vectors(2), 20, axis=0)
    found = project(embeddings, graph=find_neighbors(embeddings))
    assert np.isfinite(found.coordinates).all()


@pytest.mark.parametrize("n", [2, 3, SMALLEST_FOR_UMAP - 1])
def test_few_rows_lie_in_the_plane_of_their_principal_components(n: int):
    embeddings = unit_vectors(n)
    found = project(embeddings, graph=find_neighbors(embeddings))
    assert found.settings["method"] == "pca"
    assert found.settings["reason"] == "fewer than 8 rows or all rows alike"
    centred = embeddings.astype(np.float64) - embeddings.mean(axis=0)
    eigenvalues = np.sort(np.linalg.eigvalsh(centred @ centred.T))[::-1]
    spread = np.sort((found.coordinates.astype(np.float64) ** 2).sum(axis=0))[::-1]
    np.testing.assert_allclose(spread, eigenvalues[:2], atol=1e-5)


def test_identical_rows_lie_on_one_spot():
    embeddings = np.repeat(unit_vectors(1), 30, axis=0)
    found = project(embeddings, graph=find_neighbors(embeddings))
    assert found.settings["method"] == "pca"
    np.testing.assert_allclose(found.coordinates, 0, atol=1e-5)


def test_one_row_lies_at_the_origin():
    alone = NeighborGraph(np.zeros((1, 0), np.int32), np.zeros((1, 0), np.float32))
    assert project(unit_vectors(1), graph=alone).coordinates.tolist() == [[0, 0]]


def test_graph_of_other_rows_is_refused(embeddings: Vectors, graph: NeighborGraph):
    with pytest.raises(ValueError, match=r"^the graph has 200 rows and the embeddings 199; build it from the same rows$"):
        project(embeddings[:199], graph=graph)


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (np.full((200, 3), np.nan, np.float32), "not finite in row 0"),
        (np.zeros((0, 3), np.float32), "embeddings have no rows"),
        (np.zeros(200, np.float32), "embeddings have 1 dimensions"),
    ],
)
def test_what_cannot_be_laid_out(bad: np.ndarray, sentence: str, graph: NeighborGraph):
    with pytest.raises(ValueError, match=sentence):
        project(bad, graph=graph)


# Trustworthiness
