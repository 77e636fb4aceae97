"""Colours that colour-blind readers can tell apart: one hue a category, the same on the map and in every chart beside it."""

import re
from collections.abc import Sequence

BLUE, ORANGE = "#0072B2", "#E69F00"
MISSING = "#9AA0A6"
# Okabe and Ito 2008 (without yellow and black, which vanish on white and on black), then Paul Tol's muted and bright schemes
CYCLE = (
    *(BLUE, ORANGE, "#009E73", "#CC79A7", "#56B4E9", "#D55E00"),
    *("#999933", "#AA4499", "#44AA99", "#CC6677", "#4477AA", "#DDAA33"),
    *("#228833", "#AA3377", "#88CCEE", "#EE6677", "#117733", "#BBAA55"),
)
_YES = frozenset({"yes", "true", "agree", "1", "pass", "correct"})
_NO = frozenset({"no", "false", "disagree", "0", "fail", "incorrect"})
_LETTER = re.compile(r"\s*\(?([A-Za-z])[).]?\s*")


def colors(names: Sequence[str]) -> list[str]:
    """A colour for each category: Yes is always blue and No orange, (A) (B) (C) follow the alphabet, others take their place's.

    Colours repeat after `len(CYCLE)` categories.
    """
    words = [name.strip().lower() for name in names]
    if sum(word in _YES for word in words) == 1 and sum(word in _NO for word in words) == 1:
        rest = iter(CYCLE[2 + place % (len(CYCLE) - 2)] for place in range(len(names)))
        return [BLUE if word in _YES else ORANGE if word in _NO else next(rest) for word in words]
    letters = [_LETTER.fullmatch(name) for name in names]
    if names and all(letters):
        places = [ord(letter[1].upper()) - ord("A") for letter in letters if letter]
        if len(set(places)) == len(places):
            return [CYCLE[place % len(CYCLE)] for place in places]
    return [CYCLE[place % len(CYCLE)] for place in range(len(names))]
