"""Figures in which each group of near-duplicates counts once, whatever its number of rows: weights instead of deletion."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalmap.answers.answer_types import Scores
from evalmap.answers.statistics.comparison import numbered
from evalmap.answers.statistics.summary import NAN, UNKNOWN, Interval, bootstrap


@dataclass(frozen=True)
class WeightedFigures:
    """One answer set, its near-duplicates weighted.

    Attributes
    ----------
    n, n_groups : rows that count, as in `summary.Summary`, and the groups that they are of
    matching, interval : mean over the groups of the share of a group's rows that match, 0 to 1; nan without rows. Its 95 % limits
    n_groups_p, mean_p, mean_p_interval : groups with probabilities, the mean over them of a group's mean P(matching), its limits
    """

    n: int
    n_groups: int
    matching: float
    interval: Interval
    n_groups_p: int
    mean_p: float
    mean_p_interval: Interval


def weighted_figures(
    scores: Scores,
    *,
    duplicates: NDArray[np.integer],
    groups: NDArray[np.integer] | None = None,
    random_state: int = 42,
) -> WeightedFigures:
    """The share matching and mean P(matching) where each row weighs 1 / the rows of its group that are answered.

    The weight is over answered rows, for a question that was asked once for all of its copies counts once too.

    Parameters
    ----------
    duplicates : (n,) int, near-duplicates share a number; rows with a negative one are left out
    groups : (n,) int, what is drawn together for the limits (wider groups: variants too; negative: a group of its own); None: the
        groups of near-duplicates

    Raises
    ------
    ValueError : duplicates or groups of another length than the scores

    Source: `summary.bootstrap` (Efron 1987) of a ratio of sums over groups.
    """
    if len(duplicates) != len(scores):
        raise ValueError(f"{len(duplicates)} groups of near-duplicates for {len(scores)} rows of scores")
    used = scores.answered & np.isfinite(scores.matches) & (np.asarray(duplicates) >= 0)
    drawn = duplicates if groups is None else groups
    matching, interval, n_groups = _mean_of_groups(scores.matches, used, duplicates, drawn, random_state)
    with_p = used & np.isfinite(scores.p_matching)
    mean_p, mean_p_interval, n_groups_p = _mean_of_groups(scores.p_matching, with_p, duplicates, drawn, random_state)
    return WeightedFigures(int(used.sum()), n_groups, matching, interval, n_groups_p, mean_p, mean_p_interval)


def _mean_of_groups(
    values: NDArray[np.float64],
    used: NDArray[np.bool_],
    duplicates: NDArray[np.integer],
    drawn: NDArray[np.integer],
    random_state: int,
) -> tuple[float, Interval, int]:
    """(the mean over groups of the group's mean, its limits, how many groups)."""
    if not used.any():
        return NAN, UNKNOWN, 0
    group = numbered(duplicates, used)
    weights = 1 / np.bincount(group)[group]
    unit = numbered(drawn, used)
    sums = np.column_stack([np.bincount(unit, weights * values[used]), np.bincount(unit, weights)]).astype(np.float64)
    interval = bootstrap(sums, lambda s: s[..., 0] / s[..., 1], random_state=random_state)
    return float(sums[:, 0].sum() / sums[:, 1].sum()), interval, int(group.max()) + 1
