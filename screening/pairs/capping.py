"""A list of pairs that never grows beyond a cap: the lowest numbers leave first, and the floor says where the list ends."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SLACK = 2  # the list may hold so many times the cap before it is cut, so that few cuts are made


@dataclass(frozen=True)
class FoundPairs:
    """Pairs of rows with one number each.

    Attributes
    ----------
    left, right : (m,) int32, left < right, sorted by (left, right)
    value : (m,) float32
    floor : at or above it every pair is here; above 1 where not even the pairs of 1 fit
    raised : whether the cap raised the floor
    """

    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float32]
    floor: float
    raised: bool


def raised_sentences(method: str, given: float, found: FoundPairs, max_pairs: int) -> list[str]:
    """What the page says where the cap raised a floor; nothing where it did not."""
    if not found.raised:
        return []
    if found.floor > 1.0:
        return [f"The {method} pairs of similarity 1 alone pass {max_pairs:,}: none is listed for being {method}ly alike."]
    return [f"The {method} floor was raised from {given:g} to {found.floor:.4f}: below it the list would pass {max_pairs:,} pairs."]


class CappedPairs:
    """Collects pairs of groups, counts the pairs of rows they stand for, and raises its floor where these pass the cap.

    The floor in the end is the smallest number that is found and leaves at most `max_pairs` pairs at or above it. So it does not
    depend on the order in which the pairs came; pairs with equal numbers stay or go together.

    Parameters
    ----------
    groups : (n,) the group of each row, 0 … g−1; rows of a group are the same to whoever adds the pairs
    floor : pairs below it are not taken
    max_pairs : the cap, in pairs of rows
    """

    def __init__(self, groups: NDArray[np.integer], *, floor: float, max_pairs: int) -> None:
        self._groups = np.asarray(groups, dtype=np.int64)
        self._sizes = np.bincount(self._groups)
        self._given, self._max_pairs = floor, max_pairs
        self.floor = np.float32(floor)
        self._parts: list[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]] = []
        self._held = 0

    def add(self, left: NDArray[np.integer], right: NDArray[np.integer], value: NDArray[np.float32]) -> None:
        """Take pairs of groups, each pair once; left = right stands for the pairs inside a group (none where it is one row)."""
        taken = value >= self.floor
        if not taken.any():
            return
        self._parts.append((left[taken].astype(np.int32), right[taken].astype(np.int32), value[taken]))
        self._held += int(self._weights(left[taken], right[taken]).sum())
        if self._held > SLACK * self._max_pairs:
            self._cut()

    def finish(self) -> FoundPairs:
        """The pairs of rows."""
        if self._held > self._max_pairs:
            self._cut()
        left, right, value = self._merged()
        rows = np.argsort(self._groups, kind="stable").astype(np.int32)
        starts = np.concatenate([[0], np.cumsum(self._sizes)])
        inside = left == right
        a, b, v = _between(left[~inside], right[~inside], value[~inside], rows, starts)
        c, d, w = _inside(left[inside], value[inside], rows, starts)
        a, b, v = np.concatenate([a, c]), np.concatenate([b, d]), np.concatenate([v, w])
        a, b = np.minimum(a, b), np.maximum(a, b)
        order = np.lexsort((b, a))
        raised = self.floor > np.float32(self._given)
        return FoundPairs(a[order], b[order], v[order], float(self.floor) if raised else self._given, bool(raised))

    def _weights(self, left: NDArray[np.integer], right: NDArray[np.integer]) -> NDArray[np.int64]:
        sizes = self._sizes[left]
        return np.where(left == right, sizes * (sizes - 1) // 2, sizes * self._sizes[right])

    def _merged(self) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
        if not self._parts:
            return np.empty(0, np.int32), np.empty(0, np.int32), np.empty(0, np.float32)
        left, right, value = (np.concatenate(column) for column in zip(*self._parts, strict=True))
        self._parts = [(left, right, value)]
        return left, right, value

    def _cut(self) -> None:
        """Raise the floor to the smallest number that leaves at most the cap, and drop what is below."""
        left, right, value = self._merged()
        order = np.argsort(-value, kind="stable")
        reached = np.cumsum(self._weights(left[order], right[order]))
        fits = int(np.searchsorted(reached, self._max_pairs, side="right"))  # so many of the highest fit
        if fits == len(value):
            return
        first_out = value[order[fits]]
        higher = value[order[:fits]]
        higher = higher[higher > first_out]  # numbers equal to the first that does not fit go with it
        self.floor = higher[-1] if len(higher) else np.nextafter(np.maximum(first_out, np.float32(1.0)), np.float32(2.0))
        kept = value >= self.floor
        self._parts = [(left[kept], right[kept], value[kept])]
        self._held = int(self._weights(left[kept], right[kept]).sum())


def _between(left, right, value, rows, starts):
    """Every row of one group with every row of the other."""
    wide = starts[right + 1] - starts[right]
    counts = (starts[left + 1] - starts[left]) * wide
    pair, offset = _runs(counts)
    a, b = np.divmod(offset, wide[pair])
    return rows[starts[left[pair]] + a], rows[starts[right[pair]] + b], value[pair]


def _inside(group, value, rows, starts):
    """Every two rows of a group."""
    sizes = starts[group + 1] - starts[group]
    row, first = _runs(sizes)  # every row of every group, with its place in the group
    later = sizes[row] - 1 - first
    member, offset = _runs(later)
    begin = starts[group[row[member]]]
    return rows[begin + first[member]], rows[begin + first[member] + 1 + offset], value[row[member]]


def _runs(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(i repeated counts[i] times, 0 … counts[i] − 1 beside it)."""
    index = np.repeat(np.arange(len(counts)), counts)
    return index, np.arange(len(index)) - np.repeat(np.cumsum(counts) - counts, counts)
