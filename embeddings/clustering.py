"""Groups of examples: k-means as in the original explorer, and three nested layers of communities in the neighbour graph."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.embeddings.array_types import Vectors
from evalmap.embeddings.layers import KMEANS, TOPICS
from evalmap.embeddings.leiden import find_communities
from evalmap.embeddings.neighbors import NeighborGraph, check_vectors

VERSION = 2  # a part of the clusters' key: raise it when equal inputs give other clusters
FINEST = 16.0  # the resolution of Leiden's modularity in the finest layer; 1 in the coarsest


@dataclass(frozen=True)
class Clustering:
    """One layer of clusters.

    layer : its id in `evalmap.embeddings.layers`
    labels : (n_samples,) int32 from 0, the largest cluster first; there is no noise
    """

    layer: str
    labels: NDArray[np.int32]

    @property
    def n_clusters(self) -> int:
        return int(self.labels.max()) + 1 if len(self.labels) else 0


def cluster_kmeans(embeddings: Vectors, *, k: int = 10, random_state: int = 42) -> Clustering:
    """k-means on the embeddings (not on the map), as many clusters as rows at most.

    Fewer than k clusters come back where there are fewer than k distinct rows. Equal inputs give equal labels on one machine: one
    thread sums each mean, as the order in which several finish decides its last bits.

    Source: scikit-learn's KMeans (k-means++, Lloyd), which the original explorer used with 10 clusters.
    """
    import warnings

    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning
    from threadpoolctl import threadpool_limits

    check_vectors(embeddings)
    if k < 1:
        raise ValueError(f"k is {k}; expected 1 or more")
    n_init: Any = 10 if len(embeddings) <= 20_000 else 3  # restarts; their gain shrinks with the rows, their cost grows
    # OpenMP's limit is this thread's own; that of BLAS would be the whole process's.
    with threadpool_limits(1, user_api="openmp"), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # fewer distinct rows than k: said in the docstring
        labels = KMeans(n_clusters=min(k, len(embeddings)), n_init=n_init, random_state=random_state).fit_predict(embeddings)
    return Clustering(KMEANS.id, by_size(labels))


def cluster_graph(
    graph: NeighborGraph, embeddings: Vectors, *, min_cluster_size: int | None = None, random_state: int = 42
) -> tuple[Clustering, ...]:
    """Leiden communities of the neighbour graph in three nested layers, coarse → fine.

    The finest layer is found first; each coarser one groups the communities below it, so that every fine cluster lies in one
    coarse cluster. Communities under `min_cluster_size` rows (default: 5, 0.02 % of the rows where that is more) join the
    one whose centroid is most similar, the smallest first, so that islands of duplicates do not become clusters of their own;
    fewer rows than that are one cluster.

    The finest resolution is 16, but at most a third of rows over neighbours a row: towards three times that, single rows
    become communities, and with a few hundred rows 16 would find nothing else.

    Source: Traag, Waltman, van Eck 2019, arXiv:1810.08473.
    """
    from scipy import sparse

    n, k = graph.knn_indices.shape
    weights = np.maximum(graph.knn_similarities, 0.0).astype(np.float64).ravel() + 1e-6
    adjacency = sparse.csr_matrix((weights, graph.knn_indices.ravel().astype(np.int64), np.arange(0, n * k + 1, k)), shape=(n, n))
    rows = sparse.csr_matrix(adjacency.maximum(adjacency.T))
    smallest = min_cluster_size or max(5, n // 5000)
    finest = float(np.clip(n * n / (3 * rows.nnz), 1.0, FINEST))
    members, communities = np.arange(n), rows  # the community of each row so far, and the graph of the communities
    layers: list[NDArray[np.int32]] = []
    for resolution in (finest, finest**0.5, 1.0):
        labels = find_communities(communities, resolution=resolution, random_state=random_state)
        members = _absorb_small(labels[members], embeddings, smallest)
        layers.insert(0, members)
        membership = sparse.csr_matrix((np.ones(n), (np.arange(n), members)), shape=(n, int(members.max()) + 1))
        communities = sparse.csr_matrix(membership.T @ rows @ membership)
    return tuple(Clustering(layer.id, labels) for layer, labels in zip(TOPICS, layers, strict=True))


def by_size(labels: NDArray[np.integer]) -> NDArray[np.int32]:
    """The same clusters, numbered from the largest; equal sizes in order of their first row."""
    values, first, inverse, counts = np.unique(labels, return_index=True, return_inverse=True, return_counts=True)
    order = np.lexsort((first, -counts))
    rank = np.empty(len(values), dtype=np.int32)
    rank[order] = np.arange(len(values), dtype=np.int32)
    return rank[inverse].astype(np.int32)


def centroids(embeddings: Vectors, labels: NDArray[np.int32]) -> Vectors:
    """The mean direction of each cluster: (n_clusters, n_dims) float32, unit norm (zero where the rows cancel out)."""
    from scipy import sparse

    n, clusters = len(labels), int(labels.max()) + 1
    members = sparse.csr_matrix((np.ones(n, np.float32), (labels, np.arange(n))), shape=(clusters, n))
    sums = np.asarray(members @ embeddings, dtype=np.float32)
    return sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)


def parents(clusterings: Sequence[Clustering]) -> list[NDArray[np.int32]]:
    """Of each layer the parent of every cluster: (n_clusters,) its id in the next coarser layer of topics.

    All are 0 where there is no coarser one: then all clusters of the layer are siblings. Of a cluster that a person merged across
    topics it is the one with most of its rows.
    """
    order = [layer.id for layer in TOPICS]
    by_layer = {clustering.layer: clustering for clustering in clusterings}
    found = []
    for clustering in clusterings:
        place = order.index(clustering.layer) if clustering.layer in order else 0
        parent = np.zeros(clustering.n_clusters, dtype=np.int32)
        if place and (coarser := by_layer.get(order[place - 1])):
            shared = np.zeros((clustering.n_clusters, coarser.n_clusters), dtype=np.int64)
            np.add.at(shared, (clustering.labels, coarser.labels), 1)
            parent = shared.argmax(axis=1).astype(np.int32)  # as built, all rows of a cluster have one parent
        found.append(parent)
    return found


def _absorb_small(labels: NDArray[np.integer], embeddings: Vectors, smallest: int) -> NDArray[np.int32]:
    """Join the smallest cluster to the one most similar to it until none is under `smallest`, or one is left."""
    labels = by_size(labels)
    sizes = np.bincount(labels).astype(np.float64)
    if sizes.min() >= smallest:
        return labels
    means = centroids(embeddings, labels)
    target = np.arange(len(sizes))
    for _ in range(len(sizes) - 1):
        small = int(np.argmin(sizes))
        if sizes[small] >= smallest:
            break
        similarity = np.where(np.isinf(sizes), -np.inf, means @ means[small])
        similarity[small] = -np.inf
        other = int(np.argmax(similarity))
        joint = sizes[other] * means[other] + sizes[small] * means[small]
        means[other] = joint / max(float(np.linalg.norm(joint)), 1e-12)
        sizes[other] += sizes[small]
        sizes[small] = np.inf  # gone
        target[target == small] = other
    return by_size(target[labels])
