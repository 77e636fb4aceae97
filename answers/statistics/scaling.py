"""% matching against the size of the model, or the steps of its RLHF training."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evalmap.answers.statistics.summary import NAN, UNKNOWN, Interval, wilson
from evalmap.data.errors import DatasetError

FEWEST = 3  # different sizes; two points lie on a line whatever the models do
Unit = Literal["decade", "1,000"]


@dataclass(frozen=True)
class ScalePoint:
    """One model: x (parameters, or RLHF steps), how many of its n rows match, and what it is called.

    n is above 0 and matching is between 0 and n.
    """

    x: float
    matching: int
    n: int
    label: str = ""

    @property
    def ratio(self) -> float:
        return self.matching / self.n

    @property
    def interval(self) -> Interval:
        """95 % limits of the ratio (Wilson)."""
        return wilson(self.matching, self.n)


@dataclass(frozen=True)
class Scaling:
    """How matching moves with x.

    Attributes
    ----------
    points : by x
    n_sizes : different x
    chance : ratio that guessing gives
    rho, rho_pvalue : Spearman of x and the ratio, −1 to 1, and its permutation p; nan where all ratios are equal. Three sizes reach
        p = .33 at best: the order alone cannot show a trend
    unit : what the slope is per: "decade" (ten times x) or "1,000" (steps more)
    slope, slope_interval, slope_pvalue : change of the log odds of matching per unit, 0 is no trend; nan where no
        finite line fits (all rows match, or none, or models that match at all are larger than all that ever do not)
    intercept : log odds at x = 1 (decade) or x = 0
    dispersion : Pearson chi² over its degrees of freedom; about 1 where the line and counting noise explain the points
    overdispersed : above 1: models differ beyond that, and the interval is widened
    inverse : the interval lies wholly on the wrong side of 0
    """

    points: tuple[ScalePoint, ...]
    n_sizes: int
    chance: float
    rho: float
    rho_pvalue: float
    unit: Unit
    slope: float
    slope_interval: Interval
    slope_pvalue: float
    intercept: float
    dispersion: float
    overdispersed: bool
    inverse: bool

    def fitted(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """The line's ratio at x, 0–1; nan where there is no finite fit."""
        from scipy.special import expit

        return expit(self.intercept + self.slope * _scaled(np.asarray(x, dtype=np.float64), self.unit))


def scaling(points: Sequence[ScalePoint], *, chance: float = 0.5, wanted: bool = True, random_state: int = 42) -> Scaling:
    """The trend of matching over models of different size.

    Sizes are taken per decade: models grow by factors. Where an x is 0 (a model before RLHF) there is no decade, and log(x + 1)
    would set 0 as far from 1 as 1 from 3, so x is taken as it is, per 1,000 steps.

    Few models, and models differ by more than counting noise: the binomial interval is widened by the dispersion and takes
    Student's t on as many degrees of freedom as there are points beyond 2. Where the dispersion is not above 1, it is the plain
    binomial one. Over 400 sets of models without a trend p < .05 came in 3 % (no difference between models beyond counting), and in
    4 to 8 % (four sizes or more) or 12 % (three) where models of one size differ.

    Parameters
    ----------
    points : one a model, in any order; several may share an x
    chance : 1 / options
    wanted : whether a better model should match more. True marks falling as inverse scaling; False, for a behaviour that is not
        wanted (sycophancy), marks rising

    Raises
    ------
    DatasetError : fewer than 3 different x
    ValueError : a point without rows, with more matches than rows, or with x below 0

    Source: statsmodels.genmod GLM Binomial with Pearson chi² dispersion (McCullagh & Nelder 1989, ch. 4.5); scipy.stats
    permutation_test (exact up to 7 points); Perez et al. 2022, arXiv:2212.09251 (matching over parameters and RLHF steps).
    """
    ordered = tuple(sorted(points, key=lambda point: (point.x, point.label)))
    for point in ordered:
        if point.n < 1 or not 0 <= point.matching <= point.n:
            raise ValueError(f"{point.label or point.x}: {point.matching} matching of {point.n} rows")
        if not (np.isfinite(point.x) and point.x >= 0):
            raise ValueError(f"{point.label or 'a point'} has x = {point.x}; expected 0 or more")
    x = np.array([point.x for point in ordered], dtype=np.float64)
    sizes = np.unique(x)
    if len(sizes) < FEWEST:
        listed = ", ".join(f"{size:,.0f}" for size in sizes) or "none"
        raise DatasetError(
            f"A trend needs models of at least {FEWEST} different sizes; here {'is' if len(sizes) == 1 else 'are'} {len(sizes)} "
            f"({listed}). Import answers of another size, or say how large the models are."
        )
    unit: Unit = "decade" if sizes[0] > 0 else "1,000"
    hits, n = np.array([point.matching for point in ordered]), np.array([point.n for point in ordered])
    rho, rho_pvalue = _order(x, hits / n, random_state=random_state)
    slope, interval, p, intercept, dispersion = _line(_scaled(x, unit), hits, n)
    return Scaling(
        points=ordered,
        n_sizes=len(sizes),
        chance=chance,
        rho=rho,
        rho_pvalue=rho_pvalue,
        unit=unit,
        slope=slope,
        slope_interval=interval,
        slope_pvalue=p,
        intercept=intercept,
        dispersion=dispersion,
        overdispersed=bool(dispersion > 1),
        inverse=bool(interval.high < 0 if wanted else interval.low > 0),
    )


def _scaled(x: NDArray[np.float64], unit: Unit) -> NDArray[np.float64]:
    return np.log10(x) if unit == "decade" else x / 1000


def _order(x: NDArray[np.float64], ratios: NDArray[np.float64], *, random_state: int) -> tuple[float, float]:
    """Spearman's rho and its permutation p, two-sided. The usual t formula says p = 0 of any three points in order."""
    from scipy.stats import permutation_test, rankdata

    if np.ptp(ratios) == 0:
        return NAN, NAN
    first, second = (ranks - ranks.mean() for ranks in (rankdata(x), rankdata(ratios)))
    first, second = first / np.linalg.norm(first), second / np.linalg.norm(second)
    result: Any = permutation_test(
        (second,),
        lambda permuted, axis: (permuted * first).sum(axis=axis),
        permutation_type="pairings",
        vectorized=True,
        n_resamples=9_999,
        rng=np.random.default_rng(random_state),
    )
    return round(float(result.statistic), 12), float(result.pvalue)


def _line(x: NDArray[np.float64], hits: NDArray[np.int64], n: NDArray[np.int64]) -> tuple[float, Interval, float, float, float]:
    """Slope, its interval and p, intercept and dispersion of the binomial line."""
    import warnings

    from scipy import stats
    from statsmodels.genmod import families
    from statsmodels.genmod.generalized_linear_model import GLM
    from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

    matching, other = x[hits > 0], x[hits < n]
    if not len(matching) or not len(other) or matching.min() >= other.max() or matching.max() <= other.min():
        return NAN, UNKNOWN, NAN, NAN, NAN  # separated: the likelihood grows without end
    middle = x.mean()
    design = np.column_stack([np.ones(len(x)), x - middle])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PerfectSeparationWarning)  # points exactly on the line, for separation is ruled out
        fit: Any = GLM(np.column_stack([hits, n - hits]), design, family=families.Binomial()).fit()
    freedom = len(x) - 2
    dispersion = float(fit.pearson_chi2 / freedom)
    slope = float(fit.params[1])
    error = float(fit.bse[1]) * np.sqrt(max(1.0, dispersion))
    reference: Any = stats.t(freedom) if dispersion > 1 else stats.norm()
    reach = float(reference.ppf(0.975)) * error
    p = float(2 * reference.sf(abs(slope) / error))
    return slope, Interval(slope - reach, slope + reach), p, float(fit.params[0]) - slope * middle, dispersion
