"""One column of a table as a chart and as a filter: how many rows have what, and which rows pass a predicate."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, lru_cache
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.facets.histogram import bin_codes, just_below, number_edges
from evalmap.data.facets.moments import date_edges, end_of, seconds_of, start_of, words_of
from evalmap.data.facets.predicates import Op, Predicate, plain
from evalmap.data.facets.text_search import containing, matching

Kind = Literal["category", "number", "date", "items", "text"]
Mask = NDArray[np.bool_]
PREDICATES_KEPT = 8  # masks of 133,204 rows are 133 kB each


class Facet(ABC):
    """A column of n rows; what it holds never changes, so several threads may read it.

    Attributes
    ----------
    key : unique among the facets of a table, and safe in a link
    title : for a reader
    kind : "category": bars; "number", "date": a histogram; "items": bars of the items of lists; "text": no chart
    n : rows
    missing : rows without a value
    names : the categories or items, one a bar; () of other kinds
    edges : (n_bins + 1,) float64, of numbers and dates (seconds since 1970 UTC); empty of other kinds
    values : (n,) float64, of numbers and dates, nan where missing; empty of other kinds
    """

    kind: ClassVar[Kind]
    ops: ClassVar[tuple[Op, ...]]

    def __init__(self, key: str, title: str, *, present: Mask, names: Sequence[str] = ()) -> None:
        self.key, self.title, self.n = key, title, len(present)
        self.present = _fixed(present)
        self.missing = int(self.n - np.count_nonzero(present))
        self.names = tuple(names)
        self.edges = self.values = _fixed(np.empty(0))
        self._kept: Callable[[Predicate], Mask] = lru_cache(maxsize=PREDICATES_KEPT)(self._checked)

    def passes(self, predicate: Predicate) -> Mask:
        """(n,) which rows pass a predicate on this column; read-only, kept for the next call.

        A row without a value passes "is_not" and "missing" alone.

        Raises
        ------
        DatasetError : this kind of column has no such predicate; the values are of another kind; a regular expression is none or
            takes too long
        """
        return self._kept(predicate)

    def counts(self, mask: Mask | None = None) -> NDArray[np.int64]:
        """(n_bars,) how many rows lie in each category, item or bin; an empty array for texts.

        Parameters
        ----------
        mask : (n,) the rows that are counted; None: all
        """
        return self.total_counts if mask is None else self.counts_of(np.flatnonzero(mask))

    @cached_property
    def total_counts(self) -> NDArray[np.int64]:
        """(n_bars,) `counts` of all rows."""
        return _fixed(self.counts_of(np.arange(self.n)))

    def missing_of(self, rows: NDArray[np.intp]) -> int:
        """How many of some rows (their numbers) have no value."""
        return int(len(rows) - np.count_nonzero(self.present.take(rows))) if self.missing else 0

    @abstractmethod
    def counts_of(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        """`counts` of rows by their numbers."""

    @abstractmethod
    def _find(self, predicate: Predicate) -> Mask:
        """(n,) the rows that pass, for an op of `ops` that is not about missing values."""

    def _checked(self, predicate: Predicate) -> Mask:
        if predicate.op not in self.ops:
            raise DatasetError(f"{self.title} {predicate.op}: can be asked {', '.join(self.ops)}.")
        if predicate.op == "missing":
            return _fixed(~self.present)
        return self.present if predicate.op == "not_missing" else _fixed(self._find(predicate))


class _Named(Facet):
    """A column whose rows have names of a list: each name is judged once, and its rows looked up."""

    ops = ("is", "is_not", "contains", "matches", "missing", "not_missing")

    @cached_property
    def _folded(self) -> list[str]:
        return [name.casefold() for name in self.names]

    def _judged(self, predicate: Predicate) -> Mask:
        """(n_names,) which names a predicate means; of "is_not" those that must not be."""
        if predicate.op == "contains":
            return containing(self._folded, str(predicate.values[0]))
        if predicate.op == "matches":
            return matching(self.names, str(predicate.values[0]))
        wanted = frozenset(map(plain, predicate.values))
        return np.fromiter((name in wanted for name in self.names), dtype=bool, count=len(self.names))


class CategoryFacet(_Named):
    """A column of few different names. `codes` is (n,) the name of each row, len(names) where it is missing."""

    kind = "category"

    def __init__(self, key: str, title: str, names: Sequence[str], codes: NDArray[np.integer]) -> None:
        self.codes = _fixed(np.where((codes < 0) | (codes >= len(names)), len(names), codes).astype(np.intp))
        super().__init__(key, title, present=self.codes < len(names), names=names)

    def counts_of(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        return np.bincount(self.codes.take(rows), minlength=len(self.names) + 1)[: len(self.names)].astype(np.int64)

    def _find(self, predicate: Predicate) -> Mask:
        judged = self._judged(predicate)
        return np.append(~judged, True)[self.codes] if predicate.op == "is_not" else np.append(judged, False)[self.codes]


class TextFacet(CategoryFacet):
    """A column of texts, which has no chart; equal texts are searched once."""

    kind = "text"

    def counts_of(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        return np.empty(0, dtype=np.int64)


class ItemsFacet(_Named):
    """A column of lists: a row counts for each of its different items.

    Attributes
    ----------
    starts : (n + 1,) the items of row i are items[starts[i] : starts[i + 1]]
    items : numbers of names
    """

    kind = "items"

    def __init__(self, key: str, title: str, names: Sequence[str], starts: NDArray[np.intp], items: NDArray[np.intp]) -> None:
        self.starts, self.items = _fixed(starts), _fixed(items)
        self._row_of_item = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        super().__init__(key, title, present=np.diff(starts) > 0, names=names)

    def counts_of(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        taken = np.zeros(self.n, dtype=bool)
        taken[rows] = True
        return np.bincount(self.items[taken[self._row_of_item]], minlength=len(self.names)).astype(np.int64)

    def _find(self, predicate: Predicate) -> Mask:
        found = np.zeros(self.n, dtype=bool)
        found[self._row_of_item[self._judged(predicate)[self.items]]] = True
        return ~found if predicate.op == "is_not" else found


class NumberFacet(Facet):
    """A column of numbers; what is not finite is missing. `codes` is (n,) the bin of each row, n_bins where it is missing."""

    kind = "number"
    ops = ("is", "is_not", "between", "missing", "not_missing")

    def __init__(self, key: str, title: str, values: NDArray[np.float64], edges: NDArray[np.float64]) -> None:
        values = np.where(np.isfinite(values), values, np.nan)
        super().__init__(key, title, present=~np.isnan(values))
        self.values, self.edges = _fixed(values), _fixed(edges)
        self.codes = _fixed(bin_codes(values, edges))
        self._whole = bool((values[self.present] == np.floor(values[self.present])).all())

    @property
    def n_bins(self) -> int:
        return max(0, len(self.edges) - 1)

    def counts_of(self, rows: NDArray[np.intp]) -> NDArray[np.int64]:
        return np.bincount(self.codes.take(rows), minlength=self.n_bins + 1)[: self.n_bins].astype(np.int64)

    def brush(self, first: int, last: int) -> Predicate:
        """The predicate that keeps the rows of the bins `first` to `last` (both belong, from 0) and no others.

        Both ends of "between" belong, while a bin does not hold its upper edge; so the high end is the shortest number that leaves
        that edge out.

        Raises
        ------
        ValueError : there are no such bins
        """
        if not 0 <= first <= last < self.n_bins:
            raise ValueError(f"bins {first} to {last} of {self.n_bins}")
        low, high = float(self.edges[first]), float(self.edges[last + 1])
        reached = bool((self.values == high).any())
        if self._whole and not (reached and last + 1 == self.n_bins):
            high = max(low, math.ceil(high) - 1.0)
        elif reached and last + 1 < self.n_bins:
            inside = self.values[self.values < high]
            high = just_below(high, max(low, float(inside.max()) if len(inside) else low))
        return Predicate(self.key, "between", (low, high))

    def _find(self, predicate: Predicate) -> Mask:
        if predicate.op == "between":
            low, high = self._ends(*predicate.values)
            with np.errstate(invalid="ignore"):
                return (self.values >= low) & (self.values <= high)
        found = np.isin(self.values, [self._number(value) for value in predicate.values])
        return ~found if predicate.op == "is_not" else found

    def _ends(self, low: str | float, high: str | float) -> tuple[float, float]:
        return self._number(low), self._number(high)

    def _number(self, value: str | float) -> float:
        try:
            return float(value)
        except ValueError:
            raise DatasetError(f"{self.title}: {value} is no number, and the column holds numbers.") from None


class DateFacet(NumberFacet):
    """A column of moments. Values of predicates are ISO texts ("2024", "2024-03", "2024-03-05", "2024-03-05T17:00"), in UTC where
    they name no zone, or seconds since 1970; a text means the whole of its year, month, day, hour, minute or second.
    """

    kind = "date"
    ops = ("between", "missing", "not_missing")

    def brush(self, first: int, last: int) -> Predicate:
        if not 0 <= first <= last < self.n_bins:
            raise ValueError(f"bins {first} to {last} of {self.n_bins}")
        return Predicate(self.key, "between", words_of(float(self.edges[first]), float(self.edges[last + 1])))

    def _ends(self, low: str | float, high: str | float) -> tuple[float, float]:
        try:
            return start_of(low), end_of(high)
        except ValueError as error:
            raise DatasetError(f"{self.title}: {error} is no date; write one as 2024-03-05.") from None


def category_facet(
    key: str,
    title: str,
    values: Iterable[Any] | None = None,
    *,
    names: Sequence[str] = (),
    codes: NDArray[np.integer] | None = None,
) -> CategoryFacet:
    """A facet of a column of few different values, or of names and codes.

    Parameters
    ----------
    values : (n,) of any kind, shown as text; None and nan are missing. The most frequent stands first, then by name
    names, codes : instead of values: (n,) the number of each row's name, anything else is missing; the names keep their order
    """
    if codes is not None:
        return CategoryFacet(key, title, names, np.asarray(codes))
    return CategoryFacet(key, title, *_names_and_codes(values if values is not None else ()))


def text_facet(key: str, title: str, values: Iterable[Any]) -> TextFacet:
    """A facet of texts that only can be searched; None is missing."""
    series = _series(values)
    codes, found = pd.factorize(_as_text(series))
    return TextFacet(key, title, [str(text) for text in found], codes)


def number_facet(key: str, title: str, values: Iterable[Any], *, edges: NDArray[np.float64] | None = None) -> NumberFacet:
    """A facet of numbers; what is None, nan or infinite is missing.

    Parameters
    ----------
    values : (n,) numbers or booleans; whole numbers beyond 2^53 are rounded to float64
    edges : the bins; None: at most 40 with round edges (`evalmap.data.facets.histogram`)

    Raises
    ------
    ValueError : a value lies outside the edges
    """
    numbers = pd.to_numeric(_series(values)).to_numpy(dtype=np.float64, na_value=np.nan)
    finite = numbers[np.isfinite(numbers)]
    if edges is None:
        whole = bool((finite == np.floor(finite)).all())
        edges = number_edges(float(finite.min()), float(finite.max()), whole=whole) if len(finite) else np.empty(0)
    elif len(finite) and not edges[0] <= finite.min() <= finite.max() <= edges[-1]:
        raise ValueError(f"values from {finite.min()} to {finite.max()} lie outside the edges {edges[0]} to {edges[-1]}")
    return NumberFacet(key, title, numbers, edges)


def date_facet(key: str, title: str, values: Iterable[Any]) -> DateFacet:
    """A facet of moments: datetimes or ISO texts, None is missing; those without a zone are taken as UTC."""
    seconds = seconds_of(_series(values))
    finite = seconds[np.isfinite(seconds)]
    edges = date_edges(float(finite.min()), float(finite.max())) if len(finite) else np.empty(0)
    return DateFacet(key, title, seconds, edges)


def items_facet(key: str, title: str, values: Iterable[Any]) -> ItemsFacet:
    """A facet of lists; None and empty lists are missing, and an item that stands twice in a row counts once."""
    rows = [list(dict.fromkeys(plain_item(item) for item in row if not _is_missing(item))) for row in map(_list, values)]
    starts = np.concatenate([[0], np.cumsum([len(row) for row in rows], dtype=np.intp)]).astype(np.intp)
    names, codes = _names_and_codes([item for row in rows for item in row])
    return ItemsFacet(key, title, names, starts, codes.astype(np.intp))


def plain_item(value: Any) -> str:
    """A value as a name: 3.0 is "3", True is "True"."""
    return plain(value) if isinstance(value, float) else str(value)


def _list(value: Any) -> Iterable[Any]:
    return value if isinstance(value, (list, tuple, set, frozenset, np.ndarray)) else ()


def _is_missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def _series(values: Iterable[Any]) -> pd.Series:
    return values if isinstance(values, pd.Series) else pd.Series(list(values), dtype="object").infer_objects()


def _as_text(series: pd.Series) -> pd.Series:
    """The values as text, None where missing; whole floats without their point, as integers with gaps became floats."""
    if pd.api.types.is_string_dtype(series.dtype) and series.dtype != object:
        return series.astype("object").where(series.notna(), None)
    return pd.Series([None if _is_missing(value) else plain_item(value) for value in series], dtype="object")


def _names_and_codes(values: Iterable[Any]) -> tuple[list[str], NDArray[np.integer]]:
    codes, found = pd.factorize(_as_text(_series(values)))
    sizes = np.bincount(codes[codes >= 0], minlength=len(found))
    order = sorted(range(len(found)), key=lambda code: (-sizes[code], str(found[code])))
    place = np.empty(len(found) + 1, dtype=np.intp)
    place[order] = np.arange(len(found))
    place[len(found)] = len(found)  # code −1 is missing
    return [str(found[code]) for code in order], place[codes]


def _fixed(array: NDArray[Any]) -> NDArray[Any]:
    array.setflags(write=False)
    return array
