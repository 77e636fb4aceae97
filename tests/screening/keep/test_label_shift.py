"""How far shares move, and when that is a warning."""

import pytest

from evalmap.screening.keep.label_shift import balance_warning, largest_move


@pytest.mark.parametrize(
    ("before", "after", "warning"),
    [
        ({"a": 0.5, "b": 0.5}, {"a": 0.505, "b": 0.495}, None),
        ({"a": 0.5, "b": 0.5}, {"a": 0.506, "b": 0.494}, "the share of label b moved by -0.6 points, from 50.0 % to 49.4 %"),
        ({"a": 0.9, "b": 0.1}, {"a": 1.0}, "the share of label b moved by -10.0 points, from 10.0 % to 0.0 %"),
        ({}, {}, None),
    ],
)
def test_a_move_of_more_than_half_a_point_is_a_warning(before, after, warning):
    assert balance_warning(before, after) == warning


def test_largest_move_of_no_label_is_none():
    assert largest_move({}, {}) is None
