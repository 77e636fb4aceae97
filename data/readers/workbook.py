"""XLSX: the first sheet of a workbook that holds rows, read cell by cell under a running count of bytes."""

import datetime
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalmap.data.errors import DatasetError
from evalmap.data.readers import content, header_row, json_rows
from evalmap.data.readers.table import UNNAMED, column, without_index
from evalmap.data.records import FileRows

_CELL_BYTES = 8  # what a cell counts for at least: an empty one far out makes a row of 16,384
_OLE_MARK = b"\xd0\xcf\x11\xe0"  # of .xls, and of workbooks with a password


def read(path: Path, *, name: str, source: str, header: bool | None = None) -> FileRows:
    """Read an Excel workbook: the first sheet with a row in it; others are told of.

    Formulas are read as the values that were stored with them; dates and times as ISO texts; whole numbers as integers. Blank rows
    are skipped, as are columns without a name and cells. `lines` are the records' numbers after the header, counted from 1.

    Memory: sizes in the file are not trusted. Sheets are streamed, and what cells hold is counted as it comes: a text that many
    cells share counts for each of them.

    Raises
    ------
    DatasetError : what `content.read_bytes` and `header_row.take_header` raise; damaged, no workbook or one with a password; a
        column without a name or two with one; no rows; more than MAX_ROWS rows or MAX_BYTES unpacked
    """
    data = content.read_bytes(path, source=source)
    if data.startswith(_OLE_MARK):
        raise DatasetError(f"{source}: a workbook of before 2007 or with a password. Save it as .xlsx without one, or as CSV.")
    records, told = _sheet(data, source)
    if not records:
        raise DatasetError(content.no_rows(source, "only empty sheets"))
    width = max(map(len, records))
    records = [[*record, *[None] * (width - len(record))] for record in records]
    used = [at for at in range(width) if any(record[at] is not None for record in records)]
    records = [[record[at] for at in used] for record in records]
    taken = header_row.take_header(records, source=source, header=header)
    rows = records[taken.first :]
    if not rows:
        raise DatasetError(content.no_rows(source, "only a header"))
    names = [UNNAMED if at == 0 and not key.strip() else key for at, key in enumerate(taken.names)]
    if any(not key.strip() for key in names):
        place = next(at for at, key in enumerate(names, start=1) if not key.strip())
        raise DatasetError(f"{source} line 1: column {place:,} of {len(names):,} has no name. Name it, or remove it.")
    if twice := next((key for key in names if names.count(key) > 1), None):
        raise DatasetError(f"{source} line 1: two columns are called {twice!r}. Rename one of them.")
    columns, index = without_index({key: [row[at] for row in rows] for at, key in enumerate(names)})
    raw = [json_rows.dump(dict(zip(columns, values, strict=True))) for values in zip(*columns.values(), strict=True)]
    fields = pd.DataFrame({key: column(values) for key, values in columns.items()})
    lines = np.arange(1, len(rows) + 1, dtype=np.int64)
    return FileRows(name, source, lines, raw, fields, notes=(*told, *taken.notes, *index))


def _sheet(data: bytes, source: str) -> tuple[list[list[Any]], list[str]]:
    """The rows with a cell of the first sheet that has any, and what is told of the others."""
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:  # reads no entry further than it says
            if sum(entry.file_size for entry in packed.infolist()) > content.MAX_BYTES:
                raise DatasetError(content.too_large(source))
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        count = 0
        for sheet in book.worksheets:
            records: list[list[Any]] = []
            for number, row in enumerate(sheet.iter_rows(values_only=True)):
                cells = [_plain(value) for value in row]
                while cells and cells[-1] is None:
                    cells.pop()
                count += _CELL_BYTES + sum(4 * len(cell) if isinstance(cell, str) else _CELL_BYTES for cell in cells)
                if count > content.MAX_BYTES:
                    raise DatasetError(content.too_large(source))
                if number > content.MAX_ROWS:
                    raise DatasetError(content.too_many_rows(source))
                if cells:
                    records.append(cells)
            if records:
                others = [other.title for other in book.worksheets if other is not sheet]
                more = f" and {len(others) - 3:,} more" if len(others) > 3 else ""
                return records, [f"Read is the sheet {sheet.title}, not {', '.join(others[:3])}{more}."] if others else []
    except (DatasetError, MemoryError):
        raise
    except Exception as error:  # openpyxl raises whatever its parts do where a file is broken: KeyError, ValueError, ParseError …
        reason = (str(error).splitlines() or [""])[0].rstrip(" .")[:120] or type(error).__name__
        raise DatasetError(f"{source}: not a whole XLSX workbook ({reason}). Save it anew, or as CSV.") from error
    return [], []


def _plain(value: Any) -> Any:
    """A cell as JSON knows it; an empty text is an empty cell."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return str(value)
    return None if value == "" else value
