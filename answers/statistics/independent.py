"""Two figures of different rows set against each other: ratios, and means; for the same rows see `comparison`."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.answers.statistics.summary import NAN, UNKNOWN, Interval


@dataclass(frozen=True)
class Difference:
    """a − b of two independent samples.

    Attributes
    ----------
    value : the difference; nan where a side has no rows
    interval : 95 %
    pvalue : of a difference so large by chance where there is none, 0–1; nan where it cannot be said
    """

    value: float
    interval: Interval
    pvalue: float


def ratio_difference(count_a: int, n_a: int, count_b: int, n_b: int) -> Difference:
    """count_a / n_a − count_b / n_b, −1 to 1; rows are taken as independent.

    Source: the interval of Newcombe 1998, Statistics in Medicine 17:873–890, method 10, as
    statsmodels.stats.proportion.confint_proportions_2indep(method="newcomb"), which rests on Wilson's; Fisher's exact test.
    """
    from scipy.stats import fisher_exact
    from statsmodels.stats.proportion import confint_proportions_2indep

    if not n_a or not n_b:
        return Difference(NAN, UNKNOWN, NAN)
    limits: Any = confint_proportions_2indep(count_a, n_a, count_b, n_b, method="newcomb", compare="diff")
    test: Any = fisher_exact([[count_a, n_a - count_a], [count_b, n_b - count_b]])
    low, high = (float(np.clip(end, -1, 1)) for end in limits)
    return Difference(count_a / n_a - count_b / n_b, Interval(low, high), float(min(1.0, test.pvalue)))


def mean_difference(a: NDArray[np.floating], b: NDArray[np.floating]) -> Difference:
    """The mean of a less that of b, for values that are not nan; each side needs two, and some spread.

    Source: Welch's t, as scipy.stats.ttest_ind(equal_var=False).
    """
    from scipy.stats import ttest_ind

    a, b = (side[np.isfinite(side)].astype(np.float64) for side in (np.asarray(a), np.asarray(b)))
    value = float(a.mean() - b.mean()) if len(a) and len(b) else NAN
    if min(len(a), len(b)) < 2 or (np.ptp(a) == 0 and np.ptp(b) == 0):
        return Difference(value, UNKNOWN, NAN)
    test: Any = ttest_ind(a, b, equal_var=False)
    limits = test.confidence_interval()
    return Difference(value, Interval(float(limits.low), float(limits.high)), float(test.pvalue))


def mean_interval(values: NDArray[np.floating]) -> tuple[float, Interval]:
    """(mean, its 95 % interval by Student's t) of the values that are not nan; no interval for fewer than two, or no spread."""
    from scipy.stats import t

    finite = np.asarray(values, dtype=np.float64)
    finite = finite[np.isfinite(finite)]
    if not len(finite):
        return NAN, UNKNOWN
    mean = float(finite.mean())
    if len(finite) < 2 or np.ptp(finite) == 0:
        return mean, UNKNOWN
    half = float(t.ppf(0.975, len(finite) - 1)) * float(finite.std(ddof=1)) / np.sqrt(len(finite))
    return mean, Interval(mean - half, mean + half)
