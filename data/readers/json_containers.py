"""Where the rows are inside a JSON value that is no plain array of objects: one list in an object, pandas' orientations, …

What was made of the value is told in a note. A value in which two lists have about equal right is refused, not guessed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from evalmap.data.errors import DatasetError
from evalmap.data.readers import header_row, splits
from evalmap.data.readers.json_rows import kind

# What the list of rows is called in public files; where an object holds several lists, the one that bears such a name is it.
LIST_NAMES = frozenset(
    {"examples", "data", "rows", "records", "items", "instances", "results", "samples", "questions", "entries", "documents"}
    | {"dataset", "prompts", "tests", "test_cases", "cases", "tasks", "conversations"}
)
_DEPTH = 3  # objects that are looked into: results.results stands in the second
_VIEWER = {"row", "row_idx", "truncated_cells"}  # what the hub's viewer puts around each row
_MANY = 4  # names in a note or sentence


@dataclass(frozen=True)
class Rows:
    """The rows of a value (objects, or None for a record that is null), and how they were found."""

    rows: list[dict[str, Any] | None]
    notes: tuple[str, ...] = ()


def rows_of_list(values: Sequence[Any], source: str, *, header: bool | None = None) -> Rows:
    """The rows of a list: its objects, its texts (as the field `text`), or its lists of equal length (as a table).

    Raises
    ------
    DatasetError : by its record: a value of another kind than the list's others; as of `header_row.take_header`
    """
    present = [value for value in values if value is not None]
    if present and all(isinstance(value, dict) for value in present):
        if all("row" in value and isinstance(value["row"], dict) and value.keys() <= _VIEWER for value in present):
            return Rows([value and value["row"] for value in values], ("Each row is the object `row` inside its record.",))
        return Rows(list(values))
    if present and all(isinstance(value, str) for value in present):
        return Rows([None if value is None else {"text": value} for value in values], ("A list of texts: each is one row.",))
    if present and all(isinstance(value, list) for value in present) and len(present) == len(values):
        return _of_lists(values, source, header)
    if not present:
        return Rows(list(values))
    at, other = next((at, value) for at, value in enumerate(values, start=1) if value is not None and not isinstance(value, dict))
    raise DatasetError(f"{source} record {at:,}: {kind(other)}, expected an object with named fields.")


def rows_of_object(value: dict[str, Any], source: str, *, header: bool | None = None) -> Rows:
    """The rows inside an object.

    Read are, in this order: pandas' `table` and `split` orientations; columns as lists of one length; columns as objects and
    rows by their id (both are objects of objects: numbers as keys are the rows'); splits (`train`, `test` …) of lists; one list
    of objects, at most three objects deep; one list of texts.

    Raises
    ------
    DatasetError : nothing of the kind; several lists without one that bears a name of `LIST_NAMES`; what `rows_of_list` raises
    """
    for read in (_pandas_table, _pandas_split, _lists_as_columns, _objects_in_object):
        if found := read(value, source):
            return found
    return _one_list(value, source, header)


def _of_lists(values: Sequence[list[Any]], source: str, header: bool | None) -> Rows:
    for at, cells in enumerate(values, start=1):
        if len(cells) != len(values[0]):
            found = f"a list of {len(cells):,}, expected {len(values[0]):,} as in record 1"
            raise DatasetError(f"{source} record {at:,}: {found}, or an object with named fields.")
    taken = header_row.take_header(values, source=source, header=header)
    return Rows([dict(zip(taken.names, cells, strict=True)) for cells in values[taken.first :]], taken.notes)


def _pandas_table(value: dict[str, Any], source: str) -> Rows | None:
    schema, data = value.get("schema"), value.get("data")
    if not (isinstance(schema, dict) and isinstance(schema.get("fields"), list) and _is_records(data)):
        return None
    key = schema.get("primaryKey")
    index = [name for name in key if name in ("index", "level_0")] if isinstance(key, list) else []
    told = [f"The field {', '.join(index)} is pandas' index: not kept."] if index else []
    rows = [row and {name: cell for name, cell in row.items() if name not in index} for row in data or ()]
    return Rows(rows, ("A table as pandas writes it (orient='table').", *told))


def _pandas_split(value: dict[str, Any], source: str) -> Rows | None:
    names, data = value.get("columns"), value.get("data")
    if not (isinstance(names, list) and isinstance(data, list) and value.keys() <= {"columns", "data", "index", "index_names"}):
        return None
    if not names or not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
        raise DatasetError(f"{source}: the list columns does not name each column once. Name them, each otherwise.")
    for at, cells in enumerate(data, start=1):
        if not isinstance(cells, list) or len(cells) != len(names):
            found = f"a list of {len(cells):,}" if isinstance(cells, list) else kind(cells)
            raise DatasetError(f"{source} record {at:,}: {found}, expected a list of {len(names):,} as in columns.")
    rows: list[dict[str, Any] | None] = [dict(zip(names, cells, strict=True)) for cells in data]
    return Rows(rows, ("Rows and names of columns apart, as pandas writes them (orient='split').",))


def _lists_as_columns(value: dict[str, Any], source: str) -> Rows | None:
    columns = list(value.values())
    if not columns or not all(isinstance(column, list) for column in columns):
        return None
    if len({len(column) for column in columns}) > 1 or len(columns[0]) < 2 or all(map(_is_records, columns)):
        return None
    rows: list[dict[str, Any] | None] = [dict(zip(value, cells, strict=True)) for cells in zip(*columns, strict=True)]
    return Rows(rows, ("One list a column, put together to rows.",))


def _objects_in_object(value: dict[str, Any], source: str) -> Rows | None:
    inner = list(value.values())
    if not inner or not all(isinstance(one, dict) and one for one in inner):
        return None
    names = inner[0].keys()
    are_columns = len(names) >= 2 and all(one.keys() == names for one in inner)
    numbered_rows, numbered_names = all(map(_is_number, value)), all(map(_is_number, names))
    are_columns = are_columns and all(_is_column(one.values(), nested=numbered_names) for one in inner)
    if are_columns and not numbered_rows and (numbered_names or len(names) > len(inner)):
        rows: list[dict[str, Any] | None] = [{name: column[key] for name, column in value.items()} for key in names]
        return Rows(rows, ("One object a column, as pandas writes them (orient='columns'), put together to rows.",))
    plain = [{name for name, cell in one.items() if isinstance(cell, (str, int, float))} for one in inner]
    if len(inner) < 2 or not set.intersection(*plain):
        return None
    known_by = next(name for name in ("id", "key", "row_key", "evalmap_key") if all(name not in one for one in inner))
    rows = [{known_by: key, **one} for key, one in value.items()]
    if numbered_rows:
        return Rows([dict(one) for one in inner], ("One object a row, by its number.",))
    return Rows(rows, (f"One object a row, by its id: that is the field {known_by}.",))


def _one_list(value: dict[str, Any], source: str, header: bool | None) -> Rows:
    found = _find(value, _is_records)
    if several := splits.of_names([path[-1] for path, _ in found]):
        parents = {path[:-1] for path, _ in found if path[-1] in several}
        if len(parents) == 1:
            return _joined_splits([(path[-1], rows) for path, rows in found if path[-1] in several], source, several)
    chosen = found if len(found) == 1 else [(path, rows) for path, rows in found if path[-1] in LIST_NAMES]
    if not found:
        chosen = texts = _find(value, _is_texts)
        if len(texts) > 1:
            chosen = [(path, rows) for path, rows in texts if path[-1] in LIST_NAMES]
        found = texts
    if len(chosen) == 1:
        path, listed = chosen[0]
        name = ".".join(path)
        others = ", ".join([key for key in value if key != path[0]][:_MANY])
        beside = f" What stands beside it is not read: {others}." if others else ""
        if _is_texts(listed):
            return Rows(
                [text if text is None else {path[-1]: text} for text in listed], (f"The rows are the list {name}.{beside}",)
            )
        inside = rows_of_list(listed, source, header=header)
        return Rows(inside.rows, (f"The rows are the list {name} inside the file's object.{beside}", *inside.notes))
    if found:
        listed = ", ".join(".".join(path) for path, _ in found[:_MANY])
        raise DatasetError(
            f"{source}: an object with {len(found)} lists ({listed}), expected one. Save the list that holds the rows."
        )
    keys = f" ({', '.join(list(value)[:_MANY])})" if value else ""
    raise DatasetError(f"{source}: an object{keys}, expected an array of objects, or an object that holds one list of them.")


def _joined_splits(lists: list[tuple[str, list[Any]]], source: str, of: dict[str, str]) -> Rows:
    rows: list[dict[str, Any] | None] = []
    for name, listed in lists:
        rows += [row if row is None or "split" in row else {**row, "split": of[name]} for row in rows_of_list(listed, source).rows]
    return Rows(rows, (f"The rows of {', '.join(name for name, _ in lists)} together; the field split says which a row is of.",))


def _find(value: dict[str, Any], wanted: Any) -> list[tuple[tuple[str, ...], list[Any]]]:
    found: list[tuple[tuple[str, ...], list[Any]]] = []
    level: list[tuple[tuple[str, ...], dict[str, Any]]] = [((), value)]
    for _ in range(_DEPTH):
        found += [((*path, key), inner) for path, one in level for key, inner in one.items() if wanted(inner)]
        level = [((*path, key), inner) for path, one in level for key, inner in one.items() if isinstance(inner, dict)]
    return found


def _is_column(cells: Iterable[object], *, nested: bool) -> bool:
    """Whether the values are of one kind, as one column's are; lists and objects only where `nested` are let in."""
    kinds = {float if isinstance(cell, int) and not isinstance(cell, bool) else type(cell) for cell in cells if cell is not None}
    return len(kinds) <= 1 and (nested or not kinds & {list, dict})


def _is_records(value: object) -> bool:
    return isinstance(value, list) and any(value) and all(one is None or isinstance(one, dict) for one in value)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and len(value) > 1 and all(isinstance(one, str) for one in value)


def _is_number(key: str) -> bool:
    return key.isascii() and key.isdigit()
