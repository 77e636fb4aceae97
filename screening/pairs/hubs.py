"""Texts repeated so often that their pairs alone would fill the list: each takes part with one row, its hub."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalmap.screening.pairs.exact import repeated


@dataclass(frozen=True)
class Hubs:
    """Texts repeated too often to list every two of their rows, and the rows that are searched."""

    searched: NDArray[np.int64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    groups: list[list[int]]
    sentences: list[str]


def find_hubs(identical: NDArray[np.int32], max_pairs: int) -> Hubs:
    """Fold the most repeated texts, until the pairs of identical texts fit the cap."""
    groups = sorted(repeated(identical), key=lambda rows: (-len(rows), rows[0]))
    held = sum(len(rows) * (len(rows) - 1) // 2 for rows in groups)
    folded: list[NDArray[np.int64]] = []
    while held > max_pairs and len(groups[len(folded)]) > 2:
        size = len(groups[len(folded)])
        folded += [rows for rows in groups[len(folded) :] if len(rows) == size]  # all of a size, whatever the row order
        held = sum(len(rows) * (len(rows) - 1) // 2 for rows in groups[len(folded) :])
    others = np.concatenate([np.empty(0, dtype=np.int64), *(rows[1:] for rows in folded)])
    searched = np.setdiff1d(np.arange(len(identical)), others)
    hubs = np.repeat([rows[0] for rows in folded], [len(rows) - 1 for rows in folded]).astype(np.int64)
    sentences = []
    if folded:
        sentences.append(
            f"{len(folded):,} {'text is' if len(folded) == 1 else 'texts are'} repeated so often "
            f"({sum(map(len, folded)):,} rows) that their pairs would pass {max_pairs:,}: "
            "each takes part with its first row, and its other rows are paired with that one only."
        )
    return Hubs(searched, hubs, others, [[int(rows[0]), len(rows)] for rows in folded], sentences)
