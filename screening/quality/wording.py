"""How varied the words of texts are: one function a statistic. All depend on length, so compare them at equal n only."""

import gzip
import re
from collections import Counter
from collections.abc import Sequence

_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """The words of a text in small letters: runs of letters and digits, without apostrophes."""
    return _WORD.findall(text.casefold().replace("’", "'").replace("'", ""))


def distinct_n(texts: Sequence[str], n: int) -> float:
    """How many different n-grams of words there are, divided by the number of words; no n-gram runs across two texts.

    From 0 to 1; high is varied. nan without words: a share of nothing.

    Source: Li et al. 2016, arXiv:1510.03055 (scaled by the number of tokens).
    """
    split = [words(text) for text in texts]
    total = sum(map(len, split))
    grams = {tuple(tokens[start : start + n]) for tokens in split for start in range(len(tokens) - n + 1)}
    return len(grams) / total if total else float("nan")


def compression_ratio(texts: Sequence[str]) -> float:
    """The size of the texts divided by their size compressed: UTF-8 bytes, one text a line, gzip at level 9.

    About 1 and above; low is varied, high says that texts repeat each other. Below 1 for a few short texts, since gzip has a
    header. nan without any byte: nothing to compress.

    Source: Shaib et al. 2024, arXiv:2403.00553.
    """
    plain = "\n".join(texts).encode("utf-8", errors="replace")
    return len(plain) / len(gzip.compress(plain, compresslevel=9, mtime=0)) if plain else float("nan")


def opening_share(texts: Sequence[str]) -> float:
    """The share of texts that open with the commonest three words, among texts of at least three words.

    From 1/n to 1; low is varied. nan where no text has three words. Ours: a plain count.
    """
    openings = Counter(tuple(split[:3]) for split in map(words, texts) if len(split) >= 3)
    return max(openings.values()) / openings.total() if openings else float("nan")
