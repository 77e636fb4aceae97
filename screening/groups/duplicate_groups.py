"""Groups as a reader sees them: a kept row and the rows that it stands for, each directly like it.

Chains of pairs (connected components) are no groups: at 0.85 one of them may hold a quarter of a dataset. Which chain a group lies
in is shown beside it. Variants do not chain: a chain is held together by pairs that might be duplicates.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evalmap.screening.groups.components import find_components
from evalmap.screening.keep.select import NEAR
from evalmap.screening.pair_types import Pairs, Selection
from evalmap.screening.pairs.likeness import strength

Sort = Literal["largest", "nearest"]


@dataclass(frozen=True)
class DuplicateGroups:
    """g groups; the rows of group i are `rows[starts[i]:starts[i + 1]]`, the most alike first.

    Attributes
    ----------
    keepers : (g,) int32
    starts : (g + 1,) int64
    rows : (r,) int32, removed rows
    exact, lexical, semantic : (r,) the three numbers of each row to its keeper, as in `Pairs`
    lowest : (g,) float32, the smallest number by which a row of the group is like its keeper
    component_size : (g,) int64, rows of the chain of pairs that the group lies in
    component_lowest : (g,) float32, the smallest number of a pair in that chain
    """

    keepers: NDArray[np.int32]
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    exact: NDArray[np.uint8]
    lexical: NDArray[np.float32]
    semantic: NDArray[np.float32]
    lowest: NDArray[np.float32]
    component_size: NDArray[np.int64]
    component_lowest: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.keepers)

    def members(self, group: int) -> slice:
        """Where the rows of a group and their numbers stand."""
        return slice(int(self.starts[group]), int(self.starts[group + 1]))


def find_duplicate_groups(pairs: Pairs, selection: Selection, *, sort: Sort = "largest") -> DuplicateGroups:
    """The groups of a selection that was made from the pairs.

    Parameters
    ----------
    sort : largest: most rows first; nearest: those first whose least similar row is nearest to the threshold; ties by keeper

    Raises
    ------
    ValueError : sort is unknown, or a removed row makes no pair with its keeper
    """
    if sort not in ("largest", "nearest"):
        raise ValueError(f"sort is {sort!r}; choose largest or nearest")
    settings = selection.settings
    numbers = strength(pairs, method=settings["method"], normalization=settings["normalization"])
    rows = np.flatnonzero((selection.rule == NEAR) & (selection.keeper >= 0))
    keepers = selection.keeper[rows]
    positions = pair_positions(pairs, rows, keepers)
    if (positions < 0).any():
        row = int(rows[positions < 0][0])
        raise ValueError(f"row {row} makes no pair with its keeper {int(selection.keeper[row])}; the selection is of other pairs")

    by_group = np.lexsort((rows, -numbers[positions], keepers))
    rows, keepers, positions = rows[by_group], keepers[by_group], positions[by_group]
    heads, begins, sizes = np.unique(keepers, return_index=True, return_counts=True)
    lowest = numbers[positions[begins + sizes - 1]]
    by_sort = np.lexsort((heads, -sizes)) if sort == "largest" else np.lexsort((heads, lowest))
    place = np.empty(len(heads), dtype=np.int64)
    place[by_sort] = np.arange(len(heads))
    moved = np.argsort(np.repeat(place, sizes), kind="stable")
    rows, positions = rows[moved], positions[moved]
    chains = find_components(
        pairs,
        threshold=settings["threshold"],
        method=settings["method"],
        normalization=settings["normalization"],
        apart=selection.variants,
    )
    chain = chains.labels[heads[by_sort]]
    return DuplicateGroups(
        keepers=heads[by_sort].astype(np.int32),
        starts=np.concatenate([[0], np.cumsum(sizes[by_sort])]).astype(np.int64),
        rows=rows.astype(np.int32),
        exact=pairs.exact[positions],
        lexical=pairs.lexical[positions],
        semantic=pairs.semantic[positions],
        lowest=lowest[by_sort],
        component_size=chains.sizes[chain],
        component_lowest=chains.weakest[chain],
    )


def pair_positions(pairs: Pairs, one: NDArray[np.integer], other: NDArray[np.integer]) -> NDArray[np.int64]:
    """Where the pair of one[i] and other[i] stands in the list, −1 where there is none."""
    keys = pairs.left.astype(np.int64) * pairs.n + pairs.right
    wanted = np.minimum(one, other).astype(np.int64) * pairs.n + np.maximum(one, other)
    if not len(keys):
        return np.full(len(wanted), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, at, -1)
