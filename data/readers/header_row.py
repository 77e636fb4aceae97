"""Whether the first row of a table names its columns, or is a row like the others."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evalmap.data.errors import DatasetError
from evalmap.data.role_evidence import family_of, name_words

_SAMPLE = 200  # rows after the first that are looked at
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")


@dataclass(frozen=True)
class Header:
    """The names of a table's columns; `first` is 1 where the first row bears them, 0 where it is a row like the others."""

    names: list[str]
    first: int
    notes: tuple[str, ...] = ()


def take_header(records: Sequence[Sequence[Any]], *, source: str, header: bool | None) -> Header:
    """The names of the columns: the first row's, or a, b, c … where it is a row like the others.

    Parameters
    ----------
    records : rows of equal length, the first row among them; at least one
    header : what the user says; None: it is decided by what the first row looks like beside the others

    Raises
    ------
    DatasetError : what speaks for a header and against one is near each other
    """
    first = ["" if cell is None else str(cell) for cell in records[0]]
    if header is None:
        header, doubt = _looks_like_names(first, records[1 : _SAMPLE + 1])
        if doubt:
            shown = ", ".join(cell[:40] for cell in first[:4])
            raise DatasetError(
                f"{source}: the first row ({shown}) may name the columns or be a row like the others ({doubt}). "
                "Say which: header or no header.",
                "header",
                "no_header",
            )
        if not header:
            names = column_names(len(first))
            called = f"columns are called {names[0]} to {names[-1]}" if len(names) > 1 else "column is called a"
            return Header(names, 0, (f"The first row looks like the others, so it is a row too; the {called}.",))
        if odd := next((cell for cell in first if _is_unusual(cell)), None):
            return Header(first, 1, (f"The first row names the columns, though “{odd[:40]}” is an unusual name.",))
    return Header(first, 1) if header else Header(column_names(len(first)), 0)


def column_names(count: int) -> list[str]:
    """a, b, … z, aa, ab …"""
    names = []
    for number in range(1, count + 1):
        name = ""
        while number:
            number, rest = divmod(number - 1, 26)
            name = chr(ord("a") + rest) + name
        names.append(name)
    return names


def _looks_like_names(first: list[str], others: Sequence[Sequence[Any]]) -> tuple[bool, str]:
    """(whether the first row names the columns, what is doubtful about it; "" where nothing is)."""
    for_names, for_row = [], []
    weight = 0.0
    for at, cell in enumerate(first):
        column = [text for row in others if (text := "" if row[at] is None else str(row[at]).strip())]
        text = cell.strip()
        again = text in column
        if not text or not column:
            continue
        if _NUMBER.fullmatch(text):
            if all(map(_NUMBER.fullmatch, column)):
                for_row.append(f"{text} stands among numbers")
                weight -= 2
        elif all(map(_NUMBER.fullmatch, column)):
            for_names.append(f"{text} stands above numbers")
            weight += 3
        elif again:
            for_row.append(f"{text[:40]} stands in its column again")
            weight -= 2
        elif _is_sentence(text) and 2 * sum(map(_is_sentence, column)) >= len(column):
            for_row.append(f"“{text[:40]}” is a sentence like those below it")
            weight -= 3
        elif len(words := name_words(text)) <= 4 and family_of(words) != "unknown":
            for_names.append(f"{text[:40]} is a known name")
            weight += 3
    if for_names and for_row and abs(weight) < 2:
        return True, f"{for_names[0]}, but {for_row[0]}"
    return weight >= 0, ""


def _is_sentence(text: str) -> bool:
    words = len(text.split())
    return words >= 4 or (words >= 2 and text.endswith((".", "?", "!"))) or (len(text) > 8 and text.endswith(("。", "？", "！")))


def _is_unusual(name: str) -> bool:
    """Whether hardly anyone would call a column so: a long text, a sentence."""
    return len(name) > 40 or len(name.split()) > 5 or name.endswith((".", "?", "!", "。", "？", "！"))
