"""Skeletons: the words that the rows of a template share, with a gap for each slot.

A text is a string of token numbers (one character a token), so that two are aligned, and a skeleton is matched, by the standard
library at its own speed. Tokens are equal but for case and typography.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from evalmap.screening.variants.words import fold

MAX_SLOT = 4  # tokens of one slot: "precision instrument and equipment" is the longest that counts as short
MAX_SLOTS = 4  # of a skeleton; with more, what is shared is grammar
MIN_FIXED = 4  # words that a skeleton has beside its slots
MIN_FIXED_RATIO = 0.6  # of a row's tokens that are the skeleton's
MAX_BETWEEN = 60  # tokens from the first slot to the last
MAX_TOKENS = 400  # of a text; longer ones are no rows of templates
_TOKENS = re.compile(r"\d+(?:[.,:/]\d+)*\w*|\w+(?:['’-]\w+)*|[^\w\s]")
_FIRST = 0x10000  # of the characters that stand for tokens; below lie what `re` and the surrogates reserve

Skeleton = tuple[str, ...]  # runs of encoded tokens, a slot between each two; the outer ones may be empty


@dataclass(frozen=True)
class EncodedText:
    """A text as token numbers, and where each token stands in it."""

    text: str
    code: str
    spans: tuple[tuple[int, int], ...]

    def words(self, start: int, end: int) -> str:
        """What stands in the text from one token up to another, as it is written."""
        return self.text[self.spans[start][0] : self.spans[end - 1][1]] if end > start else ""


class Vocabulary:
    """Tokens ↔ characters."""

    def __init__(self) -> None:
        self._codes: dict[str, str] = {}
        self._written: dict[str, str] = {}
        self._tokens: list[str] = []

    def encode(self, text: str) -> EncodedText:
        """A text's tokens; a text of more than `MAX_TOKENS` has none."""
        found = list(_TOKENS.finditer(text))
        found = found if len(found) <= MAX_TOKENS else []
        return EncodedText(text, "".join(self._code(match.group()) for match in found), tuple(match.span() for match in found))

    def token(self, code: str) -> str:
        """The token that a character stands for, in lower case."""
        return self._tokens[ord(code) - _FIRST]

    def is_word(self, code: str) -> bool:
        """Whether a character stands for a word or a number, and for no sign."""
        return any(char.isalnum() for char in self.token(code))

    def _code(self, written: str) -> str:
        code = self._written.get(written)
        if code is None:
            token = fold(written).casefold()
            code = self._codes.get(token)
            if code is None:
                code = self._codes[token] = chr(_FIRST + len(self._tokens))
                self._tokens.append(token)
            self._written[written] = code
        return code


def align(one: str, other: str) -> Skeleton | None:
    """What two encoded texts share, where all else are pieces in one place of both; None where a piece stands in one of them only,
    where nothing differs, or where there are more than `MAX_SLOTS` or longer ones than `MAX_SLOT`.
    """
    one, other = sorted((one, other))  # which of two the matcher begins with may change what it finds
    head = _shared(one, other)
    tail = _shared(one[head:][::-1], other[head:][::-1])
    a, b = one[head : len(one) - tail], other[head : len(other) - tail]
    if not a or not b:
        return None
    runs = [one[:head]]
    if len(a) == 1 or len(b) == 1:
        if max(len(a), len(b)) > MAX_SLOT:
            return None
    elif max(len(a), len(b)) > MAX_BETWEEN:
        return None
    else:
        for what, i, j, k, m in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
            if what == "equal":
                runs.append(a[i:j])
            elif what != "replace" or max(j - i, m - k) > MAX_SLOT:
                return None
        if len(runs) > MAX_SLOTS:
            return None
    return (*runs, one[len(one) - tail :])


def pattern_of(skeleton: Skeleton) -> re.Pattern[str]:
    """A pattern that encoded texts match whole where they are the skeleton with its slots filled."""
    return re.compile(f"(.{{1,{MAX_SLOT}}}?)".join(map(re.escape, skeleton)), re.DOTALL)


def is_telling(skeleton: Skeleton, vocabulary: Vocabulary) -> bool:
    """Whether a skeleton has `MIN_FIXED` words at least and is `MIN_FIXED_RATIO` of a row with slots of one token."""
    fixed = [code for run in skeleton for code in run]
    slots = len(skeleton) - 1
    enough = len(fixed) >= MIN_FIXED_RATIO * (len(fixed) + slots)
    return enough and sum(map(vocabulary.is_word, fixed)) >= MIN_FIXED


def is_row_of(skeleton: Skeleton, code: str) -> bool:
    """Whether enough of a row is its skeleton; `code` matches it."""
    return sum(map(len, skeleton)) >= MIN_FIXED_RATIO * len(code)


def written(skeleton: Skeleton, row: EncodedText, spans: Sequence[tuple[int, int]]) -> str:
    """The skeleton as it stands in a row, {1}, {2} … in place of what fills its slots there.

    spans : tokens of the row that each slot holds, as (start, end)
    """
    parts, at = [], 0
    for number, (start, end) in enumerate(spans, start=1):
        parts += [row.text[at : row.spans[start][0]], f"{{{number}}}"]
        at = row.spans[end - 1][1]
    return "".join([*parts, row.text[at:]])


def _shared(one: str, other: str) -> int:
    """How many tokens both begin with."""
    for at, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return at
    return min(len(one), len(other))
