"""Texts that are the same under a normalisation: groups of rows, and the finest normalisation under which two rows agree."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evalmap.data.text.normalization import NORMALISATIONS, normalise
from evalmap.screening.pair_types import NOT_EXACT


def group_texts(texts: Sequence[str], level: str) -> NDArray[np.int32]:
    """(n,) the group of each row: rows share one where their texts are equal under the normalisation.

    Groups are numbered in order of their first row. len(texts) − number of groups is
    `evalmap.data.text.normalization.redundant`, with one exception: N3 keeps a–z and 0–9 only, so two different texts in
    another script may be left with the same few letters. Here they stay apart: the letters that N3 leaves out must agree too.

    Raises
    ------
    ValueError : level is none of `NORMALISATIONS`
    """
    numbers: dict[str | tuple[str, str], int] = {}
    return np.array([numbers.setdefault(_key(text, level), len(numbers)) for text in texts], dtype=np.int32)


def group_by_level(texts: Sequence[str]) -> NDArray[np.int32]:
    """(4, n): `group_texts` under N0 … N3."""
    groups = np.empty((len(NORMALISATIONS), len(texts)), dtype=np.int32)
    for position, level in enumerate(NORMALISATIONS):
        groups[position] = group_texts(texts, level)
    return groups


def count_redundant(groups: NDArray[np.integer]) -> int:
    """Rows − distinct texts; 0 for no rows."""
    return len(groups) - len(np.unique(groups))


def repeated(groups: NDArray[np.integer]) -> list[NDArray[np.int64]]:
    """The rows of every group of two or more, each rising; groups in order of their first row."""
    order = np.argsort(groups, kind="stable")
    cuts = np.flatnonzero(np.diff(groups[order])) + 1
    found = [rows for rows in np.split(order, cuts) if len(rows) > 1]
    return sorted(found, key=lambda rows: rows[0])


def count_pairs(groups: NDArray[np.integer]) -> int:
    """How many pairs of rows share a group."""
    _, sizes = np.unique(groups, return_counts=True)
    return int((sizes * (sizes - 1) // 2).sum())


def pairs_of_groups(groups: NDArray[np.integer]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """(left, right) of every two rows that share a group, left < right, in no particular order."""
    found = repeated(groups)
    upper = [np.triu_indices(len(rows), 1) for rows in found]
    left = [rows[i] for rows, (i, _) in zip(found, upper, strict=True)]
    right = [rows[j] for rows, (_, j) in zip(found, upper, strict=True)]
    empty = np.empty(0, dtype=np.int32)
    return np.concatenate([empty, *left]).astype(np.int32), np.concatenate([empty, *right]).astype(np.int32)


def finest_level(groups: NDArray[np.int32], left: NDArray[np.integer], right: NDArray[np.integer]) -> NDArray[np.uint8]:
    """(m,) for pairs of rows: 0 = equal under N0 … 3 = under N3 only, `NOT_EXACT` for none.

    groups : (4, n) of `group_by_level`
    """
    finest = np.full(len(left), NOT_EXACT, dtype=np.uint8)
    for level in reversed(range(len(NORMALISATIONS))):
        finest[groups[level, left] == groups[level, right]] = level
    return finest


def _key(text: str, level: str) -> str | tuple[str, str]:
    form = normalise(text, level)
    if level != "N3" or text.isascii():
        return form
    left_out = "".join(c for c in normalise(text, "N2") if c.isalnum() and not c.isascii())
    return (form, left_out) if left_out else form
