"""The shares of the labels before and after a selection, and rows removed to bring them back."""

import heapq
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.embeddings.array_types import Vectors
from evalmap.screening.keep.select import BALANCE, KEPT_BY_HAND, NEAR, drop, label_codes
from evalmap.screening.pair_types import Pairs, Selection

TOLERANCE = 0.005  # a share that moves by more is a warning
COMMON = 0.05  # labels with this share before are restored to within a row; rarer ones to within TOLERANCE
BLOCK = 1024  # rows of a block of similarities

Labels = Sequence[str | None] | pd.Series


def label_share(labels: Labels, kept: NDArray[np.bool_] | None = None) -> dict[str, float]:
    """The ratio of each label among the (kept) rows that have one, the most frequent first, then by name; {} where none has."""
    column = pd.Series(list(labels), dtype="object")
    shares = (column if kept is None else column[kept]).value_counts(normalize=True)
    return {str(label): float(share) for label, share in sorted(shares.items(), key=lambda item: (-item[1], str(item[0])))}


def largest_move(before: dict[str, float], after: dict[str, float]) -> tuple[str, float] | None:
    """The label whose share moved most, and by how much (after − before); None without labels.

    A label that is gone has share 0. Of two that moved as far, the one that lost.
    """
    if not before:
        return None
    moves = {label: after.get(label, 0.0) - share for label, share in before.items()}
    label = max(moves, key=lambda name: (round(abs(moves[name]), 9), -moves[name], name))
    return label, moves[label]


def balance_warning(before: dict[str, float], after: dict[str, float]) -> str | None:
    """A sentence where a share moved by more than `TOLERANCE`, else None."""
    moved = largest_move(before, after)
    if moved is None or abs(moved[1]) <= TOLERANCE + 1e-12:
        return None
    label, move = moved
    was, now = before[label], after.get(label, 0.0)
    return f"the share of label {label} moved by {100 * move:+.1f} points, from {100 * was:.1f} % to {100 * now:.1f} %"


def restore_balance(
    selection: Selection,
    labels: Labels,
    embeddings: Vectors,
    *,
    order: NDArray[np.integer],
    pairs: Pairs,
) -> Selection:
    """Remove further rows of the labels that lost fewer rows than others, until the shares are what they were.

    Of a label, the row goes that is most like another kept row of that label; of those two, the one that comes later in the
    order. Rows that stand for removed ones go only when no other row is left; what they stood for then goes with them unless
    another kept row is like it. Rows kept by hand and the halves of protected contrast pairs stay. No removed row comes back.

    Labels with a share of `COMMON` before are restored to within one row; rarer ones count only where their share would stay
    more than `TOLERANCE` too low. A label without any kept row cannot be restored and is left out.

    Parameters
    ----------
    labels : (n,) of all rows; rows without a label are not counted and stay
    embeddings : (n, n_dims) float32, unit norm
    order : (n,) the order of the selection
    pairs : those the selection was made from

    Returns
    -------
    the selection with more rows removed
    """
    codes = label_codes(labels)
    surplus = _surplus(codes, selection.kept)
    kept = selection.kept.copy()
    never = selection.rule == KEPT_BY_HAND
    if selection.settings["contrast"] == "protect":
        never[selection.contrast.ravel()] = True
    stands = np.zeros(len(kept), dtype=bool)
    stands[selection.keeper[(selection.rule == NEAR) & (selection.keeper >= 0)]] = True
    rank = np.empty(len(kept), dtype=np.int64)
    rank[order] = np.arange(len(kept))
    for code, count in surplus.items():
        rows = np.flatnonzero(kept & (codes == code))
        for fixed in (never | stands, never):
            gone = least_distinctive(embeddings, rows[kept[rows]], count=count, fixed=fixed, rank=rank, pairs=pairs)
            kept[gone] = False
            count -= len(gone)
    return drop(selection, selection.kept & ~kept, rule=BALANCE, order=order, pairs=pairs)


def least_distinctive(
    embeddings: Vectors,
    rows: NDArray[np.integer],
    *,
    count: int,
    fixed: NDArray[np.bool_],
    rank: NDArray[np.integer],
    pairs: Pairs | None = None,
) -> list[int]:
    """Up to `count` of the rows, one after the other the one most like a row that is still there; of two, the later in rank.

    Parameters
    ----------
    embeddings : (n, n_dims) float32, unit norm
    rows : those to choose from, and to be like
    fixed : (n,) bool, rows that stay; two of them are no pair, and a fixed row's partner goes
    rank : (n,) the row with the higher one goes
    pairs : where given, all pairs at or above its semantic floor: similarities are taken from there first, in one sort
    """
    present = np.zeros(len(rank), dtype=bool)
    present[rows] = True
    gone: list[int] = []

    def take(a: int, b: int) -> None:
        later, earlier = (a, b) if rank[a] > rank[b] else (b, a)
        row = earlier if fixed[later] else later
        present[row] = False
        gone.append(row)

    if pairs is not None and count > 0:
        floor = pairs.floors.get("semantic", 1.0)
        use = present[pairs.left] & present[pairs.right] & ~(fixed[pairs.left] & fixed[pairs.right]) & (pairs.semantic >= floor)
        left, right, alike = pairs.left[use], pairs.right[use], pairs.semantic[use]
        latest = np.maximum(rank[left], rank[right])
        for at in np.lexsort((-np.minimum(rank[left], rank[right]), -latest, -alike)):
            if len(gone) == count:
                return gone
            if present[left[at]] and present[right[at]]:
                take(int(left[at]), int(right[at]))
    if len(gone) < count:
        _by_nearest(embeddings, present, fixed, rank, lambda: len(gone) < count, take)
    return gone


def _by_nearest(
    embeddings: Vectors,
    present: NDArray[np.bool_],
    fixed: NDArray[np.bool_],
    rank: NDArray[np.integer],
    wanted: Callable[[], bool],
    take: Callable[[int, int], None],
) -> None:
    """Take rows by their nearest present row, looked up again when that one has gone."""
    rows = np.flatnonzero(present)
    vectors = np.asarray(embeddings[rows], dtype=np.float32)

    def nearest(block: NDArray[np.intp]) -> list[tuple[float, int, int]]:
        alike = vectors[block] @ vectors.T
        alike[:, ~present[rows]] = -np.inf
        alike[np.arange(len(block)), block] = -np.inf
        alike[np.ix_(fixed[rows[block]], fixed[rows])] = -np.inf
        best = alike.argmax(axis=1)
        found = alike[np.arange(len(block)), best]
        return [(-float(s), int(at), int(b)) for s, at, b in zip(found, block, best, strict=True) if np.isfinite(s)]

    def entry(alike: float, at: int, other: int) -> tuple[float, int, int, int, int]:
        ranks = sorted((int(rank[rows[at]]), int(rank[rows[other]])))
        return alike, -ranks[1], -ranks[0], at, other

    starts = range(0, len(rows), BLOCK)
    heap = [entry(*found) for start in starts for found in nearest(np.arange(start, min(start + BLOCK, len(rows))))]
    heapq.heapify(heap)
    while heap and wanted():
        _, _, _, at, other = heapq.heappop(heap)
        if not present[rows[at]]:
            continue
        if present[rows[other]]:
            take(int(rows[at]), int(rows[other]))
        if present[rows[at]]:
            for found in nearest(np.array([at])):
                heapq.heappush(heap, entry(*found))


def _surplus(codes: NDArray[np.intp], kept: NDArray[np.bool_]) -> dict[int, int]:
    """How many kept rows of each label are too many."""
    labelled = codes >= 0
    before = np.bincount(codes[labelled])
    after = np.bincount(codes[labelled & kept], minlength=len(before))
    if not len(before):
        return {}
    share, left = before / before.sum(), after / before
    binding = (share >= COMMON) & (after > 0)
    ratio = left[binding].min(initial=1.0)
    while True:
        target = np.minimum(after, np.floor(ratio * before + 0.5).astype(np.int64))
        now = target / max(target.sum(), 1)
        low = (share - now > TOLERANCE) & (after > 0) & (left < ratio)
        if not low.any():
            return {code: int(count) for code, count in enumerate(after - target) if count}
        ratio = left[low].max()
