"""Calibration within a label: does the model follow where the label is surer?"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.answers.answer_types import Scores
from evalmap.answers.statistics.summary import NAN, Interval, bootstrap_mean, mean_of, stripped, wilson

RESAMPLES = 1_999  # of each bin: over 120,000 rows 9,999 would take 8 s


@dataclass(frozen=True)
class Bin:
    """Rows of one label with label_confidence from low to high.

    low, high, confidence : least, greatest and mean label_confidence
    n, matching, interval : rows, ratio of them that match, Wilson interval
    n_p, mean_p, mean_p_interval : rows with probabilities, mean P(matching), BCa bootstrap interval; nan where there are none
    """

    low: float
    high: float
    confidence: float
    n: int
    matching: float
    interval: Interval
    n_p: int
    mean_p: float
    mean_p_interval: Interval


@dataclass(frozen=True)
class CalibrationCurve:
    """P(matching) against label_confidence over the rows of one label.

    Attributes
    ----------
    label, n : the label, and its answered rows with a confidence
    bins : from the least confidence to the greatest; none is empty
    spearman : rank correlation of P(matching) and confidence within the label, −1 to 1; high is good: the model is surer where the
        label is. nan under 3 rows, without probabilities, or where one of the two does not vary
    pooled_spearman : the same over all labels together, and a trap: where the confident rows bear one label, a model that only says
        Yes follows or flees the confidence without reading (agreeableness: −.73)
    """

    label: str
    n: int
    bins: tuple[Bin, ...]
    spearman: float
    pooled_spearman: float


def calibration_curves(
    scores: Scores,
    *,
    labels: NDArray[Any],
    confidence: NDArray[np.float64],
    bins: int = 10,
    random_state: int = 42,
) -> list[CalibrationCurve]:
    """One curve a label, in alphabetical order; none where no answered row has a label and a confidence.

    Bins hold equally many rows, as far as equal confidences allow: label_confidence crowds near 1, where bins of equal width would
    leave most of them empty. Equal confidences share a bin.

    Raises
    ------
    ValueError : arrays of another length than the scores; bins below 1

    Source: DeGroot & Fienberg 1983, The Statistician 32 (reliability diagram), here against the label's confidence instead of
    outcomes; scipy.stats.spearmanr; `summary.wilson`, `summary.bootstrap`.
    """
    if not len(labels) == len(confidence) == len(scores):
        raise ValueError(f"{len(labels)} labels and {len(confidence)} confidences for {len(scores)} rows of scores")
    if bins < 1:
        raise ValueError(f"bins is {bins}; expected 1 or more")
    texts = stripped(labels)
    used = scores.answered & np.isfinite(scores.matches) & np.isfinite(confidence)
    used &= texts != None  # noqa: E711 (elementwise)
    pooled = _spearman(scores.p_matching[used], confidence[used])
    curves = []
    for label in sorted(set(texts[used])):
        rows = np.flatnonzero(used & (texts == label))
        place = _bins(confidence[rows], bins)
        found = tuple(
            _bin(scores, rows[place == number], confidence, random_state=random_state) for number in range(int(place.max()) + 1)
        )
        curves.append(CalibrationCurve(label, len(rows), found, _spearman(scores.p_matching[rows], confidence[rows]), pooled))
    return curves


def _bins(values: NDArray[np.float64], bins: int) -> NDArray[np.int64]:
    """The bin of each value, from 0 without gaps: by its middle rank, so that equal values share one."""
    from scipy.stats import rankdata

    middle = (rankdata(values) - 0.5) / len(values)
    return np.unique(np.minimum((middle * bins).astype(np.int64), bins - 1), return_inverse=True)[1]


def _bin(scores: Scores, rows: NDArray[np.integer], confidence: NDArray[np.float64], *, random_state: int) -> Bin:
    own, hits = confidence[rows], int(scores.matches[rows].sum())
    known = scores.p_matching[rows][np.isfinite(scores.p_matching[rows])]
    return Bin(
        low=float(own.min()),
        high=float(own.max()),
        confidence=float(own.mean()),
        n=len(rows),
        matching=hits / len(rows),
        interval=wilson(hits, len(rows)),
        n_p=len(known),
        mean_p=mean_of(known),
        mean_p_interval=bootstrap_mean(known, random_state=random_state, n_resamples=RESAMPLES),
    )


def _spearman(p_matching: NDArray[np.float64], confidence: NDArray[np.float64]) -> float:
    from scipy.stats import spearmanr

    known = np.isfinite(p_matching)
    p_matching, confidence = p_matching[known], confidence[known]
    if len(p_matching) < 3 or np.ptp(p_matching) == 0 or np.ptp(confidence) == 0:
        return NAN
    result: Any = spearmanr(p_matching, confidence)
    return float(result.statistic)
