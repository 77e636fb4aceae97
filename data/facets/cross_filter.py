"""Facets that filter each other: each shows what passes the predicates of all the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.facets.facet import Facet, Mask
from evalmap.data.facets.predicates import Filter, Predicate

COLUMNS_KEPT = 32  # masks, of all columns together


@dataclass(frozen=True)
class Passing:
    """What passes a filter.

    Attributes
    ----------
    mask : (n,) bool, the rows that pass all of it; read-only
    counts : key → (n_bars,) of the rows that pass the predicates of all other columns: what a facet asks for does not narrow its
        own chart, so that the reader sees what else there is to choose
    missing : key → how many of those rows have no value in the column
    totals : key → (n_bars,) of all rows, whatever the filter
    """

    mask: Mask
    counts: Mapping[str, NDArray[np.int64]]
    missing: Mapping[str, int]
    totals: Mapping[str, NDArray[np.int64]]

    @property
    def n(self) -> int:
        """How many rows pass."""
        return int(np.count_nonzero(self.mask))


class CrossFilter:
    """Filters over the columns of one table. What did not change since an earlier call is not computed again; threads may share it.

    Parameters
    ----------
    facets : of the same rows, with a key each

    Raises
    ------
    ValueError : facets of different length, or two of one key
    """

    def __init__(self, facets: Sequence[Facet]) -> None:
        self.facets = {facet.key: facet for facet in facets}
        if len(self.facets) < len(facets):
            raise ValueError(f"{len(facets)} facets have {len(self.facets)} different keys")
        lengths = {facet.n for facet in facets}
        if len(lengths) > 1:
            raise ValueError(f"facets of {sorted(lengths)} rows; expected one number of rows")
        self.n = lengths.pop() if lengths else 0
        self.totals: Mapping[str, NDArray[np.int64]] = {facet.key: facet.counts() for facet in facets}
        self._failing = lru_cache(maxsize=COLUMNS_KEPT)(self._fail)

    def apply(self, filter: Filter, *, within: Mask | None = None) -> Passing:
        """Which rows pass, and how many of each there are.

        Parameters
        ----------
        filter : AND between columns, OR between the predicates of one column; () passes all
        within : (n,) bool, the rows that count at all (a lasso, a file); None: all

        Raises
        ------
        DatasetError : a predicate asks for a column that there is not, or cannot be asked of its column
        ValueError : `within` is of another length
        """
        by_column: dict[str, frozenset[Predicate]] = {}
        for predicate in filter:
            if predicate.column not in self.facets:
                raise DatasetError(f"{predicate.column}: there is no such column here; there are {', '.join(self.facets)}.")
            by_column[predicate.column] = by_column.get(predicate.column, frozenset()) | {predicate}
        if within is not None and within.shape != (self.n,):
            raise ValueError(f"within has the shape {within.shape}; expected ({self.n},)")
        fails = {column: self._failing(column, predicates) for column, predicates in by_column.items()}
        failed = np.zeros(self.n, dtype=np.uint8 if len(fails) < 256 else np.uint16)  # by how many columns
        for fail in fails.values():
            failed += fail
        mask = failed == 0
        if within is not None:
            mask &= within
        rows = np.flatnonzero(mask)
        counts: dict[str, NDArray[np.int64]] = {}
        missing: dict[str, int] = {}
        for key, facet in self.facets.items():
            seen = rows
            if key in fails:
                others = failed == fails[key]
                seen = np.flatnonzero(others if within is None else others & within)
            counts[key] = facet.counts_of(seen) if len(seen) < self.n else self.totals[key]
            counts[key].setflags(write=False)
            missing[key] = facet.missing_of(seen)
        mask.setflags(write=False)
        return Passing(mask, counts, missing, self.totals)

    def counts_under(self, filter: Filter, *, column: str, of: str) -> dict[str, int]:
        """How many rows bear each name of the facet `of` under what a filter asks of one column alone, the most frequent first.

        So a page tells which label balance a range of confidence leaves, whatever else is asked; {} for a facet without names.
        """
        own = tuple(predicate for predicate in filter if predicate.column == column)
        facet = self.facets[of]
        counts = facet.counts(self.apply(own).mask).tolist()
        return dict(sorted(zip(facet.names, counts, strict=True), key=lambda pair: -pair[1])) if facet.names else {}

    def _fail(self, column: str, predicates: frozenset[Predicate]) -> NDArray[np.uint8]:
        """(n,) 1 where a row passes none of the predicates of a column."""
        found = np.zeros(self.n, dtype=bool)
        for predicate in predicates:
            found |= self.facets[column].passes(predicate)
        return (~found).view(np.uint8)
