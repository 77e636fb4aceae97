"""Texts without what wraps them, so that two datasets are not told apart by their format alone."""

import re
from collections.abc import Sequence

from evalmap.data.text.boilerplate import detect_boilerplate, strip_boilerplate
from evalmap.data.text.multiple_choice import MultipleChoice, split, split_lines

_OPENING = re.compile(
    r"^\s*(?:(?:question|q|prompt|input|user|human|statement|problem|query|instruction)\s*(?:\d+\s*)?[:.)]\s+)+", re.IGNORECASE
)
_CLOSING = re.compile(
    r"\s*(?:\b(?:the |your )?(?:best |correct )?(?:answer|response|assistant|output)(?: is)?\s*[:(]?\s*)+$|\bA:\s*$", re.IGNORECASE
)


def without_wrapping(texts: Sequence[str]) -> list[str]:
    """The texts of one dataset without options, "Question: … Answer:" and other cues, and what nearly all of them share.

    A text that has options becomes what stands before them; where nothing does, the options without their marks. Text of nothing
    else stays as it is.
    """
    bare = [_bare(text) for text in texts]
    shared = detect_boilerplate(bare, dataset="")
    return [strip_boilerplate(text, shared).strip() or text for text in bare]


def _bare(text: str) -> str:
    taken = split(text) or split_lines(text)
    stem = text if taken is None else _stem(taken)
    found = " ".join(_CLOSING.sub("", _OPENING.sub("", stem)).split())
    return found or text


def _stem(taken: MultipleChoice) -> str:
    return taken.stem if taken.stem.strip() else " ".join(option for _, option in taken.choices)
