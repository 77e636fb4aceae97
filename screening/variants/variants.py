"""Variants: rows that are near each other and are not the same, by what they differ in.

A rule reads the texts once and then says of pairs of them whether they differ in its kind. Rules compare what stands in one text
with what stands in the other, so they are symmetric; they read English, and no rule understands a sentence. Each module says what
it does not see.
"""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.screening.variants import negations
from evalmap.screening.variants.dates import date_marks
from evalmap.screening.variants.keys import key_codes, key_text
from evalmap.screening.variants.names import find_names, name_marks
from evalmap.screening.variants.numbers import number_marks
from evalmap.screening.variants.words import fold, words


@dataclass(frozen=True)
class Texts:
    """What a rule reads: t distinct texts, folded, and their words.

    names : the proper names of the dataset, of all its texts
    """

    folded: Sequence[str]
    words: Sequence[Sequence[str]]
    names: frozenset[str]


class Comparison(Protocol):
    """What a rule knows of the texts that it has read."""

    def differ(self, left: NDArray[np.integer], right: NDArray[np.integer]) -> NDArray[np.bool_]:
        """(m,) whether two texts differ in the rule's kind."""
        ...

    def shown(self, one: int, other: int) -> tuple[str, ...]:
        """What stands in a text and not so in the other one, in words."""
        ...


class Marks:
    """Texts differ where what a function finds in them does."""

    def __init__(self, found: Iterable[tuple[str, ...]]) -> None:
        self._marks = list(found)
        self._codes = codes_of(self._marks)

    def differ(self, left: NDArray[np.integer], right: NDArray[np.integer]) -> NDArray[np.bool_]:
        return self._codes[left] != self._codes[right]

    def shown(self, one: int, other: int) -> tuple[str, ...]:
        mine, theirs = self._marks[one], self._marks[other]
        more = Counter(mine) - Counter(theirs)
        return tuple(more) if more or Counter(theirs) - Counter(mine) else mine  # the same in another order: all of them


class Negations:
    """Texts differ in the words that say no, in what these stand before, or in a word and its opposite."""

    def __init__(self, texts: Texts) -> None:
        self._words = texts.words
        self._said = Marks(negations.negation_marks(text) for text in texts.words)
        self._others = codes_of([negations.others(text) for text in texts.words])
        self._scopes = codes_of([negations.scopes(text) for text in texts.words])
        self._opposites = negations.Opposites(texts.words)

    def differ(self, left: NDArray[np.integer], right: NDArray[np.integer]) -> NDArray[np.bool_]:
        moved = (self._others[left] == self._others[right]) & (self._scopes[left] != self._scopes[right])
        return self._said.differ(left, right) | moved | self._opposites.differ(left, right)

    def shown(self, one: int, other: int) -> tuple[str, ...]:
        pair = np.array([one]), np.array([other])
        said = self._said.shown(one, other) if self._said.differ(*pair)[0] else ()
        opposite = self._opposites.marks(self._words[one], self._words[other])
        if not self._said.differ(*pair)[0] and not self._opposites.differ(*pair)[0]:  # they say no to another word
            return tuple(f"not {word}".strip() for word in negations.scopes(self._words[one]))
        return (*said, *(word for word in opposite if word not in said))


class Names:
    """Texts differ in the names they hold, or in their order where nothing else differs."""

    def __init__(self, texts: Texts) -> None:
        ordered = [name_marks(text, texts.names) for text in texts.words]
        self._order = Marks(ordered)
        self._held = Marks(tuple(sorted(marks)) for marks in ordered)
        self._words = codes_of([tuple(sorted(text)) for text in texts.words])

    def differ(self, left: NDArray[np.integer], right: NDArray[np.integer]) -> NDArray[np.bool_]:
        moved = (self._words[left] == self._words[right]) & self._order.differ(left, right)
        return self._held.differ(left, right) | moved

    def shown(self, one: int, other: int) -> tuple[str, ...]:
        return self._order.shown(one, other)


@dataclass(frozen=True)
class Rule:
    """One kind of difference that makes variants.

    kind : as `--merge` and files name it
    name : one such difference, for a reader
    read : how it is found in texts
    """

    kind: str
    name: str
    read: Callable[[Texts], Comparison]


RULES: tuple[Rule, ...] = (
    Rule("numbers", "number", lambda texts: Marks(map(number_marks, texts.folded))),
    Rule("negations", "negation", Negations),
    Rule("dates", "date", lambda texts: Marks(map(date_marks, texts.folded))),
    Rule("names", "name", Names),
)
KEYS = "keys"  # of fields, not of texts
KINDS = (*(rule.kind for rule in RULES), KEYS)
TEXT_KINDS = (1 << len(RULES)) - 1  # as bits, as `Differences.kinds` gives them


@dataclass(frozen=True)
class Difference:
    """What two rows differ in.

    kind : one of `KINDS`
    name : in words, for a reader; of keys the field
    one, other : what stands in one of the rows and not so in the other; "" where nothing does
    """

    kind: str
    name: str
    one: str
    other: str


class Differences:
    """What rows differ in, two by two.

    Parameters
    ----------
    texts : n texts, as they were embedded
    fields : the same rows, source fields
    variant_fields : those of them that make two rows with one text two examples
    rows : which rows will be compared; None: any. Names are looked for in all of them
    """

    def __init__(
        self,
        texts: Sequence[str],
        *,
        fields: pd.DataFrame | None = None,
        variant_fields: Sequence[str] = (),
        rows: NDArray[np.integer] | None = None,
    ) -> None:
        codes, distinct = pd.factorize(pd.Series(list(texts), dtype="object"))
        self._texts = codes.astype(np.int64)
        folded = [fold(text) for text in distinct]
        names = find_names(folded)
        if rows is not None:  # the others are read as empty texts
            wanted = np.zeros(len(folded), dtype=bool)
            wanted[self._texts[rows]] = True
            folded = [text if use else "" for text, use in zip(folded, wanted.tolist(), strict=True)]
        read = Texts(folded, [words(text) for text in folded], names)
        self._comparisons = [rule.read(read) for rule in RULES]
        self._fields = {name: fields[name] for name in variant_fields if name in fields.columns} if fields is not None else {}
        self._keys = {name: key_codes(column) for name, column in self._fields.items()}

    @property
    def variant_fields(self) -> tuple[str, ...]:
        """The fields that are compared."""
        return tuple(self._fields)

    def kinds(self, left: NDArray[np.integer], right: NDArray[np.integer]) -> NDArray[np.uint8]:
        """(m,) for pairs of rows, the kinds in which they differ: bit i for `KINDS[i]`, 0 where they differ in none.

        Values of a key differ where both rows have one.
        """
        found = np.zeros(len(left), dtype=np.uint8)
        one, other = self._texts[left], self._texts[right]
        for bit, comparison in enumerate(self._comparisons):
            found |= comparison.differ(one, other).astype(np.uint8) << np.uint8(bit)
        for codes in self._keys.values():
            a, b = codes[left], codes[right]
            found |= ((a != b) & (a >= 0) & (b >= 0)).astype(np.uint8) << np.uint8(len(RULES))
        return found

    def between(self, one: int, other: int) -> list[Difference]:
        """What two rows differ in, in words, in the order of `KINDS`."""
        pair = np.array([self._texts[one]]), np.array([self._texts[other]])
        a, b = int(pair[0][0]), int(pair[1][0])
        found = [
            Difference(rule.kind, rule.name, ", ".join(comparison.shown(a, b)), ", ".join(comparison.shown(b, a)))
            for rule, comparison in zip(RULES, self._comparisons, strict=True)
            if comparison.differ(*pair)[0]
        ]
        for name, codes in self._keys.items():
            if codes[one] != codes[other] and codes[one] >= 0 and codes[other] >= 0:
                values = [key_text(self._fields[name].iat[row]) for row in (one, other)]
                found.append(Difference(KEYS, name, *values))
        return found


def kinds_of(bits: int) -> list[str]:
    """The kinds that a number of `Differences.kinds` stands for."""
    return [kind for bit, kind in enumerate(KINDS) if bits >> bit & 1]


def bits_of(kinds: Collection[str]) -> int:
    """The number that stands for kinds."""
    return sum(1 << bit for bit, kind in enumerate(KINDS) if kind in kinds)


def check_merge(kinds: Collection[str]) -> tuple[str, ...]:
    """Kinds to merge, each once, in the order of `KINDS`.

    Raises
    ------
    DatasetError : one is none of `KINDS`
    """
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise DatasetError(f"merge names {unknown[0]!r}; choose from {', '.join(KINDS)}.", "merge")
    return tuple(kind for kind in KINDS if kind in kinds)


def codes_of(values: Sequence[Hashable]) -> NDArray[np.int64]:
    """(n,) a number for each value, equal where the values are."""
    numbers: dict[Any, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values], dtype=np.int64)
