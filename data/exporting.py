"""Rows out again: JSONL exactly as they came in, CSV that survives a round trip, Parquet with types."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export_rows(
    examples: pd.DataFrame, fields: pd.DataFrame, rows: Sequence[int], form: str, *, spreadsheet_safe: bool = False
) -> bytes:
    """Write rows of a dataset as one file.

    Parameters
    ----------
    examples, fields : as in `evalmap.data.records.Dataset`
    rows : positions, written in this order
    form : "jsonl": each row's source line, byte for byte and with its own line ending (the last line of a file, where it has none,
        gets one; a byte-order mark is the file's and no line's); of other formats a JSON object a row; "csv": dataset, line and
        the source fields, every cell quoted, UTF-8;
        "parquet": the same columns with their types
    spreadsheet_safe : (csv) put an apostrophe before cells, the header's too, that a spreadsheet would run as a formula (first
        character = + - @, tab or carriage return), and before those that start with an apostrophe; taking one apostrophe off
        restores the cell

    Raises
    ------
    ValueError : form is not in EXPORT_FORMATS
    """
    if form == "jsonl":
        return "".join(line + "\n" for line in examples["raw"].iloc[list(rows)]).encode()
    table = fields.iloc[list(rows)].copy()
    for at, name in enumerate(("dataset", "line")):
        unique = name
        while unique in table.columns:  # a source field of the same name keeps its own
            unique = f"evalmap_{unique}"
        table.insert(at, unique, examples[name].iloc[list(rows)].to_numpy())
    return write_table(table, form, spreadsheet_safe=spreadsheet_safe)


def write_table(table: pd.DataFrame, form: str, *, spreadsheet_safe: bool = False) -> bytes:
    """A table as one file: "csv" (every cell quoted, a missing value empty, UTF-8), "parquet" with types, or "jsonl" (null).

    Parameters
    ----------
    spreadsheet_safe : as in `export_rows`

    Raises
    ------
    ValueError : form is not in EXPORT_FORMATS
    """
    if form not in EXPORT_FORMATS:
        raise ValueError(f"format {form!r} is unknown; choose one of {', '.join(EXPORT_FORMATS)}")
    return EXPORT_FORMATS[form].write(table, spreadsheet_safe=spreadsheet_safe)


def _jsonl(table: pd.DataFrame, *, spreadsheet_safe: bool) -> bytes:
    missing = table.isna().to_numpy()
    rows = zip(table.itertuples(index=False), missing, strict=True)
    names = [str(name) for name in table.columns]
    objects = (
        {n: None if gone else _plain(value) for n, value, gone in zip(names, row, absent, strict=True)} for row, absent in rows
    )
    return "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in objects).encode("utf-8", "replace")


def _csv(table: pd.DataFrame, *, spreadsheet_safe: bool) -> bytes:
    output = io.StringIO(newline="")
    writer = csv.writer(output, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    written = _safe if spreadsheet_safe else str
    writer.writerow([written(str(name)) for name in table.columns])
    missing = table.isna().to_numpy()
    for row, absent in zip(table.itertuples(index=False), missing, strict=True):
        writer.writerow(["" if gone else written(str(value)) for value, gone in zip(row, absent, strict=True)])
    return output.getvalue().encode()


def _parquet(table: pd.DataFrame, *, spreadsheet_safe: bool) -> bytes:
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()


class TableWriter(Protocol):
    def __call__(self, table: pd.DataFrame, *, spreadsheet_safe: bool) -> bytes: ...


@dataclass(frozen=True)
class ExportFormat:
    """One format that tables are written in: what a person calls it, its files' ending, its media type, and who writes it."""

    name: str
    ending: str
    media_type: str
    write: TableWriter


EXPORT_FORMATS: dict[str, ExportFormat] = {
    "jsonl": ExportFormat("JSONL", ".jsonl", "application/x-ndjson", _jsonl),
    "csv": ExportFormat("CSV", ".csv", "text/csv", _csv),
    "parquet": ExportFormat("Parquet", ".parquet", "application/vnd.apache.parquet", _parquet),
}
"""The formats of every export, on the pages and in the terminal, by the name that `form` bears."""


def export_format_of(path: Path) -> str | None:
    """The format that a file's ending asks for; None for one that is not written."""
    return next((form for form, known in EXPORT_FORMATS.items() if path.suffix.lower() == known.ending), None)


def _plain(value: object) -> object:
    """NumPy's numbers as Python's."""
    return value.item() if isinstance(value, np.generic) else value


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith((*_FORMULA, "'")) else cell
