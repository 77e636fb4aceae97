"""Chats: a list of messages, a list of turns, a transcript, or a JSON text of one of these, read as turns.

What is not surely a chat is none: a text that only quotes "Human:" stays a text.
"""

import ast
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from evalmap.data.records import TurnChoice

_SPEAKER = ("role", "from", "speaker", "author", "sender")
_SAID = ("content", "value", "text", "message", "utterance", "parts")
_ROLES = {
    **dict.fromkeys(("user", "human", "prompter", "client", "customer", "instruction"), "user"),
    **dict.fromkeys(("assistant", "gpt", "chatgpt", "bot", "chatbot", "model", "ai", "bing", "bard", "claude", "llm"), "assistant"),
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("tool", "function", "observation", "function_call", "tool_call"), "tool"),
}
_PARTS = ("text", "input_text", "image", "image_url", "input_image", "file", "input_file", "audio", "input_audio", "video")
_TRANSCRIPT = re.compile(r"(?:\A\s*|\n\s*\n)(Human|Assistant|User|System):[ \t]*", re.ASCII)
_LISTED = re.compile(r"\s*[\[{]")
_MOST = 1_000_000  # a JSON text longer than this is no chat that a person would read
_TURN_LISTS = frozenset({"turn", "message", "dialog", "dialogue", "conversation", "utterance", "history", "chat"})
_USER_LISTS = frozenset({"turn"})  # as in MT-Bench: what the user says, turn by turn


@dataclass(frozen=True)
class Turn:
    """One message: `role` is user, assistant, system, tool, or the source's own word; `content` its text, images named."""

    role: str
    content: str


def read_turns(value: object, *, name_words: Sequence[str] = ()) -> tuple[Turn, ...] | None:
    """The turns of a chat; None where the value is none.

    Parameters
    ----------
    value : of a field: a list of {role, content} or {from, value}, whose content may be parts with text and images; a list of
        such lists; a list of texts, if the field's name speaks of turns; an object that holds one as `messages`; a transcript
        that begins with "Human:" and goes on with "Assistant:"; a JSON text of a list of messages
    name_words : of the field's name, in lower case and singular
    """
    if isinstance(value, str):
        return _transcript(value) or _written(value, name_words)
    if isinstance(value, dict):
        held = next((value[name] for name in ("messages", "conversation", "conversations", "turns") if name in value), None)
        return read_turns(held, name_words=name_words) if isinstance(held, list) else None
    if not isinstance(value, list) or not value:
        return None
    if all(isinstance(one, list) for one in value):
        nested = [turn for one in value for turn in (read_turns(one, name_words=name_words) or ())]
        return tuple(nested) or None
    if all(isinstance(one, str) for one in value):
        return _turn_texts(value, name_words)
    if all(isinstance(one, dict) and one.get("type") in _PARTS and "role" not in one for one in value):
        return (Turn("user", _content(value)),)
    found = [_message(one) for one in value]
    if any(turn is None for turn in found):
        return None
    return _with_known_roles([turn for turn in found if turn is not None])


def turn_text(turns: Sequence[Turn], choice: TurnChoice) -> str:
    """What of a chat is the text; "" where no user speaks. All turns: each behind its role, a blank line between."""
    if choice == "all":
        return "\n\n".join(f"{turn.role}: {turn.content}" for turn in turns)
    said = [turn.content for turn in turns if turn.role == "user"]
    return (said[0] if choice == "first-user" else said[-1]) if said else ""


def turns_json(turns: Iterable[Turn]) -> str:
    """As the column `turns` holds them."""
    return json.dumps([{"role": turn.role, "content": turn.content} for turn in turns], ensure_ascii=False)


def shared_turns(chats: Sequence[Sequence[Turn]]) -> tuple[Turn, ...]:
    """The turns with which all of the chats begin."""
    shared = []
    for together in zip(*chats, strict=False):
        if any(turn != together[0] for turn in together):
            break
        shared.append(together[0])
    return tuple(shared)


def _message(value: object) -> Turn | None:
    if not isinstance(value, dict):
        return None
    role = next((value[name] for name in _SPEAKER if isinstance(value.get(name), str)), None)
    if role is None and str(value.get("type", "")).lower() in _ROLES:  # any other type is no speaker
        role = str(value["type"])
    said = next((value[name] for name in _SAID if name in value), None)
    if role is None:
        only = value.get("content")  # as in Arena-Hard: {"content": …} is what the user says
        return Turn("user", _content(only)) if set(value) == {"content"} and isinstance(only, str) else None
    if said is None and not any(name in value for name in _SAID):
        return None
    return Turn(_ROLES.get(role.strip().lower(), role.strip()), _content(said))


def _content(value: object) -> str:
    """The text of a message's content, images and files by their names."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        if isinstance(value.get("parts"), list):
            return _content(value["parts"])
        return _part(value)
    if isinstance(value, list):
        return "\n".join(filter(None, (_content(part) for part in value)))
    return str(value)


def _part(part: dict[str, Any]) -> str:
    if isinstance(part.get("text"), str):
        return part["text"]
    kind = str(part.get("type", "")).replace("_url", "").replace("input_", "") or next(iter(part), "part")
    held = part.get("image_url", part.get("image", part.get("file", part.get("source"))))
    if isinstance(held, dict):
        held = held.get("url") or held.get("filename") or held.get("path")
    named = held if isinstance(held, str) and not held.startswith("data:") else ""
    name = named.split("?")[0].rstrip("/").rsplit("/", 1)[-1][:80]
    return f"[{kind}: {name}]" if name else f"[{kind}]"


def _with_known_roles(turns: list[Turn]) -> tuple[Turn, ...]:
    """Where no role is a known one, who speaks first is the user, and the others answer."""
    if any(turn.role in _ROLES.values() for turn in turns):
        return tuple(turns)
    first = turns[0].role
    return tuple(Turn("user" if turn.role == first else "assistant", turn.content) for turn in turns)


def _turn_texts(values: list[str], words: Sequence[str]) -> tuple[Turn, ...] | None:
    if not words or words[-1] not in _TURN_LISTS:
        return None
    if all(_speaks(value) for value in values):
        return _transcript("\n\n".join(value.strip() for value in values), least=1)
    alternate = words[-1] not in _USER_LISTS
    return tuple(Turn("assistant" if alternate and at % 2 else "user", value) for at, value in enumerate(values))


def _speaks(value: str) -> bool:
    return _TRANSCRIPT.match(value) is not None


def _transcript(text: str, *, least: int = 2) -> tuple[Turn, ...] | None:
    """The turns of a text that begins with a speaker; at least one "Human:" (or "User:") and one "Assistant:"."""
    if not _speaks(text):
        return None
    marks = list(_TRANSCRIPT.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    turns = [Turn(_ROLES[mark.group(1).lower()], text[mark.end() : end].strip()) for mark, end in zip(marks, ends, strict=True)]
    if len({turn.role for turn in turns if turn.role != "system"}) < least:
        return None
    return tuple(turns[:-1] if turns[-1] == Turn("assistant", "") else turns)  # "\n\nAssistant:" waits for an answer


def _written(text: str, words: Sequence[str]) -> tuple[Turn, ...] | None:
    """The turns of a JSON text (or of what Python prints of one) that holds messages."""
    if len(text) > _MOST or not _LISTED.match(text) or not any(name in text for name in ("content", "value", "text")):
        return None
    try:
        value = json.loads(text)
    except (json.JSONDecodeError, RecursionError):
        try:
            value = ast.literal_eval(text.strip())
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            return None
    messages = value if isinstance(value, (list, dict)) else None
    if isinstance(messages, list) and all(isinstance(one, str) for one in messages):
        return None  # a list of texts in a text is a list of options as likely
    return read_turns(messages, name_words=words) if messages else None
