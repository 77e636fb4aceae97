"""Which answers an example offers, and which of them matches the behaviour."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd

from evalmap.answers.answer_types import Options

NOT_MATCHING = "answer_not_matching_behavior"
MOST_LABELS = 10  # a label field with more values is no list of options
_FEW_WORDS = 3  # on average; labels have no more
_LOOKED_AT = 400  # rows, spread over the data, that tell from where it counts
_LETTER = re.compile(r"\s*(\(?[A-Za-z]\)|[A-Za-z][.)])\s")
_LETTER_ALONE = re.compile(r"\(?([A-Za-z])[.)]?")


def example_options(examples: pd.DataFrame, fields: pd.DataFrame) -> list[Options]:
    """The options of every example, row by row.

    The first of these that the data holds: the label and what does not match it (`answer_not_matching_behavior`, one or a list);
    the choices (their letters where the label is a letter, else their texts); the labels of the example's file, where these are
    at most 10. Without any, an example has no options.

    Parameters
    ----------
    examples, fields : as in `evalmap.data.records.Dataset`
    """
    labels = [_text(label) for label in examples["label"]]
    written = fields[NOT_MATCHING] if NOT_MATCHING in fields.columns else pd.Series([None] * len(examples))
    of_file = {str(name): _labels(group) for name, group in examples.groupby("dataset", sort=False)["label"]}
    found = []
    for label, other, choices, dataset in zip(labels, written, examples["choices"], examples["dataset"], strict=True):
        others = _listed(other) if label is not None else []
        pairs = _choices(choices, label) if isinstance(choices, str) else []
        if not others:
            others = [option for option, _ in pairs]
        if not others and label is not None:
            others = of_file[str(dataset)]
        options = Options(label, tuple(dict.fromkeys(text for text in others if text != label)))
        texts = tuple(pairs) if {option for option, _ in pairs} == set(options.all) and len(pairs) == len(options.all) else ()
        found.append(replace(options, texts=texts))
    base = index_base(fields, found)
    return found if base is None else [replace(one, base=base) for one in found]


def index_base(fields: pd.DataFrame, options: Sequence[Options]) -> int | None:
    """0 or 1 where a field of the data names the matching option of every row by its place, counted from there; else None."""
    rows = [(row, place) for row, one in enumerate(options) if (place := place_of(one.matching, one)) is not None]
    rows = rows[:: max(1, len(rows) // _LOOKED_AT)]
    if not rows:
        return None
    for name in fields.columns:
        values = [_whole(fields[name].iloc[row]) for row, _ in rows[:20]]
        if None in values:
            continue
        values = [_whole(fields[name].iloc[row]) for row, _ in rows]
        bases = {None if value is None else value - place for value, (_, place) in zip(values, rows, strict=True)}
        if bases in ({0}, {1}):
            return next(iter(bases))
    return None


def place_of(option: str | None, options: Options) -> int | None:
    """Where an option stands in the data's order, from 0; None where it lists none, or not this one."""
    return next((place for place, (one, _) in enumerate(options.texts) if one == option), None) if option is not None else None


def _whole(value: object) -> int | None:
    if isinstance(value, bool) or value is None or value is pd.NA:
        return None
    text = str(value).strip().removesuffix(".0")
    return int(text) if text.isdigit() and len(text) < 4 else None


def _labels(labels: pd.Series) -> list[str]:
    present = sorted({str(label) for label in labels.dropna()})
    if 2 * len(present) > len(labels) and sum(len(label.split()) for label in present) > _FEW_WORDS * len(present):
        return []  # answers in words, a different one nearly everywhere: of each question its own
    return present if len(present) <= MOST_LABELS else []


def _choices(written: str, label: str | None) -> list[tuple[str, str]]:
    """(option, what it stands for) of each choice: itself, or where the label is a letter, its letter and the text behind."""
    texts, letters = _parts(written)
    if label is None or label in texts:
        return [(text, text) for text in texts]
    letter, others = _letter(label), [_letter(mark) for mark in letters]
    others = [other.lower() for other in others] if letter.islower() else [other.upper() for other in others]
    if not letter or letter not in others:
        return []
    bare = [text[match.end() :].strip() if (match := _LETTER.match(text + " ")) else text for text in texts]
    # Written as the label is: "(A)", "A" or "A."
    return [(label.replace(letter, other), text) for other, text in zip(others, bare, strict=True)]


def _parts(written: str) -> tuple[list[str], list[str]]:
    """The texts of choices and the letters before them, or beside them as in ARC; no letters where not every choice has one."""
    try:
        value = json.loads(written)
    except json.JSONDecodeError:
        return [], []
    beside = value.get("label") if isinstance(value, dict) else None
    listed = value.get("text") if isinstance(value, dict) else value
    if not isinstance(listed, list):
        return [], []
    texts = [str(text).strip() for text in listed]
    letters = beside if isinstance(beside, list) else [match[1] for text in texts if (match := _LETTER.match(text + " "))]
    return texts, [str(letter) for letter in letters] if len(letters) == len(texts) else []


def _letter(text: str) -> str:
    """The letter of "(A)", "A." or "A"; "" for other text."""
    match = _LETTER_ALONE.fullmatch(text.strip())
    return match[1] if match else ""


def _listed(value: object) -> list[str]:
    """One option or a JSON list of them, stripped."""
    text = _text(value)
    if text is None:
        return []
    if text.startswith("["):
        try:
            loaded = json.loads(text)
        except json.JSONDecodeError:
            return [text]
        if isinstance(loaded, list):
            return [str(item).strip() for item in loaded if str(item).strip()]
    return [text]


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None
