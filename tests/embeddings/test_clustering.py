"""k-means and the nested layers of the neighbour graph."""

import ctypes
import hashlib
import os
import random
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
import sklearn.cluster
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.metrics import adjusted_rand_score
from sknetwork.clustering import Leiden, get_modularity
from threadpoolctl import threadpool_limits

from evalmap.embeddings.array_types import Vectors
from evalmap.embeddings.clustering import Clustering, by_size, centroids, cluster_graph, cluster_kmeans
from evalmap.embeddings.layers import TOPICS
from evalmap.embeddings.leiden import find_communities
from evalmap.embeddings.neighbors import NeighborGraph, find_neighbors
from evalmap.tests.fakes import fake_vector, sentences, unit_vectors


def blobs(sizes: Sequence[int], *, spread: float = 0.15, seed: int = 0) -> tuple[Vectors, np.ndarray]:
    """Rows round as many random directions, shuffled, and which direction each belongs to."""
    random = np.random.default_rng(seed)
    truth = random.permutation(np.repeat(np.arange(len(sizes)), sizes))
    rows = unit_vectors(len(sizes), 32, seed=seed)[truth] + spread * random.normal(size=(len(truth), 32)) / np.sqrt(32)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), truth


def same_partition(a: np.ndarray, b: np.ndarray) -> bool:
    return adjusted_rand_score(a, b) == 1.0


def assert_numbered_by_size(clustering: Clustering, n: int) -> None:
    sizes = np.bincount(clustering.labels)
    assert clustering.labels.shape == (n,)
    assert clustering.labels.dtype == np.int32
    assert sizes.sum() == n
    assert sizes.min() >= 1
    assert sizes.tolist() == sorted(sizes, reverse=True)
    assert clustering.n_clusters == len(sizes)


# k-means


def test_kmeans_finds_the_directions_that_rows_were_drawn_round():
    embeddings, truth = blobs([50, 40, 30, 20, 10])
    clustering = cluster_kmeans(embeddings, k=5)
    assert same_partition(clustering.labels, truth)
    assert np.bincount(clustering.labels).tolist() == [50, 40, 30, 20, 10]


@pytest.mark.parametrize(("n", "k", "clusters"), [(100, 10, 10), (4, 10, 4), (1, 10, 1), (30, 1, 1)])
def test_kmeans_has_as_many_clusters_as_asked_and_as_rows_at_most(n: int, k: int, clusters: int):
    clustering = cluster_kmeans(unit_vectors(n), k=k)
    assert (clustering.layer, clustering.n_clusters) == ("kmeans", clusters)
    assert_numbered_by_size(clustering, n)


def test_kmeans_of_identical_rows_is_one_cluster():
    assert cluster_kmeans(np.repeat(unit_vectors(1), 20, axis=0), k=10).labels.tolist() == [0] * 20


def test_kmeans_of_three_distinct_rows_is_three_clusters():
    embeddings = np.repeat(unit_vectors(3), [5, 9, 7], axis=0)
    assert cluster_kmeans(embeddings, k=10).labels.tolist() == [2] * 5 + [0] * 9 + [1] * 7


def test_kmeans_is_the_same_for_the_same_seed():
    embeddings = unit_vectors(80)
    first, second = (cluster_kmeans(embeddings, k=7, random_state=3) for _ in range(2))
    assert first.labels.tolist() == second.labels.tolist()


def test_kmeans_does_not_depend_on_the_order_in_which_threads_finish(monkeypatch: pytest.MonkeyPatch):
    means: set[bytes] = set()

    class Watched(sklearn.cluster.KMeans):
        def fit_predict(self, X, y=None, sample_weight=None):
            labels = super().fit_predict(X, y, sample_weight)
            means.add(self.cluster_centers_.tobytes())
            return labels

    monkeypatch.setattr(sklearn.cluster, "KMeans", Watched)
    monkeypatch.setenv("OMP_NUM_THREADS", "5")  # scikit-learn then takes the threads that OpenMP allows, not the machine's cores
    with threadpool_limits(5, user_api="openmp"):
        labels = {cluster_kmeans(unit_vectors(2000), k=10).labels.tobytes() for _ in range(8)}
    assert len(means) == len(labels) == 1  # labels follow the means: where a row is equally far from two, their last bits decide


@pytest.mark.parametrize(
    ("embeddings", "k", "sentence"),
    [
        (unit_vectors(5), 0, "k is 0; expected 1 or more"),
        (np.full((3, 2), np.nan, np.float32), 2, "not finite in row 0"),
        (np.zeros((0, 2), np.float32), 2, "embeddings have no rows"),
    ],
)
def test_kmeans_refuses(embeddings: Vectors, k: int, sentence: str):
    with pytest.raises(ValueError, match=sentence):
        cluster_kmeans(embeddings, k=k)


# Graph layers


def layers_of(embeddings: Vectors, **options: int) -> tuple[Clustering, ...]:
    return cluster_graph(find_neighbors(embeddings), embeddings, **options)


def assert_nested(layers: Sequence[Clustering]) -> None:
    for coarse, fine in pairwise(layers):
        for cluster in range(fine.n_clusters):
            assert len(set(coarse.labels[fine.labels == cluster].tolist())) == 1, (fine.layer, cluster)


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 150), st.sampled_from([None, 2, 5, 20]), st.integers(0, 20))
def test_layers_are_nested_and_no_cluster_is_smaller_than_allowed(n: int, smallest: int | None, seed: int):
    embeddings = unit_vectors(n, 8, seed=seed)
    options = {} if smallest is None else {"min_cluster_size": smallest}
    layers = layers_of(embeddings, **options)
    assert tuple(layer.layer for layer in layers) == tuple(layer.id for layer in TOPICS)
    for layer in layers:
        assert_numbered_by_size(layer, n)
        assert np.bincount(layer.labels).min() >= (smallest or 5) or layer.n_clusters == 1
    assert_nested(layers)


def test_graph_finds_the_directions_that_rows_were_drawn_round():
    embeddings, truth = blobs([60, 50, 40, 30])
    coarse, *_, fine = layers_of(embeddings)
    assert same_partition(coarse.labels, truth)
    assert fine.n_clusters >= 4


@pytest.mark.parametrize("n", [60, 150, 200, 400])
def test_finest_layer_of_a_small_dataset_is_neither_single_rows_nor_one_heap(n: int):
    embeddings = np.stack([fake_vector(text) for text in sentences(n)])
    coarse, _, fine = layers_of(embeddings)
    assert 4 <= coarse.n_clusters <= fine.n_clusters <= n // 5
    assert np.bincount(fine.labels).max() <= n / 3


def test_islands_of_duplicates_join_what_they_are_most_like():
    embeddings, truth = blobs([200, 200])
    twins = np.flatnonzero(truth == 1)[:3]
    embeddings[twins] = embeddings[twins[0]]
    for layer in layers_of(embeddings, min_cluster_size=20):
        assert len(set(layer.labels[twins].tolist())) == 1
        assert np.bincount(layer.labels).min() >= 20
        assert all(truth[layer.labels == layer.labels[twins[0]]] == 1)


@pytest.mark.parametrize("n", [2, 4])
def test_fewer_rows_than_a_cluster_needs_are_one_cluster(n: int):
    assert [layer.labels.tolist() for layer in layers_of(unit_vectors(n))] == [[0] * n] * 3


def test_identical_rows_are_one_cluster():
    assert [layer.labels.tolist() for layer in layers_of(np.repeat(unit_vectors(1), 12, axis=0))] == [[0] * 12] * 3


def test_opposite_rows_have_a_graph_too():
    direction = unit_vectors(1)
    layers = layers_of(np.concatenate([np.repeat(direction, 8, axis=0), np.repeat(-direction, 8, axis=0)]))
    assert_nested(layers)
    assert len(layers[0].labels) == 16


def test_graph_layers_are_the_same_for_the_same_seed():
    embeddings, _ = blobs([40] * 6, spread=0.6)
    first, second = (layers_of(embeddings, random_state=5) for _ in range(2))
    assert [layer.labels.tolist() for layer in first] == [layer.labels.tolist() for layer in second]


def bytes_of(graph: NeighborGraph, embeddings: Vectors, *, random_state: int = 42) -> bytes:
    """The layers as they are written."""
    return b"".join(layer.labels.tobytes() for layer in cluster_graph(graph, embeddings, random_state=random_state))


LOOSE = unit_vectors(1500, 16)  # no blobs: draws matter
LAYERS_IN_A_PROCESS = """
from evalmap.tests.embeddings.test_clustering import LOOSE, bytes_of
from evalmap.embeddings.neighbors import find_neighbors
import hashlib, sys
sys.stdout.write(hashlib.sha256(bytes_of(find_neighbors(LOOSE), LOOSE)).hexdigest())
"""


def test_graph_layers_are_a_function_of_graph_and_seed_whatever_is_drawn_in_between():
    graph = find_neighbors(LOOSE)
    libc = ctypes.CDLL(None)
    found = {bytes_of(graph, LOOSE)}
    for seed in range(4):
        libc.srand(seed)
        np.random.seed(seed)
        random.seed(seed)
        found |= {bytes_of(graph, LOOSE), bytes_of(graph, LOOSE)}
    assert len(found) == 1
    assert len({bytes_of(graph, LOOSE, random_state=seed) for seed in range(5)}) > 1  # the seed does count


@pytest.mark.parametrize("resolution", [1.0, 4.0, 16.0])
def test_communities_are_as_good_as_the_librarys(resolution: float):
    graph = find_neighbors(LOOSE)
    n, k = graph.knn_indices.shape
    pointers = np.arange(0, n * k + 1, k)
    directed = sparse.csr_matrix((np.maximum(graph.knn_similarities, 0).ravel(), graph.knn_indices.ravel(), pointers), (n, n))
    weights = sparse.csr_matrix(directed.maximum(directed.T))
    ours, theirs = (
        [get_modularity(weights, labels, resolution=resolution) for labels in found]
        for found in (
            [find_communities(weights, resolution=resolution, random_state=seed) for seed in range(5)],
            [Leiden(resolution=resolution).fit_predict(weights) for _ in range(5)],
        )
    )
    assert np.mean(ours) == pytest.approx(np.mean(theirs), abs=0.01)


def test_graph_layers_are_the_same_in_threads_while_others_draw():
    graph = find_neighbors(LOOSE)
    alone = bytes_of(graph, LOOSE)
    libc, ended = ctypes.CDLL(None), threading.Event()

    def draw() -> None:
        while not ended.is_set():
            libc.rand()

    drawing = threading.Thread(target=draw)
    drawing.start()
    try:
        with ThreadPoolExecutor(3) as pool:
            found = list(pool.map(lambda _: bytes_of(graph, LOOSE), range(9)))
    finally:
        ended.set()
        drawing.join()
    assert all(layers == alone for layers in found)


def test_graph_layers_are_the_same_in_every_process():
    here = hashlib.sha256(bytes_of(find_neighbors(LOOSE), LOOSE)).hexdigest()
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        line = [sys.executable, "-P", "-c", LAYERS_IN_A_PROCESS]
        assert subprocess.run(line, env=environment, capture_output=True, text=True, check=True).stdout == here


# Labels and centroids


@given(st.lists(st.integers(-3, 6), min_size=1, max_size=40))
def test_labels_are_numbered_by_size_and_then_by_first_row(labels: list[int]):
    found = by_size(np.array(labels))
    assert same_partition(found, np.array(labels))
    rows = {label: [i for i, other in enumerate(labels) if other == label] for label in labels}
    groups = sorted(rows.values(), key=lambda group: (-len(group), group))
    assert [np.flatnonzero(found == i).tolist() for i in range(len(groups))] == groups


def test_centroid_is_the_mean_direction():
    embeddings = np.array([[1, 0], [0, 1], [0, -1], [0, 1], [0, -1]], np.float32)
    found = centroids(embeddings, np.array([0, 0, 1, 2, 2], np.int32))
    np.testing.assert_allclose(found, [[2**-0.5, 2**-0.5], [0, -1], [0, 0]], atol=1e-6)


def test_no_rows_hold_no_cluster():
    assert Clustering("kmeans", np.array([], np.int32)).n_clusters == 0
