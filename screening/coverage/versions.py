"""Two versions of one file: which rows were added, removed, reworded or labelled anew."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.text.normalization import normalize

EQUAL = "typographic"  # the normalization under which two rows are one


@dataclass(frozen=True)
class Versions:
    """What became of the rows of A in B; rows are matched one to one.

    Attributes
    ----------
    equal : (e, 2) int64, rows of A and of B with one text, by row of A
    reworded : (r, 2) int64, rows with different texts that are alike, the most alike first
    similarities : (r,) float32 of the reworded
    removed, added : rows of A, and of B, without a match, rising
    """

    equal: NDArray[np.int64]
    reworded: NDArray[np.int64]
    similarities: NDArray[np.float32]
    removed: NDArray[np.int64]
    added: NDArray[np.int64]

    @property
    def matched(self) -> NDArray[np.int64]:
        """(e + r, 2) all pairs."""
        return np.concatenate([self.equal, self.reworded])


def match_equal(a: list[str], b: list[str]) -> NDArray[np.int64]:
    """(e, 2) rows of A and B with one text under the typographic normalization, one to one, the first with the first."""
    left, right = (pd.DataFrame({"text": [normalize(text, EQUAL) for text in texts]}) for texts in (a, b))
    for side in (left, right):
        side["nth"] = side.groupby("text").cumcount()  # the second of two copies is matched with the second
        side["row"] = np.arange(len(side))
    found = left.merge(right, on=["text", "nth"], suffixes=("_a", "_b")).sort_values("row_a")
    return found[["row_a", "row_b"]].to_numpy(dtype=np.int64)


def match_versions(
    equal: NDArray[np.int64],
    n_a: int,
    n_b: int,
    left: NDArray[np.integer],
    right: NDArray[np.integer],
    similarities: NDArray[np.floating],
) -> Versions:
    """Match what is not equal one to one by likeness: the most alike pair first, then the next whose rows are both still free.

    Parameters
    ----------
    equal : what `match_equal` found
    left, right, similarities : (m,) pairs of a row of A and a row of B that are near-duplicates, and how alike
    """
    free_a, free_b = np.ones(n_a, dtype=bool), np.ones(n_b, dtype=bool)
    free_a[equal[:, 0]], free_b[equal[:, 1]] = False, False
    chosen: list[int] = []
    for pair in np.lexsort((right, left, -similarities)).tolist():
        if free_a[left[pair]] and free_b[right[pair]]:
            free_a[left[pair]] = free_b[right[pair]] = False
            chosen.append(pair)
    reworded = np.stack([left[chosen], right[chosen]], axis=1).astype(np.int64).reshape(-1, 2)
    return Versions(
        equal, reworded, np.asarray(similarities[chosen], dtype=np.float32), np.flatnonzero(free_a), np.flatnonzero(free_b)
    )


def are_versions(name_a: str, name_b: str, matches: Versions) -> bool:
    """Whether two datasets count as versions of one.

    They do where at least half of the smaller one's rows are equal to rows of the other; for two files of one name, where a fifth
    of them are equal or reworded: people call many files alike.
    """
    matched = len(matches.matched)
    smaller = min(matched + len(matches.removed), matched + len(matches.added))
    return 2 * len(matches.equal) >= smaller or (name_a == name_b and 5 * matched >= smaller)
