"""Rows to a table: one column a field, in the order of first appearance, each with the narrowest honest type."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

UNNAMED = "Unnamed: 0"  # what pandas calls a column without a name

_EXACT = 2**53  # integers up to here survive float64
_INDEX = re.compile(r"(?:Unnamed: 0(?:[._]\d+)*|__index_level_\d+__|)")


def table_of(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """(n_rows) objects to (n_rows, n_fields): a field that a row lacks is missing there."""
    names = dict.fromkeys(key for row in rows for key in row)
    return pd.DataFrame({name: column([row.get(name) for row in rows]) for name in names}, index=pd.RangeIndex(len(rows)))


def column(values: list[Any]) -> pd.Series:
    """(n_rows,) values to a column.

    Texts are "str"; integers int64 (uint64 where only that holds them), float64 with NaN where some are missing or real
    numbers stand among them and every value survives it; true and false bool; anything else, or mixed, stays Python objects.
    """
    kinds = {type(value) for value in values}
    present = kinds - {type(None)}
    if not values or not present:
        return pd.Series(values, dtype=object)
    if present == {str}:
        return pd.Series(values, dtype="str")
    if kinds == {int}:
        if min(values) >= -(2**63) and max(values) < 2**63:
            return pd.Series(values, dtype="int64")
        return pd.Series(values, dtype="uint64" if min(values) >= 0 else object)
    if present <= {int, float} and all(abs(value) <= _EXACT for value in values if type(value) is int):
        return pd.Series(values, dtype="float64")
    return pd.Series(values, dtype=bool if kinds == {bool} else object)


def index_columns(columns: Mapping[str, Iterable[Any]]) -> list[str]:
    """The columns that are the index of a data frame, written beside its data: pandas' names for it, and numbers all different."""
    if len(columns) < 2:
        return []
    return [str(name) for name in columns if _INDEX.fullmatch(str(name)) and _are_row_numbers(list(columns[name]))]


def without_index(columns: dict[str, list[Any]]) -> tuple[dict[str, list[Any]], list[str]]:
    """The columns without those that `index_columns` finds, and what is told of it."""
    index = index_columns(columns)
    return {name: values for name, values in columns.items() if name not in index}, index_notes(index)


def index_notes(index: Sequence[str]) -> list[str]:
    return [f"{name or 'The column without a name'} is a data frame's index, no field: left out." for name in index]


def _are_row_numbers(values: list[Any]) -> bool:
    whole = [
        int(value) for value in values if isinstance(value, (int, float)) and not isinstance(value, bool) and value == value // 1
    ]
    return len(whole) == len(values) == len(set(whole))
