"""Random tables with missing values, random filters, and what pandas makes of them: the oracle of the facets."""

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from evalmap.data.facets.cross_filter import CrossFilter
from evalmap.data.facets.facet import category_facet, date_facet, items_facet, number_facet, text_facet
from evalmap.data.facets.predicates import Filter, Predicate

NAMES = ("Yes", "No", "yes", "5", "Straße", "")
WORDS = ("Yes", "no", "STRASSE", "a.c", "abc", "x" * 30, "")
PATTERNS = (r"^Y", r"(?i)yes", r"a.c", r"\d", r"no(?!pe)", r"ß$")
DAYS = tuple(pd.date_range("2023-12-30", periods=70, freq="D", tz="UTC"))
COLUMNS = ("label", "size", "day", "tags", "text")
TEXT = st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join)


def tables(least: int = 0) -> st.SearchStrategy[pd.DataFrame]:
    """Rows with a category, a number, a date with a zone, a list and a text, each missing now and then."""

    def or_none(one: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.one_of(st.none(), one)

    row = st.tuples(
        or_none(st.sampled_from(NAMES)),
        or_none(st.one_of(st.integers(-5, 30).map(float), st.floats(-3, 3), st.just(float("inf")))),
        or_none(st.sampled_from(DAYS)),
        or_none(st.lists(st.sampled_from(NAMES), max_size=3)),
        or_none(TEXT),
    )
    return st.lists(row, min_size=least, max_size=12).map(lambda rows: pd.DataFrame(rows, columns=list(COLUMNS), dtype="object"))


def filters() -> st.SearchStrategy[Filter]:
    ends = st.tuples(st.floats(-6, 31), st.floats(-6, 31)).map(lambda pair: tuple(sorted(pair)))
    days = st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS)).map(
        lambda pair: tuple(f"{day:%Y-%m-%d}" for day in sorted(pair))
    )
    named = st.one_of(
        st.builds(
            Predicate,
            st.sampled_from(("label", "tags")),
            st.sampled_from(("is", "is_not")),
            st.lists(st.sampled_from((*NAMES, "none such", 5.0)), min_size=1, max_size=2).map(tuple),
        ),
        st.builds(Predicate, st.sampled_from(("label", "tags", "text")), st.just("contains"), st.tuples(st.sampled_from(WORDS))),
        st.builds(Predicate, st.sampled_from(("label", "tags", "text")), st.just("matches"), st.tuples(st.sampled_from(PATTERNS))),
        st.builds(Predicate, st.sampled_from(COLUMNS), st.sampled_from(("missing", "not_missing"))),
        st.builds(Predicate, st.just("size"), st.just("between"), ends),
        st.builds(Predicate, st.just("size"), st.sampled_from(("is", "is_not")), st.tuples(st.integers(-5, 30).map(float))),
        st.builds(Predicate, st.just("day"), st.just("between"), days),
    )
    return st.lists(named, max_size=5).map(tuple)


def cross_filter_of(table: pd.DataFrame) -> CrossFilter:
    return CrossFilter(
        [
            category_facet("label", "Label", table["label"]),
            number_facet("size", "Size", table["size"]),
            date_facet("day", "Day", table["day"]),
            items_facet("tags", "Tags", table["tags"]),
            text_facet("text", "Text", table["text"]),
        ]
    )


def _plain(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _is_missing(value: Any) -> bool:
    return (
        value is None
        or value is pd.NaT
        or (isinstance(value, list) and not value)
        or (isinstance(value, float) and not np.isfinite(value))
    )


def _any_of(value: Any, judge: Callable[[str], bool]) -> bool:
    return any(map(judge, value if isinstance(value, list) else [value]))


def oracle_passes(table: pd.DataFrame, predicate: Predicate) -> pd.Series:
    """Row by row, in the plainest Python."""

    def passes(value: Any) -> bool:
        missing = _is_missing(value)
        match predicate.op:
            case "missing":
                return missing
            case "not_missing":
                return not missing
            case "is_not":
                return missing or not _any_of(value, equal)
        if missing:
            return False
        match predicate.op:
            case "is":
                return _any_of(value, equal)
            case "contains":
                return _any_of(value, lambda text: str(predicate.values[0]).casefold() in text.casefold())
            case "matches":
                return _any_of(value, lambda text: re.search(str(predicate.values[0]), text) is not None)
        low, high = predicate.values
        if isinstance(low, str):
            return pd.Timestamp(low, tz="UTC") <= value < pd.Timestamp(high, tz="UTC") + pd.Timedelta(days=1)
        return low <= value <= high

    def equal(value: Any) -> bool:
        return value in predicate.values if isinstance(value, float) else value in map(_plain, predicate.values)

    return pd.Series([passes(value) for value in table[predicate.column]], index=table.index, dtype=bool)


def oracle_mask(table: pd.DataFrame, filter: Filter, *, without: str = "") -> pd.Series:
    """AND between columns, OR inside one; `without` leaves a column's predicates out."""
    mask = pd.Series(True, index=table.index)
    for column in {one.column for one in filter} - {without}:
        passing = [oracle_passes(table, one) for one in filter if one.column == column]
        mask &= pd.concat(passing, axis=1).any(axis=1)
    return mask


def oracle_counts(values: pd.Series, names: tuple[str, ...], edges: np.ndarray) -> list[int]:
    """How many of some values lie under each name or in each bin."""
    present = values[[not _is_missing(value) for value in values]]
    if names:
        counted = (
            present.map(lambda value: list(dict.fromkeys(value if isinstance(value, list) else [value]))).explode().value_counts()
        )
        return [int(counted.get(name, 0)) for name in names]
    if not len(edges):
        return []
    numbers = present.map(lambda value: value.timestamp() if isinstance(value, pd.Timestamp) else value).to_numpy(dtype=np.float64)
    return np.histogram(numbers, bins=edges)[0].tolist()
