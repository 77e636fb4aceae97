import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalmap.data.errors import DatasetError
from evalmap.screening.groups.components import find_components, lowest_similarity
from evalmap.screening.pair_types import NOT_EXACT, Pairs
from evalmap.tests.fakes import unit_vectors

EDGES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.sampled_from([0.85, 0.9, 0.95])), max_size=15)


def listed(n: int, edges: dict[tuple[int, int], float]) -> Pairs:
    left, right = np.array(sorted(edges), dtype=np.int32).reshape(-1, 2).T
    values = np.array([edges[pair] for pair in sorted(edges)], dtype=np.float32)
    none = np.full(len(edges), NOT_EXACT, dtype=np.uint8)
    return Pairs(
        n, left, right, none, np.zeros_like(values), values, {"lexical": 0.5, "semantic": 0.8}, {"exact_level": "alphanumeric"}
    )


def test_a_chain_hangs_together_through_its_links():
    pairs = listed(7, {(0, 3): 0.97, (3, 5): 0.91, (1, 2): 0.99, (5, 6): 0.85})
    chains = find_components(pairs, threshold=0.9)
    assert chains.labels.tolist() == [0, 1, 1, 0, 2, 0, 3]
    assert chains.sizes.tolist() == [3, 2, 1, 1]
    assert chains.weakest[:2].tolist() == pytest.approx([0.91, 0.99])
    assert np.isnan(chains.weakest[2:]).all()
    assert chains.rows(0).tolist() == [0, 3, 5]
    assert find_components(pairs, threshold=0.85).sizes.tolist() == [4, 2, 1]


@given(edges=EDGES, threshold=st.sampled_from([0.85, 0.9, 0.95]))
def test_components_are_what_can_be_reached(edges: list[tuple[int, int, float]], threshold: float):
    held = {(min(a, b), max(a, b)): value for a, b, value in edges if a != b}
    chains = find_components(listed(10, held), threshold=threshold)
    links = {pair: value for pair, value in held.items() if np.float32(value) >= np.float32(threshold)}
    reached = np.eye(10, dtype=bool)
    for a, b in links:
        reached[a, b] = reached[b, a] = True
    for _ in range(10):
        reached = reached @ reached
    assert np.array_equal(chains.labels[:, None] == chains.labels, reached)
    for component in range(len(chains)):
        rows = set(chains.rows(component).tolist())
        inside = [value for (a, b), value in links.items() if a in rows]
        assert chains.sizes[component] == len(rows)
        assert math.isnan(chains.weakest[component]) if not inside else chains.weakest[component] == np.float32(min(inside))


def test_no_pairs_leave_every_row_alone():
    assert find_components(listed(3, {}), threshold=0.9).sizes.tolist() == [1, 1, 1]


def test_a_threshold_below_the_list_is_refused():
    with pytest.raises(DatasetError, match=r"0\.7"):
        find_components(listed(3, {(0, 1): 0.9}), threshold=0.7)


def test_the_ends_of_a_chain_may_be_far_apart():
    angles = np.radians([0, 20, 40, 60])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    assert lowest_similarity(vectors, np.arange(4)) == pytest.approx(0.5, abs=1e-6)
    assert lowest_similarity(vectors, np.array([1, 2])) == pytest.approx(math.cos(math.radians(20)), abs=1e-6)
    assert math.isnan(lowest_similarity(vectors, np.array([1])))


def test_the_lowest_similarity_sees_rows_of_different_blocks(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("evalmap.screening.groups.components.BLOCK", 3)
    vectors = unit_vectors(20, 6)
    assert lowest_similarity(vectors, np.arange(20)) == pytest.approx(float((vectors @ vectors.T).min()), abs=1e-6)
