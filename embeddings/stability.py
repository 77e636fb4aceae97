"""How much of a map is chance: its clusters under resampling, its layout over seeds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalmap.embeddings.array_types import Progress, Vectors, no_progress
from evalmap.embeddings.clustering import Clustering, cluster_graph, cluster_kmeans
from evalmap.embeddings.layers import KMEANS
from evalmap.embeddings.neighbors import GRAPH, NeighborGraph, find_neighbors
from evalmap.embeddings.projection import project

RESAMPLES = 5
SEEDS = (1, 2, 3)
SHARE = 0.8  # of the rows in a resample
MOST = 4_000  # rows in a resample: clustering twenty times as many would take minutes and say the same
MOST_LAID_OUT = 2_000  # rows whose layout is made anew, once a seed
LEAST_SHARE = 0.5  # of the rows in a resample, below which its topics are of another grain than the map's
FEWEST = 30  # rows below which there is nothing to resample
RECOVERED = 0.5  # a Jaccard below it: the cluster is gone, after Hennig


@dataclass(frozen=True)
class ClusterStability:
    """How well one layer of clusters comes back when it is made again from a part of the rows.

    Attributes
    ----------
    layer : its id
    ari : the mean adjusted Rand index between the map's clusters and those of the resamples, on the rows of the resample: 1 is the
        same clusters, 0 as much agreement as chance gives; nan with fewer than 30 rows or a single cluster
    low, high : the least and the greatest of the resamples
    jaccard : (n_clusters,) of each cluster the mean over resamples of the Jaccard index with the most like cluster there, 0–1; nan
        where no resample had a row of it
    """

    layer: str
    ari: float
    low: float
    high: float
    jaccard: NDArray[np.float64]

    @property
    def dissolved(self) -> list[int]:
        """The clusters whose mean Jaccard index is below one half: most of the time they are not found again."""
        return np.flatnonzero(self.jaccard < RECOVERED).tolist()


@dataclass(frozen=True)
class LayoutStability:
    """How alike the layouts of the same rows are when only the seed differs.

    Attributes
    ----------
    disparity : the mean Procrustes disparity over all pairs of seeds, 0–1: 0 is the same picture but for shift, turn, mirror and
        size, near 1 nothing in common; nan with fewer than 30 rows, or rows that are all alike
    low, high : the least and the greatest of the pairs
    n : rows laid out
    seeds : that were taken
    """

    disparity: float
    low: float
    high: float
    n: int
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class Stability:
    """What of a map stays when it is made again.

    Attributes
    ----------
    clusters : one a layer
    layout : over seeds
    n, of : rows in a resample, and in all
    resamples : how many there were
    """

    clusters: tuple[ClusterStability, ...]
    layout: LayoutStability
    n: int
    of: int
    resamples: int


def measure_stability(
    embeddings: Vectors,
    clusterings: Sequence[Clustering],
    *,
    k: int,
    n_neighbors: int = 15,
    min_dist: float = 0.1,
    random_state: int = 0,
    progress: Progress = no_progress,
) -> Stability:
    """Cluster parts of the rows again, and lay rows out again with other seeds.

    A resample holds 80 % of the rows, without repeats, at most 4,000; it has its own graph of neighbours. Where that is less than
    half of the rows, topics are not made again: a graph of so few rows has coarser ones, whatever the map's are worth; k-means is,
    since its k stays. The layout is made of at most 2,000 rows, and the map's own layout is not one of those compared: where a map
    has more rows, the figure is of a map of that size.

    Parameters
    ----------
    embeddings : (n_samples, n_dims) float32, unit norm
    clusterings : the layers of the map
    k : of k-means, as the map was built
    n_neighbors, min_dist : of the projection, as the map was built
    random_state : of the resamples

    Source: the adjusted Rand index of Hubert and Arabie 1985 and the Jaccard index per cluster of Hennig 2007,
    doi:10.1016/j.csda.2006.11.025 (here with subsets instead of bootstrap samples, whose repeats would be near-duplicates);
    scipy.spatial.procrustes (Gower 1975) for layouts.
    """
    from sklearn.metrics import adjusted_rand_score

    n, size = len(embeddings), min(int(SHARE * len(embeddings)), MOST)
    steps = RESAMPLES + len(SEEDS)
    if n < FEWEST:
        unknown = tuple(_unknown(one) for one in clusterings)
        return Stability(unknown, LayoutStability(math.nan, math.nan, math.nan, n, SEEDS), 0, n, 0)
    random = np.random.default_rng(random_state)
    compared = [one for one in clusterings if one.layer == KMEANS.id or size >= LEAST_SHARE * n]
    agreements: dict[str, list[float]] = {one.layer: [] for one in compared}
    overlaps: dict[str, list[NDArray[np.float64]]] = {one.layer: [] for one in compared}
    for done in range(RESAMPLES):
        rows = np.sort(random.choice(n, size=size, replace=False))
        again = {one.layer: one.labels for one in _clusters(np.asarray(embeddings[rows]), compared, k=k, random_state=done)}
        for one in compared:
            own = one.labels[rows]
            agreements[one.layer].append(float(adjusted_rand_score(own, again[one.layer])))
            overlaps[one.layer].append(_jaccard(own, again[one.layer], one.n_clusters))
        progress(done + 1, steps)
    found = tuple(
        _summary(one, agreements[one.layer], overlaps[one.layer]) if one.layer in overlaps else _unknown(one) for one in clusterings
    )
    rows = np.sort(random.choice(n, size=min(n, MOST_LAID_OUT), replace=False))
    layout = _layouts(np.asarray(embeddings[rows]), n_neighbors, min_dist, lambda done: progress(RESAMPLES + done, steps))
    return Stability(found, layout, size, n, RESAMPLES)


def _clusters(embeddings: Vectors, wanted: Sequence[Clustering], *, k: int, random_state: int) -> list[Clustering]:
    """The layers that are wanted, made from these rows."""
    found = [cluster_kmeans(embeddings, k=k, random_state=random_state)]
    if any(one.layer != KMEANS.id for one in wanted):
        found += cluster_graph(find_neighbors(embeddings, n_neighbors=GRAPH), embeddings, random_state=random_state)
    return found


def _unknown(one: Clustering) -> ClusterStability:
    return ClusterStability(one.layer, math.nan, math.nan, math.nan, np.full(one.n_clusters, math.nan))


def _jaccard(own: NDArray[np.int32], again: NDArray[np.int32], n_clusters: int) -> NDArray[np.float64]:
    """(n_clusters,) the greatest Jaccard index of each cluster with one of the other clusters; nan for one without a row."""
    other = int(again.max()) + 1
    both = np.bincount(own.astype(np.int64) * other + again, minlength=n_clusters * other).reshape(n_clusters, other)
    sizes, others = both.sum(axis=1), both.sum(axis=0)
    best = (both / np.maximum(sizes[:, None] + others[None] - both, 1)).max(axis=1)
    return np.where(sizes > 0, best, np.nan)


def _summary(one: Clustering, agreements: list[float], overlaps: list[NDArray[np.float64]]) -> ClusterStability:
    seen = np.array(overlaps)
    known = ~np.isnan(seen)
    with np.errstate(invalid="ignore"):
        jaccard = np.where(known, seen, 0.0).sum(axis=0) / np.where(known.any(axis=0), known.sum(axis=0), np.nan)
    if one.n_clusters < 2:  # every resample agrees on one cluster
        return ClusterStability(one.layer, math.nan, math.nan, math.nan, jaccard)
    return ClusterStability(one.layer, float(np.mean(agreements)), min(agreements), max(agreements), jaccard)


def _layouts(embeddings: Vectors, n_neighbors: int, min_dist: float, done) -> LayoutStability:
    from scipy.spatial import procrustes

    n = len(embeddings)
    if np.ptp(embeddings, axis=0).max() < 1e-6:  # all rows alike: what is laid out is rounding, and has no shape
        return LayoutStability(math.nan, math.nan, math.nan, n, SEEDS)
    graph: NeighborGraph = find_neighbors(embeddings, n_neighbors=max(GRAPH, n_neighbors - 1))
    layouts = []
    for count, seed in enumerate(SEEDS, 1):
        layout = project(embeddings, graph=graph, n_neighbors=n_neighbors, min_dist=min_dist, random_state=seed)
        layouts.append(layout.coordinates.astype(np.float64))
        done(count)
    found = [float(procrustes(a, b)[2]) for place, a in enumerate(layouts) for b in layouts[place + 1 :]]
    return LayoutStability(float(np.mean(found)), min(found), max(found), n, SEEDS)


def in_words(found: Stability) -> str:
    """One sentence for a reader; how far to trust k-means is the first thing asked."""
    kmeans = next((one for one in found.clusters if one.layer == KMEANS.id), None)
    if kmeans is None or math.isnan(kmeans.ari):
        return f"Fewer than {FEWEST} rows or a single cluster: whether the clusters are stable cannot be said."
    gone = len(kmeans.dissolved)
    tail = "each is found again" if not gone else f"{gone} of {len(kmeans.jaccard)} are mostly not found again"
    part = f"{found.n:,} of the {found.of:,} rows"
    return f"Made again from {part}, the k-means clusters agree with the map's by {kmeans.ari:.2f} of 1; {tail}."
