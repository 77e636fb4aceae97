"""How varied the words of texts are: one function a statistic. All depend on length, so compare them at equal n only."""

import gzip
import math
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

    Source: Li et al. 2016, arXiv:1510.03055 ("scaled by total number of generated tokens": of words, not of n-grams).
    """
    return distinct_n_of_words([words(text) for text in texts], n)


def distinct_n_of_words(split: Sequence[Sequence[str]], n: int) -> float:
    """`distinct_n` of texts whose words are at hand."""
    total = sum(map(len, split))
    grams = {tuple(tokens[start : start + n]) for tokens in split for start in range(len(tokens) - n + 1)}
    return len(grams) / total if total else float("nan")


def compression_ratio(texts: Sequence[str]) -> float:
    """The size of the texts divided by their size compressed: UTF-8 bytes, texts parted by a space, gzip at level 9.

    About 1 and above; low is varied, high says that texts repeat each other. Below 1 for a few short texts, since gzip has a
    header. nan without any byte: nothing to compress.

    Source: Shaib et al. 2024, arXiv:2403.00553; their package `diversity` compresses twice, which adds some 20 bytes.
    """
    plain = " ".join(texts).encode("utf-8", errors="replace")
    return len(plain) / len(gzip.compress(plain, compresslevel=9, mtime=0)) if plain else float("nan")


def self_repetition(texts: Sequence[str], n: int = 4) -> float:
    """How much texts repeat each other's long n-grams.

    For each text, the numbers of other texts that hold its n-grams are added up, each n-gram once; the mean over texts of the
    logarithm of 1 + that sum. From 0 (no n-gram stands in two texts); low is varied. It rises with the number and the length of
    texts. nan without texts; a text of fewer than n words has no n-gram and counts as 0.

    Source: the package `diversity` 0.3.1 of Shaib et al. 2024, arXiv:2403.00553, after Salkar et al. 2022; words here are `words`,
    there what white space parts.
    """
    return self_repetition_of_words([words(text) for text in texts], n)


def self_repetition_of_words(split: Sequence[Sequence[str]], n: int = 4) -> float:
    """`self_repetition` of texts whose words are at hand."""
    grams = [{tuple(tokens[start : start + n]) for start in range(len(tokens) - n + 1)} for tokens in split]
    texts_with = Counter(gram for some in grams for gram in some)
    return math.fsum(math.log1p(sum(texts_with[gram] - 1 for gram in some)) for some in grams) / len(split) if split else math.nan


def opening_share(texts: Sequence[str]) -> float:
    """The share of texts that open with the commonest three words, among texts of at least three words.

    From 1/n to 1; low is varied. nan where no text has three words. Ours: a plain count.
    """
    return opening_share_of_words([words(text) for text in texts])


def opening_share_of_words(split: Sequence[Sequence[str]]) -> float:
    """`opening_share` of texts whose words are at hand."""
    openings = Counter(tuple(tokens[:3]) for tokens in split if len(tokens) >= 3)
    return max(openings.values()) / openings.total() if openings else float("nan")
