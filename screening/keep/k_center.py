"""Keep the best N: as many rows as asked for, spread out as far as greedy choice gets them, the labels in their shares."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.labels import Labels, label_codes
from evalmap.embeddings.array_types import Progress, Vectors, no_progress
from evalmap.screening.keep.select import KEPT_BY_HAND, TARGET, drop
from evalmap.screening.pair_types import Pairs, Selection


@dataclass(frozen=True)
class Target:
    """A selection of exactly N rows.

    Attributes
    ----------
    selection : the others that were kept are removed, "beyond the target size"
    smallest_distance : cosine distance (0–2, high is good) of the two kept rows nearest to each other; nan for one row
    short : labels with fewer rows left than their share of N; others fill their place
    """

    selection: Selection
    smallest_distance: float
    short: tuple[str, ...]


def keep_best(
    selection: Selection,
    embeddings: Vectors,
    *,
    n: int,
    order: NDArray[np.integer],
    pairs: Pairs,
    labels: Labels | None = None,
    among: NDArray[np.bool_] | None = None,
    progress: Progress = no_progress,
) -> Target:
    """Keep exactly n of the kept rows by greedy k-centre: time and again the row farthest from those taken.

    Rows kept by hand are taken first, then the first of the order. Each label gets its share of n in the whole dataset, to
    within one row; rows without a label count as a label of their own. Ties go to the row first in the order.

    Parameters
    ----------
    embeddings : (n_samples, n_dims) float32, unit norm
    order, pairs : those the selection was made with
    among : (n_samples,) bool, the rows of the dataset; others are left as they are (None: all are of the dataset)

    Raises
    ------
    DatasetError : n is not from 1 to the number of kept rows, or below that of rows kept by hand

    Source: Gonzalez 1985, doi:10.1016/0304-3975(85)90224-5; for choosing data, Sener and Savarese 2018, arXiv:1708.00489.
    """
    among = np.ones(len(selection.kept), dtype=bool) if among is None else among
    check_target(selection, n, among=among)
    left = selection.kept & among
    by_hand = left & (selection.rule == KEPT_BY_HAND)
    ordered = np.asarray(order)[left[order]]
    vectors = np.asarray(embeddings[ordered], dtype=np.float32)
    codes, names = _strata(labels, len(among))
    open_seats, short = _quotas(codes, names, among, ordered, n)
    np.subtract.at(open_seats, codes[np.flatnonzero(by_hand)], 1)

    nearest = np.full(len(ordered), -np.inf, dtype=np.float32)  # cosine to the nearest row taken
    taken = np.zeros(len(ordered), dtype=bool)
    closest = -np.inf
    hand = np.flatnonzero(by_hand[ordered]).tolist()
    for step in range(n):
        if step < len(hand):
            at = hand[step]
        else:
            may = ~taken & (open_seats[codes[ordered]] > 0)
            may = may if may.any() else ~taken  # more kept by hand than a label's share: the others have no seat left
            at = int(np.flatnonzero(may)[nearest[may].argmin()])
            open_seats[codes[ordered[at]]] -= 1
        closest = max(closest, float(nearest[at]))
        taken[at] = True
        nearest = np.maximum(nearest, vectors @ vectors[at])
        progress(step + 1, n)
    gone = left.copy()
    gone[ordered[taken]] = False
    chosen = drop(selection, gone, rule=TARGET, order=order, pairs=pairs)
    return Target(chosen, 1.0 - closest if n > 1 else float("nan"), short)


def check_target(selection: Selection, n: int, *, among: NDArray[np.bool_] | None = None) -> None:
    """Whether `keep_best` can keep n rows; told before the work.

    Raises
    ------
    DatasetError : as by `keep_best`
    """
    among = np.ones(len(selection.kept), dtype=bool) if among is None else among
    kept = selection.kept & among
    rows, left, by_hand = int(among.sum()), int(kept.sum()), int((kept & (selection.rule == KEPT_BY_HAND)).sum())
    if n < 1:
        raise DatasetError(f"target {n:,}: expected 1 row or more.", "target")
    if n > rows:
        raise DatasetError(f"target {n:,}: the set has only {rows:,} rows. Ask for {rows:,} or fewer.", "target")
    if n > left:
        raise DatasetError(
            f"target {n:,}: only {left:,} of {rows:,} rows are left without duplicates. "
            f"Ask for {left:,} or fewer, or raise the threshold.",
            "target",
            "threshold",
        )
    if n < by_hand:
        raise DatasetError(
            f"target {n:,}: {by_hand:,} rows were kept by hand. Ask for {by_hand:,} or more, or undo some.", "target"
        )


def _strata(labels: Labels | None, rows: int) -> tuple[NDArray[np.intp], list[str]]:
    """(a number for each row's label, the labels by number); rows without a label share the last one."""
    if labels is None:
        return np.zeros(rows, dtype=np.intp), ["none"]
    codes = label_codes(labels)
    names = [str(name) for name in pd.Series(list(labels), dtype="object").dropna().unique()]
    return np.where(codes < 0, len(names), codes), [*names, "none"]


def _quotas(
    codes: NDArray[np.intp], names: list[str], among: NDArray[np.bool_], ordered: NDArray[np.integer], n: int
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Seats of each label: its share of n by largest remainder; what it has no rows for goes to labels that have."""
    before = np.bincount(codes[among], minlength=len(names))
    exact = before * n / before.sum()
    quota = np.floor(exact).astype(np.int64)
    by_name = np.argsort(np.argsort(names))
    quota[np.lexsort((by_name, -before, -(exact - quota)))[: n - quota.sum()]] += 1
    there = np.bincount(codes[ordered], minlength=len(names))
    short = tuple(sorted(names[code] for code in np.flatnonzero(quota > there + 1)))
    quota = np.minimum(quota, there)
    while (missing := n - int(quota.sum())) > 0:
        room = np.flatnonzero(there > quota)
        room = room[np.lexsort((by_name[room], (quota - exact)[room]))]
        quota[room[:missing]] += 1
    return quota, short
