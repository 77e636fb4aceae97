"""How far the map tells the truth: which neighbours of the texts are neighbours on the map, and which are only there.

Words of the field: a *false* neighbour is near on the map but not in the embeddings, a *missing* one the reverse. Both depend on
the number of neighbours asked for (15 here, as many as the graph of a map has).
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalmap.embeddings.array_types import Vectors
from evalmap.embeddings.neighbors import GRAPH, NeighborGraph

SAMPLE = 500  # rows whose ranks among all others are looked up, where a map has more
Z = 1.959964  # of a two-sided 95 % interval
_MORE = 32  # points beyond k that are looked up: as many may lie at one place before a tie could go another way


@dataclass(frozen=True)
class RankScore:
    """A mean over rows of the map.

    Attributes
    ----------
    value : 0–1, 1 is best; nan where it cannot be said
    low, high : the 95 % interval of the mean over all rows; both are the value where all rows were measured
    n : rows measured
    """

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class MapFaithfulness:
    """How far a map keeps neighbours, over all of its rows.

    Attributes
    ----------
    n_neighbors : how many neighbours of a row count
    trustworthiness : 1 where no row has a false neighbour; the farther such a one is in the embeddings, the lower
    continuity : 1 where no row misses a neighbour; the farther such a one is on the map, the lower
    """

    n_neighbors: int
    trustworthiness: RankScore
    continuity: RankScore


@dataclass(frozen=True)
class RowFaithfulness:
    """What the map does to one row's neighbours; each list has the nearest first.

    Attributes
    ----------
    n_neighbors : how many of each kind were looked up
    kept : rows that are near in the embeddings and on the map
    missing : near in the embeddings, not on the map
    false : near on the map, not in the embeddings
    trustworthiness, continuity : this row's own, 0–1, 1 is best; nan where the map has not more than 3 × n_neighbors rows
    """

    n_neighbors: int
    kept: tuple[int, ...]
    missing: tuple[int, ...]
    false: tuple[int, ...]
    trustworthiness: float
    continuity: float


def plane_neighbors(coordinates: NDArray[np.float32], *, n_neighbors: int = GRAPH) -> NDArray[np.int32]:
    """The nearest points of each point on the map, by Euclidean distance.

    Returns
    -------
    (n_samples, min(n_neighbors, n_samples − 1)) int32: the nearest first, equally near ones in order of row (of up to
    32 more than are asked for), never the row itself
    """
    from scipy.spatial import KDTree

    n = len(coordinates)
    k = min(n_neighbors, n - 1)
    if k < 1:
        return np.empty((n, 0), dtype=np.int32)
    places = np.asarray(coordinates, dtype=np.float64)
    distances, found = KDTree(places).query(places, k=min(k + 1 + _MORE, n))
    distances = np.where(found == np.arange(n)[:, None], -1.0, distances)  # the row itself is first, also among copies of it
    order = np.lexsort((found, distances), axis=1)
    ordered = np.take_along_axis(found, order, axis=1)
    own = ordered[:, 0] == np.arange(n)  # more copies at one place than were looked up can push the row itself out
    return np.where(own[:, None], ordered[:, 1 : k + 1], ordered[:, :k]).astype(np.int32)


def neighbors_kept(graph: NeighborGraph, coordinates: NDArray[np.float32], *, n_neighbors: int = GRAPH) -> NDArray[np.int16]:
    """How many of each row's nearest neighbours in the embeddings are among its nearest on the map.

    Returns
    -------
    (n_samples,) int16, 0 to min(n_neighbors, n_samples − 1), high is good. Its mean over k is the agreement Q_NX(k) of the
    co-ranking matrix. Where several rows are equally near, the earlier ones count, on both sides.

    Raises
    ------
    ValueError : the graph has another number of rows, or fewer neighbours than asked for

    Source: Lee and Verleysen 2009, doi:10.1016/j.neucom.2008.12.017; for k fixed, the local continuity of Chen and Buja 2009
    less its correction for chance.
    """
    n = len(coordinates)
    if len(graph) != n:
        raise ValueError(f"the graph has {len(graph)} rows and the map {n}; both must be of the same examples")
    k = min(n_neighbors, n - 1)
    if graph.knn_indices.shape[1] < k:
        raise ValueError(f"the graph holds {graph.knn_indices.shape[1]} neighbours of a row; {k} are asked for")
    near, here = np.asarray(graph.knn_indices[:, :k]), plane_neighbors(coordinates, n_neighbors=k)
    kept = np.zeros(n, dtype=np.int16)
    for column in range(k):  # k × (n, k) comparisons: no (n, k, k) array
        kept += (here == near[:, column, None]).any(axis=1)
    return kept


def look_at_row(row: int, embeddings: Vectors, coordinates: NDArray[np.float32], *, n_neighbors: int = GRAPH) -> RowFaithfulness:
    """Look up what the map does to one row's neighbours; every other row is compared with it, exactly.

    Raises
    ------
    IndexError : there is no such row
    """
    n = len(embeddings)
    if not 0 <= row < n:
        raise IndexError(f"row {row} is not on this map of {n:,} examples")
    k = min(n_neighbors, n - 1)
    apart, away = _distances(row, embeddings, coordinates)
    near, here = _nearest(apart, k), _nearest(away, k)
    both = set(near) & set(here)
    false, missing = [other for other in here if other not in both], [other for other in near if other not in both]
    trust, continuity = _scores(apart, away, near, here, n_neighbors)
    return RowFaithfulness(k, tuple(other for other in near if other in both), tuple(missing), tuple(false), trust, continuity)


def measure_faithfulness(
    embeddings: Vectors, coordinates: NDArray[np.float32], *, n_neighbors: int = GRAPH, sample: int = SAMPLE, random_state: int = 42
) -> MapFaithfulness:
    """Measure trustworthiness and continuity of a map, on `sample` random rows against all rows.

    Returns
    -------
    MapFaithfulness : nan where there are not more than 3 × n_neighbors rows (the normalisation needs them)

    Source: Venna and Kaski 2001; the formula of sklearn.manifold.trustworthiness, with cosine distance. Continuity is the same with
    both spaces exchanged. The interval is that of a mean over a simple random sample without replacement (Cochran 1977, 2.6).
    """
    n = len(embeddings)
    if n <= 3 * n_neighbors:
        unknown = RankScore(math.nan, math.nan, math.nan, 0)
        return MapFaithfulness(n_neighbors, unknown, unknown)
    rows = np.sort(np.random.default_rng(random_state).choice(n, size=min(sample, n), replace=False))
    found = np.empty((len(rows), 2))
    for place, row in enumerate(rows):
        apart, away = _distances(int(row), embeddings, coordinates)
        found[place] = _scores(apart, away, _nearest(apart, n_neighbors), _nearest(away, n_neighbors), n_neighbors)
    trust, continuity = (_mean(values, n) for values in found.T)
    return MapFaithfulness(n_neighbors, trust, continuity)


def faithfulness_record(embeddings: Vectors, coordinates: NDArray[np.float32]) -> dict[str, float | None]:
    """{trustworthiness, continuity} of a map as its settings keep them: to four digits, None where they cannot be said."""
    found = measure_faithfulness(embeddings, coordinates)
    scores = {"trustworthiness": found.trustworthiness.value, "continuity": found.continuity.value}
    return {name: None if math.isnan(value) else round(value, 4) for name, value in scores.items()}


def _mean(values: NDArray[np.float64], population: int) -> RankScore:
    m, mean = len(values), float(values.mean())
    error = math.sqrt(values.var(ddof=1) / m * (1 - m / population)) if m > 1 else math.nan
    return RankScore(mean, max(mean - Z * error, 0.0), min(mean + Z * error, 1.0), m)


def _distances(row: int, embeddings: Vectors, coordinates: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
    """From one row to all: cosine distance in the embeddings, squared distance on the map; itself infinitely far."""
    apart = 1 - np.asarray(embeddings @ np.asarray(embeddings[row]))
    away = np.square(coordinates.astype(np.float64) - coordinates[row].astype(np.float64)).sum(axis=1)
    apart[row], away[row] = np.inf, np.inf
    return apart, away


def _nearest(distances: NDArray[np.floating], k: int) -> list[int]:
    """The k least, equal ones in order of row."""
    if k < 1:
        return []
    border = np.partition(distances, k - 1)[k - 1]
    candidates = np.flatnonzero(distances <= border)
    return candidates[np.lexsort((candidates, distances[candidates]))][:k].tolist()


def _scores(
    apart: NDArray[np.floating], away: NDArray[np.floating], near: list[int], here: list[int], k: int
) -> tuple[float, float]:
    """Trustworthiness and continuity of one row; nan where the normalisation has no meaning."""
    n = len(apart)
    if n <= 3 * k:
        return math.nan, math.nan
    most = k * (2 * n - 3 * k - 1) / 2
    return 1 - _penalty(apart, here, k) / most, 1 - _penalty(away, near, k) / most


def _penalty(distances: NDArray[np.floating], others: list[int], k: int) -> float:
    """How far beyond the k-th place the others stand in order of distance, in places."""
    ranks = (int(np.count_nonzero(distances < distances[other])) + 1 for other in others)
    return float(sum(max(rank - k, 0) for rank in ranks))
