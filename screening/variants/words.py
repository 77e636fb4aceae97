"""A text as the rules of variants read it: typography folded, words with their case."""

import re
import unicodedata

from evalmap.data.text.normalization import fold_typography

_APOSTROPHES = str.maketrans({"`": "'", "´": "'", "ʼ": "'", "＇": "'", "′": "'", "−": "-", "‐": "-", "‑": "-"})
_WORDS = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


def fold(text: str) -> str:
    """The text with one kind of quotes, apostrophes, dashes and digits; x² reads x2, ½ reads 1/2."""
    text = fold_typography(text).translate(_APOSTROPHES)
    return text if text.isascii() else unicodedata.normalize("NFKC", text).replace("\N{FRACTION SLASH}", "/")


def words(folded: str) -> list[str]:
    """The words in lower case, contractions in one piece."""
    return _WORDS.findall(folded.lower())
