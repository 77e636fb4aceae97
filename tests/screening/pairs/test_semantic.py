import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.embeddings.array_types import Vectors
from evalmap.screening.pairs import cosine
from evalmap.screening.pairs.cosine import find_similar_across, similarities
from evalmap.screening.pairs.semantic import find_similar_pairs, same_vectors
from evalmap.tests.fakes import unit_vectors

Found = list[tuple[int, int]]


def near_vectors(n: int, dims: int, *, seed: int, repeats: int = 0) -> Vectors:
    """Unit vectors around a few centres, so that cosines spread from −1 to 1; the last `repeats` copy earlier rows."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(max(1, n // 8), dims))
    drawn = centres[random.integers(0, len(centres), n)] + random.normal(size=(n, dims)) * random.uniform(0.05, 0.8, (n, 1))
    vectors = (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)
    if repeats:
        vectors[n - repeats :] = vectors[random.integers(0, n - repeats, repeats)]
    return vectors


def oracle(vectors: Vectors) -> NDArray[np.float32]:
    """Every cosine in float64, rounded once; −2 on and below the diagonal."""
    every = (vectors.astype(np.float64) @ vectors.astype(np.float64).T).clip(-1, 1).astype(np.float32)
    return np.where(np.triu(np.ones(every.shape, dtype=bool), 1), every, np.float32(-2))


def expected(vectors: Vectors, floor: float) -> Found:
    return [(int(i), int(j)) for i, j in zip(*np.nonzero(oracle(vectors) >= np.float32(floor)), strict=True)]


def found(pairs) -> Found:
    return list(zip(pairs.left.tolist(), pairs.right.tolist(), strict=True))


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch):
    """Tiles of 8 rows looked at in runs of 5, so that a few rows have many borders."""
    monkeypatch.setattr(cosine, "TILE", 8)
    monkeypatch.setattr(cosine, "RUN", 5)


@pytest.mark.parametrize("n", [2, 7, 8, 9, 16, 17, 61])
@pytest.mark.parametrize("floor", [0.0, 0.5, 0.9])
@pytest.mark.usefixtures("small_tiles")
def test_every_pair_at_or_above_the_floor_is_found(n: int, floor: float):
    vectors = near_vectors(n, 5, seed=n, repeats=n // 3)
    pairs = find_similar_pairs(vectors, floor=floor)
    assert found(pairs) == expected(vectors, floor)
    assert (pairs.floor, pairs.raised, pairs.search) == (floor, False, {"search": "exact", "recall": 1.0})
    np.testing.assert_allclose(pairs.value, oracle(vectors)[pairs.left, pairs.right], atol=1e-6)


def test_whole_tiles_agree_with_brute_force():
    vectors = near_vectors(2500, 24, seed=3, repeats=300)
    assert found(find_similar_pairs(vectors, floor=0.9)) == expected(vectors, 0.9)


@given(n=st.integers(2, 24), dims=st.integers(1, 6), seed=st.integers(0, 2**16), floor=st.floats(0, 1), repeats=st.integers(0, 8))
@settings(deadline=None, max_examples=60)
def test_recall_is_one_whatever_the_vectors(n: int, dims: int, seed: int, floor: float, repeats: int):
    vectors = near_vectors(n, dims, seed=seed, repeats=min(repeats, n - 1))
    assert found(find_similar_pairs(vectors, floor=floor)) == expected(vectors, floor)


@pytest.mark.usefixtures("small_tiles")
def test_a_tie_at_the_floor_is_a_pair():
    """Cosines of exactly 0.6 and 0.8, on both sides of the border of tiles."""
    a, b = [1.0, 0.0], [0.6, 0.8]
    vectors = np.array([a] * 7 + [b] * 4, dtype=np.float32)
    tie = float(similarities(vectors, np.array([0]), np.array([7]))[0])
    assert tie == np.float32(0.6)
    crossing = [(i, j) for i in range(7) for j in range(7, 11)]
    assert set(crossing) <= set(found(find_similar_pairs(vectors, floor=0.6)))
    assert not set(crossing) & set(found(find_similar_pairs(vectors, floor=float(np.nextafter(np.float32(0.6), np.float32(1))))))


def test_a_floor_of_one_finds_equal_vectors():
    vectors = np.vstack([unit_vectors(4), unit_vectors(4)[[1, 3, 1]]])
    assert found(find_similar_pairs(vectors, floor=1.0)) == [(1, 4), (1, 6), (3, 5), (4, 6)]


@given(seed=st.integers(0, 999), max_pairs=st.integers(1, 60))
@settings(deadline=None, max_examples=60)
def test_the_cap_raises_the_floor_to_the_smallest_number_that_fits(seed: int, max_pairs: int):
    vectors = near_vectors(20, 4, seed=seed, repeats=seed % 5)
    pairs = find_similar_pairs(vectors, floor=0.3, max_pairs=max_pairs)
    values = np.sort(oracle(vectors)[oracle(vectors) >= np.float32(0.3)])[::-1]
    if len(values) <= max_pairs:
        assert (pairs.floor, pairs.raised, len(pairs.left)) == (0.3, False, len(values))
        return
    fitting = [v for v in np.unique(values) if (values >= v).sum() <= max_pairs]
    assert pairs.raised
    if fitting:
        assert pairs.floor == pytest.approx(float(fitting[0]), abs=1e-6)
        assert len(pairs.left) == (values >= fitting[0]).sum()
    else:
        assert pairs.floor > 1.0
        assert len(pairs.left) == 0
    assert (pairs.value >= np.float32(pairs.floor)).all()


def test_the_pairs_do_not_depend_on_the_order_of_the_rows():
    vectors = near_vectors(150, 6, seed=1, repeats=20)
    order = np.random.default_rng(0).permutation(len(vectors))
    for cap in (100, 10**6):
        here, there = (find_similar_pairs(rows, floor=0.7, max_pairs=cap) for rows in (vectors, vectors[order]))
        moved = {(frozenset((order[i], order[j])), v) for i, j, v in zip(there.left, there.right, there.value, strict=True)}
        assert moved == {(frozenset((i, j)), v) for i, j, v in zip(here.left, here.right, here.value, strict=True)}
        assert here.floor == there.floor


def test_equal_vectors_are_found_bit_by_bit():
    vectors = unit_vectors(3)[[0, 1, 0, 2, 1]]
    groups, firsts = same_vectors(vectors)
    assert (groups.tolist(), firsts.tolist()) == ([0, 1, 0, 2, 1], [0, 1, 3])


@pytest.mark.usefixtures("small_tiles")
def test_pairs_across_two_sets_agree_with_brute_force():
    a, b = near_vectors(19, 4, seed=2), near_vectors(11, 4, seed=5)
    b[3] = a[17]
    every = (a.astype(np.float64) @ b.astype(np.float64).T).astype(np.float32)
    rows, columns = np.nonzero(every >= np.float32(0.6))
    pairs = find_similar_across(a, b, floor=0.6)
    assert found(pairs) == list(zip(rows.tolist(), (columns + len(a)).tolist(), strict=True))
    assert (17, 19 + 3) in found(pairs)


def test_progress_ends_at_the_number_of_distinct_rows():
    reports: list[tuple[int, int]] = []
    find_similar_pairs(unit_vectors(10)[[*range(10), 0]], progress=lambda done, total: reports.append((done, total)))
    assert reports == [(10, 10)]


@pytest.mark.parametrize("floor", [-0.1, 1.01, float("nan")])
def test_a_floor_out_of_range_is_refused(floor: float):
    with pytest.raises(DatasetError, match="expected a similarity from 0 to 1"):
        find_similar_pairs(unit_vectors(3), floor=floor)


def test_embeddings_that_are_not_finite_are_refused():
    vectors = unit_vectors(4)
    vectors[2, 1] = np.nan
    with pytest.raises(ValueError, match="not finite in row 2"):
        find_similar_pairs(vectors)


def test_sets_of_different_models_are_refused():
    with pytest.raises(ValueError, match="32 and 8 dimensions"):
        find_similar_across(unit_vectors(3), unit_vectors(3, 8))


def test_a_large_set_is_searched_by_an_index_whose_recall_is_measured():
    pytest.importorskip("faiss")
    vectors = near_vectors(3000, 16, seed=4, repeats=100)
    exact, pairs = find_similar_pairs(vectors, floor=0.85), find_similar_pairs(vectors, floor=0.85, exact_rows=1000)
    assert set(found(pairs)) <= set(found(exact))
    recall = len(pairs.left) / len(exact.left)
    assert recall > 0.9
    assert pairs.search["search"] == "faiss IVF"
    assert pairs.search["sample_rows"] == 1000
    assert pairs.search["recall"] == pytest.approx(recall, abs=0.03)


def test_a_large_set_without_the_index_is_one_sentence(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(DatasetError, match=r"40 different rows are too many.*pip install 'evalmap\[large\]'"):
        find_similar_pairs(unit_vectors(40), exact_rows=30)
