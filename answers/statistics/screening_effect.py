"""Does the headline move? The figures of an answer set before and after screening."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.answers.answer_types import Scores
from evalmap.answers.statistics.comparison import numbered
from evalmap.answers.statistics.summary import NAN, UNKNOWN, Interval, Summary, bootstrap, summarize


@dataclass(frozen=True)
class ScreeningEffect:
    """The same figures over all rows and over the kept ones.

    difference : ratio matching after − before, −1 to 1; nan where one of them has no row
    interval : its 95 % bootstrap limits; an interval that holds 0 says that what was removed does not carry the headline
    """

    before: Summary
    after: Summary
    difference: float
    interval: Interval


def screening_effect(
    scores: Scores,
    *,
    labels: NDArray[Any],
    confidence: NDArray[np.float64],
    kept: NDArray[np.bool_],
    groups: NDArray[np.integer] | None = None,
    random_state: int = 42,
) -> ScreeningEffect:
    """The figures of one answer set before and after screening, and by how much % matching moves.

    The kept rows are among all rows, so the two ratios are no independent samples: rows are drawn once, kept and removed alike,
    and both ratios are made from the same draw. Where every used row is kept, the difference is 0 exactly and so is its interval.

    Parameters
    ----------
    kept : (n,) bool, the rows that screening leaves
    groups : (n,) int, near-duplicates share a number (negative: a group of its own) and are drawn together; by default rows are
        taken as independent

    Raises
    ------
    ValueError : kept of another length than the scores

    Source: `summary.bootstrap` (Efron 1987) of a difference of ratios of sums.
    """
    if len(kept) != len(scores):
        raise ValueError(f"{len(kept)} flags of kept rows for {len(scores)} rows of scores")
    before = summarize(scores, labels=labels, confidence=confidence, random_state=random_state)
    after = summarize(scores, labels=labels, confidence=confidence, rows=kept, random_state=random_state)
    if not before.n or not after.n:
        return ScreeningEffect(before, after, NAN, UNKNOWN)
    if before.n == after.n:
        return ScreeningEffect(before, after, 0.0, Interval(0.0, 0.0))
    used = scores.answered & np.isfinite(scores.matches)
    hits, stay = scores.matches[used], kept[used].astype(np.float64)
    units = np.column_stack([hits, np.ones(len(hits)), hits * stay, stay])
    group = numbered(groups, used)
    units = np.column_stack([np.bincount(group, column) for column in units.T]).astype(np.float64)
    interval = bootstrap(units, lambda s: s[..., 2] / s[..., 3] - s[..., 0] / s[..., 1], random_state=random_state)
    return ScreeningEffect(before, after, after.matching - before.matching, interval)
