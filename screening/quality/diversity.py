"""How varied rows are by their vectors, their clusters and their near-duplicates: one function a statistic."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.embeddings.array_types import Vectors

TOLERANCE = 1e-3  # of a unit norm and of a kernel's diagonal


def vendi_score(embeddings: Vectors) -> float:
    """How many wholly different rows these behave like: exp of the entropy of the eigenvalues of K/n, K the cosines.

    From 1 (all alike) to min(n, d); high is varied. nan without rows: nothing has no diversity. Compare it at equal n only.
    The d × d matrix X'X/n has the same eigenvalues above 0 as the n × n matrix of cosines, so the smaller one is solved.

    Parameters
    ----------
    embeddings : (n, d) float32, unit norm

    Raises
    ------
    ValueError : not 2-D, or a row without unit norm

    Source: Friedman and Dieng 2023, arXiv:2210.02410.
    """
    if embeddings.ndim != 2:
        raise ValueError(f"embeddings have {embeddings.ndim} dimensions, expected 2 (rows × dimensions)")
    n, d = embeddings.shape
    if not n:
        return float("nan")
    rows = np.asarray(embeddings, dtype=np.float32)
    if not np.allclose(np.linalg.norm(rows, axis=1), 1, atol=TOLERANCE):
        raise ValueError("embeddings have rows without unit norm; divide each by its norm first")
    gram = rows @ rows.T if n < d else rows.T @ rows
    return _exp_entropy(np.linalg.eigvalsh(gram.astype(np.float64) / n))


def vendi_score_of_kernel(kernel: NDArray[np.floating[Any]]) -> float:
    """The Vendi score of a kernel matrix; range, good end and source as `vendi_score`; nan for a matrix without rows.

    Parameters
    ----------
    kernel : (n, n), symmetric, ones on its diagonal

    Raises
    ------
    ValueError : not square, not symmetric, or another diagonal
    """
    if kernel.ndim != 2 or kernel.shape[0] != kernel.shape[1]:
        raise ValueError(f"the kernel is {' × '.join(map(str, kernel.shape))}, expected a square matrix")
    if not len(kernel):
        return float("nan")
    if not np.allclose(kernel, kernel.T) or not np.allclose(np.diag(kernel), 1, atol=TOLERANCE):
        raise ValueError("the kernel must be symmetric with ones on its diagonal")
    return _exp_entropy(np.linalg.eigvalsh(kernel.astype(np.float64) / len(kernel)))


def mean_nearest_similarity(embeddings: Vectors) -> float:
    """The mean cosine of each row and the row most like it.

    From -1 to 1; low is varied. nan for fewer than two rows: none has a neighbour. It rises with n. One product of the rows with
    each other, so for samples of some thousand rows at most.
    """
    if len(embeddings) < 2:
        return float("nan")
    cosines = embeddings @ embeddings.T
    np.fill_diagonal(cosines, -np.inf)
    return float(np.clip(cosines.max(axis=1), -1, 1).mean())


def near_duplicate_ratio(rows: NDArray[np.integer], left: NDArray[np.integer], right: NDArray[np.integer], *, n: int) -> float:
    """The share of rows that have a near-duplicate among these rows.

    From 0 to 1; low is good. nan without rows: a share of nothing. It rises with n.

    Parameters
    ----------
    rows : those looked at, no row twice
    left, right : (m,) the pairs of rows that are alike, of the whole dataset
    n : rows of the whole dataset
    """
    if not len(rows):
        return float("nan")
    inside = np.zeros(n, dtype=bool)
    inside[rows] = True
    both = inside[left] & inside[right]
    return len(np.union1d(left[both], right[both])) / len(rows)


def cluster_entropy(labels: NDArray[np.integer], *, n_clusters: int) -> float:
    """Shannon's entropy of the rows over the clusters, divided by the logarithm of the number of clusters.

    From 0 (all in one cluster) to 1 (evenly spread); high is varied. Noise (-1) is left out. nan without rows, and for
    fewer than two clusters: there is nothing to spread over.
    """
    counts = np.bincount(labels[labels >= 0], minlength=n_clusters)
    if n_clusters < 2 or not counts.sum():
        return float("nan")
    shares = counts[counts > 0] / counts.sum()
    return max(0.0, float(-(shares * np.log(shares)).sum() / np.log(n_clusters)))


def _exp_entropy(eigenvalues: NDArray[np.floating[Any]]) -> float:
    shares = eigenvalues[eigenvalues > 1e-12]
    shares = shares / shares.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))
