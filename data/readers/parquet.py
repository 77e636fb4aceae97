"""Parquet: columns read one by one, in small batches, under a running count of bytes."""

import datetime
import decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from evalmap.data.errors import DatasetError
from evalmap.data.readers import content, json_rows
from evalmap.data.readers.table import column, without_index
from evalmap.data.records import FileRows

_BATCH_ROWS = 1024
_CELL_BYTES = 8  # what a cell counts for at least: a run-length column of a trillion nulls is a few bytes on disk


def read(path: Path, *, name: str, source: str) -> FileRows:
    """Read a Parquet file.

    Lists, structs and maps become lists and dicts; dates and times ISO texts; decimals and durations texts; binary cells text
    where they are UTF-8, else "<n bytes>". `raw` has null for NaN and infinite numbers. `lines` are record numbers from 1.
    A column that is a data frame's index is left out (`table.index_columns`).

    Memory: sizes in the file's own metadata are not trusted. Columns are read one by one and texts stay dictionary-coded until
    their expanded size is counted, so that a 2 MB file that holds 20 GB of one repeated text is turned down before it unfolds.

    Raises
    ------
    DatasetError : what `content.read_bytes` raises; damaged file; a column without a name or two with one; names or texts that are
        not UTF-8; no rows, no columns; more than MAX_ROWS rows or MAX_BYTES unpacked
    """
    data = content.read_bytes(path, source=source)
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        names = file.schema_arrow.names
        _check(names, file.metadata, source)
        texts = [file.schema.column(i).path for i in range(len(file.schema)) if file.schema.column(i).physical_type == "BYTE_ARRAY"]
        file = pq.ParquetFile(pa.BufferReader(data), read_dictionary=texts, page_checksum_verification=True)
        columns: dict[str, list[Any]] = {}
        count = 0
        for key in names:
            columns[key], count = _column(file, key, source, count)
    except UnicodeDecodeError as error:  # of the schema: `_column` tells of texts
        name = repr(error.object[:40])
        raise DatasetError(f"{source}: the column name {name} is not UTF-8. Write the file again with names in UTF-8.") from error
    except (pa.ArrowException, OSError) as error:
        reason = (str(error).splitlines() or [""])[0].rstrip(" .:")[:120] or type(error).__name__
        raise DatasetError(f"{source}: not a whole Parquet file ({reason}). Download or write it again.") from error
    if len({len(values) for values in columns.values()}) > 1:
        raise DatasetError(f"{source}: its columns differ in length, so the Parquet file is damaged. Download or write it again.")
    rows = len(next(iter(columns.values())))
    if rows == 0:
        raise DatasetError(content.no_rows(source, "only column names"))
    columns, told = without_index(columns)
    raw = [json_rows.dump(dict(zip(columns, values, strict=True))) for values in zip(*columns.values(), strict=True)]
    fields = pd.DataFrame({key: column(values) for key, values in columns.items()})
    return FileRows(name, source, np.arange(1, rows + 1, dtype=np.int64), raw, fields, notes=tuple(told))


def column_names(path: Path) -> dict[str, None]:
    """The names of a file's columns, without a value; reads its footer only."""
    return dict.fromkeys(pq.ParquetFile(path).schema_arrow.names)


def _check(names: list[str], metadata: pq.FileMetaData, source: str) -> None:
    """What the file says of itself: enough to turn it down, not enough to trust it."""
    if not names:
        raise DatasetError(f"{source}: the Parquet file has no columns. Expected at least one with text.")
    if any(not key.strip() for key in names):
        raise DatasetError(f"{source}: a column has no name. Name it, or remove it.")
    if twice := next((key for key in names if names.count(key) > 1), None):
        raise DatasetError(f"{source}: two columns are called {twice!r}. Rename one of them.")
    if metadata.num_rows == 0:
        raise DatasetError(content.no_rows(source, "only column names"))
    if metadata.num_rows > content.MAX_ROWS:
        raise DatasetError(content.too_many_rows(source))
    if sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups)) > content.MAX_BYTES:
        raise DatasetError(content.too_large(source))


def _column(file: pq.ParquetFile, key: str, source: str, count: int) -> tuple[list[Any], int]:
    """The Python values of one column, and the bytes counted so far with it."""
    values: list[Any] = []
    for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=[key], use_threads=False):
        cells = batch.column(batch.schema.get_field_index(key))
        count += max(_unfolded_bytes(cells), _CELL_BYTES * len(cells))
        if count > content.MAX_BYTES:
            raise DatasetError(content.too_large(source))
        try:
            found = cells.to_pylist(maps_as_pydicts="lossy")
            values.extend(found if _is_plain(cells.type) else map(_plain, found))
        except UnicodeDecodeError as error:
            raise DatasetError(
                f"{source}: column {key!r}, records {len(values) + 1:,} to {len(values) + len(cells):,}: text that is not UTF-8. "
                "Write the column again as UTF-8."
            ) from error
        except OverflowError as error:  # Arrow's dates and times reach further than Python's
            raise DatasetError(
                f"{source}: column {key!r}, records {len(values) + 1:,} to {len(values) + len(cells):,}: a date or a time "
                f"outside the years 1 to 9999 ({error}). Write the column again as text."
            ) from error
        if len(values) > content.MAX_ROWS:
            raise DatasetError(content.too_many_rows(source))
    return values, count


def _unfolded_bytes(cells: pa.Array) -> int:
    """What an array takes once each dictionary code is replaced by its text."""
    if isinstance(cells, pa.ExtensionArray):
        return _unfolded_bytes(cells.storage)
    if isinstance(cells, pa.DictionaryArray):
        lengths = pc.call_function("binary_length", [cells.dictionary.cast(pa.large_binary())])
        return int(pc.call_function("sum", [lengths.take(cells.indices)]).as_py() or 0) + cells.indices.nbytes
    if isinstance(cells, pa.MapArray):
        return _unfolded_bytes(cells.keys) + _unfolded_bytes(cells.items)
    if isinstance(cells, (pa.ListArray, pa.LargeListArray, pa.FixedSizeListArray)):
        return _unfolded_bytes(cells.flatten()) + cells.nbytes
    if isinstance(cells, pa.StructArray):
        return sum(map(_unfolded_bytes, cells.flatten()))
    return cells.nbytes


def _is_plain(kind: pa.DataType) -> bool:
    if isinstance(kind, pa.DictionaryType):
        return _is_plain(kind.value_type)
    t = pa.types
    return t.is_integer(kind) or t.is_floating(kind) or t.is_boolean(kind) or t.is_string(kind) or t.is_large_string(kind)


def _plain(value: Any) -> Any:
    """A cell as JSON knows it."""
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, (decimal.Decimal, datetime.timedelta)):
        return str(value)
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            return f"<{len(value):,} bytes>"
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if value is None or isinstance(value, (str, int, float)):
        return value
    return str(value)
