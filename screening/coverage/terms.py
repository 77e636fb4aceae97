"""The words that set two datasets apart: log-odds with an informative Dirichlet prior."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVEL = 0.95  # of all intervals jointly
LEAST_ROWS = 5  # a term in fewer rows can show no difference, and would widen the intervals of the others
MOST_TERMS = 20  # of each side
PRIOR = 500.0  # words that the prior is worth: a word that makes a thousandth of all has half a word more on each side
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

    A word counts once in a row, so that one long row does not speak for many. Rows are taken as independent of each other: where
    near-duplicates have not been removed, the intervals are too narrow.

    Source: Monroe, Colaresi and Quinn 2008, Political Analysis 16:372–403, the prior made of the frequencies in both datasets.
    """
    from scipy.stats import norm
    from sklearn.feature_extraction.text import CountVectorizer

    vectorizer = CountVectorizer(token_pattern=_WORD, lowercase=True, binary=True)
    try:
        present: Any = vectorizer.fit_transform([*map(str, a), *map(str, b)])
    except ValueError:  # no text has a word
        return ()
    counts = [np.asarray(part.sum(axis=0), dtype=np.float64).ravel() for part in (present[: len(a)], present[len(a) :])]
    both = counts[0] + counts[1]
    log_odds, z = log_odds_ratio(counts[0], counts[1], prior=prior * both / both.sum())
    often = np.flatnonzero(both >= LEAST_ROWS)
    if not len(often):
        return ()
    reach = norm.ppf(1 - (1 - LEVEL) / (2 * len(often)))
    words = vectorizer.get_feature_names_out()
    sure = often[np.abs(z[often]) > reach]
    order = sure[np.lexsort((words[sure], -np.abs(z[sure])))]
    told = np.concatenate([order[z[order] > 0][:most_terms], order[z[order] < 0][:most_terms]])
    return tuple(
        TermDifference(
            str(words[term]),
            float(log_odds[term]),
            float(log_odds[term] - reach * log_odds[term] / z[term]),
            float(log_odds[term] + reach * log_odds[term] / z[term]),
            float(z[term]),
            int(counts[0][term]),
            int(counts[1][term]),
        )
        for term in sorted(told.tolist(), key=lambda term: (-abs(z[term]), words[term]))
    )


def log_odds_ratio(
    a: NDArray[np.floating], b: NDArray[np.floating], *, prior: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(log-odds ratios, z): (n_terms,) each, any real number; 0 is no difference.

    Parameters
    ----------
    a, b : (n_terms,) counts of each side
    prior : (n_terms,) counts that are added to each side, above 0

    The variance is the whole one, with the terms for all other words, which the paper then drops for rare words: without them the
    intervals of a word that makes a third of all held the truth in 88 % of simulated samples.

    Source: Monroe, Colaresi and Quinn 2008, section 3.
    """
    total = prior.sum()
    mine, theirs = a + prior, b + prior
    others_a, others_b = a.sum() + total - mine, b.sum() + total - theirs
    found = np.log(mine / others_a) - np.log(theirs / others_b)
    return found, found / np.sqrt(1 / mine + 1 / others_a + 1 / theirs + 1 / others_b)
