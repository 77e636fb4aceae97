"""Rows that mean the same: every pair of embeddings at or above a cosine, found exactly."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.embeddings.array_types import Progress, Vectors, no_progress
from evalmap.embeddings.neighbors import check_vectors
from evalmap.screening.pairs.capping import CappedPairs, FoundPairs
from evalmap.screening.pairs.cosine import check_floor, search_triangle
from evalmap.screening.pairs.index import search_index
from evalmap.screening.pairs.kernels import cosines

EXACT_ROWS = 300_000  # beyond it the product over all pairs takes too long on a small machine
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
        search_triangle(distinct, found, progress)
    else:
        search = search_index(distinct, found, sample=SAMPLE, progress=progress)
    pairs = found.finish()
    return SimilarPairs(pairs.left, pairs.right, pairs.value, pairs.floor, pairs.raised, search)


def same_vectors(vectors: Vectors) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """((n,) group of each row, (g,) first row of each group): rows whose vectors agree bit by bit."""
    numbers: dict[bytes, int] = {}
    groups = np.empty(len(vectors), dtype=np.int64)
    for row, vector in enumerate(np.ascontiguousarray(vectors)):
        groups[row] = numbers.setdefault(hashlib.blake2b(vector.data, digest_size=16).digest(), len(numbers))
    _, firsts = np.unique(groups, return_index=True)
    return groups, firsts
