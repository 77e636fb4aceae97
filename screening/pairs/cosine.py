"""Cosines of unit vectors, exactly: every pair of two sets or within one at or above a floor, and those of given pairs."""

import numpy as np
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.embeddings.array_types import Progress, Vectors, no_progress
from evalmap.embeddings.neighbors import check_vectors
from evalmap.screening.pairs.capping import CappedPairs, FoundPairs
from evalmap.screening.pairs.kernels import cosines

TILE = 2048  # rows and columns a product: 16 MB of similarities, which a cache still helps with
RUN = 64  # products whose highest is looked at before any of them is
ROUNDING = 1e-5  # how far a float32 product of unit vectors may lie from the true one; measured below 1e-6 at 384 dimensions


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


def search_triangle(vectors: Vectors, found: CappedPairs, progress: Progress) -> None:
    """Add every pair of two of the vectors at or above the floor of `found`: tile by tile over the upper triangle."""
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
