"""The text of each row: of one field, of several put together, of a chat, or of the prompt that a preference pair shares."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

import pandas as pd

from evalmap.data.records import TextForm, TurnChoice
from evalmap.data.role_evidence import name_words
from evalmap.data.text.messages import Turn, read_turns, shared_turns, turn_text

BETWEEN = "\n\n"  # stands between the texts of several fields


@dataclass(frozen=True)
class RowTexts:
    """What the text of each row is.

    Attributes
    ----------
    texts : (n,) a text; or what stands in its place: a number, nothing, a list
    parts : field → (n,) its own text, "" where it has none; {} where one field makes the text
    turns : (n,) of a chat, None where a row is none; () where the form is no chat
    reasons : row → why it has no text, where its own words say more than that it is empty
    """

    texts: list[object]
    parts: dict[str, list[str]] = field(default_factory=dict)
    turns: Sequence[tuple[Turn, ...] | None] = ()
    reasons: dict[int, str] = field(default_factory=dict)


def row_texts(fields: pd.DataFrame, names: tuple[str, ...], form: TextForm, turn: TurnChoice = "last-user") -> RowTexts:
    """Make the text of every row.

    Parameters
    ----------
    fields : as in `evalmap.data.records.FileRows`
    names : the fields that make the text, in order
    """
    if form == "chat":
        return _chat(fields[names[0]].tolist(), names[0], turn)
    if form == "preference":
        return _shared(fields, names, turn)
    if form == "text":
        return RowTexts([_own_text(value) for value in fields[names[0]].tolist()])
    parts = {name: [_part(value, name, turn) for value in fields[name].tolist()] for name in names}
    joined: list[object] = [BETWEEN.join(part for part in row if part.strip()) for row in zip(*parts.values(), strict=True)]
    said = f"{' and '.join(names)} are empty"
    return RowTexts(joined, parts, reasons={row: said for row, text in enumerate(joined) if not text})


def endings_json(fields: pd.DataFrame, names: tuple[str, ...]) -> list[str | None]:
    """(n,) {field: how it ends, after what all of them share} as JSON; None where a row has none of them."""
    columns = [fields[name].tolist() for name in names]
    words = [name_words(name) for name in names]
    found: list[str | None] = []
    for values in zip(*columns, strict=True):
        chats = [read_turns(value, name_words=word) for value, word in zip(values, words, strict=True)]
        shared = len(shared_turns([chat for chat in chats if chat])) if all(chats) else 0
        ends = {
            name: BETWEEN.join(turn.content for turn in chat[shared:])
            if chat
            else value.strip()
            if isinstance(value, str)
            else None
            for name, chat, value in zip(names, chats, values, strict=True)
        }
        found.append(json.dumps(ends, ensure_ascii=False) if any(end is not None for end in ends.values()) else None)
    return found


def _chat(values: list[object], name: str, turn: TurnChoice) -> RowTexts:
    words = name_words(name)
    turns = [read_turns(value, name_words=words) for value in values]
    texts: list[object] = [turn_text(chat, turn) if chat else _own_text(value) for chat, value in zip(turns, values, strict=True)]
    silent = [row for row, (chat, text) in enumerate(zip(turns, texts, strict=True)) if chat and not text]
    reasons = dict.fromkeys(silent, f"{name} has no user turn")
    reasons |= {row: f"{name} is empty" for row, value in enumerate(values) if isinstance(value, (list, dict)) and not value}
    return RowTexts(texts, turns=turns, reasons=reasons)


def _shared(fields: pd.DataFrame, names: tuple[str, ...], turn: TurnChoice) -> RowTexts:
    columns = [[read_turns(value, name_words=name_words(name)) or () for value in fields[name].tolist()] for name in names]
    turns = [shared_turns(chats) for chats in zip(*columns, strict=True)]
    texts: list[object] = [turn_text(chat, turn) for chat in turns]
    said = f"{' and '.join(names)} share no user turn"
    return RowTexts(texts, turns=turns, reasons={row: said for row, text in enumerate(texts) if not text})


def _own_text(value: object) -> object:
    """A text in an object (`{"text": …}`) is the text."""
    return value["text"] if isinstance(value, dict) and isinstance(value.get("text"), str) else value


def _part(value: object, name: str, turn: TurnChoice) -> str:
    value = _own_text(value)
    if isinstance(value, (list, dict)):
        chat = read_turns(value, name_words=name_words(name))
        return turn_text(chat, turn) if chat else ""
    return "" if value is None or value is pd.NA or value != value else str(value)  # a NaN differs from itself
