"""One example as its source has it: a text, a chat turn by turn, labelled parts, the endings of a pair, lettered options."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from evalmap.data.choices import choice_list, lettered, option_words
from evalmap.data.row_texts import BETWEEN
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.shared import text

AVATARS = {"user": ":material/person:", "assistant": ":material/smart_toy:", "system": ":material/settings:"}
TURNS = 12  # the last of a chat that stand open; those before are behind a click


def draw(built: BuiltMap, row: int, *, border: bool = True, mark: bool = True) -> None:
    """Draw the text, and beside or below it what belongs to the example.

    Parameters
    ----------
    mark : whether the option that the label names is marked
    """
    example = built.examples.iloc[row]
    with st.container(border=border):
        if turns := _loaded(example.get("turns"), list):
            _turns(turns, str(example["text"]))
        elif parts := _parts(built, row):
            for name, part in parts.items():
                st.caption(text.in_label(name))
                text.show(part)
        else:
            text.show(str(example["text"]))
    if endings := _loaded(example.get("endings"), dict):
        for column, (name, ending) in zip(st.columns(len(endings), gap="small"), endings.items(), strict=True):
            with column, st.container(border=True, height="stretch"):
                st.caption(text.in_label(name))
                text.show(str(ending) if ending is not None else "–")
    _options(example, marked=mark)


def _turns(turns: Sequence[Mapping[str, Any]], shown: str) -> None:
    """The turns in their order; what of them is the text is said."""
    of_text = max((at for at, turn in enumerate(turns) if turn["role"] == "user" and turn["content"] == shown), default=-1)
    earlier, open_ = range(max(0, len(turns) - TURNS)), range(max(0, len(turns) - TURNS), len(turns))
    if earlier:
        with st.expander(f"{len(earlier):,} earlier turns"):
            for at in earlier:
                _turn(turns[at], is_text=at == of_text)
    for at in open_:
        _turn(turns[at], is_text=at == of_text)


def _turn(turn: Mapping[str, Any], *, is_text: bool) -> None:
    role = str(turn["role"])
    with st.chat_message(role if role in ("user", "assistant") else "turn", avatar=AVATARS.get(role, ":material/chat:")):
        st.caption(f"{text.in_label(role)}{' · the text' if is_text else ''}")
        text.show(str(turn["content"]))


def _parts(built: BuiltMap, row: int) -> dict[str, str]:
    """field → its own text, where several fields make this example's text; {} where one does, or the row was read otherwise."""
    reading = built.manifest.reading
    if reading is None or reading.form != "joined":
        return {}
    names = [name for name in reading.fields_of("text") if name in built.fields.columns]
    values = {name: built.fields[name].iloc[row] for name in names}
    parts = {name: value if isinstance(value, str) else str(value) for name, value in values.items() if not _is_missing(value)}
    parts = {name: part for name, part in parts.items() if part.strip()}
    return parts if BETWEEN.join(parts.values()) == built.examples["text"].iloc[row] else {}


def _options(example: pd.Series, *, marked: bool) -> None:
    """The options with their letters, the right one `marked`; none where they stand in the text."""
    options = lettered(choice_list(example["choices"]))
    if not options or all(option.strip() in str(example["text"]) for _, option in options):
        return
    right = option_words(example["label"], example["choices"]) if marked else ""
    with st.container(border=True, gap="xsmall"):
        for mark, option in options:
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                text.show(f"{mark}. {option}")
                if right == f"{mark} · {option.strip()}":
                    st.badge("label", icon=":material/check:", color="green")


def _loaded(value: object, kind: type) -> Any:
    found = json.loads(value) if isinstance(value, str) else None
    return found if isinstance(found, kind) else None


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or value != value
