"""Whether more rows written the same way would bring anything new: growth, the chance of a new row, and how many there may be."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MIN_ROWS = 10  # fewer say nothing of the next row
NORMAL = 1.959964  # of a two-sided 95 % interval
POINTS = 50  # of a growth curve


@dataclass(frozen=True)
class Estimate:
    """A figure with the ends of its 95 % interval; nan where it cannot be said."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Saturation:
    """What the repeats of a dataset say of rows that are not written yet.

    Attributes
    ----------
    n, distinct : rows, and groups of near-duplicates among them (a row without one is its own group)
    once, twice : groups of one row and of two
    growth : ((rows, distinct among the first so many), …), at most `POINTS`
    p_new : the chance that the next row is new
    total : how many distinct rows this way of writing holds, at least
    reason : why `p_new` and `total` are nan; "" where they are not
    """

    n: int
    distinct: int
    once: int
    twice: int
    growth: tuple[tuple[int, int], ...]
    p_new: Estimate
    total: Estimate
    reason: str = ""

    @property
    def sentence(self) -> str:
        """What it means, in a sentence."""
        if self.reason:
            return f"Whether more rows would be new cannot be said: {self.reason}."
        repeats, low, high = (round(100 * (1 - share)) for share in (self.p_new.value, self.p_new.high, self.p_new.low))
        return f"Of the next 100 rows written this way about {repeats} would repeat one that is there (95 %: {low} to {high})."


def measure_saturation(groups: NDArray[np.integer], *, shuffle: int | None = None) -> Saturation:
    """Growth, Good and Turing's chance and Chao1 of rows in their order.

    Parameters
    ----------
    groups : (n,) rows that share a number repeat each other
    shuffle : a seed that shuffles the rows for the growth curve; None keeps their order
    """
    n = len(groups)
    order = np.arange(n) if shuffle is None else np.random.default_rng(shuffle).permutation(n)
    sizes = np.unique(groups, return_counts=True)[1]
    once, twice = int((sizes == 1).sum()), int((sizes == 2).sum())
    unknown = Estimate(float("nan"), float("nan"), float("nan"))
    reason = "" if n >= MIN_ROWS else f"the dataset has {n} {'row' if n == 1 else 'rows'}, at least {MIN_ROWS} are needed"
    return Saturation(
        n=n,
        distinct=len(sizes),
        once=once,
        twice=twice,
        growth=growth_curve(groups[order]),
        p_new=unknown if reason else chance_of_new(sizes),
        total=unknown if reason else chao1(sizes),
        reason=reason,
    )


def growth_curve(groups: NDArray[np.integer]) -> tuple[tuple[int, int], ...]:
    """(rows, distinct groups among the first so many rows) at even distances, the last at all rows; exact; () without rows."""
    if not len(groups):
        return ()
    first = np.zeros(len(groups), dtype=np.int64)
    first[np.unique(groups, return_index=True)[1]] = 1
    distinct = np.cumsum(first)
    places = np.unique(np.linspace(1, len(groups), min(POINTS, len(groups))).round().astype(int))
    return tuple((int(place), int(distinct[place - 1])) for place in places)


def chance_of_new(sizes: NDArray[np.integer]) -> Estimate:
    """The chance that the next row is in no group yet: groups of one row, divided by rows.

    From 0 (saturated) to 1; high says that more rows pay. nan without rows. The interval is Esty's. Where no row repeats another
    its lower end is 1 - 6/n (as many equally likely groups as make no repeat a 5 % chance), and where no row is alone its upper end
    is 3/n (rule of three): Esty's interval has no width there.

    Source: Good 1953, Biometrika 40; Esty 1983, Annals of Statistics 11.
    """
    n, once, twice = int(sizes.sum()), int((sizes == 1).sum()), int((sizes == 2).sum())
    if not n:
        return Estimate(float("nan"), float("nan"), float("nan"))
    half = NORMAL * np.sqrt(once * (1 - once / n) + 2 * twice) / n
    low, high = once / n - half, once / n + half
    if once == n:
        low = 1 - 6 / n
    if not once:
        high = max(high, 3 / n)
    return Estimate(once / n, float(max(0.0, low)), float(min(1.0, high)))


def chao1(sizes: NDArray[np.integer]) -> Estimate:
    """How many groups there are, the unseen ones included: a lower bound, exact where unseen groups are equally likely.

    From the number seen upwards; near it says saturated. nan without rows. Its log-normal interval has no width where no group has
    one row only.

    Source: Chao 1987, Biometrics 43 (estimate, variance and log-normal interval; with the factor (n - 1)/n for small samples).
    """
    n, seen = int(sizes.sum()), len(sizes)
    if not n:
        return Estimate(float("nan"), float("nan"), float("nan"))
    once, twice, k = int((sizes == 1).sum()), int((sizes == 2).sum()), (n - 1) / n
    if twice:
        ratio = once / twice
        unseen = k * once * ratio / 2
        variance = twice * (k * ratio**2 / 2 + k**2 * ratio**3 + k**2 * ratio**4 / 4)
    else:
        unseen = k * once * (once - 1) / 2
        variance = k * once * (once - 1) / 2 + k**2 * once * (2 * once - 1) ** 2 / 4
        variance -= k**2 * once**4 / (4 * (seen + unseen))
    if unseen <= 0:
        return Estimate(float(seen), float(seen), float(seen))
    factor = float(np.exp(NORMAL * np.sqrt(np.log1p(max(variance, 0.0) / unseen**2))))
    return Estimate(seen + unseen, seen + unseen / factor, seen + unseen * factor)


def predict_new(sizes: NDArray[np.integer], more: int) -> float:
    """How many new groups so many more rows would bring, from 0 to `more`; high says that more rows pay; nan without rows.

    Source: Chao and Jost 2012, Ecology 93 (extrapolation to n + m).
    """
    n, once = int(sizes.sum()), int((sizes == 1).sum())
    unseen = chao1(sizes).value - len(sizes)
    if not n or unseen <= 0:
        return 0.0 if n else float("nan")
    return float(unseen * (1 - (1 - once / (n * unseen + once)) ** more))
