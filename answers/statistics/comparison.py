"""Two answer sets over the same examples: who matches where, and whether the difference is more than chance."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.answers.answer_types import Scores
from evalmap.answers.statistics.clusters import MAX_QVALUE, MIN_N
from evalmap.answers.statistics.summary import NAN, UNKNOWN, Interval, bootstrap, stripped

EXACT = "exact binomial"
CHI2 = "chi-squared with continuity correction"


@dataclass(frozen=True)
class Comparison:
    """Set a against set b over the rows that both answered. Differences are a − b.

    Attributes
    ----------
    n : rows answered and counted by both, with a label
    both, only_a, only_b, neither : rows by who matches; only_a + only_b are the discordant ones
    different, agreement : rows with another answer, and the ratio with the same. Two sets may match equally often and still
        differ nearly everywhere
    difference, difference_interval : of the ratio matching, −1 to 1, with its paired bootstrap interval
    mcnemar_pvalue, mcnemar_test : of the discordant rows taken as independent, and which form it has
    grouped_pvalue : of the same question with a duplicate group as one; equal to the exact McNemar where every row is its own
    n_p, mean_p_difference, mean_p_interval : rows where both have probabilities, difference of mean P(matching), interval
    n_groups, grouped : groups among the n rows, and whether groups were given (else n_groups is n)
    """

    n: int
    both: int
    only_a: int
    only_b: int
    neither: int
    different: int
    agreement: float
    difference: float
    difference_interval: Interval
    mcnemar_pvalue: float
    mcnemar_test: str
    grouped_pvalue: float
    n_p: int
    mean_p_difference: float
    mean_p_interval: Interval
    n_groups: int
    grouped: bool


@dataclass(frozen=True)
class ClusterComparison:
    """Set a against set b in one cluster; figures are nan where it is hidden (n below `min_n`). Differences are a − b.

    pvalue is `grouped_pvalue` of `Comparison`; qvalue is Benjamini–Hochberg over the tested clusters.
    """

    id: int
    n: int
    only_a: int
    only_b: int
    different: int
    difference: float
    difference_interval: Interval
    pvalue: float
    qvalue: float
    hidden: bool

    @property
    def flagged(self) -> bool:
        return bool(self.qvalue < MAX_QVALUE)


def compare(
    a: Scores,
    b: Scores,
    *,
    labels: NDArray[Any],
    groups: NDArray[np.integer] | None = None,
    rows: NDArray[np.bool_] | None = None,
    random_state: int = 42,
) -> Comparison:
    """Compare two answer sets over the rows that both answered.

    nan where no row was answered by both; a single group has no interval. McNemar's p is 1 where nothing is discordant.

    Parameters
    ----------
    labels : (n,) object; a row without one counts where the sources tell whether it matched
    groups : (n,) int, rows of one group of near-duplicates share a number; negative is a group of its own. Groups are then drawn
        whole, for the same question asked twice is no second observation
    rows : (n,) bool, the rows to compare; all by default

    Raises
    ------
    ValueError : arrays of different lengths

    Source: McNemar 1947, Psychometrika 12, as statsmodels.stats.contingency_tables.mcnemar (exact below 25 discordant rows, else
    chi-squared with continuity correction); cluster bootstrap with BCa limits: Efron 1987, Field & Welsh 2007, JRSS B 69;
    `sign_flip_pvalue`.
    """
    used = _both(a, b, labels, rows)
    n = int(used.sum())
    hits_a, hits_b = a.matches[used] == 1, b.matches[used] == 1
    only_a, only_b = int((hits_a & ~hits_b).sum()), int((hits_b & ~hits_a).sum())
    different = int(_other_answer(a, b, used).sum())
    group = numbered(groups, used)
    change = hits_a.astype(np.float64) - hits_b
    with_p = used & np.isfinite(a.p_matching) & np.isfinite(b.p_matching)
    change_p = a.p_matching[with_p] - b.p_matching[with_p]
    pvalue, test = mcnemar(only_a, only_b)
    return Comparison(
        n=n,
        both=int((hits_a & hits_b).sum()),
        only_a=only_a,
        only_b=only_b,
        neither=int((~hits_a & ~hits_b).sum()),
        different=different,
        agreement=1 - different / n if n else NAN,
        difference=(only_a - only_b) / n if n else NAN,
        difference_interval=mean_by_group(change, group, random_state=random_state),
        mcnemar_pvalue=pvalue if n else NAN,
        mcnemar_test=test,
        grouped_pvalue=sign_flip_pvalue(np.bincount(group, change).astype(np.int64)) if n else NAN,
        n_p=len(change_p),
        mean_p_difference=float(change_p.mean()) if len(change_p) else NAN,
        mean_p_interval=mean_by_group(change_p, numbered(groups, with_p), random_state=random_state),
        n_groups=int(group.max()) + 1 if n else 0,
        grouped=groups is not None,
    )


def compare_clusters(
    a: Scores,
    b: Scores,
    *,
    labels: NDArray[Any],
    clusters: NDArray[np.integer],
    n_clusters: int,
    min_n: int = MIN_N,
    groups: NDArray[np.integer] | None = None,
    random_state: int = 42,
) -> list[ClusterComparison]:
    """Compare two answer sets cluster by cluster: does one match more often here?

    A difference everywhere makes every cluster differ; the headline tells it. Source: `compare`;
    scipy.stats.false_discovery_control.
    """
    from scipy.stats import false_discovery_control

    used = _both(a, b, labels, None)
    if len(clusters) != len(used):
        raise ValueError(f"{len(clusters)} clusters for {len(used)} rows")
    change = np.where(used, (a.matches == 1).astype(np.float64) - (b.matches == 1), 0.0)
    other = _other_answer(a, b, np.ones(len(used), dtype=np.bool_))
    pvalues = np.full(n_clusters, np.nan)
    counts = []
    for cluster in range(n_clusters):
        rows = used & (clusters == cluster)
        own, n = change[rows], int(rows.sum())
        interval = UNKNOWN
        if n >= max(min_n, 1):
            group = numbered(groups, rows)
            pvalues[cluster] = sign_flip_pvalue(np.bincount(group, own).astype(np.int64))
            interval = mean_by_group(own, group, random_state=random_state)
        counts.append((n, int((own > 0).sum()), int((own < 0).sum()), int(other[rows].sum()), interval))
    qvalues = np.full(n_clusters, np.nan)
    tested = np.isfinite(pvalues)
    if tested.any():
        qvalues[tested] = false_discovery_control(pvalues[tested])
    return [
        ClusterComparison(
            id=cluster,
            n=n,
            only_a=only_a,
            only_b=only_b,
            different=different,
            difference=(only_a - only_b) / n if tested[cluster] else NAN,
            difference_interval=interval,
            pvalue=float(pvalues[cluster]),
            qvalue=float(qvalues[cluster]),
            hidden=not tested[cluster],
        )
        for cluster, (n, only_a, only_b, different, interval) in enumerate(counts)
    ]


def mcnemar(only_a: int, only_b: int) -> tuple[float, str]:
    """p of as many or more unequal discordant counts by chance, 0–1, and the form of the test; 1 where there are none.

    Source: McNemar 1947; statsmodels.stats.contingency_tables.mcnemar.
    """
    from statsmodels.stats.contingency_tables import mcnemar as test

    exact = only_a + only_b < 25
    if only_a == only_b:  # the continuity correction would count against equality
        return 1.0, EXACT if exact else CHI2
    result: Any = test([[0, only_a], [only_b, 0]], exact=exact, correction=True)
    return float(result.pvalue), EXACT if exact else CHI2


def sign_flip_pvalue(changes: NDArray[np.integer]) -> float:
    """p of a sum of changes as far from 0 where each unit's sign is a fair coin's, 0–1; 1 where nothing changed.

    A unit is a group of duplicates with only_a − only_b of its rows: if the sets are alike, they may be swapped in each group.
    Exact. With single rows it is McNemar's exact test.

    Source: Fisher 1935, The Design of Experiments (the paired randomization test).
    """
    from scipy.stats import binom

    sizes, counts = np.unique(np.abs(changes[changes != 0]), return_counts=True)
    total = int((sizes * counts).sum())
    least = (total + abs(int(changes.sum()))) // 2  # what the positive units must sum to
    if 2 * least == total:
        return 1.0
    probabilities, first = np.ones(1), 0
    for size, count in zip(sizes, counts, strict=True):
        heads = binom.pmf(np.arange(count + 1), count, 0.5)
        kept = np.flatnonzero(heads)  # the rest underflows
        steps = np.zeros((kept[-1] - kept[0]) * size + 1)
        steps[::size] = heads[kept[0] : kept[-1] + 1]
        probabilities = np.convolve(probabilities, steps)
        first += int(kept[0] * size)
    return float(min(1.0, 2 * probabilities[max(0, least - first) :].sum()))


def mean_by_group(values: NDArray[np.float64], group: NDArray[np.int64], *, random_state: int) -> Interval:
    """95 % limits of the mean over rows where whole groups are drawn; see `summary.bootstrap`."""
    if not len(values):
        return UNKNOWN
    units = np.column_stack([np.bincount(group, values), np.bincount(group)]).astype(np.float64)
    if np.ptp(values) == 0 and len(units) > 1:
        return Interval(float(values[0]), float(values[0]))
    return bootstrap(units, lambda sums: sums[..., 0] / sums[..., 1], random_state=random_state)


def numbered(groups: NDArray[np.integer] | None, used: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Groups of the used rows, numbered from 0 without gaps."""
    if groups is None:
        return np.arange(int(used.sum()))
    if len(groups) != len(used):
        raise ValueError(f"{len(groups)} groups for {len(used)} rows")
    own = groups[used].astype(np.int64)
    alone = own < 0
    own[alone] = own.max(initial=0) + 1 + np.arange(int(alone.sum()))
    return np.unique(own, return_inverse=True)[1]


def _both(a: Scores, b: Scores, labels: NDArray[Any], rows: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    if not len(a) == len(b) == len(labels):
        raise ValueError(f"sets of {len(a)} and {len(b)} rows with {len(labels)} labels: they must be of one map")
    used = a.answered & b.answered & np.isfinite(a.matches) & np.isfinite(b.matches)
    return used if rows is None else used & np.asarray(rows, dtype=np.bool_)


def _other_answer(a: Scores, b: Scores, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Of these rows, where the answers differ; where a source tells only whether it matched, where that differs."""
    first, second = stripped(a.answer[rows]), stripped(b.answer[rows])
    known = (first != None) & (second != None)  # noqa: E711 (elementwise)
    ties = a.ties[rows] | b.ties[rows]
    otherwise = np.where(ties, a.ties[rows] != b.ties[rows], a.matches[rows] != b.matches[rows])
    return np.where(known, first != second, otherwise).astype(np.bool_)
