"""JSON files of the tools whose logs are small objects: whole, or one a line."""

import gzip
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from evalmap.answers.reading.responses import whole
from evalmap.data.errors import DatasetError
from evalmap.data.readers import content, json_rows

ENDINGS = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz")
_PEEK = 1 << 22
_LONGEST = 300  # characters of an error that are kept


def first_line(path: Path) -> dict[str, Any]:
    """The object on the first line of a file; {} where there is none, or it goes on below. Never raises."""
    try:
        with _opened(path) as file:
            line = next((line for line in iter(lambda: file.readline(_PEEK), b"") if line.strip()), b"")
        value = json.loads(line)
    except (OSError, EOFError, ValueError, RecursionError, zlib.error):
        return {}
    return value if isinstance(value, dict) else {}


def begins_with(path: Path, pattern: re.Pattern[bytes]) -> bool:
    """Whether the beginning of a JSON file shows a pattern. Never raises."""
    try:
        with _opened(path) as file:
            return pattern.search(file.read(1 << 16)) is not None
    except (OSError, EOFError, ValueError, zlib.error):
        return False


def read_object(path: Path) -> tuple[dict[str, Any], bytes]:
    """The object that a file is, and its content.

    Raises
    ------
    DatasetError : the file cannot be read, or is no JSON object
    """
    data = content.read_bytes(path, source=path.name)
    text = content.decode(data, source=path.name)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{path.name}: not JSON ({_reason(error)}). Save the results again.") from None
    if not isinstance(value, dict):
        raise DatasetError(f"{path.name}: {json_rows.kind(value)}, expected an object. Save the results again.")
    return value, data


def read_lines(path: Path, notes: list[str]) -> tuple[list[tuple[str, dict[str, Any]]], bytes]:
    """(where, object) of every line, and the content; a last line that is cut off is left out, with a note.

    Raises
    ------
    DatasetError : the file cannot be read, or a line is no JSON object
    """
    data = content.read_bytes(path, source=path.name)
    lines = [(at, line) for at, line in enumerate(content.decode(data, source=path.name).split("\n"), start=1) if line.strip()]
    found = []
    for at, line in lines:
        where = f"{path.name} line {at:,}"
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            if found and at == lines[-1][0]:
                notes.append(f"The last line of {path.name} is cut off and was left out.")
                break
            raise DatasetError(f"{where}: not JSON ({_reason(error)}). Expected an object on each line.") from None
        if not isinstance(value, dict):
            raise DatasetError(f"{where}: {json_rows.kind(value)}, expected an object on each line.")
        found.append((where, value))
    return found, data


def mapping(value: object) -> Mapping[str, Any]:
    """The object that a value is; {} for anything else."""
    return value if isinstance(value, Mapping) else {}


def listing(value: object) -> list[Any]:
    """The list that a value is; [] for anything else."""
    return value if isinstance(value, list) else []


def text(value: object) -> str | None:
    """A text as it is; a figure or flag as JSON writes it; None for anything else."""
    if isinstance(value, str):
        return whole(value)
    return json.dumps(value) if isinstance(value, bool | int | float) else None


def figure(value: object) -> float | None:
    """A finite figure, a flag as 1 or 0; None for anything else."""
    if not isinstance(value, bool | int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if abs(found) < float("inf") else None


def one_line(words: str) -> str:
    line = " ".join(whole(words).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def turns_of(value: object) -> Iterator[tuple[str, str]]:
    """(role, text) of the messages of a list, as chat APIs and OpenCompass ("HUMAN", `prompt`) write them."""
    for message in listing(value):
        held = mapping(message)
        said = held.get("content", held.get("prompt"))
        parts = [said] if isinstance(said, str) else [mapping(part).get("text") for part in listing(said)]
        words = "".join(whole(part) for part in parts if isinstance(part, str))
        role = str(held.get("role") or "user").lower()
        yield {"human": "user", "bot": "assistant"}.get(role, role), words


def _opened(path: Path) -> Any:
    if not path.name.lower().endswith(ENDINGS) or not path.is_file():
        raise OSError("not one of these files")
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return gzip.open(path) if packed else path.open("rb")


def _reason(error: Exception) -> str:
    return json_rows.reason(error) if isinstance(error, json.JSONDecodeError) else "nested too deeply, or a number too long"
