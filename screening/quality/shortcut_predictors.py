"""What a trivial predictor of labels sees of a row: its first two words, its length, where its options stand …"""

import re
from collections.abc import Callable, Mapping, Sequence

NEGATIONS = frozenset("not no never none nor neither nothing nobody nowhere cannot without".split())
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")

Tokens = Mapping[str, float]  # what a predictor sees of one row: name → number
Sees = Callable[[str, Sequence[str]], Tokens]  # of a text before its options, and the options


def first_two_words(text: str) -> str:
    """The first two words, in lower case."""
    return " ".join(_words(text)[:2])


def _words(text: str) -> list[str]:
    return [word.replace("’", "'") for word in _WORD.findall(text.lower())]


def _first_two_words(text: str, options: Sequence[str]) -> Tokens:
    return {first_two_words(text): 1.0}


def _length(text: str, options: Sequence[str]) -> Tokens:
    return {"words": len(_words(text)), "characters": len(text)}


def _bag_of_words(text: str, options: Sequence[str]) -> Tokens:
    bare = [f"option {at} is {' '.join(_words(option))}" for at, option in enumerate(options, start=1) if len(_words(option)) == 1]
    return dict.fromkeys([*_words(text), *_in_options(options, _words), *bare], 1.0)


def _negations(text: str) -> list[str]:
    return [word for word in _words(text) if word in NEGATIONS or word.endswith("n't")]


def _negation(text: str, options: Sequence[str]) -> Tokens:
    return dict.fromkeys([*_negations(text), *_in_options(options, _negations)], 1.0)


def _marks(text: str) -> list[str]:
    marks = [mark for mark in text if not mark.isalnum() and not mark.isspace()]
    return [*marks, f"{marks[-1]} at the end"] if marks and text.rstrip().endswith(marks[-1]) else marks


def _punctuation(text: str, options: Sequence[str]) -> Tokens:
    return dict.fromkeys([*_marks(text), *_in_options(options, _marks)], 1.0)


def _option_position(text: str, options: Sequence[str]) -> Tokens:
    """Nothing but how many options there are: the label is guessed that is commonest among such rows."""
    return {f"{len(options)} options": 1.0}


def _option_length(text: str, options: Sequence[str]) -> Tokens:
    return {f"words of option {at}": len(_words(option)) for at, option in enumerate(options, start=1)}


def _longest(text: str, options: Sequence[str]) -> Tokens:
    lengths = [len(option) for option in options]
    return {f"option {lengths.index(max(lengths)) + 1} is the longest": 1.0} if lengths else {}


def _in_options(options: Sequence[str], parts: Callable[[str], list[str]]) -> list[str]:
    """Parts of options with their places: which option says no tells the label, that one does tells nothing."""
    return [f"{part} in option {at}" for at, option in enumerate(options, start=1) for part in parts(option)]


# name → (what it sees, whether it needs options)
PREDICTORS: dict[str, tuple[Sees, bool]] = {
    "first_two_words": (_first_two_words, False),
    "length": (_length, False),
    "bag_of_words": (_bag_of_words, False),
    "negation": (_negation, False),
    "option_position": (_option_position, True),
    "option_length": (_option_length, True),
    "longest": (_longest, True),
    "punctuation": (_punctuation, False),
}
NUMBERS = ("length", "option_length")  # seen as numbers, where a threshold tells; else as what is there and what is not
