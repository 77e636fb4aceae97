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

Rows = pd.DataFrame | Sequence[str] | Sequence[Mapping[str, Any]]


def read(rows: Rows, *, name: str) -> FileRows:
    """The rows as a file of them would be read; `line` counts them from 1, texts become the field `text`.

    Raises
    ------
    DatasetError : no rows; two columns of one name; a row that is neither text nor a mapping; a value that JSON has no word for
    """
    if isinstance(rows, pd.DataFrame):
        if not rows.columns.is_unique:
            twice = rows.columns[rows.columns.duplicated()][0]
            raise DatasetError(f"{name}: two columns are called {twice}. Rename one.")
        table = rows.rename(columns=str)
        records = json.loads(table.to_json(orient="records", date_format="iso", double_precision=15, force_ascii=False))
    else:
        records = [_record(row, f"{name} row {number:,}") for number, row in enumerate(rows, start=1)]
    if not records:
        raise DatasetError(f"{name}: no rows. Expected two or more.")
    raw = [_dumped(record, f"{name} row {number:,}") for number, record in enumerate(records, start=1)]
    parsed = [json_rows.parse(text) for text in raw]
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
        return json_rows.dump(record)
    except (TypeError, RecursionError) as error:
        raise DatasetError(f"{where}: {error}. Expected texts, numbers, lists and dicts.") from error
