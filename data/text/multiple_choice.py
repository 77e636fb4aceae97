"""Questions that carry their options inside the text: "(A) … (B) …", up to "(H)"."""

import re
from dataclasses import dataclass

_OPTION = re.compile(r"\(([A-H])\)")
_LINE_OPTION = re.compile(r"^[ \t]*(?:\(([A-Z])\)|([A-Z])[.):])[ \t]+(?=\S)", re.MULTILINE)
_HEADER_WORDS = {"choice", "choices", "answer", "answers", "option", "options", "possible", "response", "responses", "your", "s"}
_WORD = re.compile(r"[^\W_]+")  # "____" is a blank, not a word
_ANSWER_CUE = re.compile(r"\s*(?:your )?answer\s*:?", re.IGNORECASE)


@dataclass(frozen=True)
class MultipleChoice:
    """A question taken apart: `stem` before the options, `choices` as ("(A)", text) pairs in order."""

    stem: str
    choices: tuple[tuple[str, str], ...]


def split(text: str) -> MultipleChoice | None:
    """Take a question apart at its options; None where the text has no "(A)" followed by "(B)".

    Options count as such in alphabetical order only, so that a later mention of "(A)" inside an option stays text.
    """
    marks: list[re.Match[str]] = []
    for mark in _OPTION.finditer(text):
        if mark.group(1) == "ABCDEFGH"[len(marks)]:
            marks.append(mark)
            if len(marks) == 8:
                break
    if len(marks) < 2:
        return None
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    choices = []
    for mark, end in zip(marks, ends, strict=True):
        choices.append((mark.group(0), _without_cue(text[mark.end() : end])))
    return MultipleChoice(_without_header(text[: marks[0].start()]), tuple(choices))


def _without_header(text: str) -> str:
    """The text without "Choices:", "Possible answers:" … on lines of their own, or after the last sentence, at its end."""
    lines = text.split("\n")
    while lines and not has_question(lines[-1]):
        lines.pop()
    if not lines:
        return ""
    end = max(lines[-1].rfind(mark) for mark in (". ", "? ", "! "))
    if end >= 0 and not has_question(lines[-1][end + 1 :]):
        lines[-1] = lines[-1][: end + 1]
    return "\n".join(lines).rstrip()


def _without_cue(option: str) -> str:
    """An option's text without the "Answer:" that may stand on a line after it."""
    text, newline, last = option.rstrip().rpartition("\n")
    return (text if newline and _ANSWER_CUE.fullmatch(last) else option).strip(" \t\r\n:")


def has_question(before_choices: str) -> bool:
    """Whether the text before the first option has any word beyond "choices", "answer", "options" and the like."""
    return any(word not in _HEADER_WORDS for word in _WORD.findall(before_choices.lower()))


def lacks_question(text: str) -> bool:
    """Whether a text has options, and nothing is asked before the first of them."""
    first = text.find("(A)")
    return first >= 0 and not has_question(text[:first])


def split_lines(text: str) -> MultipleChoice | None:
    """Take a question apart at options on lines of their own, "A. …", "B) …" or "(C) …", in their order; None without two."""
    marks: list[re.Match[str]] = []
    for mark in _LINE_OPTION.finditer(text):
        if (mark.group(1) or mark.group(2)) == chr(ord("A") + len(marks)):
            marks.append(mark)
    if len(marks) < 2:
        return None
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    choices = [(mark.group(0).strip(), _without_cue(text[mark.end() : end])) for mark, end in zip(marks, ends, strict=True)]
    return MultipleChoice(_without_header(text[: marks[0].start()]), tuple(choices))
