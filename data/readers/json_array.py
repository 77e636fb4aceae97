"""JSON: one array of objects."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from evalmap.data.errors import DatasetError
from evalmap.data.readers import content, json_rows
from evalmap.data.readers.table import table_of
from evalmap.data.records import FileRows, SetAside


def read(path: Path, *, name: str, source: str) -> FileRows:
    """Read a JSON file that holds one array of objects, plain or gzipped.

    `lines` are the records' numbers in the array, counted from 1. A record that is `null` is set aside.

    Raises
    ------
    DatasetError : what `content.read_bytes` and `content.decode` raise; not an array; by its record and line: malformed JSON,
        not an object, what `json_rows.parse` forbids; no records; more than MAX_ROWS of them
    """
    text = content.decode(content.read_bytes(path, source=source), source=source)
    lines: list[int] = []
    raw: list[str] = []
    rows: list[dict[str, Any]] = []
    set_aside: list[SetAside] = []
    replaced = 0
    for number, (value, surrogates) in enumerate(_records(text, source), start=1):
        if number > content.MAX_ROWS:
            raise DatasetError(content.too_many_rows(source))
        if value is None:
            set_aside.append(SetAside(name, number, "the record is null"))
            continue
        if not isinstance(value, dict):
            raise DatasetError(f"{source} record {number:,}: {json_rows.kind(value)}, expected an object with named fields.")
        lines.append(number)
        raw.append(json_rows.dump(value))
        rows.append(value)
        replaced += surrogates
    if not rows:
        raise DatasetError(content.no_rows(source, f"{len(set_aside):,} records are null" if set_aside else "the array is empty"))
    return FileRows(name, source, np.array(lines, dtype=np.int64), raw, table_of(rows), tuple(set_aside), replaced)


def first_row(path: Path) -> dict[str, Any] | None:
    """The first object of the array, None where there is none; reads the file's beginning only."""
    start = content.beginning(path).lstrip()
    return json_rows.first_object(start[1:].lstrip()) if start.startswith("[") else None


def _records(text: str, source: str):
    """Each value of the array and whether it held a lone surrogate, one by one: a broken one is known by its number."""
    place = json_rows.skip_space(text, 0)
    if place == len(text):
        raise DatasetError(content.no_rows(source, "only blank lines"))
    if text[place] != "[":
        raise DatasetError(_not_an_array(text, place, source))
    place = json_rows.skip_space(text, place + 1)
    number = 1
    while text[place : place + 1] != "]":
        if number > 1:
            if text[place : place + 1] != ",":
                raise DatasetError(_broken(text, place, number, source, "expected a comma or the closing bracket"))
            place = json_rows.skip_space(text, place + 1)
        try:
            value, place, replaced = json_rows.parse(text, place)
        except json.JSONDecodeError as error:
            raise DatasetError(_broken(text, error.pos, number, source, json_rows.reason(error))) from error
        except json_rows.NotStrictJSON as error:
            raise DatasetError(f"{source} record {number:,} (line {_line(text, place):,}): {error}.") from error
        yield value, replaced
        place = json_rows.skip_space(text, place)
        number += 1
    if (rest := json_rows.skip_space(text, place + 1)) < len(text):
        raise DatasetError(f"{source} line {_line(text, rest):,}: more text after the array's end. Expected one array of objects.")


def _not_an_array(text: str, place: int, source: str) -> str:
    try:
        found, _, _ = json_rows.parse(text, place)
    except (json.JSONDecodeError, json_rows.NotStrictJSON):
        return f"{source} line {_line(text, place):,}: not JSON. Expected an array of objects."
    keys = f" ({', '.join(list(found)[:4])})" if isinstance(found, dict) and found else ""
    hint = " If it holds one object a line, name it .jsonl." if isinstance(found, dict) else ""
    return f"{source}: {json_rows.kind(found)}{keys}, expected an array of objects.{hint}"


def _broken(text: str, place: int, number: int, source: str, what: str) -> str:
    where = "the end of the file" if place >= len(text) else f"line {_line(text, place):,}"
    return f"{source} record {number:,}, at {where}: not JSON ({what}). Expected an array of objects."


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1
