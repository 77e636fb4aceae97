"""The labels of rows in numbers: how many bear each, in which shares, and where those of two rows differ.

A row without a label is counted nowhere, and differs from none.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Labels = Sequence[str | None] | pd.Series


def label_counts(labels: Labels, kept: NDArray[np.bool_] | None = None) -> dict[str, int]:
    """How many (kept) rows bear each label, the most frequent first, then by name; {} where none has one.

    Parameters
    ----------
    labels : (n,) texts, None where a row has none
    kept : (n,) bool, the rows that are counted; None: all
    """
    column = labels if isinstance(labels, pd.Series) else pd.Series(list(labels), dtype="object")
    counts = (column if kept is None else column[np.asarray(kept)]).dropna().value_counts()
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], str(pair[0])))
    return {str(label): int(count) for label, count in ordered}


def shares(counts: Mapping[str, int]) -> dict[str, float]:
    """The ratio, 0 to 1, of each label among the rows that have one, in the order of the counts; {} for no counts."""
    total = sum(counts.values())
    return {label: count / total for label, count in counts.items()}


def label_share(labels: Labels, kept: NDArray[np.bool_] | None = None) -> dict[str, float]:
    """`shares` of `label_counts`."""
    return shares(label_counts(labels, kept))


def label_codes(labels: Labels) -> NDArray[np.intp]:
    """(n,) a number for each label in order of its first row, −1 where a row has none."""
    return pd.factorize(labels if isinstance(labels, pd.Series) else np.asarray(labels, dtype=object))[0]


def labels_differ(labels: Labels | None, left: NDArray[np.integer], right: NDArray[np.integer]) -> NDArray[np.bool_]:
    """(m,) for pairs of rows, whether both have a label, and not the same; all False without labels.

    Parameters
    ----------
    labels : (n,) texts, None where a row has none
    left, right : (m,) rows
    """
    if labels is None:
        return np.zeros(len(left), dtype=bool)
    codes = label_codes(labels)
    return (codes[left] != codes[right]) & (codes[left] >= 0) & (codes[right] >= 0)
