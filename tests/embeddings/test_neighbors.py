"""The exact k nearest neighbours."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalmap.embeddings.array_types import Vectors
from evalmap.embeddings.neighbors import BLOCK, NeighborGraph, find_neighbors, mark_outliers
from evalmap.tests.fakes import unit_vectors


def by_brute_force(embeddings: Vectors, k: int) -> tuple[list[list[int]], np.ndarray]:
    """Each row compared with each other one in float64, one by one."""
    rows = embeddings.astype(np.float64)
    indices, similarities = [], []
    for i, row in enumerate(rows):
        ranked = sorted((-float(row @ other), j) for j, other in enumerate(rows) if j != i)[:k]
        indices.append([j for _, j in ranked])
        similarities.append([-s for s, _ in ranked])
    return indices, np.array(similarities)


@pytest.mark.parametrize(("n", "k"), [(40, 15), (300, 5), (3, 1)])
def test_neighbours_are_those_of_brute_force(n: int, k: int):
    embeddings = unit_vectors(n, 16, seed=n)
    graph = find_neighbors(embeddings, n_neighbors=k)
    indices, similarities = by_brute_force(embeddings, k)
    assert graph.knn_indices.tolist() == indices
    np.testing.assert_allclose(graph.knn_similarities, similarities, atol=1e-6)
    assert (graph.knn_indices.dtype, graph.knn_similarities.dtype) == (np.int32, np.float32)


def test_neighbours_do_not_depend_on_where_a_block_ends():
    embeddings = unit_vectors(BLOCK + 7, 8)
    seen: list[tuple[int, int]] = []
    graph = find_neighbors(embeddings, n_neighbors=4, progress=lambda done, total: seen.append((done, total)))
    near_the_border = [0, BLOCK - 1, BLOCK, BLOCK + 6]
    indices, _ = by_brute_force(embeddings, 4)
    assert [graph.knn_indices[i].tolist() for i in near_the_border] == [indices[i] for i in near_the_border]
    assert seen == [(BLOCK, BLOCK + 7), (BLOCK + 7, BLOCK + 7)]


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 60), st.integers(1, 20), st.integers(0, 10))
def test_permuted_rows_have_permuted_neighbours(n: int, k: int, seed: int):
    embeddings = unit_vectors(n, 12, seed=seed)
    order = np.random.default_rng(seed + 1).permutation(n)
    graph, permuted = (find_neighbors(rows, n_neighbors=k) for rows in (embeddings, embeddings[order]))
    assert order[permuted.knn_indices].tolist() == graph.knn_indices[order].tolist()
    np.testing.assert_allclose(permuted.knn_similarities, graph.knn_similarities[order], atol=1e-6)


def test_fewer_rows_than_neighbours_have_all_others():
    graph = find_neighbors(unit_vectors(4), n_neighbors=15)
    assert [sorted(row) for row in graph.knn_indices.tolist()] == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]


def test_identical_rows_are_neighbours_of_similarity_one_in_order_of_row():
    graph = find_neighbors(np.repeat(unit_vectors(1), 6, axis=0), n_neighbors=5)
    assert graph.knn_indices.tolist() == [[j for j in range(6) if j != i] for i in range(6)]
    assert np.all(graph.knn_similarities <= 1.0)
    np.testing.assert_allclose(graph.knn_similarities, 1.0, atol=1e-6)


def test_duplicates_are_each_others_nearest_and_never_their_own():
    embeddings = unit_vectors(30)
    embeddings[[7, 21]] = embeddings[3]
    graph = find_neighbors(embeddings, n_neighbors=4)
    assert [graph.knn_indices[i, :2].tolist() for i in (3, 7, 21)] == [[7, 21], [3, 21], [3, 7]]
    assert not (graph.knn_indices == np.arange(30)[:, None]).any()


def test_vectors_on_disk_are_read_without_being_written(tmp_path):
    np.save(tmp_path / "v.npy", unit_vectors(20))
    on_disk = np.load(tmp_path / "v.npy", mmap_mode="r")
    assert find_neighbors(on_disk).knn_indices.tolist() == find_neighbors(unit_vectors(20)).knn_indices.tolist()


@pytest.mark.parametrize(
    ("embeddings", "sentence"),
    [
        (np.zeros((0, 3), np.float32), "embeddings have no rows; at least 1 is needed"),
        (np.ones((1, 3), np.float32), "1 row has no neighbours; at least 2 are needed"),
        (np.ones(3, np.float32), r"embeddings have 1 dimensions; expected \(n_samples, n_dims\)"),
        (np.array([[1, 0], [np.nan, 0], [0, 1]], np.float32), "not finite in row 1; encode the texts again"),
        (np.array([[1, 0], [0, 1], [np.inf, 0]], np.float32), "not finite in row 2"),
    ],
)
def test_what_has_no_neighbours(embeddings: np.ndarray, sentence: str):
    with pytest.raises(ValueError, match=sentence):
        find_neighbors(embeddings)


def graph_with_nearest(*nearest: float) -> NeighborGraph:
    return NeighborGraph(np.zeros((len(nearest), 1), np.int32), np.array(nearest, np.float32)[:, None])


def test_outliers_are_rows_whose_nearest_is_four_deviations_under_the_median():
    # median .8, absolute deviations .2 .1 .1 0 0 .1 .1 .79: median .1, so the border is .8 − 4 × .14826 = .207
    found = mark_outliers(graph_with_nearest(1.0, 0.9, 0.9, 0.8, 0.8, 0.7, 0.7, 0.01))
    assert np.flatnonzero(found).tolist() == [7]
    assert not mark_outliers(graph_with_nearest(1.0, 0.9, 0.9, 0.8, 0.8, 0.7, 0.7, 0.21)).any()


def test_equally_near_rows_hold_no_outlier():
    assert mark_outliers(graph_with_nearest(0.7, 0.7, 0.7, 0.1)).tolist() == [False] * 4
    assert mark_outliers(graph_with_nearest(1.0, 1.0)).tolist() == [False] * 2


def test_far_row_among_near_ones_is_the_outlier():
    embeddings = np.zeros((41, 42), np.float32)
    embeddings[:40, 0] = 1
    embeddings[:40, 1:41] = 0.3 * np.eye(40) * np.linspace(0.8, 1.2, 40)[:, None]
    embeddings[40, 41] = 1
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    assert np.flatnonzero(mark_outliers(find_neighbors(embeddings))).tolist() == [40]
