"""Four ways of calling two texts the same, from bytes to words.

N0 bytes as they stand; N1 white space collapsed, stripped, lower case; N2 = N1 with curly quotes, dashes and the ellipsis
folded to ASCII; N3 = N2 without apostrophes, its `[a-z0-9]+` tokens joined by one space. Each is coarser than the one before.
"""

import re
from collections.abc import Iterable

NORMALISATIONS = ("N0", "N1", "N2", "N3")

_FOLD = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "—": "-", "–": "-", "…": "..."})
_TOKENS = re.compile(r"[a-z0-9]+")


def normalise(text: str, level: str) -> str:
    """The text under one of `NORMALISATIONS`.

    Raises
    ------
    ValueError : level is none of them
    """
    if level not in NORMALISATIONS:
        raise ValueError(f"normalisation {level!r} is unknown; choose one of {', '.join(NORMALISATIONS)}")
    if level == "N0":
        return text
    text = " ".join(text.split()).lower()
    if level == "N1":
        return text
    text = text.translate(_FOLD)
    if level == "N2":
        return text
    return " ".join(_TOKENS.findall(text.replace("'", "")))


def redundant(texts: Iterable[str], level: str) -> int:
    """How many rows repeat another one under the normalisation: rows − distinct texts (0 or more; 0 for no rows)."""
    normalised = [normalise(text, level) for text in texts]
    return len(normalised) - len(set(normalised))
