"""Proper names and acronyms: words that a dataset writes with a capital where no sentence begins.

Whether a word is a name is decided for the dataset and not for a place, so the case of a letter never makes two texts differ. A
word is a name if it bears a capital inside sentences more often than it is written small. Where it stands at the beginning of
sentences only, it is a name if it is never written small and has no usual ending. Stop words and `OPENERS` are none; an opening
bracket, quote or bullet tells nothing of the word behind it. Texts in capitals, and titles With Every Word Like This, tell nothing.

Two texts must hold the same names; where all their words are the same, also in the same order (Anna helps Bob, Bob helps Anna).

Not seen: two spellings of one name; names that are words as well (Mark, Will, Turkey) where they are written small more often.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from evalmap.screening.variants.dates import MONTHS

_WORDS = re.compile(r"(?:(?P<end>[.!?]\s+)|(?P<mark>[:;\n\"'()\[\]*•>/,-]\s*))?(?P<word>[^\W\d_]+(?:'[^\W\d_]+)*)")
_WEEKDAYS = tuple(f"{name}day" for name in ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun"))
_NO_NAMES = frozenset(
    (
        *MONTHS,
        *_WEEKDAYS,
        *(f"{name}s" for name in _WEEKDAYS),
        *"i im ive ill id youre youve theyre theyve weve yes no ok true false".split(),
    )
)
_CONTRACTIONS = ("n't", "'m", "'re", "'ve", "'ll", "'d")
_ENDINGS = ("ing", "tion", "sion", "ness", "ity", "ly", "ment", "ism", "ance", "ence", "ful", "ous", "able", "ed", "est")

OPENERS = frozenset(
    "answer answers argue ask assistant assume calculate choice choices choose classify compare complete compute consider "
    "convert create decide define describe determine do does did evaluate example explain find given hello human identify "
    "imagine keep let list maybe name option options people pick please print prove question rate read say select solve "
    "state statement summarize suppose sure tell text thanks think translate true use user using want write".split()
)


def name_marks(text: Sequence[str], names: frozenset[str]) -> tuple[str, ...]:
    """The names in a text's words, each once, in the order in which they first come; Muslims is the name Muslim."""
    bare = (_bare(word) for word in text)
    singular = (word[:-1] if word.endswith("s") and word[:-1] in names else word for word in bare)
    return tuple(dict.fromkeys(word for word in singular if word in names))


def find_names(texts: Iterable[str]) -> frozenset[str]:
    """The names of a dataset, in lower case.

    Parameters
    ----------
    texts : folded, with their case
    """
    inside, begins, small = Counter[str](), Counter[str](), Counter[str]()
    for text in texts:
        found = [(match["end"] is not None or not match.start(), match["mark"], match["word"]) for match in _WORDS.finditer(text)]
        capitals = sum(word[0].isupper() for _, _, word in found)
        if len(found) > 3 and capitals > 0.7 * len(found):  # a title, or all in capitals
            continue
        for first, mark, word in found:
            bare = _bare(word.lower())
            if not word[0].isupper():
                small[bare] += 1
            elif mark and not mark.startswith(","):
                continue
            elif first:
                begins[bare] += 1
            else:
                inside[bare] += 1
    names = {word for word, count in inside.items() if count > small[word]}
    names |= {word for word in begins if word not in small and word not in inside and not word.endswith(_ENDINGS)}
    return frozenset(name for name in names - _common() if len(name) > 1 and name not in _NO_NAMES)


def _bare(word: str) -> str:
    """Without 's, apostrophes (Qur'an) and accents; "" for a contraction."""
    if not word.isascii():
        word = "".join(char for char in unicodedata.normalize("NFKD", word) if not unicodedata.combining(char))
    if "'" not in word:
        return word
    word = word.removesuffix("'s")
    return "" if word.endswith(_CONTRACTIONS) else word.replace("'", "")


def _common() -> frozenset[str]:
    """Words that open sentences in any text."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return OPENERS | ENGLISH_STOP_WORDS
