"""Which answers an example offers, and which of them matches the behaviour."""

import json
import re

import pandas as pd

from evalmap.answers.answer_types import Options

NOT_MATCHING = "answer_not_matching_behavior"
MOST_LABELS = 10  # a label field with more values is no list of options
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
        if not others and isinstance(choices, str):
            others = _choices(choices, label)
        if not others and label is not None:
            others = of_file[str(dataset)]
        found.append(Options(label, tuple(dict.fromkeys(text for text in others if text != label))))
    return found


def _labels(labels: pd.Series) -> list[str]:
    present = sorted({str(label) for label in labels.dropna()})
    return present if len(present) <= MOST_LABELS else []


def _choices(written: str, label: str | None) -> list[str]:
    texts, letters = _parts(written)
    if label is None or label in texts:
        return texts
    letter, others = _letter(label), [_letter(mark) for mark in letters]
    others = [other.lower() for other in others] if letter.islower() else [other.upper() for other in others]
    if not letter or letter not in others:
        return []
    return [label.replace(letter, other) for other in others]  # as the label writes its own: "(A)", "A" or "A."


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
