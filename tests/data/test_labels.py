"""Counts, shares and differences of labels, by hand."""

import numpy as np
import pandas as pd
import pytest

from evalmap.data.labels import label_codes, label_counts, label_share, labels_differ, shares

LABELS = ["Yes", None, "No", "Yes", "No", None, "Maybe"]


def test_shares_count_rows_with_a_label():
    labels = ["Yes", "No", None, "Yes", "No"]
    assert label_share(labels) == {"No": 0.5, "Yes": 0.5}
    assert label_share(labels, np.array([True, False, True, True, True])) == {"Yes": 2 / 3, "No": 1 / 3}
    assert label_share([None, None]) == {}


@pytest.mark.parametrize(
    "labels", [LABELS, pd.Series(LABELS, dtype="str"), pd.Series(LABELS, dtype="object", index=range(7, 0, -1))]
)
def test_counts_are_in_order_of_number_then_of_name(labels: list[str | None] | pd.Series):
    assert list(label_counts(labels).items()) == [("No", 2), ("Yes", 2), ("Maybe", 1)]
    assert label_counts(labels, np.array([1, 1, 1, 0, 0, 1, 1], dtype=bool)) == {"Maybe": 1, "No": 1, "Yes": 1}
    assert label_counts(labels, np.zeros(7, dtype=bool)) == {}


def test_shares_of_counts_are_ratios_in_their_order():
    assert list(shares({"b": 3, "a": 1}).items()) == [("b", 0.75), ("a", 0.25)]
    assert shares({}) == {}


@pytest.mark.parametrize("labels", [LABELS, pd.Series(LABELS, dtype="str")])
def test_labels_differ_where_both_rows_have_one_and_not_the_same(labels: list[str | None] | pd.Series):
    left, right = np.array([0, 0, 0, 1, 1, 2]), np.array([2, 3, 1, 2, 5, 6])
    assert labels_differ(labels, left, right).tolist() == [True, False, False, False, False, True]
    assert labels_differ(None, left, right).tolist() == [False] * 6


def test_codes_are_in_order_of_the_first_row_and_minus_one_without_a_label():
    assert label_codes(LABELS).tolist() == [0, -1, 1, 0, 1, -1, 2]
