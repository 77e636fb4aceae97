"""How well clusters are named: a name, embedded as a text, should lie nearest to the centroid of its own cluster."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalmap.embeddings.array_types import Vectors
from evalmap.embeddings.clustering import Clustering, centroids, parents


@dataclass(frozen=True)
class NameQuality:
    """How the names of one layer find their clusters.

    Attributes
    ----------
    layer : its id
    contrast : (n_clusters,) float32, as `name_contrast` gives it
    """

    layer: str
    contrast: NDArray[np.float32]

    @property
    def found(self) -> NDArray[np.bool_]:
        """(n_clusters,) bool: the name is nearer to its own cluster than to any sibling. Without siblings: True."""
        return ~(self.contrast <= 0)

    @property
    def ratio_found(self) -> float:
        """The share of names that find their own cluster, 0–1, high is good; nan where the layer has no cluster."""
        return float(self.found.mean()) if len(self.contrast) else float("nan")

    @property
    def median_contrast(self) -> float:
        """The median contrast of the clusters that have siblings, −2 to 2, high is good; nan where none has."""
        known = self.contrast[~np.isnan(self.contrast)]
        return float(np.median(known)) if len(known) else float("nan")

    @property
    def n_alone(self) -> int:
        """Clusters without siblings: their names cannot be mistaken."""
        return int(np.isnan(self.contrast).sum())


def name_contrast(names: Vectors, means: Vectors, parent: NDArray[np.integer]) -> NDArray[np.float32]:
    """How much nearer each name lies to its own cluster than to the nearest sibling.

    Parameters
    ----------
    names : (n_clusters, n_dims) float32, unit norm: the embedding of each cluster's name
    means : (n_clusters, n_dims) float32, unit norm: the centroids
    parent : (n_clusters,) clusters with one parent are siblings

    Returns
    -------
    (n_clusters,) float32, −2 to 2: cosine similarity to the own centroid less that to the most similar sibling's. Above 0 the name
    finds its cluster; at 0 or below it does not. nan for a cluster without siblings.

    Raises
    ------
    ValueError : there are not as many names, centroids and parents
    """
    if not len(names) == len(means) == len(parent):
        raise ValueError(f"{len(names)} names, {len(means)} centroids and {len(parent)} parents; expected as many of each")
    similarity = names @ means.T
    own = similarity.diagonal().copy()
    similarity[parent[:, None] != parent[None, :]] = -np.inf
    np.fill_diagonal(similarity, -np.inf)
    nearest = similarity.max(axis=1, initial=-np.inf)
    return np.where(np.isneginf(nearest), np.nan, own - nearest).astype(np.float32)


def measure_names(
    names: Sequence[Vectors], clusterings: Sequence[Clustering], embeddings: Vectors, *, within_parent: bool = True
) -> list[NameQuality]:
    """Measure the names of every layer.

    Parameters
    ----------
    names : of each layer (n_clusters, n_dims) float32, unit norm, embedded with the map's encoder
    clusterings : the layers
    embeddings : (n_samples, n_dims) float32, unit norm, of the examples
    within_parent : compare a topic with the topics of the same parent; else with all of its layer, as clusters without parents are
    """
    found = []
    for vectors, clustering, parent in zip(names, clusterings, parents(clusterings), strict=True):
        means = centroids(embeddings, clustering.labels)
        found.append(NameQuality(clustering.layer, name_contrast(vectors, means, parent if within_parent else parent * 0)))
    return found
