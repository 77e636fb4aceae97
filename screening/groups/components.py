"""Chains of pairs: rows that hang together through others, however unlike the ends are. Context for a group, never a group."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalmap.embeddings.array_types import Vectors
from evalmap.screening.pair_types import Method, Pairs
from evalmap.screening.pairs.likeness import similar, strength

BLOCK = 2048  # rows a product


@dataclass(frozen=True)
class Components:
    """The connected components of the pairs at a threshold; a row without a pair is a component of its own.

    Attributes
    ----------
    labels : (n,) int32, the component of each row, numbered in order of their first row
    sizes : (c,) int64, rows of each
    weakest : (c,) float32, the smallest number of a pair that holds it together; nan for a single row
    """

    labels: NDArray[np.int32]
    sizes: NDArray[np.int64]
    weakest: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.sizes)

    def rows(self, component: int) -> NDArray[np.int64]:
        """The rows of a component, rising."""
        return np.flatnonzero(self.labels == component)


def find_components(
    pairs: Pairs,
    *,
    threshold: float,
    method: Method = "semantic",
    normalization: str = "typographic",
    apart: NDArray[np.integer] | None = None,
) -> Components:
    """Connected components of the pairs that are alike at the threshold.

    Parameters
    ----------
    apart : (v, 2) pairs, left < right, that hold nothing together: variants; None: every pair does

    Raises
    ------
    DatasetError : the threshold is out of range, or below what the list of pairs holds
    ValueError : method or normalization is unknown
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    alike = similar(pairs, threshold=threshold, method=method, normalization=normalization)
    if apart is not None and len(apart):
        keys = pairs.left[alike].astype(np.int64) * pairs.n + pairs.right[alike]
        alike = alike[~np.isin(keys, apart[:, 0].astype(np.int64) * pairs.n + apart[:, 1])]
    left, right = pairs.left[alike], pairs.right[alike]
    graph = coo_array((np.ones(len(left), dtype=np.int8), (left, right)), shape=(pairs.n, pairs.n))
    count, found = connected_components(graph, directed=False)
    _, first, found = np.unique(found, return_index=True, return_inverse=True)
    place = np.empty(count, dtype=np.int32)
    place[np.argsort(first)] = np.arange(count, dtype=np.int32)
    labels = place[found]
    weakest = np.full(count, np.inf, dtype=np.float32)
    np.minimum.at(weakest, labels[left], strength(pairs, method=method, normalization=normalization)[alike])
    weakest[np.isinf(weakest)] = np.nan
    return Components(labels, np.bincount(labels, minlength=count), weakest)


def lowest_similarity(embeddings: Vectors, rows: NDArray[np.integer]) -> float:
    """The smallest cosine of any two of the rows, paired or not, in [-1, 1]: how far the ends of a chain lie apart.

    nan for fewer than two rows. Takes one product of the rows with each other: 30,000 rows some seconds.
    """
    import torch

    if len(rows) < 2:
        return float("nan")
    vectors = torch.from_numpy(np.array(embeddings[rows], dtype=np.float32))
    with torch.inference_mode():
        lowest = min(float((vectors[start : start + BLOCK] @ vectors[start:].T).min()) for start in range(0, len(vectors), BLOCK))
    return max(-1.0, min(1.0, lowest))
