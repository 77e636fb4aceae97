"""JSONL: one JSON object a line."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from evalmap.data.errors import DatasetError
from evalmap.data.readers import content, json_array, json_rows
from evalmap.data.readers.table import table_of
from evalmap.data.records import FileRows, SetAside


def read(path: Path, *, name: str, source: str, encoding: str | None = None) -> FileRows:
    """Read a JSONL file, plain or packed.

    Lines end at \\n and nowhere else (U+2028 and a bare \\r stay inside a line); blank lines are skipped but counted, and the
    last line needs no newline. `raw` is the line as it stands, less its \\n: where lines end in \\r\\n, the \\r is in it. A
    line that holds `null` is set aside; NaN and Infinity in a line are missing. Of a file in another encoding than UTF-8 `raw` is
    the line's text.

    Raises
    ------
    DatasetError : what `content.read_text` raises; by its line: malformed JSON, not an object, what `json_rows.parse_row`
        forbids; no rows; more than MAX_ROWS lines
    """
    text, notes = content.read_text(path, source=source, encoding=encoding)
    try:
        return _read(text, name, source, notes)
    except DatasetError as error:
        if _is_json(text, source):
            raise DatasetError(
                f"{error} The file holds JSON, but not one object a line: name it .json.", *error.settings
            ) from error
        raise


def _read(text: str, name: str, source: str, notes: tuple[str, ...]) -> FileRows:
    if text.count("\n") > content.MAX_ROWS:
        raise DatasetError(content.too_many_rows(source))
    lines: list[int] = []
    raw: list[str] = []
    rows: list[dict[str, Any]] = []
    set_aside: list[SetAside] = []
    replaced = not_finite = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip(" \t\r"):
            continue
        value, surrogates, constants = _value(line, f"{source} line {number:,}")
        if value is None:
            set_aside.append(SetAside(name, number, "the line holds null", line))
            continue
        lines.append(number)
        raw.append(line)
        rows.append(value)
        replaced += surrogates
        not_finite += constants
    if not rows:
        raise DatasetError(content.no_rows(source, f"{len(set_aside):,} lines hold null" if set_aside else "only blank lines"))
    told = (json_rows.not_finite_note(not_finite),) if not_finite else ()
    numbers = np.array(lines, dtype=np.int64)
    return FileRows(name, source, numbers, raw, table_of(rows), tuple(set_aside), replaced, (*notes, *told))


def first_row(path: Path) -> dict[str, Any] | None:
    """The object on the first line, None where it is none; reads the file's beginning only."""
    return json_rows.first_object(content.beginning(path).lstrip())


def _is_json(text: str, source: str) -> bool:
    """Whether the file can be read once it is named .json: what an error sentence advises was tried."""
    try:
        return len(json_array.read_text(text, name="", source=source).lines) > 1
    except DatasetError:
        return False


def _value(line: str, where: str) -> tuple[dict[str, Any] | None, bool, bool]:
    """The object on a line, or None for `null`; whether it held a lone surrogate; whether it held NaN."""
    try:
        value, end, replaced, constants = json_rows.parse_row(line, json_rows.skip_space(line, 0))
    except json.JSONDecodeError as error:
        found = json_rows.reason(error)
        raise DatasetError(f"{where}, column {error.colno:,}: not JSON ({found}). Expected a JSON object on each line.") from error
    except json_rows.NotStrictJSON as error:
        raise DatasetError(f"{where}: {error}.") from error
    if (rest := json_rows.skip_space(line, end)) < len(line):
        raise DatasetError(f"{where}, column {rest + 1:,}: more text after the JSON value. Expected a JSON object on each line.")
    if value is not None and not isinstance(value, dict):
        raise DatasetError(f"{where}: {json_rows.kind(value)}, expected a JSON object with named fields.")
    return value, replaced, constants
