"""The exact k nearest neighbours of every example: one graph for the map, the clusters and "similar examples"."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalmap.embeddings.array_types import Progress, Vectors, no_progress

GRAPH = 15  # neighbours of a row in the graph of a map: what clusters, outliers and "similar examples" are made of
BLOCK = 512  # rows a product; 512 × 120,000 similarities are 250 MB


@dataclass(frozen=True)
class NeighborGraph:
    """Row i of both arrays belongs to example i; the example itself is never among its neighbours.

    Attributes
    ----------
    knn_indices : (n_samples, k) int32
    knn_similarities : (n_samples, k) float32, cosine in [-1, 1], falling along each row
    """

    knn_indices: NDArray[np.int32]
    knn_similarities: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.knn_indices)


def find_neighbors(embeddings: Vectors, *, n_neighbors: int = 15, progress: Progress = no_progress) -> NeighborGraph:
    """Find each row's nearest rows by cosine, exactly: every row is compared with every other in float32.

    Parameters
    ----------
    embeddings : (n_samples, n_dims) float32, unit norm
    n_neighbors : how many; n_samples − 1 where there are fewer rows

    Returns
    -------
    NeighborGraph : equal similarities stand in order of row

    Raises
    ------
    ValueError : embeddings not 2-D or not finite, or fewer than 2 rows
    """
    import torch

    check_vectors(embeddings)
    n = len(embeddings)
    if n < 2:
        raise ValueError(f"{n} row has no neighbours; at least 2 are needed")
    k = min(n_neighbors, n - 1)
    vectors = torch.from_numpy(np.array(embeddings, dtype=np.float32))  # a copy: the rows may lie on disk, read-only
    indices = np.empty((n, k), dtype=np.int32)
    similarities = np.empty((n, k), dtype=np.float32)
    block = np.arange(BLOCK)
    with torch.inference_mode():
        for start in range(0, n, BLOCK):
            rows = vectors[start : start + BLOCK]
            product = rows @ vectors.T
            here = block[: len(rows)]
            product[here, start + here] = -2.0  # below any cosine: a row is not its own neighbour
            values, found = torch.topk(product, k, dim=1)
            values, found = values.numpy(), found.numpy().astype(np.int32)
            order = np.lexsort((found, -values), axis=1)
            indices[start : start + len(rows)] = np.take_along_axis(found, order, axis=1)
            similarities[start : start + len(rows)] = np.take_along_axis(values, order, axis=1)
            progress(min(start + BLOCK, n), n)
    return NeighborGraph(indices, np.clip(similarities, -1.0, 1.0))


def mark_outliers(graph: NeighborGraph, *, deviations: float = 4.0) -> NDArray[np.bool_]:
    """Rows that are far from all their neighbours: even the nearest is unusually unlike them.

    A row is an outlier where the similarity of its nearest neighbour lies more than `deviations` robust standard deviations
    (1.4826 × median absolute deviation) under the median. None where all are equally near.

    Returns
    -------
    (n_samples,) bool
    """
    nearest = graph.knn_similarities[:, 0].astype(np.float64)
    median = np.median(nearest)
    spread = 1.4826 * np.median(np.abs(nearest - median))
    return nearest < median - deviations * spread if spread > 0 else np.zeros(len(nearest), dtype=bool)


def check_vectors(embeddings: NDArray[np.floating]) -> None:
    """Raise ValueError unless the embeddings are a finite matrix of at least one row."""
    if embeddings.ndim != 2:
        raise ValueError(f"embeddings have {embeddings.ndim} dimensions; expected (n_samples, n_dims)")
    if len(embeddings) == 0:
        raise ValueError("embeddings have no rows; at least 1 is needed")
    if not np.isfinite(embeddings).all():
        bad = int(np.flatnonzero(~np.isfinite(embeddings).all(axis=1))[0])
        raise ValueError(f"embeddings hold a value that is not finite in row {bad}; encode the texts again")
