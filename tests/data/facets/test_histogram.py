import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalmap.data.facets.histogram import MOST_BINS, bin_codes, just_below, number_edges

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("low", "high", "edges"),
    [
        (0.5, 1.0, [0.5 + k / 50 for k in range(26)]),
        (0.0, 0.3, [k / 100 for k in range(31)]),
        (-3.0, 4.0, [k / 5 for k in range(-15, 21)]),
    ],
)
def test_edges_are_round_numbers_as_a_reader_writes_them(low: float, high: float, edges: list[float]):
    assert number_edges(low, high).tolist() == [round(edge, 2) for edge in edges]


def test_whole_numbers_have_a_bin_each_where_they_are_few():
    assert number_edges(1, 5, whole=True).tolist() == [1, 2, 3, 4, 5, 6]
    assert number_edges(0, 4_999, whole=True).tolist() == list(range(0, 5_001, 200))


@settings(deadline=None)
@given(FINITE, FINITE, st.booleans())
def test_edges_rise_around_all_values_and_are_few(a: float, b: float, whole: bool):
    low, high = sorted((math.floor(a), math.floor(b)) if whole else (a, b))
    low, high = float(low), float(high)
    edges = number_edges(low, high, whole=whole)
    assert 2 <= len(edges) <= MOST_BINS + 1
    assert np.isfinite(edges).all()
    assert (edges[1:] > edges[:-1]).all()
    assert edges[0] <= low
    assert edges[-1] >= high
    codes = bin_codes(np.array([low, high, np.nan]), edges)
    assert 0 <= codes[0] <= codes[1] < len(edges) - 1 == codes[2]


def test_no_value_has_no_bin():
    assert bin_codes(np.array([np.nan, np.nan]), np.empty(0)).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("limit", "least", "found"), [(0.9, 0.897, 0.899), (0.9, 0.5, 0.8), (100.0, 99.5, 99.9), (0.0, -0.03, -0.01)]
)
def test_number_just_below_a_limit_has_the_fewest_digits(limit: float, least: float, found: float):
    assert just_below(limit, least) == found


@settings(deadline=None)
@given(FINITE, FINITE)
def test_number_just_below_lies_between(a: float, b: float):
    least, limit = sorted((a, b))
    if least < limit:
        assert least <= just_below(limit, least) < limit
