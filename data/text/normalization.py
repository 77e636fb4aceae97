"""Four ways of calling two texts the same, each coarser than the one before.

bytes : as they stand
caseless : white space collapsed, stripped, lower case
typographic : caseless, with curly quotes, dashes and the ellipsis folded to ASCII
alphanumeric : typographic without apostrophes, its `[a-z0-9]+` tokens joined by one space

Earlier files call them N0, N1, N2 and N3; whoever gives a name may still do so.
"""

import re
from collections.abc import Callable, Iterable

_FOLD = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "—": "-", "–": "-", "…": "..."})
_TOKENS = re.compile(r"[a-z0-9]+")


def fold_typography(text: str) -> str:
    """The text with curly quotes, dashes and the ellipsis in ASCII."""
    return text.translate(_FOLD)


def _caseless(text: str) -> str:
    return " ".join(text.split()).lower()


def _typographic(text: str) -> str:
    return fold_typography(_caseless(text))


def _alphanumeric(text: str) -> str:
    return " ".join(_TOKENS.findall(_typographic(text).replace("'", "")))


# Finer before coarser. A description completes "equal …".
_WAYS: dict[str, tuple[Callable[[str], str], str]] = {
    "bytes": (str, "as they stand"),
    "caseless": (_caseless, "but for white space and case"),
    "typographic": (_typographic, "also for curly quotes, dashes, ellipsis"),
    "alphanumeric": (_alphanumeric, "letters and digits only, without apostrophes"),
}
NORMALIZATIONS = tuple(_WAYS)
DESCRIPTIONS = {name: description for name, (_, description) in _WAYS.items()}
ALIASES: dict[str, str] = {"N0": "bytes", "N1": "caseless", "N2": "typographic", "N3": "alphanumeric"}  # in earlier files


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
    way, _ = _WAYS[normalization_name(normalization)]
    return way(text)


def redundant(texts: Iterable[str], normalization: str) -> int:
    """How many rows repeat another one under the normalization: rows − distinct texts (0 or more; 0 for no rows)."""
    normalized = [normalize(text, normalization) for text in texts]
    return len(normalized) - len(set(normalized))
