"""Rows that go first, because a flag says that they are broken: before near-duplicates are looked at, so that none of them stays in
place of a sound one.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.embeddings.array_types import Vectors
from evalmap.screening.keep.by_hand import Decisions
from evalmap.screening.keep.select import FLAGGED
from evalmap.screening.pair_types import Pairs, Selection
from evalmap.screening.quality.flags.find_flags import find_flags
from evalmap.screening.quality.flags.flag_rules import FlagInput

OUTLIER = "outlier"  # the rule that reads the neighbours of embeddings


def find_flagged(
    examples: pd.DataFrame,
    rules: Sequence[str],
    *,
    pairs: Pairs,
    threshold: float,
    embeddings: Vectors | None = None,
    truncated: NDArray[np.bool_] | None = None,
    outliers: NDArray[np.bool_] | None = None,
) -> dict[int, str]:
    """The rows that some rules flag, each with the names of those that do, in the order asked for.

    Parameters
    ----------
    examples, pairs : n rows, and which of them are alike; pairs with rows beyond n are left out
    embeddings : (n, n_dims) of the rows; outliers are found in them where the rule asks and they are not known
    truncated, outliers : (n,) bool, as for `FlagInput`

    Raises
    ------
    DatasetError : there is no such rule, or one lacks what it reads
    """
    if not rules:
        return {}
    if OUTLIER in rules and outliers is None and embeddings is not None:
        outliers = _outliers(embeddings)
    pairs = replace(_some(pairs, pairs.right < len(examples)), n=len(examples))
    given = FlagInput(examples, pairs=pairs, threshold=threshold, truncated=truncated, outliers=outliers)
    found: dict[int, str] = {}
    for flag in find_flags(given, rules=rules):
        if flag.reason:
            raise DatasetError(f"{flag.rule}: cannot be asked of these rows: {flag.reason}", "drop_flagged")
        for row in flag.rows.tolist():
            found[row] = f"{found[row]}, {flag.rule}" if row in found else flag.rule
    return found


def less_decided(flagged: Mapping[int, str], decisions: Decisions | None) -> dict[int, str]:
    """The flagged rows that no hand has decided about: a decision by hand comes before a flag."""
    decided = {*decisions.kept, *decisions.removed} if decisions else set()
    return {row: names for row, names in flagged.items() if row not in decided}


def without_rows(pairs: Pairs, rows: Collection[int]) -> Pairs:
    """The pairs of the other rows: those that go first are no reason for any row to go."""
    if not rows:
        return pairs
    gone = np.zeros(pairs.n, dtype=bool)
    gone[list(rows)] = True
    return _some(pairs, ~(gone[pairs.left] | gone[pairs.right]))


def mark_flagged(selection: Selection, flagged: Mapping[int, str]) -> Selection:
    """The selection, made without the pairs of flagged rows, with these rows removed."""
    if not flagged:
        return selection
    rows = np.array(sorted(flagged), dtype=np.int64)
    kept, keeper, rule = selection.kept.copy(), selection.keeper.copy(), selection.rule.copy()
    kept[rows], keeper[rows], rule[rows] = False, -1, FLAGGED
    return replace(selection, kept=kept, keeper=keeper, rule=rule, flagged=dict(flagged))


def _some(pairs: Pairs, which: NDArray[np.bool_]) -> Pairs:
    columns: dict[str, Any] = {name: getattr(pairs, name)[which] for name in ("left", "right", "exact", "lexical", "semantic")}
    return replace(pairs, **columns)


def _outliers(embeddings: Vectors) -> NDArray[np.bool_]:
    """As a map of the same rows marks them."""
    from evalmap.embeddings.neighbors import GRAPH, find_neighbors, mark_outliers

    return mark_outliers(find_neighbors(embeddings, n_neighbors=GRAPH))
