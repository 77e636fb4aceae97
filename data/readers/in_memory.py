"""Rows that are in memory already: a DataFrame, a list of texts, a list of dicts."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from evalmap.data.errors import DatasetError
from evalmap.data.readers import json_rows
from evalmap.data.readers.table import table_of
from evalmap.data.records import FileRows

_EXPECTED = "Expected texts, numbers, lists and dicts."

Rows = pd.DataFrame | Sequence[str] | Sequence[Mapping[str, Any]]


def read(rows: Rows, *, name: str) -> FileRows:
    """The rows as a file of them would be read; `line` counts them from 1, texts become the field `text`.

    Raises
    ------
    DatasetError : no rows; two columns of one name; a row that is neither text nor a mapping; a value that JSON has no word for, or
        that `json_rows.parse` forbids
    """
    if isinstance(rows, pd.DataFrame):
        table = rows.rename(columns=str)
        if not table.columns.is_unique:
            twice = table.columns[table.columns.duplicated()][0]
            raise DatasetError(f"{name}: two columns are called {twice}. Rename one.")
        try:
            records = json.loads(table.to_json(orient="records", date_format="iso", double_precision=15, force_ascii=False))
        except (ValueError, OverflowError, RecursionError) as error:  # bytes or texts that are not UTF-8 among them
            raise DatasetError(f"{name}: a column holds what JSON has no word for ({error}). {_EXPECTED}") from error
    else:
        records = [_record(row, f"{name} row {number:,}") for number, row in enumerate(rows, start=1)]
    if not records:
        raise DatasetError(f"{name}: no rows. Expected two or more.")
    raw = [_dumped(record, f"{name} row {number:,}") for number, record in enumerate(records, start=1)]
    parsed = [_parsed(text, f"{name} row {number:,}") for number, text in enumerate(raw, start=1)]
    fields = table_of([dict(value) for value, _, _ in parsed])
    return FileRows(name, name, np.arange(1, len(raw) + 1), raw, fields, replaced=sum(replaced for _, _, replaced in parsed))


def _record(row: object, where: str) -> dict[str, Any]:
    if isinstance(row, str):
        return {"text": row}
    if isinstance(row, Mapping):
        return {str(key): value for key, value in row.items()}
    raise DatasetError(f"{where}: a {type(row).__name__}. Expected a text or a dict.")


def _dumped(record: dict[str, Any], where: str) -> str:
    try:
        text = json_rows.dump(record)
    except (TypeError, ValueError, RecursionError) as error:
        raise DatasetError(f"{where}: {error}. {_EXPECTED}") from error
    # Half a surrogate pair, which no file holds, is written as a JSONL line would hold it.
    return json.dumps(json.loads(text)) if json_rows.LONE_SURROGATE.search(text) else text


def _parsed(text: str, where: str) -> tuple[dict[str, Any], int, bool]:
    try:
        return json_rows.parse(text)
    except json_rows.NotStrictJSON as error:
        raise DatasetError(f"{where}: {error}.") from error
