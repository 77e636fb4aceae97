"""JSON: an array of objects, or another container that holds one list of rows."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from evalmap.data.errors import DatasetError
from evalmap.data.readers import content, json_containers, json_rows
from evalmap.data.readers.table import table_of
from evalmap.data.records import FileRows, SetAside

_EXPECTED = "Expected an array of objects."


def read(path: Path, *, name: str, source: str, encoding: str | None = None, header: bool | None = None) -> FileRows:
    """Read a JSON file, plain or packed: an array of objects, objects one after the other, or what `json_containers` reads.

    `lines` are the records' numbers, counted from 1; `raw` has null for NaN and Infinity. A record that is `null` is set aside.

    Raises
    ------
    DatasetError : what `content.read_text` and `json_containers` raise; by its record and line: malformed JSON, not an object,
        what `json_rows.parse_row` forbids; no records; more than MAX_ROWS of them
    """
    text, notes = content.read_text(path, source=source, encoding=encoding)
    return read_text(text, name=name, source=source, header=header, notes=notes)


def read_text(text: str, *, name: str, source: str, header: bool | None = None, notes: tuple[str, ...] = ()) -> FileRows:
    """The rows of a JSON text, as `read` gives them; `notes` are what is known of it already."""
    place = json_rows.skip_space(text, 0)
    if place == len(text):
        raise DatasetError(content.no_rows(source, "only blank lines"))
    in_array = text[place] == "["
    if not in_array and text[place] != "{":
        raise DatasetError(_no_rows_here(text, place, source))
    values: list[Any] = []
    replaced = not_finite = 0
    for value, surrogates, constants in _array(text, place, source) if in_array else _objects(text, place, source):
        if len(values) >= content.MAX_ROWS:
            raise DatasetError(content.too_many_rows(source))
        values.append(value)
        replaced += surrogates
        not_finite += constants
    if in_array:
        found = json_containers.rows_of_list(values, source, header=header)
    elif len(values) == 1:
        found = json_containers.rows_of_object(values[0], source, header=header)
    else:
        found = json_containers.Rows(values, (f"{len(values):,} objects one after the other, no array: each is one row.",))
    del values
    told = () if not not_finite else (json_rows.not_finite_note(not_finite),)
    if not in_array and not_finite:
        told = ("NaN or Infinity, which is not JSON: read as missing.",)
    return rows_to_file(found, name, source, (*notes, *found.notes, *told), replaced)


def rows_to_file(found: json_containers.Rows, name: str, source: str, notes: tuple[str, ...], replaced: int) -> FileRows:
    """Rows as `FileRows`, numbered from 1.

    Raises
    ------
    DatasetError : no rows, or only nulls; more than MAX_ROWS
    """
    rows = [row for row in found.rows if row is not None]
    numbers = [number for number, row in enumerate(found.rows, start=1) if row is not None]
    if not rows:
        nulls = len(found.rows)
        raise DatasetError(content.no_rows(source, f"{nulls:,} records are null" if nulls else "the array is empty"))
    if len(rows) > content.MAX_ROWS:
        raise DatasetError(content.too_many_rows(source))
    aside = [SetAside(name, at, "the record is null") for at, row in enumerate(found.rows, start=1) if row is None]
    raw = [json_rows.dump(row) for row in rows]
    lines = np.array(numbers, dtype=np.int64)
    return FileRows(name, source, lines, raw, table_of(rows), tuple(aside), replaced, notes)


def first_row(path: Path) -> dict[str, Any] | None:
    """The first object of the array, None where there is none; reads the file's beginning only."""
    start = content.beginning(path).lstrip()
    return json_rows.first_object(start[1:].lstrip()) if start.startswith("[") else None


def _array(text: str, place: int, source: str):
    """Each value of the array, whether it held a lone surrogate, and whether it held NaN: a broken one is known by its number."""
    place = json_rows.skip_space(text, place + 1)
    number = 1
    while text[place : place + 1] != "]":
        if number > 1:
            if text[place : place + 1] != ",":
                raise DatasetError(_broken(text, place, number, source, "expected a comma or the closing bracket"))
            place = json_rows.skip_space(text, place + 1)
        value, place, replaced, constants = _value(text, place, number, source)
        yield value, replaced, constants
        place = json_rows.skip_space(text, place)
        number += 1
    if (rest := json_rows.skip_space(text, place + 1)) < len(text):
        raise DatasetError(f"{source} line {_line(text, rest):,}: more text after the array's end. Expected one array of objects.")


def _objects(text: str, place: int, source: str):
    """As `_array`, of objects that stand one after the other, with nothing but space between."""
    number = 1
    while place < len(text):
        if text[place] != "{":
            raise DatasetError(_broken(text, place, number, source, "expected an object"))
        value, place, replaced, constants = _value(text, place, number, source)
        yield value, replaced, constants
        place = json_rows.skip_space(text, place)
        number += 1


def _value(text: str, place: int, number: int, source: str) -> tuple[Any, int, bool, bool]:
    try:
        return json_rows.parse_row(text, place)
    except json.JSONDecodeError as error:
        raise DatasetError(_broken(text, error.pos, number, source, json_rows.reason(error))) from error
    except json_rows.NotStrictJSON as error:
        raise DatasetError(f"{source} record {number:,} (line {_line(text, place):,}): {error}.") from error


def _no_rows_here(text: str, place: int, source: str) -> str:
    try:
        found, _, _ = json_rows.parse(text, place)
    except (json.JSONDecodeError, json_rows.NotStrictJSON):
        return f"{source} line {_line(text, place):,}: not JSON. {_EXPECTED}"
    return f"{source}: {json_rows.kind(found)}, expected an array of objects."


def _broken(text: str, place: int, number: int, source: str, what: str) -> str:
    where = "the end of the file" if place >= len(text) else f"line {_line(text, place):,}"
    return f"{source} record {number:,}, at {where}: not JSON ({what}). {_EXPECTED}"


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1
