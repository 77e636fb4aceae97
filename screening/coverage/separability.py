"""Whether the rows of two datasets can be told apart: the area under the ROC curve (AUC) of a classifier of embeddings."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.embeddings.array_types import Vectors

FOLDS = 5
MAX_ROWS = 500  # of each side: the interval is then some hundredths wide, and embedding the stripped texts takes some seconds
MIN_ROWS = 10  # of each side
REPEATS = 3  # of the cross-validation, each with folds of its own
SHUFFLES = 15  # of the control, a mean of so many: within .45–.55 from about 50 rows a side on
NORMAL = 1.959964  # of a two-sided 95 % interval


@dataclass(frozen=True)
class Separability:
    """How well the two sides are told apart.

    Attributes
    ----------
    auc : chance that a row of B is taken for more like B than a row of A is, 0–1: .5 nothing tells them apart, 1 all does; near .5
        is good where one is to stand in for the other. nan with a `reason`
    low, high : of its 95 % interval
    control_auc : the same on shuffled sides, which must be near .5; else the measurement is at fault
    stripped_auc : the same once wrappings and options are taken off the texts; nan where that was not measured
    n : rows of each side
    reason : why there is no figure; "" where there is
    """

    auc: float
    low: float
    high: float
    control_auc: float
    stripped_auc: float
    n: int
    reason: str = ""


def draw_equal(n_a: int, n_b: int, *, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """As many rows of A as of B, at most `MAX_ROWS` each, rising: the smaller side whole, a random sample of the larger one."""
    n = min(n_a, n_b, MAX_ROWS)
    generator = np.random.default_rng(seed)
    return tuple(np.sort(generator.choice(of, n, replace=False)) for of in (n_a, n_b))  # type: ignore[return-value]


def measure_separability(
    a: Vectors,
    b: Vectors,
    *,
    groups: NDArray[np.integer] | None = None,
    stripped: tuple[Vectors, Vectors] | None = None,
    seed: int = 0,
) -> Separability:
    """The cross-validated AUC of telling B from A: logistic regression on unit vectors, the mean over five folds, three times.

    Near-duplicates lie in one fold: a classifier that has seen a row's copy knows its side by heart. The AUCs of the folds are
    averaged, not their scores put together, since the scores of two fits have no common scale.

    Parameters
    ----------
    a, b : (n, n_dims) and (m, n_dims) float32, unit norm; draw as many of each (`draw_equal`)
    groups : (n + m,) rows of one group share a number, those of B behind those of A; None: each row is its own
    stripped : the vectors of the same rows without wrappings; None: not measured
    seed : of folds and shuffles

    Raises
    ------
    ValueError : groups or stripped vectors of another number of rows; a and b of different dimensions

    Source: scikit-learn's LogisticRegression and StratifiedGroupKFold; the interval as in `cross_validated_auc`.
    """
    from threadpoolctl import threadpool_limits

    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(f"vectors of the shapes {a.shape} and {b.shape}; expected rows × dimensions of one model")
    sides = np.repeat([0, 1], [len(a), len(b)])
    groups = np.arange(len(sides)) if groups is None else np.asarray(groups)
    if len(groups) != len(sides):
        raise ValueError(f"groups of {len(groups):,} rows for {len(sides):,} rows")
    if stripped is not None and (len(stripped[0]), len(stripped[1])) != (len(a), len(b)):
        raise ValueError(f"{len(stripped[0]):,} and {len(stripped[1]):,} stripped vectors for {len(a):,} and {len(b):,} rows")
    n = min(len(a), len(b))
    if reason := _reason(groups[: len(a)], groups[len(a) :]):
        return Separability(np.nan, np.nan, np.nan, np.nan, np.nan, n, reason)
    vectors = np.concatenate([a, b]).astype(np.float32)
    plain = None if stripped is None else np.concatenate(stripped).astype(np.float32)
    generator = np.random.default_rng(seed)
    found, control, bare = [], [], []
    with threadpool_limits(1):  # a fit takes some thousandths of a second; several threads wait for each other much longer
        for repeat in range(REPEATS):
            folds = _folds(sides, groups, seed + repeat)
            found.append(cross_validated_auc(_scores(vectors, sides, folds), sides, folds, groups))
            if plain is not None:
                bare.append(cross_validated_auc(_scores(plain, sides, folds), sides, folds, groups)[0])
            for _ in range(SHUFFLES // REPEATS):
                mixed = generator.permutation(sides)
                control.append(cross_validated_auc(_scores(vectors, mixed, folds), mixed, folds, groups)[0])
    auc, low, high = (float(end) for end in np.mean(found, axis=0))
    return Separability(auc, low, high, float(np.nanmean(control)), float(np.mean(bare)) if bare else np.nan, n)


def cross_validated_auc(
    scores: NDArray[np.floating[Any]], sides: NDArray[np.integer], folds: NDArray[np.integer], groups: NDArray[np.integer]
) -> tuple[float, float, float]:
    """(mean AUC of the folds, low, high): 0–1 each; nan where no fold holds rows of both sides.

    A fold that holds rows of one side only is left out. The interval is that of a classifier that learns from another sample as
    large: the variance over rows alone, for which the fits are fixed, misses half of it (of 95 % intervals of that kind about 83 %
    held the AUC in simulations). So it is multiplied by 1 + rows tested over rows learned from, for each fold. Where every pair
    stands in the right order the spread is 0 and says nothing; then the low end is the exact one of so many right out of so many,
    counted in groups of the smaller side.

    Parameters
    ----------
    scores : (n,) the higher, the more a row is taken for one of side 1, by a fit that has not seen its fold
    sides, folds, groups : (n,) 0 or 1; which fold a row lies in; which group of near-duplicates

    Source: the variance over rows by influence curves, summed over groups, of LeDell, Petersen and van der Laan 2015, Electronic
    Journal of Statistics 9:1583–1607, on the logit scale, so that the interval stays within 0–1; its correction of Nadeau and
    Bengio 2003, Machine Learning 52:239–281.
    """
    from scipy.stats import rankdata

    parts: list[float] = []
    share = np.zeros(len(scores))
    for fold in np.unique(folds):
        ones, zeros = np.flatnonzero((folds == fold) & (sides == 1)), np.flatnonzero((folds == fold) & (sides == 0))
        if not len(ones) or not len(zeros):
            continue
        ranks = rankdata(scores[np.concatenate([ones, zeros])])
        above = (ranks[: len(ones)] - rankdata(scores[ones])) / len(zeros)  # share of the other side that a row stands above
        below = 1 - (ranks[len(ones) :] - rankdata(scores[zeros])) / len(ones)
        parts.append(float(above.mean()))
        share[ones], share[zeros] = (above - above.mean()) / len(ones), (below - below.mean()) / len(zeros)
    if not parts:
        return np.nan, np.nan, np.nan
    auc = float(np.mean(parts))
    _, of = np.unique(groups, return_inverse=True)
    n_groups = int(of.max()) + 1
    if auc in (0.0, 1.0):
        smaller = min(len(np.unique(groups[sides == side])) for side in (0, 1))
        end = 0.025 ** (1 / smaller)
        return (auc, end, 1.0) if auc else (auc, 0.0, 1 - end)
    variance = float((np.bincount(of, share) ** 2).sum()) * n_groups / max(n_groups - 1, 1) / len(parts) ** 2
    if (of_folds := len(np.unique(folds))) > 1:  # each is tested once, and learned from by all others
        variance *= 1 + of_folds / (of_folds - 1)
    error = np.sqrt(variance)
    spread = NORMAL * error / (auc * (1 - auc))
    middle = np.log(auc / (1 - auc))
    low, high = (float(1 / (1 + np.exp(-end))) for end in (middle - spread, middle + spread))
    return auc, low, high


def _reason(a: NDArray[np.integer], b: NDArray[np.integer]) -> str:
    """Why the sides cannot be told apart or not; "" where they can."""
    n = min(len(a), len(b))
    if n < MIN_ROWS:
        return f"one dataset has {n} {'row' if n == 1 else 'rows'}, at least {MIN_ROWS} are needed"
    if (own := min(len(np.unique(a)), len(np.unique(b)))) < FOLDS:
        return f"the rows of one dataset are {own} groups of near-duplicates, at least {FOLDS} are needed"
    return ""


def _folds(sides: NDArray[np.integer], groups: NDArray[np.integer], seed: int) -> NDArray[np.int64]:
    """(n,) the fold of each row: both sides in equal shares as far as whole groups allow."""
    from sklearn.model_selection import StratifiedGroupKFold

    folds = np.zeros(len(sides), dtype=np.int64)
    split = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    for fold, (_, test) in enumerate(split.split(sides[:, None], sides, groups)):
        folds[test] = fold
    return folds


def _scores(vectors: Vectors, sides: NDArray[np.integer], folds: NDArray[np.integer]) -> NDArray[np.float64]:
    """(n,) how much each row is taken for one of side 1, by a fit to the other folds."""
    from sklearn.linear_model import LogisticRegression

    scores = np.zeros(len(sides))
    for fold in np.unique(folds):
        test = folds == fold
        if len(np.unique(sides[~test])) == 2:
            fit = LogisticRegression(max_iter=1000).fit(vectors[~test], sides[~test])
            scores[test] = fit.decision_function(vectors[test])
    return scores
