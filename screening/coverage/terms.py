"""The words that set two datasets apart: log-odds with an informative Dirichlet prior."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95  # of all intervals jointly
LEAST_ROWS = 5  # a term in fewer rows can show no difference, and would widen the intervals of the others
MOST_TERMS = 20  # of each side
PRIOR = 10.0  # rows that the prior is worth: a word of a tenth of all rows has one row more on each side
_WORD = r"(?u)\b[^\W\d_](?:[\w'’-]*\w)?\b"


@dataclass(frozen=True)
class TermDifference:
    """How much more a term is at home in A than in B.

    Attributes
    ----------
    term : a word in lower case
    log_odds : natural logarithm of the ratio of its odds in A and in B: above 0 it is A's, below 0 B's, 0 means no difference
    low, high : of its interval; the intervals of all terms looked at hold jointly at 95 %
    z : log_odds over its standard deviation
    count_a, count_b : rows that have it
    """

    term: str
    log_odds: float
    low: float
    high: float
    z: float
    count_a: int
    count_b: int


def compare_terms(
    a: Sequence[str], b: Sequence[str], *, most_terms: int = MOST_TERMS, prior: float = PRIOR
) -> tuple[TermDifference, ...]:
    """The words whose interval leaves out 0, up to `most_terms` of A and of B, the surest first; none where no text has a word.

    What is compared is the odds of a row to have the word: so a long row speaks for no more than a short one, and a word that all
    rows have sets nothing apart, however long they are. Rows are taken as independent of each other: where near-duplicates have not
    been removed, the intervals are too narrow.

    Source: the log-odds ratio with an informative Dirichlet prior and its z of Monroe, Colaresi and Quinn 2008, Political Analysis
    16:372–403, for rows that have a word or lack it in place of all words of a text; the prior is the share in both datasets. The
    variance is the whole one: without the terms for what lacks the word, which the paper drops for rare words, intervals of
    frequent words held the truth in 81 to 88 % of simulated samples.
    """
    from scipy.stats import norm
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(token_pattern=_WORD, lowercase=True, binary=True)
    try:
        present: Any = vectorizer.fit_transform([*map(str, a), *map(str, b)])
    except ValueError:  # no text has a word
        return ()
    counts = [np.asarray(part.sum(axis=0), dtype=np.float64).ravel() for part in (present[: len(a)], present[len(a) :])]
    both, total = counts[0] + counts[1], len(a) + len(b)
    looked_at = np.flatnonzero((both >= LEAST_ROWS) & (both < total))  # what all rows have sets nothing apart
    if not len(looked_at) or not len(a) or not len(b):
        return ()
    words = vectorizer.get_feature_names_out()[looked_at]
    of_a, of_b = (of[looked_at] for of in counts)
    log_odds, errors = log_odds_ratio(of_a, len(a), of_b, len(b), prior=prior)
    z = log_odds / errors
    reach = norm.ppf(1 - (1 - LEVEL) / (2 * len(looked_at)))
    order = np.lexsort((words, -np.abs(z)))
    order = order[np.abs(z[order]) > reach]
    told = {*order[z[order] > 0][:most_terms].tolist(), *order[z[order] < 0][:most_terms].tolist()}
    found = []
    for term in (term for term in order.tolist() if term in told):
        middle, spread = float(log_odds[term]), float(reach * errors[term])
        ends = middle - spread, middle + spread
        found.append(TermDifference(str(words[term]), middle, *ends, float(z[term]), int(of_a[term]), int(of_b[term])))
    return tuple(found)


def log_odds_ratio(
    a: NDArray[np.floating], n_a: int, b: NDArray[np.floating], n_b: int, *, prior: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(log-odds ratios, their standard errors): (n_terms,) each; 0 is no difference.

    Parameters
    ----------
    a, b : (n_terms,) rows of each side that have the term
    n_a, n_b : rows of each side, some of which lack it
    prior : rows that are added to each side, of which as many have the term as in both sides together; above 0
    """
    share = (a + b) / (n_a + n_b)
    with_a, with_b, prior_without = a + prior * share, b + prior * share, prior * (1 - share)
    without_a, without_b = n_a - a + prior_without, n_b - b + prior_without
    found = np.log(with_a / without_a) - np.log(with_b / without_b)
    return found, np.sqrt(1 / with_a + 1 / without_a + 1 / with_b + 1 / without_b)
