"""How far two judges agree: the share of equal verdicts, and Cohen's kappa, which takes off what chance alone would give."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.answers.statistics.summary import NAN, UNKNOWN, Interval, bootstrap, wilson

DRAWS = 10_000  # from the posterior of a table
BOOTSTRAPS = 1_999  # resamples of the rows that people judged
ROUNDING = 1e-12  # figures that lie nearer to each other are equal


@dataclass(frozen=True)
class Agreement:
    """Two judges of the same rows.

    n : rows that both judged
    agreement, low, high : share of them with equal verdicts, 0 to 1, and its Wilson interval
    kappa, kappa_low, kappa_high : −1 to 1; 1 is full agreement, 0 is what chance alone gives; 95 % interval
    """

    n: int
    agreement: float
    low: float
    high: float
    kappa: float
    kappa_low: float
    kappa_high: float

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def agreement(one: NDArray[np.float64], other: NDArray[np.float64], *, categories: int, weighted: bool = False) -> Agreement:
    """Compare two judges row by row; rows that one of them did not judge (nan) are left out.

    Kappa is nan where there are no rows, or where both judges gave all rows one and the same verdict: chance alone then gives full
    agreement, and nothing is left to divide by. The share of equal verdicts still says what there is.

    Parameters
    ----------
    one, other : (n,) float64, whole numbers 0 … categories − 1; nan for no verdict
    weighted : count a difference by its square, for verdicts on a scale; `agreement` stays the share of equal ones

    Raises
    ------
    ValueError : arrays of different lengths, or a verdict that is not among the categories

    Source: Cohen 1960, Educational and Psychological Measurement 20; weighted: Cohen 1968, Psychological Bulletin 70
    (statsmodels.stats.inter_rater.cohens_kappa). The interval is `kappa_interval`.
    """
    from statsmodels.stats.inter_rater import cohens_kappa

    if len(one) != len(other):
        raise ValueError(f"{len(one)} verdicts of one judge, {len(other)} of the other")
    both = np.isfinite(one) & np.isfinite(other)
    first, second = one[both].astype(np.int64), other[both].astype(np.int64)
    if len(first) and not (min(first.min(), second.min()) >= 0 and max(first.max(), second.max()) < categories):
        raise ValueError(f"verdicts run from 0 to {categories - 1}")
    table = np.bincount(first * categories + second, minlength=categories**2).reshape(categories, categories)
    n, equal = int(table.sum()), int(np.trace(table))
    share = wilson(equal, n)
    if not n:
        return Agreement(0, NAN, share.low, share.high, NAN, NAN, NAN)
    alone = np.count_nonzero(table.sum(axis=0) + table.sum(axis=1)) == 1
    found: Any = cohens_kappa(table, wt="quadratic" if weighted else None, return_results=False) if not alone else NAN
    limits = UNKNOWN if alone else kappa_interval(table, weighted=weighted)
    return Agreement(n, equal / n, share.low, share.high, float(found), limits.low, limits.high)


def kappa_interval(table: NDArray[np.int64], *, weighted: bool = False, random_state: int = 42) -> Interval:
    """95 % limits of kappa: quantiles over tables drawn from the Dirichlet posterior.

    The prior adds two rows in all, spread over the cells: Jeffreys' for two verdicts. The usual limits (Fleiss, Cohen and Everitt
    1969) hold for large and even tables only: for 100 rows of which 95 % bear one verdict they held the truth in 34 to 82 % of
    simulations, these in 95 %.

    Parameters
    ----------
    table : (k, k) counts, one judge down and the other across

    Source: Jeffreys 1946; Gelman et al., Bayesian Data Analysis, 3.4 (multinomial).
    """
    k = len(table)
    drawn = np.random.default_rng(random_state).dirichlet(table.ravel() + 2 / k**2, size=DRAWS).reshape(-1, k, k)
    apart = np.subtract.outer(np.arange(k), np.arange(k))
    weights = (apart**2 if weighted else apart != 0).astype(np.float64)
    observed = (drawn * weights).sum(axis=(1, 2))
    by_chance = np.einsum("di,dj,ij->d", drawn.sum(axis=2), drawn.sum(axis=1), weights)
    low, high = np.quantile(1 - observed / by_chance, [0.025, 0.975])
    return Interval(float(low), float(high))


def fleiss(verdicts: NDArray[np.float64], *, categories: int) -> tuple[float, int]:
    """Fleiss' kappa of several people, and the rows that it is made from.

    −1 to 1; 1 is full agreement. Rows count that as many people judged as judged most rows, two at least. nan where there are
    none, or where all verdicts are one and the same.

    Parameters
    ----------
    verdicts : (n_rows, n_people) float64, whole numbers 0 … categories − 1; nan where somebody did not judge a row

    Source: Fleiss 1971, Psychological Bulletin 76; statsmodels.stats.inter_rater.fleiss_kappa.
    """
    from statsmodels.stats.inter_rater import fleiss_kappa

    chosen = fleiss_counts(verdicts, categories=categories)
    if np.count_nonzero(chosen.sum(axis=0)) < 2:
        return NAN, len(chosen)
    return float(fleiss_kappa(chosen)), len(chosen)


def fleiss_counts(verdicts: NDArray[np.float64], *, categories: int) -> NDArray[np.int64]:
    """How many people gave each verdict, (rows, categories), of the rows that `fleiss` is made from."""
    counts = np.stack([(verdicts == category).sum(axis=1) for category in range(categories)], axis=1)
    raters = counts.sum(axis=1)
    if not (raters >= 2).any():
        return counts[:0]
    return counts[raters == np.bincount(raters[raters >= 2]).argmax()]


def fleiss_interval(counts: NDArray[np.int64], *, random_state: int = 42, n_resamples: int = BOOTSTRAPS) -> Interval:
    """95 % limits of Fleiss' kappa by the BCa bootstrap over rows.

    Resamples that hold one verdict alone have no kappa and are left out. Unknown where kappa does not vary, as where all people
    agree on all rows: drawing them again then says nothing of how sure that is. Over few rows, or with nearly all verdicts equal,
    the limits are too near to each other, as of any bootstrap.

    Parameters
    ----------
    counts : (n_rows, categories) as `fleiss_counts` gives them

    Source: Efron 1987, JASA 82; kappa as in `fleiss`.
    """
    raters = int(counts[0].sum()) if len(counts) else 0
    if len(counts) < 2 or np.count_nonzero(counts.sum(axis=0)) < 2:
        return UNKNOWN
    pairs = (counts * (counts - 1)).sum(axis=1) / (raters * (raters - 1))

    def kappa(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        n = sums[..., -1]
        by_chance = ((sums[..., 1:-1] / (raters * n)[..., None]) ** 2).sum(axis=-1)
        return (sums[..., 0] / n - by_chance) / np.where(by_chance < 1 - ROUNDING, 1 - by_chance, NAN)

    units = np.column_stack([pairs, counts, np.ones(len(counts))]).astype(np.float64)
    limits = bootstrap(units, kappa, random_state=random_state, n_resamples=n_resamples)
    return limits if limits.high - limits.low > ROUNDING else UNKNOWN


def majority(fits: NDArray[np.float64]) -> NDArray[np.float64]:
    """What most people say of each row, (n_rows, n_people) of 1 and 0; nan for a tie, or where nobody says anything."""
    yes, said = (fits == 1).sum(axis=1), np.isfinite(fits).sum(axis=1)
    return np.where(2 * yes > said, 1.0, np.where(2 * yes < said, 0.0, NAN))
