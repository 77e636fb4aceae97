"""Rows that mean the same: every pair of embeddings at or above a cosine, found exactly."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.embeddings.array_types import Progress, Vectors, no_progress
from evalmap.embeddings.neighbors import check_vectors
from evalmap.screening.pairs.capping import CappedPairs, FoundPairs
from evalmap.screening.pairs.kernels import cosines

TILE = 2048  # rows and columns a product: 16 MB of similarities, which a cache still helps with
RUN = 64  # products whose highest is looked at before any of them is
EXACT_ROWS = 300_000  # beyond it the product over all pairs takes too long on a small machine
ROUNDING = 1e-5  # how far a float32 product of unit vectors may lie from the true one; measured below 1e-6 at 384 dimensions
SAMPLE = 1000  # rows that the recall of the index is measured on


@dataclass(frozen=True)
class SimilarPairs(FoundPairs):
    """`FoundPairs` by cosine, with how they were found: {"search": "exact", "recall": 1.0} or the index and its measured recall."""

    search: dict[str, Any]


def find_similar_pairs(
    embeddings: Vectors,
    *,
    floor: float = 0.80,
    max_pairs: int = 5_000_000,
    progress: Progress = no_progress,
    exact_rows: int = EXACT_ROWS,
) -> SimilarPairs:
    """Find every pair of rows whose cosine is at or above the floor.

    The similarity matrix is computed tile by tile over its upper triangle; equal vectors are computed once. What a tile shows to be
    near the floor is computed again in float64, so that the answer does not depend on tiles or row order.

    Parameters
    ----------
    embeddings : (n_samples, n_dims) float32, unit norm
    floor : 0 ≤ floor ≤ 1
    max_pairs : where more would be found, the floor is raised to the smallest cosine that leaves at most so many
    exact_rows : with more distinct vectors than this a faiss index finds the pairs; its recall is measured and returned

    Raises
    ------
    ValueError : embeddings not 2-D or not finite
    DatasetError : the floor is out of range; or there are too many rows for the exact search, and faiss is not installed
    """
    check_vectors(embeddings)
    check_floor(floor)
    vectors = np.array(embeddings, dtype=np.float32, order="C")  # a copy: the rows may lie on disk, read-only
    groups, firsts = same_vectors(vectors)
    distinct = vectors if len(firsts) == len(vectors) else vectors[firsts]
    del vectors
    found = CappedPairs(groups, floor=floor, max_pairs=max_pairs)
    repeated = np.flatnonzero(np.bincount(groups) > 1)
    found.add(repeated, repeated, cosines()(distinct, distinct, repeated, repeated))
    search: dict[str, Any] = {"search": "exact", "recall": 1.0}
    if len(distinct) <= exact_rows:
        _search_triangle(distinct, found, progress)
    else:
        from evalmap.screening.pairs.index import search_index

        search = search_index(distinct, found, sample=SAMPLE, progress=progress)
    pairs = found.finish()
    return SimilarPairs(pairs.left, pairs.right, pairs.value, pairs.floor, pairs.raised, search)


def similarities(embeddings: Vectors, left: NDArray[np.integer], right: NDArray[np.integer]) -> NDArray[np.float32]:
    """(m,) float32 in [-1, 1]: the cosine of given pairs of rows of unit norm, summed in float64."""
    return similarities_across(embeddings, embeddings, left, right)


def similarities_across(
    embeddings: Vectors, others: Vectors, left: NDArray[np.integer], right: NDArray[np.integer]
) -> NDArray[np.float32]:
    """`similarities` of a row of `embeddings` and a row of `others`."""
    a = np.array(embeddings, dtype=np.float32, order="C")
    b = a if others is embeddings else np.array(others, dtype=np.float32, order="C")
    return cosines()(a, b, np.asarray(left, np.int64), np.asarray(right, np.int64))


def find_similar_across(
    embeddings: Vectors,
    others: Vectors,
    *,
    floor: float = 0.80,
    max_pairs: int = 5_000_000,
    progress: Progress = no_progress,
) -> FoundPairs:
    """Every pair of one of `embeddings` and one of `others` at or above the floor: left is a row of embeddings, right
    len(embeddings) + a row of others.

    Raises
    ------
    ValueError : either is not 2-D or not finite, or they differ in dimensions
    DatasetError : the floor is out of range
    """
    check_vectors(embeddings)
    check_vectors(others)
    check_floor(floor)
    if embeddings.shape[1] != others.shape[1]:
        raise ValueError(f"embeddings of {embeddings.shape[1]} and {others.shape[1]} dimensions; expected the same model's")
    a, b = np.array(embeddings, dtype=np.float32, order="C"), np.array(others, dtype=np.float32, order="C")
    found = CappedPairs(np.arange(len(a) + len(b)), floor=floor, max_pairs=max_pairs)
    tile = _Tiles(a, b)
    for start in range(0, len(a), TILE):
        for column in range(0, len(b), TILE):
            left, right = tile.at_or_above(start, column, float(found.floor) - ROUNDING)
            found.add(left, right + len(a), cosines()(a, b, left, right))
        progress(min(start + TILE, len(a)), len(a))
    return found.finish()


def check_floor(floor: float) -> None:
    """Raise DatasetError unless the floor is a similarity from 0 to 1."""
    if not 0.0 <= floor <= 1.0:
        raise DatasetError(f"floor is {floor:g}; expected a similarity from 0 to 1, such as 0.85.")


def same_vectors(vectors: Vectors) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """((n,) group of each row, (g,) first row of each group): rows whose vectors agree bit by bit."""
    numbers: dict[bytes, int] = {}
    groups = np.empty(len(vectors), dtype=np.int64)
    for row, vector in enumerate(np.ascontiguousarray(vectors)):
        groups[row] = numbers.setdefault(hashlib.blake2b(vector.data, digest_size=16).digest(), len(numbers))
    _, firsts = np.unique(groups, return_index=True)
    return groups, firsts


def _search_triangle(vectors: Vectors, found: CappedPairs, progress: Progress) -> None:
    n = len(vectors)
    tile = _Tiles(vectors, vectors)
    for start in range(0, n, TILE):
        for column in range(start, n, TILE):
            left, right = tile.at_or_above(start, column, float(found.floor) - ROUNDING)
            if column == start:
                upper = left < right
                left, right = left[upper], right[upper]
            if len(left):
                found.add(left, right, cosines()(vectors, vectors, left, right))
        progress(min(start + TILE, n), n)


class _Tiles:
    """Tiles of the product of two sets of vectors, in one buffer that is used again and again."""

    def __init__(self, vectors: Vectors, others: Vectors) -> None:
        import torch

        self._vectors, self._others = torch.from_numpy(vectors), torch.from_numpy(others)
        self._product = torch.empty(TILE * TILE)
        self._highest = torch.empty(TILE * TILE // RUN)

    def at_or_above(self, row: int, column: int, floor: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """(row, other row) of the products in the tile that begins there and are at or above the floor."""
        import torch

        with torch.inference_mode():
            rows, columns = self._vectors[row : row + TILE], self._others[column : column + TILE]
            width, size = len(columns), len(rows) * len(columns)
            runs = size // RUN
            product, highest = self._product[:size], self._highest[:runs]
            torch.mm(rows, columns.T, out=product.view(len(rows), width))
            torch.amax(product[: runs * RUN].view(runs, RUN), dim=1, out=highest)
        near = np.flatnonzero(highest.numpy() >= np.float32(floor))  # few: 4 times as fast as a mask of the whole tile
        at = np.concatenate([(near[:, None] * RUN + np.arange(RUN)).ravel(), np.arange(runs * RUN, size)])
        at = at[product.numpy()[at] >= np.float32(floor)]
        i, j = np.divmod(at, width)
        return i + row, j + column
