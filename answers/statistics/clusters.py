"""Where on the map a model answers otherwise than its labels let expect."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.answers.answer_types import Scores
from evalmap.answers.statistics.summary import NAN, UNKNOWN, Interval, bootstrap_mean, mean_of, reference_auc, stripped, wilson
from evalmap.embeddings.label_deviations import reference_label

MIN_N = 30  # answered rows; below, a cluster's figures are hidden and it is not tested
MAX_QVALUE = 0.05
RANDOM_STATE = 42  # of the intervals of clusters
LEVELS = 512  # distinct values of a label that the saddlepoint sums over; more are pooled

TEST = (
    "Permutation test of the cluster's mean within labels (exact for answers, saddlepoint for P(matching)), two-sided, "
    "Benjamini–Hochberg q < .05"
)


@dataclass(frozen=True)
class AnswerDeviation:
    """One cluster against what its labels let expect.

    Attributes
    ----------
    id : cluster
    n : its rows with a value and a label
    value : mean of value − mean(value | label) over them, in the value's unit; 0 is no deviation; nan where n is 0
    pvalue, qvalue : of the test and after Benjamini–Hochberg over the tested clusters, 0–1, small = deviates; nan where it was
        not tested
    """

    id: int
    n: int
    value: float
    pvalue: float
    qvalue: float

    @property
    def flagged(self) -> bool:
        return bool(self.qvalue < MAX_QVALUE)


@dataclass(frozen=True)
class ClusterFigures:
    """The figures of one cluster; all but `id`, `size`, `n` and `label_share` are nan where it is hidden.

    Attributes
    ----------
    id, size : cluster, and its rows, answered or not
    n : its answered, counted and labelled rows
    label_share : ratio of these that bear the reference label: to be read beside every figure
    matching, interval, mean_p, auc : as in `Summary`
    n_score, mean_score, score_interval : rows with a score, its mean, BCa bootstrap interval; nan where they are fewer than `min_n`
    value : what is tested: "p_matching", P(matching), "match", the answers themselves, or "score", what the source gave each answer
    deviation, pvalue, qvalue : see `AnswerDeviation`
    hidden : n is below `min_n`
    """

    id: int
    size: int
    n: int
    label_share: float
    matching: float
    interval: Interval
    mean_p: float
    auc: float
    value: Literal["p_matching", "match", "score"]
    deviation: float
    pvalue: float
    qvalue: float
    hidden: bool
    n_score: int = 0
    mean_score: float = NAN
    score_interval: Interval = UNKNOWN

    @property
    def flagged(self) -> bool:
        return bool(self.qvalue < MAX_QVALUE)


def cluster_figures(
    scores: Scores,
    *,
    labels: NDArray[Any],
    confidence: NDArray[np.float64] | None = None,
    clusters: NDArray[np.integer],
    n_clusters: int,
    min_n: int = MIN_N,
    adjust: bool = True,
) -> list[ClusterFigures]:
    """The figures of each cluster, and whether it deviates from what its labels let expect.

    The tested value is P(matching) where 9 in 10 of the answered rows have it, else whether the answer matches.

    Parameters
    ----------
    labels : (n,) object, the matching option of each row; None or nan where there is none
    confidence : not read; it is here so that the statistics are called alike
    clusters : (n,) int from 0; negative is no cluster (such a row still belongs to the rest)
    adjust : False tests against all rows whatever their label. It shows what the adjustment does, and is no finding: clusters
        separate labels, so a model that says Yes to everything deviates nearly everywhere (agreeableness: 18 of 20 clusters,
        9 adjusted)

    Raises
    ------
    ValueError : arrays of another length than the scores, or a cluster beyond n_clusters

    Source: see `answer_deviations` and `Summary`.
    """
    texts = stripped(labels)
    _check(len(scores), texts, clusters, n_clusters)
    used = scores.answered & np.isfinite(scores.matches)
    value, values = value_tested(scores)
    tests = answer_deviations(values, labels=texts, clusters=clusters, n_clusters=n_clusters, min_n=min_n, adjust=adjust)
    reference = reference_label(pd.Series(texts, dtype=object))

    found = []
    order = np.argsort(clusters, kind="stable")
    edges = np.searchsorted(clusters[order], np.arange(n_clusters + 1))
    for test in tests:
        members = order[edges[test.id] : edges[test.id + 1]]
        rows = members[used[members]]
        n, hits = len(rows), int(scores.matches[rows].sum())
        graded = scores.graded[members][scores.answered[members]]
        graded = graded[np.isfinite(graded)]
        hidden = (test.n if value == "score" else n) < min_n
        found.append(
            ClusterFigures(
                id=test.id,
                size=len(members),
                n=n,
                label_share=float((texts[rows] == reference).mean()) if n and reference is not None else NAN,
                matching=NAN if hidden or not n else hits / n,
                interval=UNKNOWN if hidden else wilson(hits, n),
                n_score=len(graded),
                mean_score=NAN if hidden else mean_of(graded),
                score_interval=UNKNOWN if hidden else bootstrap_mean(graded, random_state=RANDOM_STATE, n_resamples=999),
                mean_p=NAN if hidden else mean_of(scores.p_matching[rows]),
                auc=NAN if hidden else reference_auc(scores.p_matching[rows], texts[rows], reference)[0],
                value=value,
                deviation=NAN if hidden else test.value,
                pvalue=test.pvalue,
                qvalue=test.qvalue,
                hidden=hidden,
            )
        )
    return found


def value_tested(scores: Scores) -> tuple[Literal["p_matching", "match", "score"], NDArray[np.float64]]:
    """What the clusters are tested on, and its values, (n,) float64 with nan for rows that are not used."""
    if scores.is_graded:
        return "score", np.where(scores.answered, scores.graded, np.nan)
    used = scores.answered & np.isfinite(scores.matches)
    with_p = used & np.isfinite(scores.p_matching)
    if used.any() and with_p.sum() >= 0.9 * used.sum():
        return "p_matching", np.where(with_p, scores.p_matching, np.nan)
    return "match", np.where(used, scores.matches, np.nan)


def answer_deviations(
    values: NDArray[np.float64],
    *,
    labels: NDArray[np.object_],
    clusters: NDArray[np.integer],
    n_clusters: int,
    min_n: int = MIN_N,
    adjust: bool = True,
) -> list[AnswerDeviation]:
    """Test each cluster's mean residual, value − mean(value | label), against chance.

    Chance is: within each label, the cluster's rows are drawn from all rows of that label, without replacement. So the labels'
    own levels cannot make a cluster deviate, nor can the cluster's share of labels. p is two-sided:

    - Values of two kinds (answers): exact, the convolution of the labels' hypergeometric distributions; the probability of all
      counts that are no likelier than the one found, as Fisher's test, which it is with one label.
    - Other values (P): saddlepoint approximation of the same distribution, twice the smaller tail.

    Where the values are constant within each label, or the cluster holds all rows of its labels, nothing can deviate: the value is
    0 and p is 1. Clusters under `min_n` rows are not tested. Rows are taken as exchangeable within a label: near-duplicates, which
    share a cluster and an answer, make it deviate too soon; screen first.

    Why not the normal or Pearson type III approximation (Mielke & Berry 2007): with P near .99 or .5 and one row in a hundred far
    away, which Yes-biased models come close to, the normal one flagged a cluster in 14 to 24 % of 200 null answer sets, Pearson's
    in up to 38 %, and the saddlepoint in 3 to 5 % of 1,000. Over all 24 null cases of the tests it is 1 to 6 %.

    Source: Mantel 1963, JASA 58 (labels as strata; the normal limit of the exact test is Cochran–Mantel–Haenszel's); Robinson
    1982, JRSS B 44 and Booth & Butler 1990, Biometrika 77 (saddlepoint of permutation distributions); Barndorff-Nielsen 1986,
    Biometrika 73 (r*); scipy.stats.hypergeom, false_discovery_control.
    """
    from scipy import stats

    _check(len(values), labels, clusters, n_clusters)
    known = np.isfinite(values)
    v, at = np.round(values[known], 12), clusters[known]  # below 1e-12 lies the noise of floats
    strata = pd.factorize(labels[known], use_na_sentinel=False)[0] if adjust else np.zeros(len(v), dtype=np.int64)
    totals = np.bincount(strata)
    residuals = v - (np.bincount(strata, v) / totals)[strata]
    for stratum in range(len(totals)):
        rows = strata == stratum
        if np.ptp(v[rows]) == 0:
            residuals[rows] = 0.0
    inside = at >= 0
    sizes = np.zeros((n_clusters, len(totals)), dtype=np.int64)
    np.add.at(sizes, (at[inside], strata[inside]), 1)
    sums = np.bincount(at[inside], residuals[inside], minlength=n_clusters)
    n = sizes.sum(axis=1)

    pvalues = np.full(n_clusters, np.nan)
    tested = np.flatnonzero(n >= max(min_n, 1))
    two_kinds = len(v) > 0 and len(np.unique(v)) <= 2
    if two_kinds:
        hit = v == v.max()
        hits_by_stratum = np.bincount(strata[hit], minlength=len(totals))
        hits = np.bincount(at[inside & hit], minlength=n_clusters)
        for cluster in tested:
            pvalues[cluster] = exact_pvalue(int(hits[cluster]), sizes[cluster], totals, hits_by_stratum)
    else:
        pooled = [pool(residuals[strata == stratum]) for stratum in range(len(totals))]
        for cluster in tested:
            pvalues[cluster] = saddlepoint_pvalue(float(sums[cluster]), sizes[cluster], pooled)
    free = ((sizes > 0) & (sizes < totals)).any(axis=1)  # a cluster that takes all or none of each label has no choice of rows
    means = np.divide(np.where(free, sums, 0.0), n, out=np.full(n_clusters, np.nan), where=n > 0)
    qvalues = np.full(n_clusters, np.nan)
    if len(tested):
        qvalues[tested] = stats.false_discovery_control(pvalues[tested])
    return [AnswerDeviation(i, int(n[i]), float(means[i]), float(pvalues[i]), float(qvalues[i])) for i in range(n_clusters)]


def exact_pvalue(found: int, sizes: NDArray[np.integer], totals: NDArray[np.integer], hits: NDArray[np.integer]) -> float:
    """Two-sided p of `found` hits where, of each label, `sizes` rows are drawn from `totals` rows with `hits` hits."""
    from scipy import stats

    probabilities, first = np.ones(1), 0
    for size, total, hit in zip(sizes, totals, hits, strict=True):
        low, high = max(0, size + hit - total), min(size, hit)
        own = np.exp(stats.hypergeom.logpmf(np.arange(low, high + 1), total, hit, size))  # pmf is 100 times slower
        above = np.flatnonzero(own)  # what underflows is left out, or large clusters take minutes
        probabilities = np.convolve(probabilities, own[above[0] : above[-1] + 1])
        first += low + int(above[0])
    place = found - first
    if not 0 <= place < len(probabilities):
        return 0.0
    return float(min(1.0, probabilities[probabilities <= probabilities[place] * (1 + 1e-7)].sum()))


Pooled = tuple[NDArray[np.float64], NDArray[np.float64]]


def pool(values: NDArray[np.float64]) -> Pooled:
    """Distinct values and their counts; more than `LEVELS` are pooled by rank and by size, each pool at its mean.

    By size, so that a rare far value keeps its place; by rank, so that a crowded bulk keeps its shape.
    """
    ordered = np.sort(values)
    distinct, counts = np.unique(ordered, return_counts=True)
    if len(distinct) <= LEVELS:
        return distinct, counts.astype(np.float64)
    half = LEVELS // 2
    by_rank = np.arange(len(ordered)) * half // len(ordered)
    by_size = np.minimum((ordered - ordered[0]) / (ordered[-1] - ordered[0]) * half, half - 1).astype(np.int64)
    _, group, counts = np.unique(by_rank * half + by_size, return_inverse=True, return_counts=True)
    return np.bincount(group, ordered) / counts, counts.astype(np.float64)


def saddlepoint_pvalue(found: float, sizes: NDArray[np.integer], strata: Sequence[Pooled]) -> float:
    """Two-sided p of a sum of residuals where, of each label, `sizes` rows are drawn without replacement.

    Drawing k of N rows is drawing each with probability k/N, given that k were drawn. That joint distribution's cumulant function
    is Σ log(1 − k/N + k/N exp(λ + t v)); its saddlepoint (λ of each label, t) is found by Newton steps, and the tail by r*.
    Within one standard deviation of the mean, where nothing is flagged, p is the normal one.
    """
    from scipy.special import expit, ndtr

    drawn = [(*stratum, float(size)) for stratum, size in zip(strata, sizes, strict=True) if 0 < size < stratum[1].sum()]
    variance = sum(
        size * (total := counts.sum()) * (1 - size / total) / (total - 1) * (counts * v * v).sum() / total
        for v, counts, size in drawn
    )
    if variance <= 1e-22:
        return 1.0
    scale = float(np.sqrt(variance))
    target = found / scale
    if abs(target) < 1:
        return float(2 * ndtr(-abs(target)))

    k = np.array([size for *_, size in drawn])
    share = k / np.array([counts.sum() for _, counts, _ in drawn])
    flat = np.concatenate([v for v, *_ in drawn]) / scale
    count = np.concatenate([counts for _, counts, _ in drawn])
    of = np.repeat(np.arange(len(drawn)), [len(v) for v, *_ in drawn])
    inside, outside = np.log(share)[of], np.log1p(-share)[of]

    def surplus(tilt: NDArray[np.float64], t: float) -> float:
        """Cumulant function less what it is conditioned on: its least value is −w²/2."""
        return float((count * np.logaddexp(outside, inside + tilt[of] + t * flat)).sum() - tilt @ k - t * target)

    tilt, t, depth, slope = np.zeros(len(drawn)), 0.0, 0.0, 1.0
    a = b = np.ones(1)
    for _ in range(100):
        chance = expit(inside - outside + tilt[of] + t * flat)
        weight = count * chance * (1 - chance)
        a, b = np.bincount(of, weight), np.bincount(of, weight * flat)
        g_tilt, g_t = np.bincount(of, count * chance) - k, float((count * chance * flat).sum()) - target
        if a.min() <= 1e-12 or (slope := float((weight * flat**2).sum() - (b * b / a).sum())) <= 1e-12:
            return float(2 * ndtr(-np.sqrt(-2 * depth)))  # all but the one most extreme draw is excluded
        step_t = -(g_t - (b * g_tilt / a).sum()) / slope
        step = -(g_tilt + b * step_t) / a
        gain = -(g_t * step_t + float(g_tilt @ step))
        if gain < 1e-10:
            break
        length = 1.0
        while (lower := surplus(tilt + length * step, t + length * step_t)) > depth - 1e-4 * length * gain and length > 1e-8:
            length /= 2
        tilt, t, depth = tilt + length * step, t + length * step_t, lower
    w = np.sign(t) * np.sqrt(max(0.0, -2 * depth))
    untilted = np.log(k * (1 - share)).sum()
    u = t * np.sqrt(slope * np.exp(np.log(a).sum() - untilted))
    r = w + np.log(u / w) / w if abs(w) > 0.05 and u / w > 0 else w
    return float(min(1.0, 2 * ndtr(-abs(r))))


def _check(n: int, labels: NDArray[np.object_], clusters: NDArray[np.integer], n_clusters: int) -> None:
    if len(labels) != n or len(clusters) != n:
        raise ValueError(f"{len(labels)} labels and {len(clusters)} clusters for {n} rows")
    if n and clusters.max() >= n_clusters:
        raise ValueError(f"cluster {clusters.max()} with n_clusters {n_clusters}")
