"""CSV and TSV: a header, then one record a row, quoted as in RFC 4180."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalmap.data.errors import DatasetError
from evalmap.data.readers import content, json_rows
from evalmap.data.readers.table import column
from evalmap.data.records import FileRows

# The csv module stops at 131,072 characters a cell by default, for the whole process; files are capped in bytes before.
csv.field_size_limit(2**31 - 1)

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"-?[0-9]+")


def read_csv(path: Path, *, name: str, source: str) -> FileRows:
    """Read a CSV file (commas), plain or gzipped.

    Cells are text as they stand ("NA" and "null" are text), an empty cell is None. A column in which every non-empty cell is a
    plain decimal number ("12", "-0.5", "1e-3"; not "007", "+1", "1,5" or " 1") is int64, or float64. Blank lines are skipped.
    `lines` are the records' numbers after the header, counted from 1.

    Raises
    ------
    DatasetError : what `content.read_bytes` and `content.decode` raise; a NUL character; semicolons or tabs for commas; a column
        without a name or two with one; by its line: a row with more or fewer cells than the header, a quote that is not closed;
        no rows; more than MAX_ROWS
    """
    return _read(path, ",", name, source)


def read_tsv(path: Path, *, name: str, source: str) -> FileRows:
    """Read a TSV file: as `read_csv`, with tabs between the cells."""
    return _read(path, "\t", name, source)


def csv_header(path: Path) -> dict[str, None]:
    """The columns of a CSV file, without a value; reads its beginning only."""
    return _first_record(path, ",")


def tsv_header(path: Path) -> dict[str, None]:
    """The columns of a TSV file, without a value; reads its beginning only."""
    return _first_record(path, "\t")


def _first_record(path: Path, delimiter: str) -> dict[str, None]:
    return dict.fromkeys(next(csv.reader(io.StringIO(content.beginning(path)), delimiter=delimiter), []))


def _read(path: Path, delimiter: str, name: str, source: str) -> FileRows:
    text = content.decode(content.read_bytes(path, source=source), source=source)
    if (nul := text.find("\0")) >= 0:
        line = text.count("\n", 0, nul) + 1
        raise DatasetError(f"{source} line {line:,}: a NUL character, expected text. Save the file as plain UTF-8 text.")
    header, records = _records(text, delimiter, source)
    if not records:
        raise DatasetError(content.no_rows(source, "only a header"))
    columns = {key: _cells([record[place] for record in records]) for place, key in enumerate(header)}
    raw = [json_rows.dump(dict(zip(header, values, strict=True))) for values in zip(*columns.values(), strict=True)]
    fields = pd.DataFrame({key: column(values) for key, values in columns.items()})
    return FileRows(name, source, np.arange(1, len(records) + 1, dtype=np.int64), raw, fields)


def _records(text: str, delimiter: str, source: str) -> tuple[list[str], list[list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header: list[str] | None = None
    records: list[list[str]] = []
    begins = 1
    try:
        for record in reader:
            if record and header is None:
                header = _header(record, delimiter, source)
            elif record and header is not None:
                if len(record) != len(header):
                    raise DatasetError(
                        f"{source} line {begins:,}: {_many(len(record), 'cell')}, expected {len(header):,} as in the header. "
                        "Quote cells that hold the separator, or mend the row."
                    )
                records.append(record)
                if len(records) > content.MAX_ROWS:
                    raise DatasetError(content.too_many_rows(source))
            begins = reader.line_num + 1
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise DatasetError(f'{source} line {begins:,}: a quote (") is opened and never closed. Close or double it.') from error
        raise DatasetError(f'{source} line {begins:,}: {error}. Double each quote (") inside a quoted cell.') from error
    if header is None:
        raise DatasetError(content.no_rows(source, "only blank lines"))
    return header, records


def _header(record: list[str], delimiter: str, source: str) -> list[str]:
    if len(record) == 1 and delimiter == "," and (other := next((mark for mark in ";\t" if mark in record[0]), None)):
        found, advice = ("semicolons", "Save it with commas") if other == ";" else ("tabs", "Name it .tsv")
        raise DatasetError(f"{source} line 1: {found} and no comma, expected commas between the cells. {advice}.")
    for place, key in enumerate(record, start=1):
        if not key.strip():
            raise DatasetError(f"{source} line 1: column {place:,} of {len(record):,} has no name. Name it, or remove it.")
    if len(set(record)) < len(record):
        twice = next(key for key in record if record.count(key) > 1)
        raise DatasetError(f"{source} line 1: two columns are called {twice!r}. Rename one of them.")
    return record


def _cells(texts: list[str]) -> list[Any]:
    """The cells of one column: numbers where all of them are, else texts; None where empty."""
    filled = [text for text in texts if text]
    if not filled or not all(map(_NUMBER.fullmatch, filled)):
        return [text or None for text in texts]
    whole = all(map(_INTEGER.fullmatch, filled))
    numbers: list[Any] = [None if not text else int(text) if whole and len(text) < 20 else float(text) for text in texts]
    fits = all(n is None or (isinstance(n, int) == whole and abs(n) < (2**63 if whole else float("inf"))) for n in numbers)
    return numbers if fits else [text or None for text in texts]


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
