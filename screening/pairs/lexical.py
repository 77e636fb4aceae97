"""Texts that are written alike: Jaccard similarity of their character 4-grams, every pair above a floor found exactly.

What is compared is the text under the typographic normalization.

No candidates are sampled. The join is the prefix filter of AllPairs with the positional filter of PPJoin: two sets that are alike
must share one of the rarest grams of either, so only rows that meet in a short list of rare grams are compared, and none is missed.
MinHash with 128 values in 42 bands of 3 would miss 0.4 % of the pairs at 0.5, and leave the same comparisons to be made.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.text.normalization import normalize
from evalmap.embeddings.array_types import Progress, no_progress
from evalmap.screening.pairs.capping import CappedPairs, FoundPairs
from evalmap.screening.pairs.exact import group_texts
from evalmap.screening.pairs.kernels import WORDS, join, overlaps

GRAM = 4  # characters
CHUNK = 2048  # sets between two reports of progress
ROOM = 1 << 20  # pairs that the join writes before they are taken from it


@dataclass(frozen=True)
class GramSets:
    """The set of 4-grams of each text, as sorted numbers one after the other.

    Attributes
    ----------
    starts : (n + 1,) int64, the grams of text i are grams[starts[i] : starts[i + 1]]
    grams : (total,) int32, rising within a text; a smaller number is a rarer gram
    distinct : how many different grams there are
    """

    starts: NDArray[np.int64]
    grams: NDArray[np.int32]
    distinct: int

    def __len__(self) -> int:
        return len(self.starts) - 1


def gram_sets(texts: Sequence[str]) -> GramSets:
    """The 4-grams of texts as they are given (normalize first); a text of fewer than 4 characters is padded to one gram."""
    padded = [text.ljust(GRAM, "\0") for text in texts]
    lengths = np.fromiter(map(len, padded), dtype=np.int64, count=len(padded))
    codes = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    alphabet, letters = np.unique(codes, return_inverse=True)
    base, letters = np.uint64(max(len(alphabet), 1)), letters.astype(np.uint64)
    ends = np.cumsum(lengths)
    whole = np.ones(len(codes), dtype=bool)  # where a gram begins that stays inside its text
    for back in range(1, GRAM):
        whole[ends - back] = False
    at = np.flatnonzero(whole)
    packed = letters[at]
    for offset in range(1, GRAM):
        packed = packed * base + letters[at + offset]  # without loss up to 65,536 different characters
    rows = np.repeat(np.arange(len(padded)), lengths - GRAM + 1)
    numbers, names = pd.factorize(packed)
    distinct = len(names)
    del codes, letters, packed, whole, names
    rank = np.empty(distinct, dtype=np.int64)
    rank[np.argsort(np.bincount(numbers, minlength=distinct), kind="stable")] = np.arange(distinct)
    keys = np.sort(rows * distinct + rank[numbers])
    keys = keys[np.diff(keys, prepend=-1) > 0]  # each gram once a text
    rows, grams = np.divmod(keys, max(distinct, 1))
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(padded)))]).astype(np.int64)
    return GramSets(starts, grams.astype(np.int32), distinct)


def jaccard(texts: Sequence[str], left: NDArray[np.integer], right: NDArray[np.integer]) -> NDArray[np.float32]:
    """(m,) float32 in [0, 1]: for given pairs of rows, 4-grams of both texts over 4-grams of either, both typographic.

    1 for equal texts, also where a text has fewer than 4 characters.
    """
    return overlap([normalize(text, "typographic") for text in texts], left, right)


def overlap(normalized: Sequence[str], left: NDArray[np.integer], right: NDArray[np.integer]) -> NDArray[np.float32]:
    """`jaccard` of texts that are normalized already."""
    sets = gram_sets(normalized)
    return overlaps()(sets.starts, sets.grams, np.asarray(left, np.int64), np.asarray(right, np.int64))


def find_lexical_pairs(
    texts: Sequence[str], *, floor: float = 0.5, max_pairs: int = 5_000_000, progress: Progress = no_progress
) -> FoundPairs:
    """Find every pair of texts whose Jaccard similarity of character 4-grams is at or above the floor; recall is 1.

    Parameters
    ----------
    floor : 0 < floor ≤ 1
    max_pairs : where more would be found, the floor is raised to the smallest number that leaves at most so many

    Raises
    ------
    DatasetError : the floor is out of range

    Source: Bayardo, Ma, Srikant 2007 (AllPairs); Xiao, Wang, Lin, Yu 2008 (PPJoin).
    """
    check_lexical_floor(floor)
    normalized = [normalize(text, "typographic") for text in texts]
    groups = group_texts(normalized, "bytes")
    _, firsts = np.unique(groups, return_index=True)
    found = CappedPairs(groups, floor=floor, max_pairs=max_pairs)
    repeated = np.flatnonzero(np.bincount(groups) > 1)
    found.add(repeated, repeated, np.ones(len(repeated), dtype=np.float32))
    _join([normalized[row] for row in firsts], np.full(len(firsts), -1, dtype=np.int8), found, progress)
    return found.finish()


def find_lexical_across(
    texts: Sequence[str],
    others: Sequence[str],
    *,
    floor: float = 0.5,
    max_pairs: int = 5_000_000,
    progress: Progress = no_progress,
) -> FoundPairs:
    """Every pair of one of `texts` and one of `others` at or above the floor: left is a row of texts, right len(texts) + a row
    of others.

    Raises
    ------
    DatasetError : the floor is out of range
    """
    check_lexical_floor(floor)
    found = CappedPairs(np.arange(len(texts) + len(others)), floor=floor, max_pairs=max_pairs)
    sides = np.repeat(np.array([0, 1], dtype=np.int8), [len(texts), len(others)])
    _join([normalize(text, "typographic") for text in (*texts, *others)], sides, found, progress)
    return found.finish()


def check_lexical_floor(floor: float) -> None:
    """Raise DatasetError unless 0 < floor ≤ 1."""
    if not 0.0 < floor <= 1.0:
        raise DatasetError(f"lexical floor is {floor:g}; expected a similarity above 0 and up to 1, such as 0.5.")


def _join(normalized: Sequence[str], sides: NDArray[np.int8], found: CappedPairs, progress: Progress) -> None:
    """Add every pair of different sets at or above the floor (of different sides, where these are not −1)."""
    n = len(normalized)
    if n < 2:
        return
    sets = gram_sets(normalized)
    sizes = np.diff(sets.starts)
    order = np.argsort(sizes, kind="stable")  # small sets first: a set is compared with those before it
    sorted_starts = np.concatenate([[0], np.cumsum(sizes[order])]).astype(np.int64)
    member = np.repeat(sets.starts[order] - sorted_starts[:-1], sizes[order]) + np.arange(sorted_starts[-1])
    sorted_grams, sides = sets.grams[member], sides[order]

    floor = float(found.floor)
    prefix = sizes[order] - np.maximum(np.ceil(2.0 * floor / (1.0 + floor) * sizes[order] - 1e-6), 1).astype(np.int64) + 1
    places = np.arange(sorted_starts[-1]) - np.repeat(sorted_starts[:-1], sizes[order])
    listed = np.bincount(sorted_grams[places < np.repeat(prefix, sizes[order])], minlength=sets.distinct)
    lists = np.concatenate([[0], np.cumsum(listed)]).astype(np.int64)
    heads, tails = lists[:-1].copy(), lists[:-1].copy()
    index_rows, index_places = np.empty(lists[-1], dtype=np.int32), np.empty(lists[-1], dtype=np.int32)
    counts = np.zeros(n, dtype=np.int32)
    bits = _fingerprints(sorted_starts, sorted_grams)
    room = max(ROOM, n)
    left, right, value = np.empty(room, np.int32), np.empty(room, np.int32), np.empty(room, np.float32)
    at = 0
    while at < n:
        at, m = join()(
            sorted_starts, sorted_grams, bits, sides, float(found.floor), floor, heads, tails, index_rows, index_places, counts,
            at, min(at + CHUNK, n), left, right, value,
        )  # fmt: skip
        found.add(order[left[:m]], order[right[:m]], value[:m].copy())
        progress(at, n)


def _fingerprints(starts: NDArray[np.int64], grams: NDArray[np.int32]) -> NDArray[np.uint64]:
    """(n, WORDS): one bit a gram, at a place that depends on the gram; several grams may share a place."""
    place = grams % (64 * WORDS)
    rows = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    flags = np.zeros((len(starts) - 1, 64 * WORDS), dtype=np.uint8)
    flags[rows, place] = 1
    return np.packbits(flags, axis=1).view(np.uint64)
