"""Colourings of the map that come from model answers: P(matching), the answer, and the difference of two sets."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evalmap.answers.answer_types import Scores
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.component import map_data, review_columns, tag_column
from evalmap.pages.component.map_data import MISSING_CODE, Column
from evalmap.pages.server import answer_cache

PREFIX = "answers."
P, ANSWER, DIFFERENCE, SCORE = "p", "answer", "difference", "score"
# What stands in an answer's place where there is none
UNREAD = {
    "tie": "undecided",
    "refusal": "refused",
    "unparsable": "not understood",
    "no_logprobs": "no probabilities",
    "error": "failed",
}


def columns(sets: Sequence[Scores]) -> list[Column]:
    """P(matching) and the answer of every set, as the map page offers them."""
    made = (column for scores in sets for column in (p_column(scores), score_column(scores), answer_column(scores)))
    return [column for column in made if column is not None]


def p_column(scores: Scores) -> Column | None:
    """P(matching), around 0.5, with a scale that reaches as far as the values do; where the set has no probabilities, None."""
    missing = int(np.isnan(scores.p_matching).sum())
    if missing == len(scores):
        return None
    reach = min(0.5, _reach(scores.p_matching - 0.5))
    title = f"P(matching) · {scores.label}"
    return Column(_key(scores, P), title, "number", missing=missing, low=0.5 - reach, high=0.5 + reach, scale="diverging")


def score_column(scores: Scores) -> Column | None:
    """The source's own score of free answers, from the lowest to the highest; None where it is a flag, or there is none."""
    if not scores.is_graded:
        return None
    values = scores.graded
    low, high = min(0.0, float(np.nanmin(values))), max(1.0, float(np.nanmax(values)))
    title = f"{scores.info.metric or 'score'} · {scores.label}"
    return Column(_key(scores, SCORE), title, "number", missing=int(np.isnan(values).sum()), low=low, high=high)


def answer_column(scores: Scores) -> Column:
    """The option chosen, or why there is none; rows that were not asked are missing."""
    return answers(scores)[0]


def difference_column(a: Scores, b: Scores) -> Column | None:
    """P(matching) of a less that of b, around 0; the hard answers (1, 0, -1) where a set has no probabilities; None where no
    example was answered by both.
    """
    values = difference(a, b)
    missing = int(np.isnan(values).sum())
    if missing == len(values):
        return None
    key = f"{_key(a, DIFFERENCE)}.{b.id}.{answer_cache.digest(b)}"
    reach = _reach(values)
    return Column(key, f"{a.label} less {b.label}", "number", missing=missing, low=-reach, high=reach, scale="diverging")


def _reach(values: NDArray[np.float64]) -> float:
    """How far a scale around 0 must reach so that 98 % of the values are inside; a tenth at least, so that no noise looks loud."""
    return max(0.1, round(float(np.nanquantile(np.abs(values), 0.98)), 2))


def difference(a: Scores, b: Scores) -> NDArray[np.float64]:
    """(n,) by how much a is nearer to the matching answer than b; nan where one of them has no answer."""
    if np.isfinite(a.p_matching).any() and np.isfinite(b.p_matching).any():
        return a.p_matching - b.p_matching
    return a.matches - b.matches


def cell(scores: Scores, row: int) -> str:
    """An answer as a table shows it: a mark whether it matches, then the option or why there is none; "" where it was not asked."""
    if scores.status[row] is None:
        return ""
    mark = {1.0: "✓ ", 0.0: "✗ "}.get(float(scores.matches[row]), "")
    answer = scores.answer[row]
    return mark + (str(answer) if answer is not None else UNREAD.get(str(scores.status[row]), "answered"))


def column_bytes(built: BuiltMap, key: str) -> bytes:
    """The values of any colouring of a map, its own or one that comes from answers; as `map_data.column_bytes`.

    Raises
    ------
    KeyError : the map offers no such colouring
    """
    if key.startswith(tag_column.PREFIX):
        return tag_column.column_bytes(built, key)
    if key.startswith(review_columns.PREFIX):
        return review_columns.column_bytes(built, key)
    if not key.startswith(PREFIX):
        return map_data.column_bytes(built, key)
    sets = answer_cache.sets_of(built)
    for scores in sets:
        if key == _key(scores, P):
            return scores.p_matching.astype("<f4").tobytes()
        if key == _key(scores, SCORE):
            return scores.graded.astype("<f4").tobytes()
        if key == _key(scores, ANSWER):
            return answers(scores)[1].tobytes()
        if key.startswith(_key(scores, DIFFERENCE)):
            for other in sets:
                if (column := difference_column(scores, other)) and column.key == key:
                    return difference(scores, other).astype("<f4").tobytes()
    raise KeyError(key)


def _key(scores: Scores, kind: str) -> str:
    return f"{PREFIX}{scores.id}.{answer_cache.digest(scores)}.{kind}"


def answers(scores: Scores) -> tuple[Column, NDArray[np.uint16]]:
    """`answer_column`, and the (n,) code of each row."""
    flags_only = not any(answer is not None for answer in scores.answer)
    chosen = [_category(scores, row, flags_only) for row in range(len(scores))]
    counts = Counter(chosen)
    missing = counts.pop(None, 0)
    names = sorted((name for name in counts if name is not None), key=lambda name: (name in UNREAD.values(), name))
    code_of = {name: code for code, name in enumerate(names)} | {None: MISSING_CODE}
    codes = np.array([code_of[name] for name in chosen], dtype="<u2")
    categories = [(name, counts[name]) for name in names] + ([("not asked", missing)] if missing else [])
    return Column(_key(scores, ANSWER), f"Answer · {scores.label}", "category", tuple(categories), missing), codes


def _category(scores: Scores, row: int, flags_only: bool) -> str | None:
    if scores.status[row] is None:
        return None
    if scores.status[row] != "ok":
        return UNREAD.get(str(scores.status[row]), "failed")
    if (flags_only or scores.answer[row] is None) and np.isnan(scores.matches[row]):
        return "answered"
    if flags_only or scores.answer[row] is None:
        return "matching" if scores.matches[row] == 1 else "not matching"
    return str(scores.answer[row])
