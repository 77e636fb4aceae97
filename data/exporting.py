"""Rows out again: JSONL exactly as they came in, CSV that survives a round trip, Parquet with types."""

import csv
import io
import json
from collections.abc import Sequence

import numpy as np
import pandas as pd

FORMATS = ("jsonl", "csv", "parquet")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export_rows(
    examples: pd.DataFrame, fields: pd.DataFrame, rows: Sequence[int], form: str, *, spreadsheet_safe: bool = False
) -> bytes:
    """Write rows of a dataset as one file.

    Parameters
    ----------
    examples, fields : as in `evalmap.data.records.Dataset`
    rows : positions, written in this order
    form : "jsonl": each row's source line, byte for byte; "csv": dataset, line and the source fields, every cell quoted, UTF-8;
        "parquet": the same columns with their types
    spreadsheet_safe : (csv) put an apostrophe before cells, the header's too, that a spreadsheet would run as a formula (first
        character = + - @, tab or carriage return), and before those that start with an apostrophe; taking one apostrophe off
        restores the cell

    Raises
    ------
    ValueError : form is none of the three
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
    ValueError : form is none of the three
    """
    if form == "parquet":
        buffer = io.BytesIO()
        table.to_parquet(buffer, index=False)
        return buffer.getvalue()
    if form == "jsonl":
        missing = table.isna().to_numpy()
        rows = zip(table.itertuples(index=False), missing, strict=True)
        names = [str(name) for name in table.columns]
        told = (
            {n: None if gone else _plain(value) for n, value, gone in zip(names, row, absent, strict=True)} for row, absent in rows
        )
        return "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in told).encode("utf-8", "replace")
    if form != "csv":
        raise ValueError(f"format {form!r} is unknown; choose one of {', '.join(FORMATS)}")
    output = io.StringIO(newline="")
    writer = csv.writer(output, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    written = _safe if spreadsheet_safe else str
    writer.writerow([written(str(name)) for name in table.columns])
    missing = table.isna().to_numpy()
    for row, absent in zip(table.itertuples(index=False), missing, strict=True):
        writer.writerow(["" if gone else written(str(value)) for value, gone in zip(row, absent, strict=True)])
    return output.getvalue().encode()


def _plain(value: object) -> object:
    """NumPy's numbers as Python's."""
    return value.item() if isinstance(value, np.generic) else value


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith((*_FORMULA, "'")) else cell
