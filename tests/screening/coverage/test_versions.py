"""Versions: rows matched one to one, against an exhaustive search."""

from itertools import permutations

import numpy as np
import pytest

from evalmap.screening.coverage.versions import are_versions, match_equal, match_versions


def test_equal_rows_are_matched_one_to_one_copies_with_copies():
    a = ["one", "two", "Two ", "three"]
    b = ["two", "ONE", "four", "one", "two", "two"]
    assert match_equal(a, b).tolist() == [[0, 1], [1, 0], [2, 4]]
    assert match_equal(["x"], ["y"]).tolist() == []


def test_the_most_alike_are_matched_first_and_no_row_twice():
    left, right = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])
    found = match_versions(np.empty((0, 2), np.int64), 3, 3, left, right, np.array([0.9, 0.97, 0.88, 0.95]))
    assert found.reworded.tolist() == [[0, 1], [1, 0]]
    assert found.similarities.tolist() == [np.float32(0.97), np.float32(0.88)]
    assert (found.removed.tolist(), found.added.tolist()) == ([2], [2])


def test_rows_that_are_equal_are_taken():
    equal = np.array([[0, 2]])
    found = match_versions(equal, 2, 3, np.array([0, 1, 1]), np.array([0, 2, 0]), np.array([0.99, 0.98, 0.9]))
    assert found.reworded.tolist() == [[1, 0]]
    assert found.matched.tolist() == [[0, 2], [1, 0]]
    assert found.added.tolist() == [1]


def test_every_pair_is_stable():
    """Nobody left could do better: what an exhaustive search over all matchings of 5 rows says of the greedy one."""
    generator = np.random.default_rng(0)
    for _ in range(20):
        alike = generator.random((5, 5)).round(3)
        left, right = np.divmod(np.arange(25), 5)
        found = match_versions(np.empty((0, 2), np.int64), 5, 5, left, right, alike.ravel())
        best = max(permutations(range(5)), key=lambda order: sorted((alike[i, j] for i, j in enumerate(order)), reverse=True))
        assert sorted(map(tuple, found.reworded.tolist())) == list(enumerate(best))


@pytest.mark.parametrize(
    ("names", "n_equal", "n_reworded", "versions"),
    [("ab", 5, 0, True), ("ab", 4, 6, False), ("aa", 0, 2, True), ("aa", 1, 0, False), ("aa", 1, 1, True)],
)
def test_versions_have_half_of_their_rows_in_common_or_a_name_and_a_fifth(
    names: str, n_equal: int, n_reworded: int, versions: bool
):
    """Ten rows against ninety."""
    equal = np.stack([np.arange(n_equal)] * 2, axis=1)
    like = np.arange(n_equal, n_equal + n_reworded)
    matches = match_versions(equal, 10, 90, like, like, np.full(n_reworded, 0.9))
    assert are_versions(names[0], names[1], matches) == versions
