"""Rows that come later, on a map that is there."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import rankdata

from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import sample_maps
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.embeddings.placement import N_COMPARED, Placement, place
from evalmap.tests.fakes import unit_vectors


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> BuiltMap:
    """The map of all samples: 1,120 real rows, laid out by UMAP with the real model's vectors."""
    space = Workspace(tmp_path_factory.mktemp("samples"))
    sample_maps.install(space)
    return load_map(space, "samples")


@pytest.fixture(scope="module")
def hidden(samples: BuiltMap) -> tuple[np.ndarray, np.ndarray, Placement]:
    """A fifth of the rows, the others, and where those hidden come to lie among the others."""
    order = np.random.default_rng(0).permutation(len(samples))
    away, there = np.sort(order[: len(order) // 5]), np.sort(order[len(order) // 5 :])
    vectors = np.array(samples.vectors)
    return away, there, place(vectors[away], on=vectors[there], coordinates=samples.coordinates[there])


def kept_by_hand(samples: BuiltMap, rows: np.ndarray, there: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Of each row the share of its 15 nearest in the embeddings that is among the 15 nearest in the plane, by brute force."""
    vectors, plane = np.array(samples.vectors), samples.coordinates[there].astype(np.float64)
    found = []
    for row, at in zip(rows, places, strict=True):
        near = np.argsort(-(vectors[there] @ vectors[row]), kind="stable")[:N_COMPARED]
        here = np.argsort(((plane - at) ** 2).sum(axis=1), kind="stable")[:N_COMPARED]
        found.append(len(set(near) & set(here)) / N_COMPARED)
    return np.array(found)


def test_hidden_rows_come_back_near_to_where_umap_had_put_them(samples: BuiltMap, hidden: tuple[np.ndarray, np.ndarray, Placement]):
    away, there, placement = hidden
    spread = np.sqrt(((samples.coordinates - samples.coordinates.mean(axis=0)) ** 2).sum(axis=1).mean())
    distance = np.linalg.norm(placement.coordinates - samples.coordinates[away], axis=1) / spread
    assert np.median(distance) < 0.05  # .017 measured
    assert np.quantile(distance, 0.9) < 0.2  # .089
    old = samples.coordinates[there]

    def to_old(places: np.ndarray) -> np.ndarray:
        return np.linalg.norm(places[:, None] - old[None], axis=2)

    pairs = zip(to_old(placement.coordinates), to_old(samples.coordinates[away]), strict=True)
    ranks = np.array([np.corrcoef(rankdata(placed), rankdata(laid))[0, 1] for placed, laid in pairs])
    assert ranks.mean() > 0.95  # .99: the distances to all old rows are in nearly the same order


def test_quality_told_is_what_brute_force_counts_and_near_to_umaps_own(
    samples: BuiltMap, hidden: tuple[np.ndarray, np.ndarray, Placement]
):
    away, there, placement = hidden
    by_hand = kept_by_hand(samples, away, there, placement.coordinates.astype(np.float64))
    assert np.abs(placement.neighbors_kept - by_hand).mean() < 0.002  # ties at the fifteenth place may fall either way
    of_umap = kept_by_hand(samples, away, there, samples.coordinates[away].astype(np.float64))
    assert placement.neighbors_kept.mean() > 0.95 * of_umap.mean()
    vectors = np.array(samples.vectors)
    assert placement.nearest_similarity == pytest.approx((vectors[away] @ vectors[there].T).max(axis=1), abs=1e-5)


def test_old_rows_are_only_read(samples: BuiltMap):
    coordinates = samples.coordinates.copy()
    before = coordinates.tobytes()
    coordinates.setflags(write=False)
    vectors = np.array(samples.vectors)
    again = place(vectors[:50], on=vectors, coordinates=coordinates)
    assert coordinates.tobytes() == before
    unique = np.array([np.count_nonzero(vectors @ vector > 1 - 1e-6) == 1 for vector in vectors[:50]])
    assert unique.sum() > 30
    assert np.array_equal(again.coordinates[unique], coordinates[:50][unique])  # a row with an old one's vector lies on its place


def test_place_depends_on_no_other_new_row(samples: BuiltMap):
    vectors = np.array(samples.vectors)
    new, old = vectors[:40], vectors[40:]
    alone = [place(new[i : i + 1], on=old, coordinates=samples.coordinates[40:]).coordinates[0] for i in range(5)]
    together = place(new, on=old, coordinates=samples.coordinates[40:]).coordinates[:5]
    assert np.abs(np.array(alone) - together).max() < 1e-3


def test_place_is_the_weighted_geometric_median():
    old = unit_vectors(12, 8, seed=3)
    plane = np.random.default_rng(5).normal(size=(12, 2)).astype(np.float32)
    new = unit_vectors(20, 8, seed=9)
    found = place(new, on=old, coordinates=plane, n_neighbors=6)
    for vector, at in zip(new, found.coordinates, strict=True):
        similarity = old @ vector
        near = np.argsort(-similarity)[:6]
        weights = similarity[near] - similarity[near].min()

        def cost(place: np.ndarray, near: np.ndarray = near, weights: np.ndarray = weights) -> float:
            return float((weights * np.linalg.norm(plane[near] - place, axis=1)).sum())

        searched = minimize(cost, plane[near].mean(axis=0), method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9})
        assert cost(at) <= min(searched.fun, *(cost(one) for one in plane[near])) + 1e-3


def test_row_whose_nearest_lie_on_two_islands_lies_on_the_one_of_most():
    angles = 0.3 + 0.01 * np.arange(10)
    old = np.zeros((10, 11), dtype=np.float32)
    old[:, 0], old[np.arange(10), 1 + np.arange(10)] = np.cos(angles), np.sin(angles)
    new = np.eye(1, 11, dtype=np.float32)
    plane = np.array([(0, 0), (0, 1), (100, 100), (1, 0), (1, 1), (0, 2), (100, 101), (2, 0), (2, 2), (101, 100)], dtype=np.float32)
    (at,) = place(new, on=old, coordinates=plane).coordinates
    assert np.linalg.norm(at - (0.5, 0.5)) < 2
    assert np.linalg.norm(plane.mean(axis=0) - (0.5, 0.5)) > 30  # where a mean would lie: in the sea


def test_one_old_row_draws_all_new_ones_to_it():
    found = place(unit_vectors(3, seed=1), on=unit_vectors(1, seed=2), coordinates=np.array([[2.0, -3.0]], dtype=np.float32))
    assert found.coordinates.tolist() == [[2.0, -3.0]] * 3
    assert found.neighbors_kept.tolist() == [1.0] * 3


def test_no_new_rows_is_an_empty_placement():
    found = place(np.zeros((0, 32), np.float32), on=unit_vectors(4), coordinates=np.zeros((4, 2), np.float32))
    assert (len(found), found.nearest_similarity.shape, found.neighbors_kept.shape) == (0, (0,), (0,))


def test_what_fits_no_map_is_refused():
    with pytest.raises(ValueError, match="4 old rows and 3 coordinates"):
        place(unit_vectors(2), on=unit_vectors(4), coordinates=np.zeros((3, 2), np.float32))
    with pytest.raises(ValueError, match="no map to place new rows on"):
        place(unit_vectors(2), on=np.zeros((0, 32), np.float32), coordinates=np.zeros((0, 2), np.float32))
