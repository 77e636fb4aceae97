"""JSONL: one JSON object a line."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from evalmap.data.errors import DatasetError
from evalmap.data.readers import content, json_rows
from evalmap.data.readers.table import table_of
from evalmap.data.records import FileRows, SetAside


def read(path: Path, *, name: str, source: str) -> FileRows:
    """Read a JSONL file, plain or gzipped.

    Lines end at \\n and nowhere else (U+2028 and a bare \\r stay inside a line); blank lines are skipped but counted, and the
    last line needs no newline. `raw` is the line as it stands, less its \\n: where lines end in \\r\\n, the \\r is in it. A
    line that holds `null` is set aside.

    Raises
    ------
    DatasetError : what `content.read_bytes` and `content.decode` raise; by its line: malformed JSON, not an object, what
        `json_rows.parse` forbids; no rows; more than MAX_ROWS lines
    """
    text = content.decode(content.read_bytes(path, source=source), source=source)
    if text.count("\n") > content.MAX_ROWS:
        raise DatasetError(content.too_many_rows(source))
    lines: list[int] = []
    raw: list[str] = []
    rows: list[dict[str, Any]] = []
    set_aside: list[SetAside] = []
    replaced = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip(" \t\r"):
            continue
        value, surrogates = _value(line, f"{source} line {number:,}")
        if value is None:
            set_aside.append(SetAside(name, number, "the line holds null", line))
            continue
        lines.append(number)
        raw.append(line)
        rows.append(value)
        replaced += surrogates
    if not rows:
        raise DatasetError(content.no_rows(source, f"{len(set_aside):,} lines hold null" if set_aside else "only blank lines"))
    return FileRows(name, source, np.array(lines, dtype=np.int64), raw, table_of(rows), tuple(set_aside), replaced)


def first_row(path: Path) -> dict[str, Any] | None:
    """The object on the first line, None where it is none; reads the file's beginning only."""
    return json_rows.first_object(content.beginning(path).lstrip())


def _value(line: str, where: str) -> tuple[dict[str, Any] | None, bool]:
    """The object on a line, or None for `null`; and whether it held a lone surrogate."""
    try:
        value, end, replaced = json_rows.parse(line, json_rows.skip_space(line, 0))
    except json.JSONDecodeError as error:
        found = json_rows.reason(error)
        raise DatasetError(f"{where}, column {error.colno:,}: not JSON ({found}). Expected a JSON object on each line.") from error
    except json_rows.NotStrictJSON as error:
        raise DatasetError(f"{where}: {error}.") from error
    if (rest := json_rows.skip_space(line, end)) < len(line):
        raise DatasetError(f"{where}, column {rest + 1:,}: more text after the JSON value. Expected a JSON object on each line.")
    if value is not None and not isinstance(value, dict):
        hint = " If the file is one JSON array, name it .json." if isinstance(value, list) else ""
        raise DatasetError(f"{where}: {json_rows.kind(value)}, expected a JSON object with named fields.{hint}")
    return value, replaced
