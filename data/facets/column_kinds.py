"""What a column of a source is, as a facet; or why it is none."""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evalmap.data.facets.facet import Facet, Kind, category_facet, date_facet, items_facet, number_facet, text_facet
from evalmap.data.facets.moments import ISO_DATE
from evalmap.data.facets.predicates import plain

FEW_NAMES = 50  # so many are bars, however few rows there are
MOST_NAMES = 1_000
MOST_EXACT = 2**53  # beyond it float64 no longer tells whole numbers apart


@dataclass(frozen=True)
class LeftOut:
    """A column that has no facet, with the reason in words."""

    key: str
    title: str
    reason: str


@dataclass(frozen=True)
class ColumnKind:
    """What a column is: the kind of its facet, or None and why it has none."""

    kind: Kind | None
    reason: str = ""


def describe_column(series: pd.Series) -> ColumnKind:
    """What a metadata column is.

    In this order: without a value, or with the same in every row, it is left out. Booleans are categories. Numbers are numbers;
    those that count the rows up by one (10 or more), and whole numbers beyond 2^53, are left out. Datetimes, and texts that all are
    ISO dates, are dates. Lists, and texts that all are JSON lists, are items where there are at most 1,000 different ones; lists
    of lists or objects, and objects, are left out. Other texts are categories where there are at most 50 of them, or at most 1,000
    that each stand twice on average. Where there are more texts than half of the rows they are left out, and else they can be
    searched.
    """
    present = series.dropna()
    if not len(present):
        return ColumnKind(None, "no row has a value")
    if series.dtype.kind == "M" or isinstance(series.dtype, pd.DatetimeTZDtype):
        return ColumnKind("date") if len(present) < len(series) or present.nunique() > 1 else _same(present.iloc[0])
    if pd.api.types.is_numeric_dtype(series) or pd.api.types.is_bool_dtype(series):
        return _of_numbers(series, present)
    if lists := _lists(present):
        return _of_lists(lists)
    texts = pd.Series([str(value) for value in present], dtype="object")
    distinct = int(texts.nunique())
    if distinct == 1 and len(present) == len(series):
        return _same(texts.iloc[0])
    if all(len(text) >= 10 and ISO_DATE.fullmatch(text) for text in texts) and _are_dates(texts):
        return ColumnKind("date")
    if all(text.startswith("{") and isinstance(_json(text), dict) for text in texts):
        return ColumnKind(None, "holds objects")
    if distinct <= FEW_NAMES or (distinct <= MOST_NAMES and 2 * distinct <= len(present)):
        return ColumnKind("category")
    if 2 * distinct > len(present):
        return ColumnKind(None, "nearly every row has a text of its own")
    return ColumnKind("text")


def facet_of_column(key: str, title: str, series: pd.Series) -> Facet | LeftOut:
    """The facet of a metadata column by `describe_column`, or why it has none."""
    found = describe_column(series)
    match found.kind:
        case None:
            return LeftOut(key, title, found.reason)
        case "category":
            return category_facet(key, title, series)
        case "number":
            return number_facet(key, title, series)
        case "date":
            return date_facet(key, title, series)
        case "items":
            return items_facet(key, title, [_as_list(value) for value in series])
        case "text":
            return text_facet(key, title, series)


def field_key(name: str) -> str:
    """`field.<name>`; a name that a URL would bend is spelled in plain characters, with a hash to keep it apart."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name)
    return f"field.{plain}" if plain == name else f"field.{plain[:60]}.{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _of_numbers(series: pd.Series, present: pd.Series) -> ColumnKind:
    if pd.api.types.is_bool_dtype(series):
        return ColumnKind("category") if len(present) < len(series) or present.nunique() > 1 else _same(present.iloc[0])
    if pd.api.types.is_integer_dtype(series):
        if max(abs(int(present.min())), abs(int(present.max()))) > MOST_EXACT:
            return ColumnKind(None, "whole numbers beyond 2^53, too large to be told apart in a chart")
        if len(present) == len(series) >= 10 and (np.diff(present.to_numpy(dtype=np.int64)) == 1).all():
            return ColumnKind(None, "counts the rows")
    finite = present[np.isfinite(present.to_numpy(dtype=np.float64))]
    if not len(finite):
        return ColumnKind(None, "no row has a value")
    if len(finite) == len(series) and finite.nunique() == 1:
        return _same(plain(float(finite.iloc[0])))
    return ColumnKind("number")


def _of_lists(lists: list[list[Any]]) -> ColumnKind:
    if any(isinstance(item, (list, dict)) for row in lists for item in row):
        return ColumnKind(None, "holds lists of lists or objects")
    different = len({str(item) for row in lists for item in row})
    if not different:
        return ColumnKind(None, "all lists are empty")
    if different > MOST_NAMES:
        return ColumnKind(None, f"its lists have {different:,} different items")
    return ColumnKind("items")


def same_value(facet: Facet) -> str:
    """The reason to leave a facet out whose rows all have one value; "" where they differ, and for texts."""
    if facet.missing or facet.kind in ("items", "text") or not facet.n:
        return ""
    if facet.names:
        return _same(facet.names[int(facet.counts().argmax())]).reason if np.count_nonzero(facet.counts()) == 1 else ""
    return _same(plain(float(facet.values[0]))).reason if (facet.values == facet.values[0]).all() else ""


def _same(value: Any) -> ColumnKind:
    text = str(value)
    return ColumnKind(None, f"every row has the same value ({text if len(text) <= 40 else text[:39] + '…'})")


def _lists(present: pd.Series) -> list[list[Any]]:
    """The lists of a column that holds nothing else; else []."""
    found = []
    for value in present:
        row = _as_list(value)
        if row is None:
            return []
        found.append(row)
    return found


def _as_list(value: Any) -> list[Any] | None:
    if isinstance(value, str):
        read = _json(value) if value.startswith("[") else None
        return read if isinstance(read, list) else None
    return list(value) if isinstance(value, Iterable) and not isinstance(value, (dict, bytes)) else None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _are_dates(texts: pd.Series) -> bool:
    try:
        pd.to_datetime(texts, utc=True, format="ISO8601")
    except ValueError:
        return False
    return True
