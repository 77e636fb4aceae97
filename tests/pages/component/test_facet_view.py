"""What the column charts send back: it comes from a browser and is checked."""

import math
from typing import Any

import pytest

from evalmap.pages.component.facet_view import Act, FacetChart, _sent, read_acts


def test_acts_are_read_with_their_numbers_in_their_order():
    told = [
        {"n": 3, "column": "label", "op": "values", "chosen": [0, 2], "excluded": [], "missing": 1},
        {"n": 4, "column": "confidence", "op": "range", "range": [0.5, 1], "missing": 0},
        {"n": 5, "column": "length", "op": "range", "range": None, "missing": 0},
        {"n": 6, "column": "label", "op": "clear"},
        {"n": 7, "column": "file", "op": "search", "text": "Ü" * 500},
    ]
    assert read_acts(told) == [
        (3, Act("label", "values", chosen=(0, 2), missing=1)),
        (4, Act("confidence", "range", range=(0.5, 1.0))),
        (5, Act("length", "range")),
        (6, Act("label", "clear")),
        (7, Act("file", "search", text="Ü" * 200)),
    ]


VALUES = {"n": 1, "column": "label", "op": "values", "chosen": [0], "excluded": [], "missing": 0}
RANGE = {"n": 1, "column": "length", "op": "range", "range": [0, 1], "missing": 0}


@pytest.mark.parametrize(
    "told",
    [
        None,
        "acts",
        {},
        [None],
        [[]],
        [VALUES | {"n": "1"}],
        [VALUES | {"n": True}],
        [VALUES | {"column": 5}],
        [VALUES | {"op": "drop"}],
        [VALUES | {"chosen": "0"}],
        [VALUES | {"chosen": [0.5]}],
        [VALUES | {"chosen": [-7]}],
        [VALUES | {"excluded": [True]}],
        [VALUES | {"missing": 2}],
        [VALUES | {"missing": None}],
        [RANGE | {"range": [1, 0]}],
        [RANGE | {"range": [0, math.inf]}],
        [RANGE | {"range": [math.nan, 1]}],
        [RANGE | {"range": [0, 1, 2]}],
        [RANGE | {"range": ["0", "1"]}],
        [{"n": 1, "column": "file", "op": "search"}],
    ],
)
def test_what_is_no_act_is_left_out(told: Any):
    assert read_acts(told) == []


def test_a_chart_with_edges_is_a_histogram_and_one_without_has_bars():
    bars = _sent(FacetChart(key="label", title="Label", bars=[("Yes", 3, 2, 0, 1)], missing=(4, 1, 0)))
    assert (bars["kind"], bars["bars"], bars["missing"]) == ("bars", [["Yes", 3, 2, 0, 1]], {"total": 4, "passing": 1, "chosen": 0})
    numbers = _sent(FacetChart(key="length", title="Length", edges=[0, 5, 10], totals=[1, 2], passing=[0, 1], brush=(2.0, 5.0)))
    assert (numbers["kind"], numbers["edges"], numbers["brush"], numbers["missing"]) == (
        "histogram",
        [0.0, 5.0, 10.0],
        [2.0, 5.0],
        None,
    )
