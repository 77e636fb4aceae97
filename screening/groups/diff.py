"""What differs between two texts, word by word."""

import re
from difflib import SequenceMatcher
from itertools import groupby
from operator import itemgetter
from typing import Literal

Kind = Literal["same", "removed", "added"]
LONGEST = 4000  # words and spaces of a text; the middle of longer ones is shown as replaced
_WORDS = re.compile(r"\s+|\w+(?:['’]\w+)*|[^\w\s]")


def word_diff(before: str, after: str) -> list[tuple[Kind, str]]:
    """The way from one text to another: runs of words that are the same, removed from the first or added in the second.

    The runs "same" and "removed" joined are `before`, "same" and "added" joined are `after`. Two empty texts give no run.
    """
    old: list[str] = _WORDS.findall(before)
    new: list[str] = _WORDS.findall(after)
    head = _shared(old, new)
    tail = _shared(old[head:][::-1], new[head:][::-1])
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    runs: list[tuple[Kind, list[str]]] = [("same", old[:head])]
    if max(len(middle_old), len(middle_new)) > LONGEST:
        runs.extend([("removed", middle_old), ("added", middle_new)])
    else:
        for what, a, b, c, d in SequenceMatcher(None, middle_old, middle_new, autojunk=False).get_opcodes():
            if what == "equal":
                runs.append(("same", middle_old[a:b]))
            else:
                runs.extend([("removed", middle_old[a:b]), ("added", middle_new[c:d])])
    runs.append(("same", old[len(old) - tail :]))
    return _merged(runs)


def _shared(one: list[str], other: list[str]) -> int:
    """How many words both begin with."""
    for at, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return at
    return min(len(one), len(other))


def _merged(runs: list[tuple[Kind, list[str]]]) -> list[tuple[Kind, str]]:
    """Runs of one kind in a row joined, empty ones left out."""
    found: list[tuple[Kind, str]] = []
    for kind, run in groupby((run for run in runs if run[1]), key=itemgetter(0)):
        found.append((kind, "".join(word for _, words in run for word in words)))
    return found
