"""CSV and TSV: a header, then one record a row, quoted as in RFC 4180."""

import csv
import io
import re
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalmap.data.errors import DatasetError
from evalmap.data.readers import content, header_row, json_rows
from evalmap.data.readers.table import UNNAMED, column, without_index
from evalmap.data.records import FileRows

# The csv module stops at 131,072 characters a cell by default, for the whole process; files are capped in bytes before.
csv.field_size_limit(2**31 - 1)

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_INTEGER = re.compile(r"-?[0-9]+")
_COMMA_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:,[0-9]{1,15})?")
_SAID = re.compile(r"sep=([,;\t|])\r?\n")  # Excel's
_QUOTED = re.compile(r'"[^"]*"')
_FIRST_LINE = 1 << 20
_SNIFFED = 200  # rows
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def read_csv(
    path: Path, *, name: str, source: str, encoding: str | None = None, header: bool | None = None, delimiter: str = ","
) -> FileRows:
    """Read a CSV file, plain or packed.

    Cells are text as they stand ("NA" and "null" are text), an empty cell is None. A column in which every non-empty cell is a
    plain decimal number ("12", "-0.5", "1e-3"; not "007", "+1" or " 1") is int64, or float64; where semicolons or tabs part the
    cells, a decimal comma is read too ("1,5"). Blank lines are skipped. `lines` are the records' numbers after the header, counted
    from 1. Cells are parted by commas; by semicolons or tabs where the first row has no comma, or a first line `sep=;` says so.
    What names the columns is told in `header_row`; a column that is a data frame's index is left out (`table.index_columns`).

    Raises
    ------
    DatasetError : what `content.read_text` and `header_row.take_header` raise; a NUL character; a column without a name or two with
        one; by its line: a row with more or fewer cells than the first, a quote that is not closed; no rows; more than MAX_ROWS
    """
    text, notes = content.read_text(path, source=source, encoding=encoding)
    if (nul := text.find("\0")) >= 0:
        line = text.count("\n", 0, nul) + 1
        raise DatasetError(f"{source} line {line:,}: a NUL character, expected text. Save the file as plain UTF-8 text.")
    found, start = _delimiter(text, delimiter)
    records = _records(text[start:], found, source)
    if found != delimiter:
        notes = (*notes, f"Cells are parted by {_DELIMITERS[found]}, not by {_DELIMITERS[delimiter]}.")
    taken = header_row.take_header(records, source=source, header=header)
    rows = records[taken.first :]
    if not rows:
        raise DatasetError(content.no_rows(source, "only a header"))
    names, kept = _names(taken.names, rows, source)
    columns = {names[at]: _cells([record[at] for record in rows]) for at in kept}
    told = [*notes, *taken.notes]
    if found != ",":
        columns, commas = _decimal_commas(columns)
        told += [f"Decimal commas are read as points ({', '.join(commas)})."] if commas else []
    columns, index = without_index(columns)
    told += index
    raw = [json_rows.dump(dict(zip(columns, values, strict=True))) for values in zip(*columns.values(), strict=True)]
    fields = pd.DataFrame({key: column(values) for key, values in columns.items()})
    return FileRows(name, source, np.arange(1, len(rows) + 1, dtype=np.int64), raw, fields, notes=tuple(told))


def read_tsv(path: Path, *, name: str, source: str, encoding: str | None = None, header: bool | None = None) -> FileRows:
    """Read a TSV file: as `read_csv`, with tabs between the cells, and no other sign in their place."""
    return read_csv(path, name=name, source=source, encoding=encoding, header=header, delimiter="\t")


def csv_header(path: Path) -> dict[str, None]:
    """The cells of a CSV file's first row, without a value; reads its beginning only."""
    return _first_record(path, ",")


def tsv_header(path: Path) -> dict[str, None]:
    """The cells of a TSV file's first row, without a value; reads its beginning only."""
    return _first_record(path, "\t")


def _first_record(path: Path, delimiter: str) -> dict[str, None]:
    text = content.beginning(path)
    found, start = _delimiter(text, delimiter)
    return dict.fromkeys(next(csv.reader(io.StringIO(text[start:]), delimiter=found), []))


def _delimiter(text: str, usual: str) -> tuple[str, int]:
    """What parts the cells, and where the first row begins: behind the line that a spreadsheet writes to say so."""
    if said := _SAID.match(text):
        return said[1], said.end()
    first = next((line for line in text[:_FIRST_LINE].splitlines() if line.strip()), "")
    cells = _QUOTED.sub("", first)
    other = max(";\t", key=cells.count)
    if usual == "," and "," not in cells and other in cells and _parts_most_rows(text, other):
        return other, 0
    return usual, 0


def _parts_most_rows(text: str, delimiter: str) -> bool:
    """Whether most of the first rows have as many cells as the first: else a text merely holds the sign."""
    try:
        rows = csv.reader(io.StringIO(text[:_FIRST_LINE], newline=""), delimiter=delimiter)
        counts = [len(row) for row in islice(rows, _SNIFFED) if row]
    except csv.Error:
        return False
    return 2 * sum(count == counts[0] for count in counts) > len(counts)


def _records(text: str, delimiter: str, source: str) -> list[list[str]]:
    """The rows, the first among them, all with as many cells as this."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[list[str]] = []
    begins = 1
    try:
        for record in reader:
            if record:
                if records and len(record) != len(records[0]):
                    raise DatasetError(
                        f"{source} line {begins:,}: {_many(len(record), 'cell')}, expected {len(records[0]):,} as in the header. "
                        "Quote cells that hold the separator, or mend the row."
                    )
                records.append(record)
                if len(records) > content.MAX_ROWS + 1:
                    raise DatasetError(content.too_many_rows(source))
            begins = reader.line_num + 1
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise DatasetError(f'{source} line {begins:,}: a quote (") is opened and never closed. Close or double it.') from error
        raise DatasetError(f'{source} line {begins:,}: {error}. Double each quote (") inside a quoted cell.') from error
    if not records:
        raise DatasetError(content.no_rows(source, "only blank lines"))
    return records


def _names(header: list[str], rows: list[list[str]], source: str) -> tuple[list[str], list[int]]:
    """The name of each column, and the places of those that are kept: one without name or cells is but a separator too many."""
    names = list(header)
    kept = [at for at, key in enumerate(header) if key.strip() or any(row[at] for row in rows)]
    for at in kept:
        if not header[at].strip():
            if at > 0:
                found = f"column {at + 1:,} of {len(header):,} has no name"
                raise DatasetError(f"{source} line 1: {found}. Name it, or remove it.")
            names[at] = UNNAMED
    called = [names[at] for at in kept]
    if len(set(called)) < len(called):
        twice = next(key for key in called if called.count(key) > 1)
        raise DatasetError(f"{source} line 1: two columns are called {twice!r}. Rename one of them.")
    return names, kept


def _decimal_commas(columns: dict[str, list[Any]]) -> tuple[dict[str, list[Any]], list[str]]:
    """The columns with those as numbers in which every cell is one with a comma for the point; and their names."""
    found: dict[str, list[Any]] = {}
    for key, values in columns.items():
        texts = [value for value in values if value is not None]
        fits = all(isinstance(text, str) and _COMMA_NUMBER.fullmatch(text) for text in texts)
        if fits and any("," in text for text in texts):
            found[key] = [None if value is None else float(value.replace(",", ".")) for value in values]
    return {**columns, **found}, list(found)


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
