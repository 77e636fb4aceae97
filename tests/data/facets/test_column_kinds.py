"""What a metadata column is, at the edges of the rules."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evalmap.data.facets.column_kinds import LeftOut, describe_column, facet_of_column, same_value
from evalmap.data.facets.facet import category_facet, items_facet, number_facet, text_facet

OWN = "nearly every row has a text of its own"


def text_column(rows: int, distinct: int) -> list[str]:
    return [f"t{i % distinct}" for i in range(rows)]


@pytest.mark.parametrize(
    ("values", "kind", "reason"),
    [
        ([None, None], None, "no row has a value"),
        ([], None, "no row has a value"),
        ([np.nan, np.inf], None, "no row has a value"),
        (["a", "a"], None, "every row has the same value (a)"),
        (["a" * 50] * 2, None, f"every row has the same value ({'a' * 39}…)"),
        ([3.0, 3.0], None, "every row has the same value (3)"),
        ([True, True], None, "every row has the same value (True)"),
        (["a", None], "category", ""),  # who has it and who has not
        ([3.0, None], "number", ""),
        ([True, False], "category", ""),
        ([True, None], "category", ""),
        ([1, 2, 2], "number", ""),
        (list(range(9)), "number", ""),
        (list(range(10)), None, "counts the rows"),
        (list(range(7, 27)), None, "counts the rows"),
        ([*range(9), 3], "number", ""),
        ([2**53, 0], "number", ""),
        ([2**53 + 1, 0], None, "whole numbers beyond 2^53, too large to be told apart in a chart"),
        ([-(2**62), 0], None, "whole numbers beyond 2^53, too large to be told apart in a chart"),
        (text_column(50, 50), "category", ""),
        (text_column(51, 51), None, OWN),
        (text_column(101, 51), None, OWN),
        (text_column(102, 51), "category", ""),
        (text_column(2_000, 1_000), "category", ""),
        (text_column(2_001, 1_000), "category", ""),
        (text_column(2_001, 1_001), None, OWN),
        (text_column(2_002, 1_001), "text", ""),
        (["2024-03-05", "2024-03-06"], "date", ""),
        (["2024-03-05T10:00:00Z", None], "date", ""),
        (["2024-03-05T10:00:00+02:00", "2024-03-05"], "date", ""),
        (["2024", "2025"], "category", ""),  # years alone may be anything
        (["2024-13-05", "2024-03-06"], "category", ""),
        (["2024-03-05", "soon"], "category", ""),
        (["2024-03-05", "2024-03-05"], None, "every row has the same value (2024-03-05)"),
        (['["a", "b"]', "[]", None], "items", ""),
        (['["a"]', "[b]"], "category", ""),
        (["[]", "[]", None], None, "all lists are empty"),
        (['[["a"]]', "[]"], None, "holds lists of lists or objects"),
        (['{"a": 1}', '{"b": 2}'], None, "holds objects"),
        (['{"a": 1}', "{b}"], "category", ""),
        ([json.dumps([i]) for i in range(1_000)], "items", ""),
        ([json.dumps([i]) for i in range(1_001)], None, "its lists have 1,001 different items"),
    ],
)
def test_rules_at_their_edges(values: list[Any], kind: str | None, reason: str):
    found = describe_column(pd.Series(values, dtype="object").infer_objects())
    assert (found.kind, found.reason) == (kind, reason)


@pytest.mark.parametrize(
    ("series", "kind"),
    [
        (pd.Series(pd.to_datetime(["2024-01-01", "2024-01-02"])), "date"),
        (pd.Series(pd.to_datetime(["2024-01-01", "2024-01-02"], utc=True)).dt.tz_convert("Asia/Tokyo"), "date"),
        (pd.Series(pd.to_datetime(["2024-01-01", "2024-01-01"])), None),
        (pd.Series([1, None, 3], dtype="Int64"), "number"),
        (pd.Series([True, None], dtype="boolean"), "category"),
        (pd.Series(["a", "b"], dtype="category"), "category"),
        (pd.Series([1, 2], dtype="category"), "category"),
        (pd.Series([["a"], ["b", "c"], None]), "items"),
        (pd.Series([np.array(["a"]), np.array(["b"])]), "items"),
        (pd.Series(["a", "b", None], dtype="str"), "category"),
        (pd.Series([1.5, 2.5], dtype="float32"), "number"),
        (pd.Series([2**64 - 1, 1], dtype="uint64"), None),
        (pd.Series([10**30, 1]), "category"),
        (pd.Series([1, "a", None, 2.0]), "category"),
        (pd.Series([pd.Timedelta("1D"), pd.Timedelta("2D")]), "category"),
    ],
)
def test_each_type_of_pandas(series: pd.Series, kind: str | None):
    assert describe_column(series).kind == kind
    made = facet_of_column("field.x", "x", series)
    assert (
        isinstance(made, LeftOut)
        if kind is None
        else (not isinstance(made, LeftOut) and (made.kind, made.n) == (kind, len(series)))
    )


def test_a_facet_holds_what_the_column_holds():
    tags = facet_of_column("field.tags", "tags", pd.Series(['["a", "b", "a"]', "[]", None, '["b"]']))
    assert not isinstance(tags, LeftOut)
    assert dict(zip(tags.names, tags.counts().tolist(), strict=True)) == {"b": 2, "a": 1}
    assert tags.missing == 2
    assert facet_of_column("field.x", "x", pd.Series(["a", "a"])) == LeftOut("field.x", "x", "every row has the same value (a)")


def test_what_is_the_same_in_every_row_says_nothing():
    assert same_value(category_facet("x", "X", ["a", "a"])) == "every row has the same value (a)"
    assert same_value(category_facet("x", "X", names=("a", "b"), codes=np.array([1, 1]))) == "every row has the same value (b)"
    assert same_value(number_facet("x", "X", [0.5, 0.5])) == "every row has the same value (0.5)"
    for facet in (
        category_facet("x", "X", ["a", "b"]),
        category_facet("x", "X", ["a", None]),
        number_facet("x", "X", [1, 2]),
        number_facet("x", "X", []),
        items_facet("x", "X", [["a"], ["a"]]),
        text_facet("x", "X", ["a", "a"]),
    ):
        assert same_value(facet) == ""
