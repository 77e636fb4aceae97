"""How much of one dataset has something like it in another one."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalmap.embeddings.array_types import Progress, Vectors, no_progress

SIMILARITIES = (*(round(0.3 + 0.05 * step, 2) for step in range(14)), 0.99)
ROWS, COLUMNS = 2048, 8192  # of a block of similarities: 64 MB
NORMAL = 1.959964  # of a two-sided 95 % interval


@dataclass(frozen=True)
class Nearest:
    """(n_a,) and (n_b,) float32, -1 to 1: the cosine of each row of A, and of B, and the row of the other most like it."""

    a_similarities: NDArray[np.float32]
    b_similarities: NDArray[np.float32]


@dataclass(frozen=True)
class Coverage:
    """Which share of a dataset's rows has a row of another one at least so alike.

    Attributes
    ----------
    similarities : cosines, rising
    shares, lows, highs : (len(similarities),) 0–1 and the ends of the 95 % intervals; high is good where the other dataset is to
        stand in for this one. nan without rows on either side: there is nothing to cover, or nothing that covers
    """

    similarities: tuple[float, ...]
    shares: NDArray[np.float64]
    lows: NDArray[np.float64]
    highs: NDArray[np.float64]


def find_nearest(a: Vectors, b: Vectors, *, progress: Progress = no_progress) -> Nearest:
    """How alike each row is to the row of the other side most like it.

    Every two are compared, block by block: memory does not grow with the product of the rows.

    Parameters
    ----------
    a, b : (n_a, n_dims) and (n_b, n_dims) float32, unit norm

    Raises
    ------
    ValueError : of different dimensions, or one without rows
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or not len(a) or not len(b):
        raise ValueError(f"vectors of the shapes {a.shape} and {b.shape}; expected rows × dimensions of one model, no side empty")
    of_a, of_b = (np.full(len(side), -1, dtype=np.float32) for side in (a, b))
    for start in range(0, len(a), ROWS):
        left, mine = np.asarray(a[start : start + ROWS], dtype=np.float32), of_a[start : start + ROWS]
        for column in range(0, len(b), COLUMNS):
            cosines = left @ np.asarray(b[column : column + COLUMNS], dtype=np.float32).T
            theirs = of_b[column : column + COLUMNS]
            np.maximum(mine, cosines.max(axis=1), out=mine)
            np.maximum(theirs, cosines.max(axis=0), out=theirs)
        progress(min(start + ROWS, len(a)), len(a))
    return Nearest(np.minimum(of_a, 1), np.minimum(of_b, 1))


def measure_coverage(
    nearest: NDArray[np.floating],
    *,
    groups: NDArray[np.integer] | None = None,
    similarities: tuple[float, ...] = SIMILARITIES,
) -> Coverage:
    """The share of rows whose nearest row in the other dataset is at least so alike, over a grid of similarities.

    Parameters
    ----------
    nearest : (n,) the cosine of each row's nearest row in the other dataset
    groups : (n,) near-duplicates among the rows share a number, so that copies do not make an interval narrow; None: there are none
    """
    found = [share_interval(nearest >= similarity, groups=groups) for similarity in similarities]
    shares, lows, highs = (np.array(ends) for ends in zip(*found, strict=True))
    return Coverage(similarities, shares, lows, highs)


def share_interval(hits: NDArray[np.bool_], *, groups: NDArray[np.integer] | None = None) -> tuple[float, float, float]:
    """(share, low, high) of rows that lie in groups: 0–1 each; nan without rows, as a share of nothing.

    Wilson's interval for as many rows as the groups are worth: n over the design effect, which is how much the variance of the
    share grows because rows of one group agree. Where all rows hit or none does the variance is 0 and says nothing; each group then
    counts as rows that agree wholly. It needs no random numbers, and unlike a bootstrap it does not shrink to a point at 0 and 1.

    Source: Wilson 1927, Journal of the American Statistical Association 22:209–212; the number of rows after Dean and Pagano 2015,
    Journal of Survey Statistics and Methodology 3:484–503.
    """
    n = len(hits)
    if not n:
        return float("nan"), float("nan"), float("nan")
    share = float(hits.mean())
    of = np.arange(n) if groups is None else np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(of)
    wholly = float((sizes**2).sum()) / n
    effect = wholly
    if 0 < share < 1 and len(sizes) > 1:
        residuals = np.bincount(of, hits) - share * sizes
        variance = float((residuals**2).sum()) / n**2 * len(sizes) / (len(sizes) - 1)
        effect = max(1.0, variance / (share * (1 - share) / n))
    rows = n / effect
    shrunk = 1 + NORMAL**2 / rows
    middle = (share + NORMAL**2 / (2 * rows)) / shrunk
    reach = NORMAL * np.sqrt(share * (1 - share) / rows + NORMAL**2 / (4 * rows**2)) / shrunk
    return share, float(max(0.0, min(share, middle - reach))), float(min(1.0, max(share, middle + reach)))
