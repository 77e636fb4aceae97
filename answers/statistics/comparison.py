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
class ComparedRows:
    """Which rows two sets are compared over and who matches where, each (n_samples,) bool: what every figure and list counts.

    Attributes
    ----------
    used : both have an answer that counts (decided or a tie, no repeat), and of both it is known whether it matches. A row
        without a label is there where both sources tell that by a flag
    unknown : both have an answer that counts, and of one it is not known whether it matches: in no other figure or list
    both, only_a, only_b, neither : of the used rows, by who matches; a tie does not. Each used row is in one of the four
    different : of the used rows, those where the answers are told apart: the sources name other options, or one matches and the
        other does not, or one is a tie. Two flags that do not match are not told apart, nor is one from a named option that does
        not match; so only_a and only_b lie in it, and whatever is used and not in it counts as the same answer
    """

    used: NDArray[np.bool_]
    unknown: NDArray[np.bool_]
    both: NDArray[np.bool_]
    only_a: NDArray[np.bool_]
    only_b: NDArray[np.bool_]
    neither: NDArray[np.bool_]
    different: NDArray[np.bool_]


@dataclass(frozen=True)
class Comparison:
    """Set a against set b over the rows that both answered. Differences are a − b.

    Attributes
    ----------
    n, n_unknown, both, only_a, only_b, neither, different : how many rows each of `ComparedRows` has (n: used); only_a + only_b
        are the discordant ones
    agreement : ratio of the n with the same answer. Two sets may match equally often and still differ nearly everywhere
    difference, difference_interval : of the ratio matching, −1 to 1, with its paired bootstrap interval
    mcnemar_pvalue, mcnemar_test : of the discordant rows taken as independent, and which form it has
    grouped_pvalue : of the same question with a duplicate group as one; equal to the exact McNemar where every row is its own
    n_p, mean_p_difference, mean_p_interval : rows where both have probabilities, difference of mean P(matching), interval
    n_groups, grouped : groups among the n rows, and whether groups were given (else n_groups is n)
    """

    n: int
    n_unknown: int
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


def compared_rows(a: Scores, b: Scores, rows: NDArray[np.bool_] | None = None) -> ComparedRows:
    """Which rows two sets are compared over, and who matches where.

    Parameters
    ----------
    rows : (n_samples,) bool, the rows to compare; all by default

    Raises
    ------
    ValueError : sets of different lengths
    """
    if len(a) != len(b):
        raise ValueError(f"sets of {len(a)} and {len(b)} rows: they must be of one map")
    answered = a.answered & b.answered
    answered = answered if rows is None else answered & np.asarray(rows, dtype=np.bool_)
    used = answered & np.isfinite(a.matches) & np.isfinite(b.matches)
    first, second = a.matches == 1, b.matches == 1
    answer_a, answer_b = stripped(a.answer), stripped(b.answer)
    named = (answer_a != None) & (answer_b != None)  # noqa: E711 (elementwise)
    apart = (named & (answer_a != answer_b)) | (first != second) | (a.ties != b.ties)
    return ComparedRows(
        used=used,
        unknown=answered & ~used,
        both=used & first & second,
        only_a=used & first & ~second,
        only_b=used & ~first & second,
        neither=used & ~first & ~second,
        different=used & apart.astype(np.bool_),
    )


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
    labels : (n,) object; a row without one counts where both sources tell whether it matched
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
    _of_one_map(a, b, labels)
    compared = compared_rows(a, b, rows)
    used, n = compared.used, int(compared.used.sum())
    only_a, only_b = int(compared.only_a.sum()), int(compared.only_b.sum())
    different = int(compared.different.sum())
    group = numbered(groups, used)
    change = _change(compared)[used]
    with_p = used & np.isfinite(a.p_matching) & np.isfinite(b.p_matching)
    change_p = a.p_matching[with_p] - b.p_matching[with_p]
    pvalue, test = mcnemar(only_a, only_b)
    return Comparison(
        n=n,
        n_unknown=int(compared.unknown.sum()),
        both=int(compared.both.sum()),
        only_a=only_a,
        only_b=only_b,
        neither=int(compared.neither.sum()),
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

    _of_one_map(a, b, labels)
    compared = compared_rows(a, b)
    if len(clusters) != len(a):
        raise ValueError(f"{len(clusters)} clusters for {len(a)} rows")
    change = _change(compared)
    pvalues = np.full(n_clusters, np.nan)
    counts = []
    for cluster in range(n_clusters):
        inside = clusters == cluster
        rows = compared.used & inside
        own, n = change[rows], int(rows.sum())
        interval = UNKNOWN
        if n >= max(min_n, 1):
            group = numbered(groups, rows)
            pvalues[cluster] = sign_flip_pvalue(np.bincount(group, own).astype(np.int64))
            interval = mean_by_group(own, group, random_state=random_state)
        counted = (int((which & inside).sum()) for which in (compared.only_a, compared.only_b, compared.different))
        counts.append((n, *counted, interval))
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


def _of_one_map(a: Scores, b: Scores, labels: NDArray[Any]) -> None:
    if not len(a) == len(b) == len(labels):
        raise ValueError(f"sets of {len(a)} and {len(b)} rows with {len(labels)} labels: they must be of one map")


def _change(compared: ComparedRows) -> NDArray[np.float64]:
    """(n_samples,) 1 where only a matches, −1 where only b does, else 0."""
    return compared.only_a.astype(np.float64) - compared.only_b
