"""What of a map stays when it is made again."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import procrustes

from evalmap.embeddings import stability
from evalmap.embeddings.clustering import Clustering, cluster_graph, cluster_kmeans
from evalmap.embeddings.neighbors import find_neighbors
from evalmap.embeddings.projection import project
from evalmap.embeddings.stability import in_words, measure_stability
from evalmap.tests.fakes import unit_vectors


def islands(n: int, of: int) -> np.ndarray:
    """Unit vectors in groups far from each other."""
    random = np.random.default_rng(0)
    found = np.repeat(np.eye(of, 8), n, axis=0) + random.normal(scale=0.05, size=(n * of, 8))
    return (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)


def layers(embeddings: np.ndarray, k: int) -> tuple[Clustering, ...]:
    return (cluster_kmeans(embeddings, k=k), *cluster_graph(find_neighbors(embeddings), embeddings))


@pytest.fixture(scope="module")
def apart() -> stability.Stability:
    embeddings = islands(20, 4)
    return measure_stability(embeddings, layers(embeddings, 4), k=4)


def test_groups_that_lie_apart_come_back_each_time(apart: stability.Stability):
    kmeans = apart.clusters[0]
    assert (kmeans.ari, kmeans.low, kmeans.high) == (1.0, 1.0, 1.0)
    assert kmeans.jaccard.tolist() == [1.0] * 4
    assert kmeans.dissolved == []
    assert (
        in_words(apart)
        == "Made again from 64 of the 80 rows, the k-means clusters agree with the map's by 1.00 of 1; each is found again."
    )
    assert (apart.n, apart.of, apart.resamples) == (64, 80, 5)


def test_topics_of_a_map_of_which_a_resample_is_a_small_part_are_not_made_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stability, "MOST", 60)
    embeddings = islands(40, 4)
    found = measure_stability(embeddings, layers(embeddings, 4), k=4)
    assert (found.n, found.of) == (60, 160)
    assert [math.isnan(one.ari) for one in found.clusters] == [False, True, True, True]
    assert found.clusters[0].ari == 1.0


def test_clusters_drawn_by_lot_are_not_found_again():
    embeddings = unit_vectors(200)
    labels = np.random.default_rng(1).integers(0, 8, 200).astype(np.int32)
    found = measure_stability(embeddings, (Clustering("kmeans", labels),), k=8).clusters[0]
    assert abs(found.ari) < 0.05
    assert found.dissolved == list(range(8))


def test_the_layout_s_figure_is_scipy_s_over_pairs_of_seeds(apart: stability.Stability):
    embeddings = islands(20, 4)
    graph = find_neighbors(embeddings)
    layouts = [project(embeddings, graph=graph, random_state=seed).coordinates for seed in (1, 2, 3)]
    pairs = [procrustes(layouts[a], layouts[b])[2] for a, b in ((0, 1), (0, 2), (1, 2))]
    assert apart.layout.disparity == pytest.approx(np.mean(pairs), rel=1e-4)
    assert (apart.layout.low, apart.layout.high) == pytest.approx((min(pairs), max(pairs)), rel=1e-4)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=1, max_size=40))
def test_jaccard_is_that_of_sets(pairs: list[tuple[int, int]]):
    own, again = (np.array(values, dtype=np.int32) for values in zip(*pairs, strict=True))
    found = stability._jaccard(own, again, 5)
    for cluster in range(5):
        mine = set(np.flatnonzero(own == cluster))
        others = [set(np.flatnonzero(again == other)) for other in range(4)]
        if not mine:
            assert math.isnan(found[cluster])
        else:
            assert found[cluster] == pytest.approx(max(len(mine & other) / len(mine | other) for other in others))


def test_too_few_rows_have_no_figures_and_a_sentence():
    embeddings = islands(7, 4)
    found = measure_stability(embeddings, layers(embeddings, 4), k=4)
    assert all(math.isnan(one.ari) for one in found.clusters)
    assert math.isnan(found.layout.disparity)
    assert in_words(found) == "Fewer than 30 rows or a single cluster: whether the clusters are stable cannot be said."


def test_rows_that_are_all_alike_have_no_layout_to_compare():
    embeddings = np.repeat(unit_vectors(1), 40, axis=0)
    found = measure_stability(embeddings, layers(embeddings, 3), k=3)
    assert math.isnan(found.layout.disparity)
    assert math.isnan(found.clusters[0].ari)  # one cluster only
