"""One column as a chart and as a filter."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalmap.data.errors import DatasetError
from evalmap.data.facets.facet import Facet, NumberFacet, category_facet, date_facet, items_facet, number_facet, text_facet
from evalmap.data.facets.predicates import Op, Predicate


def rows(facet: Facet, op: Op, *values: str | float) -> list[int]:
    return np.flatnonzero(facet.passes(Predicate(facet.key, op, values))).tolist()


def bars(facet: Facet) -> dict[str, int]:
    return dict(zip(facet.names, facet.counts().tolist(), strict=True))


def test_names_stand_by_frequency_and_then_by_name():
    facet = category_facet("x", "X", ["b", "a", "c", "c", None, float("nan")])
    assert list(bars(facet).items()) == [("c", 2), ("a", 1), ("b", 1)]
    assert facet.missing == 2


def test_names_and_codes_keep_their_order():
    facet = category_facet("x", "X", names=("first", "second"), codes=np.array([1, 1, 65_535, 0, -1], dtype=np.int32))
    assert list(bars(facet).items()) == [("first", 1), ("second", 2)]
    assert rows(facet, "missing") == [2, 4]


def test_booleans_and_numbers_are_categories_by_what_they_are_called():
    facet = category_facet("x", "X", pd.Series([True, False, True]))
    assert bars(facet) == {"True": 2, "False": 1}
    ratings = category_facet("x", "X", pd.Series([1.0, 2.0, None]))
    assert set(bars(ratings)) == {"1", "2"}
    assert rows(ratings, "is", 2) == rows(ratings, "is", "2") == [1]


def test_a_row_without_a_value_is_none_of_the_values():
    for facet in (category_facet("x", "X", ["a", None, "b"]), items_facet("x", "X", [["a"], None, ["b"]])):
        assert rows(facet, "is_not", "a") == [1, 2]
        assert rows(facet, "contains", "") == [0, 2]
        assert rows(facet, "not_missing") == [0, 2]
    numbers = number_facet("x", "X", [1.0, None, 2.0])
    assert rows(numbers, "is_not", 1) == [1, 2]
    assert rows(numbers, "between", -np.inf, np.inf) == [0, 2]


def test_a_name_that_there_is_not_passes_nothing():
    assert rows(category_facet("x", "X", ["a"]), "is", "b") == []


def test_case_does_not_matter_to_contains_in_any_script():
    texts = text_facet("t", "T", ["STRASSE", "straße", "ΣΊΣΥΦΟΣ", "a.b", "aXb", None])
    assert rows(texts, "contains", "Straße") == [0, 1]
    assert rows(texts, "contains", "σίσυφος") == [2]
    assert rows(texts, "contains", "A.B") == [3]


def test_a_list_counts_for_each_of_its_different_items():
    facet = items_facet("x", "X", [["a", "b", "a"], [], ["b"], None, ["c", None, 3, 3.0]])
    assert bars(facet) == {"b": 2, "a": 1, "c": 1, "3": 1}
    assert facet.missing == 2
    assert rows(facet, "is", "a", "c") == [0, 4]
    assert facet.counts(np.array([True, False, False, True, False])).tolist() == [1, 0, 1, 0]


def test_texts_have_no_chart():
    facet = text_facet("t", "T", ["a", "a", None])
    assert facet.counts().tolist() == facet.counts(np.ones(3, dtype=bool)).tolist() == []
    assert (facet.kind, facet.missing) == ("text", 1)


def test_what_is_not_finite_is_missing():
    facet = number_facet("x", "X", [1.0, np.nan, np.inf, -np.inf, None])
    assert facet.missing == 4
    assert rows(facet, "missing") == [1, 2, 3, 4]
    assert rows(facet, "between", 0, np.inf) == [0]


def test_both_ends_of_a_range_belong():
    assert rows(number_facet("x", "X", [0.5, 0.7, 0.9, 0.91]), "between", 0.5, 0.9) == [0, 1, 2]


@pytest.mark.parametrize("values", [[2**60, 2**60 + 1, -(2**62)], [10**30, 1], pd.Series([2**64 - 1, 0], dtype="uint64")])
def test_huge_integers_are_rounded_to_float64(values: Any):
    facet = number_facet("x", "X", values)
    assert facet.counts().sum() == len(values)
    assert facet.values.tolist() == [float(value) for value in values]


@pytest.mark.parametrize(
    "facet",
    [
        category_facet("x", "X", [None, None]),
        number_facet("x", "X", [None, np.nan]),
        number_facet("x", "X", pd.Series([None, None], dtype="Int64")),
        date_facet("x", "X", pd.Series([None, None], dtype="object")),
        date_facet("x", "X", pd.Series([pd.NaT, pd.NaT])),
        items_facet("x", "X", [[], None]),
        text_facet("x", "X", [None, None]),
    ],
)
def test_a_column_without_a_value_is_all_missing(facet: Facet):
    assert (facet.n, facet.missing) == (2, 2)
    assert facet.counts().tolist() == facet.counts(np.array([True, False])).tolist() == []
    assert rows(facet, "missing") == [0, 1]
    assert facet.missing_of(np.array([1])) == 1


@pytest.mark.parametrize("make", [category_facet, number_facet, date_facet, items_facet, text_facet])
def test_no_row_and_one_row(make: Any):
    empty = make("x", "X", pd.Series([], dtype="object"))
    assert (empty.n, empty.missing, empty.counts().tolist()) == (0, 0, [])
    value = {date_facet: "2024-03-05", items_facet: ["a"], number_facet: 7}.get(make, "a")
    single = make("x", "X", pd.Series([value], dtype="object"))
    assert (single.n, single.missing, single.counts().tolist()) == (1, 0, [] if make is text_facet else [1])


def test_a_facet_goes_through_json():
    for facet in (number_facet("x", "X", [1, 2]), category_facet("x", "X", [np.str_("a")]), items_facet("x", "X", [[np.int64(3)]])):
        json.dumps(
            [facet.key, facet.title, facet.kind, facet.n, facet.missing, facet.names, facet.edges.tolist(), facet.counts().tolist()]
        )


BINNED = st.lists(
    st.one_of(st.integers(-100, 5_000).map(float), st.floats(-1, 1), st.floats(allow_nan=False, allow_infinity=False)),
    min_size=1,
    max_size=30,
)


@settings(deadline=None)
@given(BINNED, st.data())
def test_a_brush_over_bins_keeps_their_rows_and_no_others(values: list[float], data: st.DataObject):
    facet = number_facet("x", "X", values)
    first = data.draw(st.integers(0, facet.n_bins - 1))
    last = data.draw(st.integers(first, facet.n_bins - 1))
    expected = np.flatnonzero((facet.codes >= first) & (facet.codes <= last)).tolist()
    assert np.flatnonzero(facet.passes(facet.brush(first, last))).tolist() == expected


def test_a_brush_is_short_to_read():
    shares = number_facet("x", "X", [0.5, 0.52, 0.54, 0.9, 0.897, 1.0])
    edges = shares.edges.tolist()
    assert shares.brush(0, edges.index(0.9) - 1).values == (0.5, 0.899)
    assert shares.brush(edges.index(0.9), shares.n_bins - 1).values == (0.9, 1.0)
    assert number_facet("x", "X", [1, 2, 3, 9]).brush(1, 2).values == (2.0, 3.0)
    with pytest.raises(ValueError, match="bins 3 to 2 of"):
        shares.brush(3, 2)


def test_edges_of_ones_own():
    facet = number_facet("x", "X", [0.0, 0.5, 1.0, None], edges=np.array([0.0, 0.5, 1.0]))
    assert facet.counts().tolist() == [1, 2]
    assert isinstance(facet, NumberFacet)
    with pytest.raises(ValueError, match=r"values from 0\.0 to 2\.0 lie outside the edges 0\.0 to 1\.0"):
        number_facet("x", "X", [0.0, 2.0], edges=np.array([0.0, 1.0]))


# Dates


def test_a_day_means_the_whole_of_it_in_utc():
    facet = date_facet(
        "d", "D", ["2024-03-04T23:59:59Z", "2024-03-05T00:00:00Z", "2024-03-05T23:59:59.999Z", "2024-03-06T00:30:00+01:00", None]
    )
    assert rows(facet, "between", "2024-03-05", "2024-03-05") == [1, 2, 3]  # the last is half past eleven at night in UTC
    assert rows(facet, "between", "2024", "2024-03-04") == rows(facet, "between", 2024, "2024-03-04") == [0]
    assert rows(facet, "between", "2024-03-05T23", "2024-03-05T23:30") == [3]
    assert rows(facet, "missing") == [4]


def test_datetimes_with_and_without_a_zone_are_the_same_moments():
    utc = pd.Series(pd.to_datetime(["2024-01-01T12:00", "2024-07-01T12:00"], utc=True))
    berlin = utc.dt.tz_convert("Europe/Berlin")
    naive = utc.dt.tz_localize(None)
    texts = pd.Series(["2024-01-01T13:00:00+01:00", "2024-07-01T12:00"])
    seconds = [date_facet("d", "D", each).values.tolist() for each in (utc, berlin, naive, texts)]
    assert seconds == [[moment.timestamp() for moment in utc]] * 4


@pytest.mark.parametrize(
    ("texts", "first_bin", "n_bins"),
    [
        (["2019-02-01", "2024-03-05"], ("2019-01", "2019-03"), 21),
        (["2024-01-05", "2024-03-05"], ("2024-01-04", "2024-01-05"), 31),
        (["1900-05-01", "2024-01-01"], ("1900", "1904"), 25),
        (["2024-01-05T10:00", "2024-01-05T12:10"], ("2024-01-05T10:00", "2024-01-05T10:04"), 27),
        (["2024-01-05", "2024-01-05"], ("2024-01-05T00:00:00", "2024-01-05T00:00:00"), 1),
    ],
)
def test_bins_of_dates_are_whole_units_of_the_calendar(texts: list[str], first_bin: tuple[str, str], n_bins: int):
    facet = date_facet("d", "D", texts)
    assert (facet.brush(0, 0).values, facet.n_bins) == (first_bin, n_bins)
    assert facet.counts().sum() == len(texts)


@settings(deadline=None)
@given(st.lists(st.datetimes(min_value=pd.Timestamp("1000-01-01").to_pydatetime()), min_size=1, max_size=8), st.data())
def test_a_brush_over_bins_of_dates_keeps_their_rows_and_no_others(moments: list[Any], data: st.DataObject):
    facet = date_facet("d", "D", pd.Series(moments, dtype="datetime64[us]"))
    first = data.draw(st.integers(0, facet.n_bins - 1))
    last = data.draw(st.integers(first, facet.n_bins - 1))
    expected = np.flatnonzero((facet.codes >= first) & (facet.codes <= last)).tolist()
    assert np.flatnonzero(facet.passes(facet.brush(first, last))).tolist() == expected


@pytest.mark.parametrize("value", ["yesterday", "2024-13", "2024-02-30", "2024-3-5", "2024-01-01T1", "2024.5", ""])
def test_what_is_no_date_is_told(value: str):
    facet = date_facet("d", "Day", ["2024-03-05"])
    with pytest.raises(DatasetError, match=r"Day: .* is no date; write one as 2024-03-05"):
        facet.passes(Predicate("d", "between", (value, value)))
