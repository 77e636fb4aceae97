"""Negations: words that say no, and words of which one text has the opposite.

Of the words, the two texts must have the same, each as often; where they do, and all their other words are the same too, they must
stand before the same words (adverbs and articles aside). Of opposites, one text has a word and the other its opposite: a word with
un-, dis-, in-, im-, il-, ir- or non- in front (where the word without it occurs in the dataset), or a pair of `ANTONYMS`.

No logic: "I disagree" and "I do not agree" differ, two negations in a row are two.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

NEGATIONS = {
    **{word: word for word in "not never no none nothing nowhere without non".split()},
    **dict.fromkeys(("nobody", "noone"), "nobody"),
    **dict.fromkeys(("neither", "nor"), "nor"),
    **dict.fromkeys(("hardly", "barely", "scarcely", "seldom", "rarely"), "hardly"),
    **dict.fromkeys(("cannot", "n't"), "not"),
    **dict.fromkeys(
        "dont doesnt didnt cant couldnt wont wouldnt shouldnt isnt arent wasnt werent hasnt havent hadnt aint mustnt neednt "
        "mightnt shant".split(),
        "not",
    ),
}
PREFIXES = ("un", "dis", "in", "im", "il", "ir", "non")
NOT_OPPOSITE = frozenset(
    "unless until inside indeed income incomes intend intends intended inform informs informed information inform invest "
    "invests invested investing investor investors import imports imported improve improves improved improving impress "
    "impressed press discover discovers discovered discovering discovery discovered display displays displayed discuss "
    "disease district dispute include included involve involved insight insights intent intention intentions instead "
    "instance inhabit inherit invent invents increase impact impacts implied imply imposed impose install installed intense "
    "intake input under union unit units unite united interest interested interesting illusion inner infer infant inflame "
    "indoor indoors inland inmate inspire disaster distress discharge discipline discourse discount disposal dispose "
    "disposed disposition imprint ".split()
)
ANTONYMS = (
    "true false",
    "right wrong",
    "good bad",
    "better worse",
    "best worst",
    "more less",
    "most least",
    "many few",
    "high low",
    "higher lower",
    "highest lowest",
    "increase decrease",
    "rise fall",
    "before after",
    "always never",
    "yes no",
    "everyone nobody",
    "everything nothing",
    "all none",
    "with without",
    "allow forbid",
    "accept reject",
    "support oppose",
    "like hate",
    "love hate",
    "include exclude",
    "safe dangerous",
    "easy hard",
    "open closed",
    "win lose",
    "start stop",
    "first last",
    "buy sell",
    "maximum minimum",
    "largest smallest",
    "strong weak",
    "enable disable",
)
_PASSED_OVER = frozenset("a an the any very so too even just".split())
_BASE = 4  # letters of a word that may have a prefix of negation


def negation_words(text: Sequence[str]) -> list[tuple[str, int]]:
    """(canonical negation, place) in a text's words."""
    found = []
    for at, word in enumerate(text):
        name = NEGATIONS.get(word) or ("not" if word.endswith("n't") else None)
        if name == "no" and at + 1 < len(text) and text[at + 1] == "one":
            name = "nobody"
        if name:
            found.append((name, at))
    return found


def negation_marks(text: Sequence[str]) -> tuple[str, ...]:
    """The negations of a text's words, in the order of the alphabet."""
    return tuple(sorted(name for name, _ in negation_words(text)))


def scopes(text: Sequence[str]) -> tuple[str, ...]:
    """The words that the negations stand before, in the order of the alphabet; adverbs and articles are passed over."""
    return tuple(sorted(_scope(text, at + 1) for _, at in negation_words(text)))


def _scope(text: Sequence[str], at: int) -> str:
    while at < len(text) and (text[at] in _PASSED_OVER or text[at].endswith("ly") or text[at : at + 2] == ["at", "all"]):
        at += 2 if text[at] == "at" else 1
    return text[at] if at < len(text) else ""


def others(text: Sequence[str]) -> tuple[str, ...]:
    """The other words, in the order of the alphabet."""
    gone = {at for _, at in negation_words(text)}
    return tuple(sorted(word for at, word in enumerate(text) if at not in gone))


class Opposites:
    """Which words of texts have an opposite in other texts.

    Parameters
    ----------
    texts : the words of each text
    """

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        from scipy.sparse import csr_array

        known = {word for text in texts for word in text}
        self._signs: dict[str, list[tuple[int, bool]]] = {}
        self._names: list[str] = []
        for one, other in self._pairs(known):
            self._signs.setdefault(one, []).append((len(self._names), True))
            self._signs.setdefault(other, []).append((len(self._names), False))
            self._names.append(f"{one}/{other}")
        rows: tuple[list[int], list[int]] = ([], [])
        columns: tuple[list[int], list[int]] = ([], [])
        for at, text in enumerate(texts):
            for is_positive, bases in enumerate(self._found(text)):
                rows[is_positive].extend([at] * len(bases))
                columns[is_positive].extend(bases)
        shape = (len(texts), max(len(self._names), 1))
        self._negative, self._positive = (
            csr_array((np.ones(len(r), dtype=np.int8), (r, c)), shape=shape) for r, c in zip(rows, columns, strict=True)
        )

    def differ(self, left: NDArray[np.integer], right: NDArray[np.integer]) -> NDArray[np.bool_]:
        """(m,) whether one text has a word and the other its opposite."""
        found = np.zeros(len(left), dtype=bool)
        has = np.asarray(self._negative.sum(axis=1)).ravel() > 0
        some = np.flatnonzero(has[left] | has[right])  # a pair needs a negative half
        for start in range(0, len(some), 200_000):
            at = some[start : start + 200_000]
            a, b = left[at], right[at]
            found[at] = (self._positive[a] * self._negative[b] + self._negative[a] * self._positive[b]).sum(axis=1) > 0
        return found

    def marks(self, text: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
        """The words of a text whose opposites the other one has."""
        (negative, positive), (against, for_) = self._found(text), self._found(other)
        bases = (positive & against) | (negative & for_)
        return tuple(dict.fromkeys(word for word in text if any(base in bases for base, _ in self._signs.get(word, ()))))

    def _found(self, text: Sequence[str]) -> tuple[set[int], set[int]]:
        """(negative, positive) bases of a text; one that stands there both ways is neither."""
        signs = [sign for word in text for sign in self._signs.get(word, ())]
        positive, negative = {base for base, sign in signs if sign}, {base for base, sign in signs if not sign}
        return negative - positive, positive - negative

    @staticmethod
    def _pairs(known: set[str]) -> list[tuple[str, str]]:
        found = [
            (word[len(prefix) :], word)
            for word in sorted(known)
            for prefix in PREFIXES
            if word.startswith(prefix) and len(word) - len(prefix) >= _BASE and word[len(prefix) :] in known
            if word not in NOT_OPPOSITE
        ]
        for one, other in (pair.split() for pair in ANTONYMS):
            found += [pair for pair in zip(_forms(one), _forms(other), strict=True) if known.issuperset(pair)]
        return list(dict.fromkeys(found))


def _forms(word: str) -> list[str]:
    """A word and what it looks like with -s, -d and -ing; forms that do not exist occur in no text."""
    stem = word.removesuffix("e")
    return [word, f"{word}s", f"{stem}ed", f"{stem}ing"]
