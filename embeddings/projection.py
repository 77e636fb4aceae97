"""From vectors to the plane."""

import contextlib
import warnings
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.embeddings.array_types import Vectors
from evalmap.embeddings.neighbors import NeighborGraph, check_vectors

SMALLEST_FOR_UMAP = 8  # rows; fewer are laid out by their principal components


@dataclass(frozen=True)
class Projection:
    """Where each example lies on the map.

    Attributes
    ----------
    coordinates : (n_samples, 2) float32, unitless
    settings : what made it: method, n_neighbors, min_dist, metric, init, random_state
    """

    coordinates: NDArray[np.float32]
    settings: dict[str, Any] = field(default_factory=dict)


def project(
    embeddings: Vectors, *, graph: NeighborGraph, n_neighbors: int = 15, min_dist: float = 0.1, random_state: int = 42
) -> Projection:
    """Lay the embeddings out in the plane with UMAP.

    Parameters
    ----------
    embeddings : (n_samples, n_dims) float32, unit norm
    graph : k nearest neighbours of the same rows; shared with clustering
    n_neighbors : neighbours that UMAP looks at, the row itself among them; at most k + 1 and n_samples − 1
    min_dist : how tightly points may lie, 0–1

    Returns
    -------
    Projection : equal inputs and random_state give equal coordinates on one machine. Fewer than 8 rows, or rows that are all
        the same, are laid out by principal components instead (`settings["method"]` says which).

    Raises
    ------
    ValueError : embeddings not 2-D or not finite; graph built for another number of rows

    Source: McInnes, Healy, Melville 2018, arXiv:1802.03426.
    """
    check_vectors(embeddings)
    if len(graph) != len(embeddings):
        raise ValueError(f"the graph has {len(graph)} rows and the embeddings {len(embeddings)}; build it from the same rows")
    n = len(embeddings)
    if n < SMALLEST_FOR_UMAP or np.ptp(embeddings, axis=0).max() < 1e-6:
        return Projection(_principal_plane(embeddings), {"method": "pca", "reason": "fewer than 8 rows or all rows alike"})
    import umap

    keep_compiled()
    n_neighbors = min(n_neighbors, graph.knn_indices.shape[1] + 1, n - 1)  # UMAP takes n − 1 at most
    own = np.arange(n, dtype=np.int32)[:, None]
    # UMAP counts the row itself as its first neighbour.
    indices = np.hstack([own, graph.knn_indices[:, : n_neighbors - 1]])
    distances = np.hstack([np.zeros((n, 1), np.float32), np.maximum(1 - graph.knn_similarities[:, : n_neighbors - 1], 0)])
    settings: dict[str, Any] = {
        "n_neighbors": n_neighbors,
        "min_dist": min_dist,
        "metric": "cosine",
        "init": "pca",
        "random_state": random_state,
    }
    reducer = umap.UMAP(**settings, n_jobs=1, precomputed_knn=(indices, distances.astype(np.float32)))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="precomputed_knn")  # only transform() needs a search index
        coordinates = np.asarray(reducer.fit_transform(embeddings), dtype=np.float32)
    return Projection(coordinates, {"method": "umap", **settings})


@cache
def keep_compiled() -> None:
    """Have numba keep on the disk what it compiles of UMAP, as UMAP itself asks for some of its functions.

    Compiling the others took 6 s of CPU in every process that drew a map; where no folder can be written, it still does.
    """
    import umap.layouts
    import umap.umap_
    from numba.core.dispatcher import Dispatcher

    for module in (umap.layouts, umap.umap_):
        for function in vars(module).values():
            if isinstance(function, Dispatcher) and function.stats.cache_path is None:
                with contextlib.suppress(RuntimeError):
                    function.enable_caching()


def _principal_plane(embeddings: Vectors) -> NDArray[np.float32]:
    centred = embeddings - embeddings.mean(axis=0)
    left, scale, _ = np.linalg.svd(centred, full_matrices=False)
    plane = np.zeros((len(embeddings), 2), dtype=np.float32)
    width = min(2, len(scale))
    plane[:, :width] = left[:, :width] * scale[:width]
    return plane
