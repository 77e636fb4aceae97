"""The options of multiple-choice questions, however a file writes them, and the key among them, however it names it.

Options stand as a list, as {text: […], label: […]}, as {letter: text}, as scores {text: 0 or 1}, in one field an option, or inside
the question. The key is a letter, an index from 0 or 1, an option's own label, its text, a list of these, or what scores.
Which it is, is decided from all rows of a file, and told.
"""

import ast
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Literal

import pandas as pd

from evalmap.data.text.multiple_choice import split_lines

KeyForm = Literal["letter", "label", "index", "index from 1", "text", "score"]

MOST_SHARED = 10  # options that all rows share are classes up to here
_FIELD_OF_OPTION = re.compile(
    r"(?i)(op|opt|option|choice|answer|ans|ending|sol|solution|candidate|alternative)s?[ _.-]?([a-j]|\d\d?)(?:[ _.-]?text)?"
)
_LETTER = re.compile(r"\s*\(?([A-Za-z])[.):]?\s*")
_QUOTED = r"""(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_SPACED_LETTER = re.compile(r"\s*(?:\([A-Za-z]\)|[A-Za-z][.):])\s")
_OWN_LETTER = re.compile(r"\s*(?:\(([A-Za-z])\)|([A-Za-z])\s?[.):])\s*(?=\S)")


@dataclass(frozen=True)
class RowOptions:
    """The options of one row: their `texts`, their `own` labels where the file has some, their `scores` where it has these."""

    texts: tuple[str, ...]
    own: tuple[str, ...] = ()
    scores: tuple[float, ...] = ()


@dataclass(frozen=True)
class Key:
    """How the right option is named: the `form`, over all rows, of the values of `field`."""

    field: str
    form: KeyForm


def options_of(value: object) -> RowOptions | None:
    """The options that one value holds; None where it holds fewer than one."""
    if isinstance(value, str):
        return _written(value)
    if isinstance(value, list) and value:
        if all(isinstance(one, dict) for one in value):
            texts = [one.get("text", one.get("content", one.get("value"))) for one in value]
            own = [one.get("label", one.get("key", one.get("letter", one.get("id")))) for one in value]
            if any(text is None or isinstance(text, (list, dict)) for text in texts):
                return None
            labelled = () if any(one is None or isinstance(one, (list, dict)) for one in own) else tuple(map(_plain, own))
            return RowOptions(tuple(map(_plain, texts)), labelled)
        if any(isinstance(one, (list, dict)) or one is None for one in value):
            return None
        return RowOptions(tuple(map(_plain, value)))
    return _of_object(value) if isinstance(value, dict) and value else None


def option_fields(names: Sequence[str]) -> tuple[str, ...]:
    """Fields that hold one option each, in their order: ans0, ans1 …; A, B, C …; option_a …; sol1 …; () where there are none."""
    for first, at in (("A", "ABCDEFGHIJ"), ("a", "abcdefghij")):
        lettered = list(takewhile(lambda mark: mark in names, at))
        if len(lettered) >= 2 and lettered[0] == first:
            return tuple(lettered)
    families: dict[str, dict[str, str]] = {}
    for name in names:
        if match := _FIELD_OF_OPTION.fullmatch(name):
            families.setdefault(match[1].lower(), {})[match[2].lower()] = name
    for marks in sorted(families.values(), key=len, reverse=True):
        ordered = sorted(marks, key=lambda mark: (len(mark), mark))
        if len(ordered) >= 2 and _follow(ordered):
            return tuple(marks[mark] for mark in ordered)
    return ()


def find_key(field: str, values: Sequence[object], options: Sequence[RowOptions | None]) -> Key | None:
    """How `field` names the right option of nearly every row; None where it doesn't.

    Parameters
    ----------
    values, options : (n,) row by row; rows without either are passed over
    """
    rows = [(value, row) for value, row in zip(values, options, strict=True) if row and not _is_missing(value)]
    if not rows:
        return None
    for form in _forms(rows):
        named = sum(bool(option_indices(value, row, form)) for value, row in rows)
        if named >= 0.98 * len(rows):
            return Key(field, form)
    return None


def option_indices(value: object, options: RowOptions, form: KeyForm) -> tuple[int, ...]:
    """Which options, from 0, a value names; () where it names none, or one of a list names none."""
    if form == "score":
        best = max(options.scores, default=0.0)
        return tuple(at for at, score in enumerate(options.scores) if score == best) if best > 0 else ()
    if isinstance(value, list):
        found = [option_indices(one, options, form) for one in value if not isinstance(one, (list, dict))]
        return tuple(at for one in found for at in one) if found and all(found) else ()
    at = _index(_plain(value), options, form)
    return (at,) if 0 <= at < len(options.texts) else ()


def _index(text: str, options: RowOptions, form: KeyForm) -> int:
    if form == "text":
        return options.texts.index(text) if text in options.texts else -1
    if form == "label":
        bare, own = text.strip("(). "), [one.strip("(). ") for one in options.own]
        return own.index(bare) if bare in own else -1
    if form == "letter":
        match = _LETTER.fullmatch(text)
        return ord(match[1].upper()) - ord("A") if match else -1
    return int(text) - (form == "index from 1") if re.fullmatch(r"\d{1,3}", text) else -1


def option_words(label: object, choices: object) -> str:
    """A label with the option that it names, as a person reads it: "A · red"; a label that names none stays as it is.

    Parameters
    ----------
    label, choices : of one example, as in `evalmap.data.records.Dataset`; "" for no label
    """
    if not isinstance(label, str):
        return ""
    options = choice_list(choices)
    named = [_named_option(part, options) for part in ([label] if label in options else label.split(", "))]
    return ", ".join(part for part in named if part) if options and all(named) else label


def choice_list(choices: object) -> list[str]:
    """The options of one example; [] where it has none."""
    try:
        found = json.loads(choices) if isinstance(choices, str) else []
    except json.JSONDecodeError:
        return []
    return [str(one) for one in found] if isinstance(found, list) else []


def lettered(options: Sequence[str]) -> list[tuple[str, str]]:
    """(letter, text) of each option: its own letter where it bears one, else by its place."""
    own = [_OWN_LETTER.match(option) for option in options]
    if options and all(own):
        return [((match[1] or match[2]), option[match.end() :]) for match, option in zip(own, options, strict=True) if match]
    return [(letter(at), option) for at, option in enumerate(options)]


def shared_option_words(labels: pd.Series, choices: pd.Series) -> dict[str, str]:
    """`option_words` of every label where all examples have the same options in the same order; {} where they don't."""
    if not len(choices) or choices.isna().any() or choices.nunique() != 1:
        return {}
    return {str(label): option_words(label, choices.iloc[0]) for label in labels.dropna().unique()}


def _named_option(label: str, options: Sequence[str]) -> str:
    bare = label.strip("(). ")
    for (mark, text), whole in zip(lettered(options), options, strict=True):
        if label == whole or bare == mark:
            return f"{mark} · {text.strip()}"
    return ""


def letter(at: int) -> str:
    """ "A" for 0 … "Z" for 25, "AA" for 26."""
    return letter(at // 26 - 1) + letter(at % 26) if at >= 26 else chr(ord("A") + at)


def with_letters(options: RowOptions) -> list[str]:
    """ "A. red": each option behind its letter; an own letter before the text makes way."""
    return [f"{letter(at)}. {text}" for at, text in enumerate(_bare(options.texts))]


def has_own_letters(options: RowOptions) -> bool:
    """Whether each text opens with its letter already, a space behind it: "(A) red", "A. red", "A) red"."""
    return _bare(options.texts) is not options.texts and all(_SPACED_LETTER.match(text) for text in options.texts)


def inside(text: str) -> RowOptions | None:
    """The options that stand on lines of their own inside a question: "A. red", "B) green"."""
    found = split_lines(text)
    return RowOptions(tuple(option for _, option in found.choices)) if found else None


def _forms(rows: Sequence[tuple[object, RowOptions]]) -> list[KeyForm]:
    """The forms that a key may have, the likeliest first."""
    if all(row.scores for _, row in rows):
        return ["score"]
    forms: list[KeyForm] = ["label"] if all(row.own for _, row in rows) else []
    whole = [int(text) for value, _ in rows for text in (_scalar(value),) if text is not None and re.fullmatch(r"\d{1,3}", text)]
    typed = any(isinstance(_first(value), (int, float)) for value, _ in rows)
    from_one = (
        bool(whole)
        and 0 not in whole
        and (len(whole) >= 20 or any(n == len(row.texts) for n, (_, row) in zip(whole, rows, strict=False)))
    )
    index: KeyForm = "index from 1" if from_one else "index"
    return [*forms, "text", index, "letter"] if typed else [*forms, "text", "letter", index]


def _of_object(value: dict[str, object]) -> RowOptions | None:
    texts = next((value[name] for name in ("text", "choices", "options", "texts") if isinstance(value.get(name), list)), None)
    if isinstance(texts, list):
        beside = next((value[name] for name in ("label", "labels") if isinstance(value.get(name), list)), None)
        read = options_of(texts)
        if read is None or not isinstance(beside, list) or len(beside) != len(texts):
            return read
        if all(isinstance(one, (int, float)) and one in (0, 1) for one in beside) and any(beside):
            return RowOptions(read.texts, scores=tuple(float(one) for one in beside))
        return RowOptions(read.texts, own=tuple(map(_plain, beside)))
    if len(value) >= 2 and all(isinstance(one, (int, float)) for one in value.values()):
        return RowOptions(
            tuple(map(str, value)), scores=tuple(float(one) for one in value.values() if isinstance(one, (int, float)))
        )
    if len(value) >= 2 and all(re.fullmatch(r"[A-Za-z]|\d", name) for name in value):
        held = {name: one for name, one in value.items() if one is not None}  # Parquet fills what a row lacks with null
        if held and all(isinstance(one, (str, int, float, bool)) for one in held.values()):
            return RowOptions(tuple(map(_plain, held.values())), own=tuple(held))
    return None


def _written(text: str) -> RowOptions | None:
    """The options of a JSON text of a list or an object, or of what Python prints of one."""
    if not re.match(r"\s*[\[{]", text):
        return None
    try:
        value = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        try:
            value = ast.literal_eval(_with_commas(text.strip()))
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    return options_of(value) if isinstance(value, (list, dict)) else None


def _with_commas(text: str) -> str:
    """What NumPy prints of an array, as Python would write it: `['red' 'blue']`, `array(['red'], dtype=object)`."""
    if not re.search(r"""['"]\s+['"]|array\(""", text):
        return text
    text = re.sub(r"array\((\[[^\]]*\])(?:,\s*dtype=[^)]*)?\)", r"\1", text)
    return re.sub(_QUOTED + r"(?=\s+['\"])", r"\g<0>,", text)


def _bare(texts: tuple[str, ...]) -> tuple[str, ...]:
    """The texts without their own letters, where each has the one of its place; else the same tuple."""
    marks = [_OWN_LETTER.match(text) for text in texts]
    if len(texts) < 2 or not all(m and (m[1] or m[2]).upper() == letter(at) for at, m in enumerate(marks)):
        return texts
    return tuple(text[mark.end() :] for text, mark in zip(texts, marks, strict=True) if mark)


def _follow(marks: list[str]) -> bool:
    numbers = [int(mark) if mark.isdigit() else ord(mark) - ord("a") for mark in marks]
    return numbers[0] in (0, 1) and numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def _scalar(value: object) -> str | None:
    first = _first(value)
    return None if _is_missing(first) or isinstance(first, (list, dict)) else _plain(first)


def _first(value: object) -> object:
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or value == "" or (isinstance(value, float) and math.isnan(value))


def _plain(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
