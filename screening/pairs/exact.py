"""Texts that are the same under a normalization: groups of rows, and the finest normalization under which two rows agree."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evalmap.data.text.normalization import NORMALIZATIONS, normalization_name, normalize
from evalmap.screening.pair_types import NOT_EXACT


def group_texts(texts: Sequence[str], normalization: str) -> NDArray[np.int32]:
    """(n,) the group of each row: rows share one where their texts are equal under the normalization.

    Groups are numbered in order of their first row. len(texts) − number of groups is
    `evalmap.data.text.normalization.redundant`, with one exception: alphanumeric keeps a–z and 0–9 only, so two different texts in
    another script may be left with the same few letters. Here they stay apart: the letters left out must agree too.

    Raises
    ------
    ValueError : there is no normalization of that name
    """
    name = normalization_name(normalization)
    numbers: dict[str | tuple[str, str], int] = {}
    return np.array([numbers.setdefault(text_key(text, name), len(numbers)) for text in texts], dtype=np.int32)


def group_by_level(texts: Sequence[str]) -> NDArray[np.int32]:
    """(4, n): `group_texts` under each of `NORMALIZATIONS`, the finest first."""
    groups = np.empty((len(NORMALIZATIONS), len(texts)), dtype=np.int32)
    for level, normalization in enumerate(NORMALIZATIONS):
        groups[level] = group_texts(texts, normalization)
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
    """(m,) for pairs of rows: the first of `NORMALIZATIONS` that makes them equal, by its place 0 … 3; `NOT_EXACT` for none.

    groups : (4, n) of `group_by_level`
    """
    finest = np.full(len(left), NOT_EXACT, dtype=np.uint8)
    for level in reversed(range(len(NORMALIZATIONS))):
        finest[groups[level, left] == groups[level, right]] = level
    return finest


def text_key(text: str, normalization: str) -> str | tuple[str, str]:
    """What two texts share where they are equal under a normalization, by its own name: `group_texts` of one text."""
    form = normalize(text, normalization)
    if normalization != "alphanumeric" or text.isascii():
        return form
    left_out = "".join(c for c in normalize(text, "typographic") if c.isalnum() and not c.isascii())
    return (form, left_out) if left_out else form
