"""How two subsets of a table differ: their labels, every facet, and the words of their texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.facets.facet import CategoryFacet, Facet, Kind, Mask

LEVEL = 0.95
LEAST_ROWS = 5  # a term in fewer rows can show no difference, and would widen the intervals of the others
MOST_TERMS = 20  # told
_WORD = r"(?u)\b[^\W\d_](?:[\w'’-]*\w)?\b"


@dataclass(frozen=True)
class ShareDifference:
    """How often something stands in one subset and in the other.

    Attributes
    ----------
    name : a label, or a term
    count_a, count_b : rows
    share_a, share_b : ratio of the compared rows, 0 to 1; nan of no row
    difference : share_a − share_b, −1 to 1; nan where a side has no row
    interval : its (low, high); nan where a side has no row
    """

    name: str
    count_a: int
    count_b: int
    share_a: float
    share_b: float
    difference: float
    interval: tuple[float, float]

    @property
    def differs(self) -> bool:
        """Whether the interval leaves out 0."""
        return bool(self.interval[0] > 0 or self.interval[1] < 0)


@dataclass(frozen=True)
class FacetComparison:
    """A facet of both subsets, side by side.

    Attributes
    ----------
    counts_a, counts_b : (n_bars,) rows of each whole subset
    missing_a, missing_b : rows without a value
    distance : total variation between the two, half the sum of the differences of shares, missing rows as a bar of their own: 0
        for equal shares, 1 where they have nothing in common. nan where a subset is empty, for lists (a row has several items) and
        for texts
    """

    key: str
    title: str
    kind: Kind
    counts_a: NDArray[np.int64]
    counts_b: NDArray[np.int64]
    missing_a: int
    missing_b: int
    distance: float


@dataclass(frozen=True)
class SubsetComparison:
    """What two subsets have in common, and what sets them apart.

    Attributes
    ----------
    n_a, n_b, n_both : rows of each subset, and in both of them
    compared_a, compared_b : the rows whose labels and words are compared; no row is on both sides
    reason : why nothing can be compared, in words; "" where it can
    labels : each label's share among the compared rows that have one, with an interval of 95 % for each; the most frequent first
    facets : side by side, in the order given
    terms : the words whose shares of rows differ, the surest first; their intervals hold jointly at 95 %
    n_terms : words that were looked at: the number that the intervals are corrected for
    """

    n_a: int
    n_b: int
    n_both: int
    compared_a: int
    compared_b: int
    reason: str
    labels: tuple[ShareDifference, ...]
    facets: tuple[FacetComparison, ...]
    terms: tuple[ShareDifference, ...]
    n_terms: int


def compare_subsets(
    facets: Sequence[Facet],
    a: Mask,
    b: Mask,
    *,
    texts: Sequence[str] | pd.Series | None = None,
    label: str = "label",
    most_terms: int = MOST_TERMS,
) -> SubsetComparison:
    """Set two subsets of the rows side by side.

    Intervals are for two separate samples. So rows in both subsets are compared on the side of the smaller one and left out of the
    larger (of b where they are equally large): a subset is compared with the rest of what it is part of. Counts of facets are of
    the whole subsets. Each row is taken as independent of the others: where near-duplicates have not been removed, the intervals
    are too narrow.

    A word is anything between two blanks or signs that begins with a letter, whatever its case; common words ("not", "I") are words
    too. Of those in at least 5 of the compared rows, all are looked at, and the level of each interval is 1 − 0.05 / their number
    (Bonferroni): with a probability of 95 % every one of them holds its difference, so the surest may be picked out. They are
    ordered by the end of the interval that lies nearer to 0; words whose interval holds 0 are not told.

    Parameters
    ----------
    facets : of the same rows; `label` is the key of the one that holds the labels
    a, b : (n,) bool
    texts : (n,) the words of the rows; None: no terms
    most_terms : how many are told

    Raises
    ------
    ValueError : masks or texts of another length than the facets

    Source: the hybrid score interval, method 10 of Newcombe 1998, Statistics in Medicine 17:873–890, by
    statsmodels.stats.proportion.confint_proportions_2indep(method="newcomb").
    """
    n = len(a)
    lengths = {n, len(b), *(facet.n for facet in facets), *([] if texts is None else [len(texts)])}
    if len(lengths) > 1:
        raise ValueError(f"masks, facets and texts have {sorted(lengths)} rows; expected one number")
    both = a & b
    n_a, n_b, n_both = (int(np.count_nonzero(mask)) for mask in (a, b, both))
    left, right = (a & ~both, b) if n_a > n_b else (a, b & ~both)
    reason = ""
    if not n_a or not n_b:
        reason = "both subsets are empty" if n_a == n_b else f"the {'first' if not n_a else 'second'} subset is empty"
    elif n_a == n_b == n_both:
        reason = "both subsets hold the same rows"
    labels = next((facet for facet in facets if facet.key == label and isinstance(facet, CategoryFacet)), None)
    terms, n_terms = _terms(texts, left, right, most_terms) if texts is not None and not reason else ((), 0)
    return SubsetComparison(
        n_a=n_a,
        n_b=n_b,
        n_both=n_both,
        compared_a=int(np.count_nonzero(left)),
        compared_b=int(np.count_nonzero(right)),
        reason=reason,
        labels=_labels(labels, left, right) if labels else (),
        facets=tuple(_side_by_side(facet, np.flatnonzero(a), np.flatnonzero(b)) for facet in facets),
        terms=terms,
        n_terms=n_terms,
    )


def share_differences(
    names: Sequence[str], counts_a: NDArray[np.integer], n_a: int, counts_b: NDArray[np.integer], n_b: int, *, level: float = LEVEL
) -> list[ShareDifference]:
    """The shares of two separate samples and their differences, with Newcombe's interval for each; nan where a sample is empty.

    Parameters
    ----------
    counts_a, counts_b : (len(names),) rows, of n_a and n_b
    level : of each interval
    """
    from statsmodels.stats.proportion import confint_proportions_2indep

    nothing = np.full(len(names), np.nan)
    share_a, share_b = counts_a / n_a if n_a else nothing, counts_b / n_b if n_b else nothing
    low = high = nothing
    if n_a and n_b and len(names):
        ends: Any = confint_proportions_2indep(
            np.asarray(counts_a), n_a, np.asarray(counts_b), n_b, method="newcomb", compare="diff", alpha=1 - level
        )
        low, high = ends
    return [
        ShareDifference(str(name), int(one), int(other), float(p), float(q), float(p - q), (float(start), float(end)))
        for name, one, other, p, q, start, end in zip(names, counts_a, counts_b, share_a, share_b, low, high, strict=True)
    ]


def _labels(facet: CategoryFacet, a: Mask, b: Mask) -> tuple[ShareDifference, ...]:
    counts_a, counts_b = facet.counts(a), facet.counts(b)
    found = share_differences(facet.names, counts_a, int(counts_a.sum()), counts_b, int(counts_b.sum()))
    return tuple(
        sorted((one for one in found if one.count_a or one.count_b), key=lambda one: (-one.count_a - one.count_b, one.name))
    )


def _side_by_side(facet: Facet, a: NDArray[np.intp], b: NDArray[np.intp]) -> FacetComparison:
    counts_a, counts_b = facet.counts_of(a), facet.counts_of(b)
    missing_a, missing_b = facet.missing_of(a), facet.missing_of(b)
    distance = float("nan")
    if len(a) and len(b) and facet.kind not in ("items", "text"):
        shares = np.append(counts_a, missing_a) / len(a) - np.append(counts_b, missing_b) / len(b)
        distance = float(np.abs(shares).sum() / 2)
    return FacetComparison(facet.key, facet.title, facet.kind, counts_a, counts_b, missing_a, missing_b, distance)


def _terms(texts: Sequence[str] | pd.Series, a: Mask, b: Mask, most: int) -> tuple[tuple[ShareDifference, ...], int]:
    """The words whose shares differ, the surest first, and how many were looked at."""
    from sklearn.feature_extraction.text import CountVectorizer

    column = np.asarray(texts, dtype=object)
    rows_a, rows_b = np.flatnonzero(a), np.flatnonzero(b)
    vectorizer = CountVectorizer(token_pattern=_WORD, lowercase=True, binary=True)
    try:
        present: Any = vectorizer.fit_transform([str(text) for text in column[np.concatenate([rows_a, rows_b])]])
    except ValueError:  # no text has a word
        return (), 0
    words = vectorizer.get_feature_names_out()
    counts_a = np.asarray(present[: len(rows_a)].sum(axis=0)).ravel()
    counts_b = np.asarray(present[len(rows_a) :].sum(axis=0)).ravel()
    often = np.flatnonzero(counts_a + counts_b >= LEAST_ROWS)
    if not len(often):
        return (), 0
    level = 1 - (1 - LEVEL) / len(often)
    found = share_differences(words[often].tolist(), counts_a[often], len(rows_a), counts_b[often], len(rows_b), level=level)
    sure = [one for one in found if one.differs]
    return tuple(sorted(sure, key=lambda one: (-max(one.interval[0], -one.interval[1]), one.name))[:most]), len(often)
