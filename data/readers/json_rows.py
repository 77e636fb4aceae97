"""JSON texts to rows, strictly: what standard JSON forbids, or a dict would swallow, is an error."""

import json
import math
import re
from typing import Any, NoReturn

MAX_DEPTH = 100
LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_SPACE = re.compile(r"[ \t\r\n]*")


class NotStrictJSON(ValueError):
    """The text parses, but not to one clear value; the message completes the sentence "line 3: …"."""


class _NotFinite(NotStrictJSON):
    """NaN or Infinity, which `parse_row` reads as null."""


def parse(text: str, start: int = 0) -> tuple[Any, int, bool]:
    """The JSON value that begins at `start`.

    Returns
    -------
    value : with lone surrogates replaced by U+FFFD
    end : where it ends in the text
    replaced : whether it held a lone surrogate

    Raises
    ------
    json.JSONDecodeError : malformed
    NotStrictJSON : NaN or Infinity, a number beyond 64 bits, an object with one key twice, nested deeper than MAX_DEPTH
    """
    return _parse(text, start, _DECODER)


def parse_row(text: str, start: int = 0) -> tuple[Any, int, bool, bool]:
    """As `parse`, but NaN and Infinity, which Python and pandas write, are null; the fourth value says whether there were any."""
    try:
        return *_parse(text, start, _DECODER), False
    except _NotFinite:
        return *_parse(text, start, _TOLERANT), True


def not_finite_note(rows: int) -> str:
    """What is told of rows that held NaN or Infinity."""
    return f"{rows:,} {'row' if rows == 1 else 'rows'} held NaN or Infinity, which is not JSON: read as missing."


def _parse(text: str, start: int, decoder: json.JSONDecoder) -> tuple[Any, int, bool]:
    try:
        value, end = decoder.raw_decode(text, start)
    except RecursionError:
        raise NotStrictJSON(_TOO_DEEP) from None
    if text.count("[", start, end) + text.count("{", start, end) > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise NotStrictJSON(_TOO_DEEP)
    if _SURROGATE_ESCAPE.search(text, start, end):
        whole = replace_surrogates(value)
        return whole, end, whole != value
    return value, end, False


def first_object(text: str) -> dict[str, Any] | None:
    """The object that a text begins with, whatever stands behind it; None where another value stands there.

    Raises
    ------
    json.JSONDecodeError, RecursionError : it begins with no JSON value
    """
    first, _ = json.JSONDecoder().raw_decode(text)
    return first if isinstance(first, dict) else None


def skip_space(text: str, start: int) -> int:
    return _SPACE.match(text, start).end()  # type: ignore[union-attr]  # matches the empty text too


def dump(row: dict[str, Any]) -> str:
    """One row as one JSON text on one line; NaN and infinite numbers as null, which is what JSON has for them."""
    try:
        return json.dumps(row, ensure_ascii=False, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(row), ensure_ascii=False)


def reason(error: json.JSONDecodeError) -> str:
    """The decoder's message as part of a sentence that names the place itself."""
    message = error.msg.removesuffix(" at").removesuffix(" starting")
    return message[:1].lower() + message[1:]


def kind(value: object) -> str:
    """What a JSON value is called in a sentence."""
    if value is None:
        return "null"
    names = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "an array", dict: "an object"}
    return names[type(value)]


_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels. Flatten it"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise NotStrictJSON(f"the key {json.dumps(twice)} occurs twice in one object. Keep one of them")
    return row


def _constant(name: str) -> NoReturn:
    raise _NotFinite(f"{name} is not JSON. Write null or a number")


def _integer(digits: str) -> int:
    if len(digits) > 20 or not -(2**63) <= (number := int(digits)) < 2**64:
        raise NotStrictJSON(f"the integer {_short(digits)} does not fit 64 bits. Write it as a text in quotes")
    return number


def _real(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise NotStrictJSON(f"the number {_short(digits)} is out of range. Write it as a text in quotes")
    return number


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant, parse_int=_integer, parse_float=_real)
_TOLERANT = json.JSONDecoder(object_pairs_hook=_object, parse_constant=lambda name: None, parse_int=_integer, parse_float=_real)


def _short(digits: str) -> str:
    return digits if len(digits) <= 30 else f"{digits[:12]}… ({len(digits):,} characters)"


def _depth(value: Any) -> int:
    deepest, level = 0, [value]
    while level:
        nodes = (node.values() if isinstance(node, dict) else node for node in level if isinstance(node, (dict, list)))
        level = [child for node in nodes for child in node]
        deepest += 1
    return deepest - 1


def replace_surrogates(value: Any) -> Any:
    """A JSON value, or any other, with U+FFFD for each half of a surrogate pair in its texts: no file holds one."""
    if isinstance(value, str):
        return LONE_SURROGATE.sub("\ufffd", value)
    if isinstance(value, list):
        return [replace_surrogates(item) for item in value]
    if isinstance(value, dict):
        return _object([(replace_surrogates(key), replace_surrogates(item)) for key, item in value.items()])
    return value


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list):
        return [_finite(item) for item in value]
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return value
