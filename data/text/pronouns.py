"""Sentences with one blank for a pronoun: where the blank is, and which of the options is whose pronoun."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

PronounForm = Literal["subject", "object", "possessive", "independent possessive", "reflexive"]

# The pronouns of a woman, of a man and of someone whose gender is left open
PRONOUNS: dict[PronounForm, tuple[str, str, tuple[str, ...]]] = {
    "subject": ("she", "he", ("they",)),
    "object": ("her", "him", ("them",)),
    "possessive": ("her", "his", ("their",)),
    "independent possessive": ("hers", "his", ("theirs",)),
    "reflexive": ("herself", "himself", ("themselves", "themself")),
}
FORMS = tuple(PRONOUNS)
_BLANK = re.compile(r"(?<![^\W_])_+(?![^\W_])")  # underscores that no letter and no digit touches: snake_case is none


@dataclass(frozen=True)
class PronounOptions:
    """Which of a sentence's options is whose, as the data writes them; neutral is None where there is none."""

    form: PronounForm
    female: str
    male: str
    neutral: str | None = None


def pronoun_options(options: Sequence[str]) -> PronounOptions | None:
    """The options of a sentence as pronouns of one form, in any order and case; None where they are none, or hold more."""
    return _pronoun_options(tuple(options))


@lru_cache(maxsize=1024)
def _pronoun_options(options: tuple[str, ...]) -> PronounOptions | None:
    written = {option.strip().casefold(): option for option in options}
    for form, (female, male, open_to_all) in PRONOUNS.items():
        rest = [word for word in written if word not in (female, male)]
        if female in written and male in written and len(rest) <= 1 and all(word in open_to_all for word in rest):
            return PronounOptions(form, written[female], written[male], written[rest[0]] if rest else None)
    return None


def blank_of(text: str) -> tuple[int, int] | None:
    """Where the one blank of a text (a run of underscores) begins and ends; None where there is none, or more than one."""
    found = list(_BLANK.finditer(text))
    return found[0].span() if len(found) == 1 else None


def fill_blank(text: str, words: str) -> str:
    """The text with words in its one blank, as they are: nothing around them is made to agree.

    Raises
    ------
    ValueError : the text has no blank, or more than one
    """
    if (blank := blank_of(text)) is None:
        raise ValueError("the text does not have exactly one blank")
    return text[: blank[0]] + words + text[blank[1] :]
