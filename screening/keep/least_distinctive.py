"""The rows that are most like another one of theirs, one after the other."""

import heapq
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from evalmap.embeddings.array_types import Vectors
from evalmap.screening.pair_types import Pairs

BLOCK = 1024  # rows of a block of similarities


def least_distinctive(
    embeddings: Vectors,
    rows: NDArray[np.integer],
    *,
    count: int,
    fixed: NDArray[np.bool_],
    rank: NDArray[np.integer],
    pairs: Pairs | None = None,
) -> list[int]:
    """Up to `count` of the rows, one after the other the one most like a row that is still there; of two, the later in rank.

    Parameters
    ----------
    embeddings : (n, n_dims) float32, unit norm
    rows : those to choose from, and to be like
    fixed : (n,) bool, rows that stay; two of them are no pair, and a fixed row's partner goes
    rank : (n,) the row with the higher one goes
    pairs : where given, all pairs at or above its semantic floor: similarities are taken from there first, in one sort
    """
    present = np.zeros(len(rank), dtype=bool)
    present[rows] = True
    gone: list[int] = []

    def take(a: int, b: int) -> None:
        later, earlier = (a, b) if rank[a] > rank[b] else (b, a)
        row = earlier if fixed[later] else later
        present[row] = False
        gone.append(row)

    if pairs is not None and count > 0:
        floor = pairs.floors.get("semantic", 1.0)
        use = present[pairs.left] & present[pairs.right] & ~(fixed[pairs.left] & fixed[pairs.right]) & (pairs.semantic >= floor)
        left, right, alike = pairs.left[use], pairs.right[use], pairs.semantic[use]
        latest = np.maximum(rank[left], rank[right])
        for at in np.lexsort((-np.minimum(rank[left], rank[right]), -latest, -alike)):
            if len(gone) == count:
                return gone
            if present[left[at]] and present[right[at]]:
                take(int(left[at]), int(right[at]))
    if len(gone) < count:
        _by_nearest(embeddings, present, fixed, rank, lambda: len(gone) < count, take)
    return gone


def _by_nearest(
    embeddings: Vectors,
    present: NDArray[np.bool_],
    fixed: NDArray[np.bool_],
    rank: NDArray[np.integer],
    wanted: Callable[[], bool],
    take: Callable[[int, int], None],
) -> None:
    """Take rows by their nearest present row, looked up again when that one has gone."""
    rows = np.flatnonzero(present)
    vectors = np.asarray(embeddings[rows], dtype=np.float32)

    def nearest(block: NDArray[np.intp]) -> list[tuple[float, int, int]]:
        alike = vectors[block] @ vectors.T
        alike[:, ~present[rows]] = -np.inf
        alike[np.arange(len(block)), block] = -np.inf
        alike[np.ix_(fixed[rows[block]], fixed[rows])] = -np.inf
        best = alike.argmax(axis=1)
        found = alike[np.arange(len(block)), best]
        return [(-float(s), int(at), int(b)) for s, at, b in zip(found, block, best, strict=True) if np.isfinite(s)]

    def entry(alike: float, at: int, other: int) -> tuple[float, int, int, int, int]:
        ranks = sorted((int(rank[rows[at]]), int(rank[rows[other]])))
        return alike, -ranks[1], -ranks[0], at, other

    starts = range(0, len(rows), BLOCK)
    heap = [entry(*found) for start in starts for found in nearest(np.arange(start, min(start + BLOCK, len(rows))))]
    heapq.heapify(heap)
    while heap and wanted():
        _, _, _, at, other = heapq.heappop(heap)
        if not present[rows[at]]:
            continue
        if present[rows[other]]:
            take(int(rows[at]), int(rows[other]))
        if present[rows[at]]:
            for found in nearest(np.array([at])):
                heapq.heappush(heap, entry(*found))
