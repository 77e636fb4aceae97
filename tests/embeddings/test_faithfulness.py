"""Neighbours kept, missing and false, held against scikit-learn and against counting by hand."""

import warnings

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from evalmap.embeddings.faithfulness import look_at_row, measure_faithfulness, neighbors_kept, plane_neighbors
from evalmap.embeddings.neighbors import find_neighbors
from evalmap.tests.fakes import unit_vectors

K = 6


def cloud(n: int = 90, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Unit vectors and places that partly agree with them."""
    random = np.random.default_rng(seed)
    vectors = random.normal(size=(n, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    places = vectors[:, :2] + random.normal(scale=0.2, size=(n, 2))
    return vectors.astype(np.float32), places.astype(np.float32)


def trust(embeddings: np.ndarray, coordinates: np.ndarray, **options: int) -> float:
    return measure_faithfulness(embeddings, coordinates, **options).trustworthiness.value


def by_hand(distances: np.ndarray, row: int, k: int = K) -> list[int]:
    return [other for other in np.argsort(distances[row], kind="stable").tolist() if other != row][:k]


def cosine_distances(vectors: np.ndarray) -> np.ndarray:
    return 1 - vectors.astype(np.float64) @ vectors.astype(np.float64).T


def plane_distances(places: np.ndarray) -> np.ndarray:
    return np.linalg.norm(places[:, None].astype(np.float64) - places[None].astype(np.float64), axis=2)


def test_trustworthiness_is_that_of_scikit_learn_and_continuity_the_same_with_the_spaces_exchanged():
    vectors, places = cloud()
    found = measure_faithfulness(vectors, places, n_neighbors=K, sample=len(vectors))
    assert found.trustworthiness.value == pytest.approx(trustworthiness(vectors, places, n_neighbors=K, metric="cosine"), abs=1e-9)
    assert found.continuity.value == pytest.approx(
        trustworthiness(places, _with_distances_as_given(vectors), n_neighbors=K), abs=1e-6
    )
    assert (found.trustworthiness.low, found.trustworthiness.high) == (found.trustworthiness.value,) * 2  # all rows were measured


def _with_distances_as_given(vectors: np.ndarray) -> np.ndarray:
    """Unit vectors: Euclidean distance orders neighbours as cosine does, which scikit-learn takes for the second space."""
    return vectors.astype(np.float64)


def test_the_mean_over_rows_is_that_of_the_map():
    vectors, places = cloud()
    rows = [look_at_row(row, vectors, places, n_neighbors=K) for row in range(len(vectors))]
    whole = measure_faithfulness(vectors, places, n_neighbors=K, sample=len(vectors))
    assert np.mean([row.trustworthiness for row in rows]) == pytest.approx(whole.trustworthiness.value)
    assert np.mean([row.continuity for row in rows]) == pytest.approx(whole.continuity.value)


def test_the_neighbours_of_a_row_are_those_counted_by_hand():
    vectors, places = cloud()
    texts, plane = cosine_distances(vectors), plane_distances(places)
    for row in (0, 17, 89):
        near, here = by_hand(texts, row), by_hand(plane, row)
        found = look_at_row(row, vectors, places, n_neighbors=K)
        assert found.kept == tuple(other for other in near if other in here)
        assert found.missing == tuple(other for other in near if other not in here)
        assert found.false == tuple(other for other in here if other not in near)


def test_neighbors_kept_is_the_number_that_each_row_keeps():
    vectors, places = cloud()
    kept = neighbors_kept(find_neighbors(vectors, n_neighbors=K), places, n_neighbors=K)
    assert kept.tolist() == [len(look_at_row(row, vectors, places, n_neighbors=K).kept) for row in range(len(vectors))]
    assert 0 < kept.mean() < K


def test_a_map_that_is_the_embedding_keeps_everything():
    angle = np.random.default_rng(3).uniform(0, np.pi / 2, 60)
    circle = np.column_stack([np.cos(angle), np.sin(angle)]).astype(np.float32)
    found = measure_faithfulness(circle, circle, n_neighbors=5, sample=60)
    assert (found.trustworthiness.value, found.continuity.value) == (1.0, 1.0)
    assert (neighbors_kept(find_neighbors(circle, n_neighbors=5), circle, n_neighbors=5) == 5).all()


def test_plane_neighbours_of_copies_are_other_rows_in_order():
    places = np.zeros((50, 2), dtype=np.float32)
    found = plane_neighbors(places, n_neighbors=3)
    assert found[0].tolist() == [1, 2, 3]
    assert found[10].tolist() == [0, 1, 2]
    assert not (found == np.arange(50)[:, None]).any()


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_few_rows_have_all_others_as_neighbours_and_no_score(n: int):
    vectors, places = cloud(n)
    assert plane_neighbors(places).shape == (n, n - 1)
    found = look_at_row(0, vectors, places)
    assert sorted(found.kept) == list(range(1, n))
    assert np.isnan(found.trustworthiness)
    assert np.isnan(measure_faithfulness(vectors, places).trustworthiness.value)


def test_intervals_of_a_sample_hold_the_value_of_all_rows():
    vectors, places = cloud(300, seed=5)
    truth = measure_faithfulness(vectors, places, n_neighbors=K, sample=300)
    hits = 0
    for seed in range(200):
        found = measure_faithfulness(vectors, places, n_neighbors=K, sample=60, random_state=seed)
        hits += found.trustworthiness.low <= truth.trustworthiness.value <= found.trustworthiness.high
    assert hits >= 186  # of 200: 93 %


def test_rows_that_are_not_there_are_refused():
    vectors, places = cloud(20)
    with pytest.raises(IndexError, match="row 20 is not on this map of 20 examples"):
        look_at_row(20, vectors, places)
    with pytest.raises(ValueError, match="the graph has 20 rows and the map 19"):
        neighbors_kept(find_neighbors(vectors), places[:19])
    with pytest.raises(ValueError, match="the graph holds 5 neighbours of a row; 8 are asked for"):
        neighbors_kept(find_neighbors(vectors, n_neighbors=5), places, n_neighbors=8)


@pytest.mark.parametrize(("n", "k"), [(120, 15), (80, 5), (46, 15)])
def test_trustworthiness_is_scikit_learns(n: int, k: int):
    embeddings = unit_vectors(n)
    for coordinates in (unit_vectors(n, 2, seed=1), embeddings[:, :2], embeddings.copy()):
        expected = trustworthiness(embeddings, coordinates, n_neighbors=k, metric="cosine")
        found = trust(embeddings, coordinates, n_neighbors=k, sample=n)
        assert found == pytest.approx(expected, abs=1e-3)  # float32 may swap two rows that are equally far


def test_trustworthiness_of_a_sample_is_near_that_of_all_rows():
    embeddings, coordinates = unit_vectors(600), unit_vectors(600, 2, seed=1)
    whole = trustworthiness(embeddings, coordinates, n_neighbors=15, metric="cosine")
    assert trust(embeddings, coordinates, sample=300) == pytest.approx(whole, abs=0.02)


def test_trustworthiness_is_nan_where_rows_are_too_few():
    embeddings = unit_vectors(46)
    assert np.isnan(trust(embeddings[:45], embeddings[:45, :2]))
    assert np.isfinite(trust(embeddings, embeddings[:, :2]))


def test_trustworthiness_of_identical_rows_is_a_ratio():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = trust(np.repeat(unit_vectors(1), 60, axis=0), np.zeros((60, 2), np.float32))
    assert 0 <= found <= 1
