"""Four ways of calling two texts the same, each coarser than the one before.

bytes : as they stand
caseless : white space collapsed, stripped, lower case
typographic : caseless, with curly quotes, dashes and the ellipsis folded to ASCII
alphanumeric : typographic without apostrophes, its `[a-z0-9]+` tokens joined by one space

Earlier files call them N0, N1, N2 and N3; whoever gives a name may still do so.
"""

import re
from collections.abc import Iterable

NORMALIZATIONS = ("bytes", "caseless", "typographic", "alphanumeric")
ALIASES: dict[str, str] = dict(zip(("N0", "N1", "N2", "N3"), NORMALIZATIONS, strict=True))  # what they were called in earlier files

_FOLD = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "—": "-", "–": "-", "…": "..."})
_TOKENS = re.compile(r"[a-z0-9]+")


def normalization_name(name: str) -> str:
    """One of `NORMALIZATIONS`, given by its name or by an alias.

    Raises
    ------
    ValueError : it is neither
    """
    name = ALIASES.get(name, name)
    if name not in NORMALIZATIONS:
        raise ValueError(f"normalization {name!r} is unknown; choose one of {', '.join(NORMALIZATIONS)}")
    return name


def normalize(text: str, normalization: str) -> str:
    """The text under a normalization, given by its name or by an alias.

    Raises
    ------
    ValueError : there is none of that name
    """
    name = normalization_name(normalization)
    if name == "bytes":
        return text
    text = " ".join(text.split()).lower()
    if name == "caseless":
        return text
    text = text.translate(_FOLD)
    if name == "typographic":
        return text
    return " ".join(_TOKENS.findall(text.replace("'", "")))


def redundant(texts: Iterable[str], normalization: str) -> int:
    """How many rows repeat another one under the normalization: rows − distinct texts (0 or more; 0 for no rows)."""
    normalized = [normalize(text, normalization) for text in texts]
    return len(normalized) - len(set(normalized))
