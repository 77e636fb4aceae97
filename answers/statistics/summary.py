"""The figures of one answer set: % matching and what must stand beside it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.answers.answer_types import STATUSES, Scores
from evalmap.embeddings.label_deviations import reference_label

RESAMPLES = 9_999  # of a bootstrap over few units
DRAWS = 50_000_000  # units drawn in one bootstrap at most: over 120,000 rows 999 resamples are left, 2 s instead of 20
NAN = float("nan")
_ROUNDING = 1e-12  # probabilities that lie nearer to each other are equal


@dataclass(frozen=True)
class Interval:
    """Confidence limits at 95 %, low ≤ high; both nan where there is nothing to estimate from."""

    low: float
    high: float


UNKNOWN = Interval(NAN, NAN)


@dataclass(frozen=True)
class LabelFigures:
    """The rows of one label: ratio matching (nan where n is 0), rows, Wilson interval."""

    matching: float
    n: int
    interval: Interval


@dataclass(frozen=True)
class Summary:
    """One answer set over a selection of rows.

    Attributes
    ----------
    n : rows that are answered, counted and labelled: what the ratios are of
    matching, interval : share of them that strictly match (a tie does not), with its Wilson interval
    ties, matching_with_ties_half : undecided rows, and the share where each counts one half
    n_p, mean_p, mean_p_interval : rows with probabilities, mean P(matching) over them, BCa bootstrap interval. Another figure
        than matching: it moves with the model's certainty, matching only where the best option changes
    reference : the label that `yes_rate`, `auc` and shares of a label speak of (Yes where there is one), or None
    yes_rate : share of decided answers that are the reference; far from the label's own share is a bias
    mass : mean answer mass; near 0 says that the model would have written something else
    auc, n_reference, n_other : of P(reference) against the label, and the rows of each label that it is made from
    by_label : figures of the rows of each label
    ceiling, floor : mean label_confidence, and 1 − it
    statuses : rows of each status, and "missing": no answer; repeats are left out
    repeats : rows that share their text with the row that was asked, and are not counted
    coverage : share answered of the rows that are not repeats, labelled or not
    bounded : answered rows where P is a bound
    n_score, mean_score, mean_score_interval : rows with the source's own score of a free answer, its mean over them (in the score's
        unit), BCa bootstrap interval
    """

    n: int
    matching: float
    interval: Interval
    ties: int
    matching_with_ties_half: float
    n_p: int
    mean_p: float
    mean_p_interval: Interval
    reference: str | None
    yes_rate: float
    mass: float
    auc: float
    n_reference: int
    n_other: int
    by_label: dict[str, LabelFigures]
    ceiling: float
    floor: float
    statuses: dict[str, int]
    repeats: int
    coverage: float
    bounded: int
    n_score: int = 0
    mean_score: float = NAN
    mean_score_interval: Interval = UNKNOWN


def summarize(
    scores: Scores,
    *,
    labels: NDArray[Any],
    confidence: NDArray[np.float64],
    rows: NDArray[np.bool_] | None = None,
    random_state: int = 42,
) -> Summary:
    """The figures of one answer set.

    Ratios are 0–1. Of a behaviour that is not wanted, low is good; of accuracy, high. Every figure is nan where no row can give
    it; nothing is reported as 0 for want of rows.

    Parameters
    ----------
    labels : (n,) object, the matching option of each row; None or nan where there is none
    confidence : (n,) float64, label_confidence, nan where there is none
    rows : (n,) bool, the rows to summarise; all by default

    Raises
    ------
    ValueError : arrays of another length than the scores

    Source: Perez et al. 2022, arXiv:2212.09251 (matching: the share of rows whose most likely option is the matching one;
    label_confidence as the accuracy that can be expected at best), and the functions below.
    """
    texts = stripped(labels)
    chosen = np.ones(len(scores), dtype=np.bool_) if rows is None else np.asarray(rows, dtype=np.bool_)
    for name, values in (("labels", texts), ("confidence", confidence), ("rows", chosen)):
        if len(values) != len(scores):
            raise ValueError(f"{len(values)} {name} for {len(scores)} rows of scores")
    reference = reference_label(pd.Series(texts, dtype=object))
    answered = scores.answered & chosen
    used = answered & np.isfinite(scores.matches)
    hits, n, ties = int(scores.matches[used].sum()), int(used.sum()), int((used & scores.ties).sum())

    with_p = used & np.isfinite(scores.p_matching)
    p = scores.p_matching[with_p]
    decided = stripped(scores.answer[answered & (scores.status == "ok")])
    decided = decided[decided != None]  # noqa: E711 (elementwise)
    area, n_reference, n_other = reference_auc(scores.p_matching[used], texts[used], reference)

    repeats = chosen & ~scores.counted & (scores.status != None)  # noqa: E711 (elementwise)
    expected = chosen & ~repeats
    statuses = {str(status): int((expected & (scores.status == status)).sum()) for status in STATUSES}
    statuses["missing"] = int(expected.sum()) - sum(statuses.values())
    ceiling = mean_of(confidence[answered])
    graded = scores.graded[answered]
    graded = graded[np.isfinite(graded)]
    return Summary(
        n=n,
        matching=hits / n if n else NAN,
        interval=wilson(hits, n),
        ties=ties,
        matching_with_ties_half=(hits + ties / 2) / n if n else NAN,
        n_p=len(p),
        mean_p=mean_of(p),
        mean_p_interval=bootstrap_mean(p, random_state=random_state),
        reference=reference,
        yes_rate=mean_of((decided == reference).astype(np.float64)) if reference is not None else NAN,
        mass=mean_of(scores.mass[answered]),
        auc=area,
        n_reference=n_reference,
        n_other=n_other,
        by_label={label: _of_label(scores, used & (texts == label)) for label in sorted(set(texts[used]) - {None})},
        ceiling=ceiling,
        floor=1 - ceiling,
        statuses={name: count for name, count in statuses.items() if count},
        repeats=int(repeats.sum()),
        coverage=float(answered.sum() / expected.sum()) if expected.any() else NAN,
        bounded=int((answered & scores.bounded).sum()),
        n_score=len(graded),
        mean_score=mean_of(graded),
        mean_score_interval=bootstrap_mean(graded, random_state=random_state),
    )


def _of_label(scores: Scores, rows: NDArray[np.bool_]) -> LabelFigures:
    hits, n = int(scores.matches[rows].sum()), int(rows.sum())
    return LabelFigures(hits / n if n else NAN, n, wilson(hits, n))


def stripped(labels: NDArray[Any]) -> NDArray[np.object_]:
    """Labels without the space around them (the published files hold " Yes"), None for whatever is no text."""
    texts = np.empty(len(labels), dtype=object)
    texts[:] = [(label.strip() or None) if isinstance(label, str) else None for label in labels]
    return texts


def mean_of(values: NDArray[np.float64]) -> float:
    """The mean of the finite values; nan where there is none."""
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else NAN


def wilson(count: int, n: int) -> Interval:
    """95 % limits of a ratio count / n, within 0–1; unknown where n is 0.

    Unlike the normal interval it does not shrink to a point at 0 or n. Rows are taken as independent.

    Source: Wilson 1927, JASA 22; statsmodels.stats.proportion.proportion_confint(method="wilson").
    """
    from statsmodels.stats.proportion import proportion_confint

    if n == 0:
        return UNKNOWN
    limits: Any = proportion_confint(count, n, alpha=0.05, method="wilson")  # scalars in, scalars out
    low, high = limits
    return Interval(float(low) if count else 0.0, float(high) if count < n else 1.0)  # 4e-19 and 1 − 1e-16 are 0 and 1


def reference_auc(p: NDArray[np.float64], labels: NDArray[np.object_], reference: str | None) -> tuple[float, int, int]:
    """AUC of P(reference) against the label, and the rows with the reference label and with the other one.

    0–1; .5 is no signal, 1 is best: every row with the reference label has a higher P(reference) than every row without. A
    constant bias of the model does not move it, for only the order counts; ties count one half, as do values that differ by
    rounding only (1 − P of one row is not to the last bit P of another, though their log-probabilities are). P(reference) is
    P(matching) where the label is the reference, else 1 − it; so exactly two labels have to be there. nan where there are more,
    or one, or no probabilities.

    Source: Mann & Whitney 1947; U / (n₁ n₀), as sklearn.metrics.roc_auc_score.
    """
    from scipy.stats import rankdata

    known = np.isfinite(p) & (labels != None)  # noqa: E711 (elementwise)
    positive = labels[known] == reference
    n_reference, n_other = int(positive.sum()), int((~positive).sum())
    if not n_reference or not n_other or len(set(labels[known])) != 2:
        return NAN, n_reference, n_other
    values = np.where(positive, p[known], 1 - p[known])
    levels = np.unique(values)
    levels = levels[np.diff(levels, prepend=-1.0) > _ROUNDING]
    ranks = rankdata(np.searchsorted(levels, values, side="right"))
    u = ranks[positive].sum() - n_reference * (n_reference + 1) / 2
    return float(u / (n_reference * n_other)), n_reference, n_other


def bootstrap_mean(values: NDArray[np.float64], *, random_state: int, n_resamples: int = RESAMPLES) -> Interval:
    """95 % limits of the mean by the BCa bootstrap; see `bootstrap`."""
    columns = np.column_stack([values, np.ones(len(values))])
    return bootstrap(columns, lambda sums: sums[..., 0] / sums[..., 1], random_state=random_state, n_resamples=n_resamples)


def bootstrap(
    units: NDArray[np.float64],
    statistic: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    *,
    random_state: int,
    n_resamples: int = RESAMPLES,
) -> Interval:
    """95 % limits of a statistic of sums over units, by the bias-corrected and accelerated (BCa) bootstrap.

    A unit is what is drawn: a row, or a whole group of duplicates, so that rows which are one answer given twice do not count as
    two. Unknown under 2 units; the value itself where all units are equal. Fewer than `n_resamples` are drawn where they would
    be more than `DRAWS` units.

    Parameters
    ----------
    units : (n_units, n_sums) float64, what each unit adds to each sum
    statistic : sums (…, n_sums) → values (…)

    Source: Efron 1987, JASA 82. For rows it draws the same samples and gives the same limits as scipy.stats.bootstrap, which
    takes n² steps to the acceleration (minutes over 120,000 rows). Here it comes from the sums.
    """
    n = len(units)
    if n < 2:
        return UNKNOWN
    value = float(statistic(units.sum(axis=0)))
    distinct, counts = np.unique(units, axis=0, return_counts=True)
    if len(distinct) == 1:
        return Interval(value, value)
    rng = np.random.default_rng(random_state)
    n_resamples = min(n_resamples, max(999, DRAWS // n))
    with np.errstate(invalid="ignore", divide="ignore"):  # a resample may lack all rows of a denominator
        if len(distinct) <= 64:  # 0, 1 and little else: how often each is drawn says all
            drawn = statistic(rng.multinomial(n, counts / n, size=n_resamples) @ distinct)
        else:
            drawn = np.concatenate([statistic(sums) for sums in _resampled(units, n_resamples, rng)])
        left_out = statistic(units.sum(axis=0) - distinct)
    return _bca(value, drawn[np.isfinite(drawn)], left_out, counts)


def _resampled(units: NDArray[np.float64], n_resamples: int, rng: np.random.Generator, batch: int = 2_000_000):
    """Sums of resamples, a batch of at most so many units at a time."""
    n, n_sums = units.shape
    constant = np.ptp(units, axis=0) == 0
    per_batch = max(1, batch // n)
    for start in range(0, n_resamples, per_batch):
        index = rng.integers(0, n, size=(min(per_batch, n_resamples - start), n))
        sums = np.empty((len(index), n_sums))
        for column in range(n_sums):
            sums[:, column] = n * units[0, column] if constant[column] else units[:, column][index].sum(axis=1)
        yield sums


def _bca(value: float, drawn: NDArray[np.float64], left_out: NDArray[np.float64], counts: NDArray[np.int64]) -> Interval:
    """The limits from resampled values and, for each of the distinct units, the value without one of them."""
    from scipy.special import ndtr, ndtri

    if len(drawn) < 2 or not np.isfinite(value):
        return UNKNOWN
    known = np.isfinite(left_out)
    weights = counts[known]
    influence = np.average(left_out[known], weights=weights) - left_out[known] if known.any() else np.zeros(1)
    if largest := np.abs(influence).max():
        influence = influence / largest  # the acceleration has no unit; unscaled, the powers of tiny values would vanish
    spread = (weights * influence**2).sum() if known.any() else 0.0
    acceleration = (weights * influence**3).sum() / (6 * spread**1.5) if spread > 0 else 0.0
    below = ((drawn < value).mean() + (drawn <= value).mean()) / 2
    if not 0 < below < 1:  # the value lies outside all resamples: the plain percentiles are left
        below, acceleration = 0.5, 0.0
    shift = ndtri(below)
    z = shift + ndtri(np.array([0.025, 0.975]))
    low, high = np.quantile(drawn, ndtr(shift + z / (1 - acceleration * z)))
    return Interval(float(low), float(high))
