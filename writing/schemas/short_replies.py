"""What a model wrote, as a job title, as the words for another person, or as a sentence; or the reason why it is none.

Nothing is mended in silence: what is taken off (an article, a full stop, quotation marks) is told with the piece.
"""

import re
from dataclasses import dataclass

from evalmap.writing.schemas.grammar import is_gendered, naming

MOST_TITLE_WORDS, MOST_PERSON_WORDS = 6, 3
CUT_OFF = "cut off"
_REFUSAL = re.compile(
    r"^(?:i['’]m sorry|i am sorry|sorry), (?:but )?(?:i|as an ai)\b|^i (?:can['’]?t|cannot) (?:help|assist|write|do)\b", re.I
)
_LIST_MARK = re.compile(r"^(?:[-*•–]|\(?\d{1,3}[.):])\s+")
_LEAD = re.compile(r"^(?:(?:the )?(?:job title|title|occupation|answer|words?|sentence)(?: is)?\s*:)\s*", re.I)
_QUOTES = {'"': '"', "“": "”", "‘": "’", "«": "»", "'": "'", "*": "*", "`": "`"}
_ARTICLE = re.compile(r"^(?:an?|the)\s+", re.I)
_NAME = re.compile(r"[a-z][a-z'’\-]*(?: [a-z][a-z'’\-]*)*", re.I)
_NO_PLURAL = re.compile(r"(?:ss|us|is)$")
_PLURALS = frozenset("people men women children personnel staff police clergymen policemen firemen".split())


@dataclass(frozen=True)
class ShortReply:
    """A reply of one line.

    Attributes
    ----------
    written : as the model wrote it
    text : the title, the person's words or the sentence; None where it is none
    reason : why it is none, in words; None where it is one
    removed : what was taken off, in words
    """

    written: str
    text: str | None = None
    reason: str | None = None
    removed: tuple[str, ...] = ()


def read_title(text: str, *, cut_off: bool = False) -> ShortReply:
    """A reply as a natural title of one person: a few words, singular, without a word of gender."""
    return _name(text, MOST_TITLE_WORDS, cut_off)


def read_person(text: str, occupation: str, *, cut_off: bool = False) -> ShortReply:
    """A reply as the words for another person than that of the occupation."""
    read = _name(text, MOST_PERSON_WORDS, cut_off)
    if read.text is None:
        return read
    head = occupation.split()[-len(read.text.split()) :]  # a chef beside a pastry chef: "the chef" may be either
    if naming(occupation).search(read.text) or read.text.casefold() == " ".join(head).casefold():
        return ShortReply(text, reason="the occupation itself")
    return read


def read_sentence(text: str, *, cut_off: bool = False) -> ShortReply:
    """A reply as one line with a blank; what the line must be is asked by `grammar`. A blank of several underscores becomes one."""
    line, removed, reason = _line(text, cut_off)
    if reason is not None:
        return ShortReply(text, reason=reason)
    if re.search(r"__", line):
        line = re.sub(r"_{2,}", "_", line)
        removed.append("further underscores")
    return ShortReply(text, line, removed=tuple(removed))


def _name(text: str, most: int, cut_off: bool) -> ShortReply:
    line, removed, reason = _line(text, cut_off)
    if reason is not None:
        return ShortReply(text, reason=reason)
    if (bare := line.rstrip(" .")) != line:
        line, removed = bare, [*removed, "full stop"]
    if (bare := _ARTICLE.sub("", line)) != line:
        line, removed = bare, [*removed, "article"]
    if (lower := re.sub(r"\b[A-Z](?=[a-z])", lambda found: found[0].lower(), line)) != line:  # IT stays, Nurse does not
        line, removed = lower, [*removed, "capitals"]
    words = re.split(r"[\s\-]+", line)
    if not _NAME.fullmatch(line):
        reason = "not a name of letters alone"
    elif len(words) > most:
        reason = "too long"
    elif words[-1].lower() in _PLURALS or (words[-1].endswith("s") and not _NO_PLURAL.search(words[-1])):
        reason = "not singular"
    elif any(map(is_gendered, words)):
        reason = "gendered word"
    return ShortReply(text, reason=reason) if reason else ShortReply(text, line, removed=tuple(removed))


def _line(text: str, cut_off: bool) -> tuple[str, list[str], str | None]:
    """(the one line of a reply, what was taken off, why it is none)"""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return "", [], "empty"
    if _REFUSAL.match(lines[0]):
        return "", [], "refusal"
    if len(lines) > 1:
        return "", [], "several lines"
    if cut_off:
        return "", [], CUT_OFF
    line, removed = lines[0], []
    for mark, what in ((_LIST_MARK, "list mark"), (_LEAD, "lead-in")):
        if (bare := mark.sub("", line)) != line:
            line, removed = bare, [*removed, what]
    while len(line) > 2 and _QUOTES.get(line[0]) == line[-1] and line[0] not in line[1:-1]:
        line, removed = line[1:-1].strip(), [*removed, "quotation marks"]
    return line, list(dict.fromkeys(removed)), None if line else "empty"
