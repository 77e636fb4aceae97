"""Weights: near-duplicates share one, whatever the order; they add up to the rows that stay."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalmap.screening.keep.by_hand import Decisions
from evalmap.screening.keep.select import select
from evalmap.screening.pair_types import Pairs
from evalmap.screening.pairs.near_duplicates import find_near_duplicates
from evalmap.screening.screening import screen
from evalmap.screening.screening_options import ScreeningOptions
from evalmap.screening.weights import weigh, weights_table

TEXTS = [
    "Rain fell on the harbour.",
    "rain fell on the harbour",
    "Bread takes time.",
    "A novel's last chapter.",
    "BREAD TAKES TIME.",
]


def pairs_of(texts: list[str]) -> Pairs:
    return find_near_duplicates(texts, np.eye(len(texts), dtype=np.float32), methods=("exact",))


def test_weights_are_one_over_the_size_of_the_group():
    found = weigh(select(pairs_of(TEXTS), threshold=1.0, method="exact", normalization="alphanumeric", order=np.arange(5)))
    assert found.values.tolist() == [0.5, 0.5, 0.5, 1.0, 0.5]
    assert found.groups.tolist() == [0, 0, 2, 3, 2]
    assert found.sizes.tolist() == [2, 2, 2, 1, 2]


@given(st.lists(st.sampled_from(["one row", "another row", "a third row", "the last row"]), min_size=2, max_size=12))
def test_weights_add_up_to_the_kept_rows(texts: list[str]):
    selection = select(pairs_of(texts), threshold=1.0, method="exact")
    found = weigh(selection)
    assert found.values.sum() == pytest.approx(selection.kept.sum())
    assert found.values.tolist() == pytest.approx([1 / texts.count(text) for text in texts])


def test_rows_that_go_for_another_reason_weigh_nothing():
    selection = select(pairs_of(TEXTS), threshold=1.0, method="exact", order=np.arange(5), decisions=Decisions(removed=(3,)))
    assert weigh(selection).values[3] == 0
    assert weigh(selection).groups[3] == -1


def test_copies_of_what_is_compared_against_weigh_nothing():
    table = pd.DataFrame({"text": [*TEXTS, "Bread takes time."]})
    options = ScreeningOptions(threshold=1.0, method="exact", normalization="alphanumeric", keep="first")
    done = screen(table, np.eye(6, dtype=np.float32), options=options, own=5)
    assert weights_table(done)["weight"].tolist() == [0.5, 0.5, 0, 1, 0]


def test_table_says_where_each_row_stands_and_which_row_stands_for_it():
    table = pd.DataFrame({"text": TEXTS, "label": ["Yes", "Yes", "No", "No", "No"]})
    options = ScreeningOptions(threshold=1.0, method="exact", normalization="alphanumeric", keep="first")
    found = weights_table(screen(table, np.eye(5, dtype=np.float32), options=options))
    assert found["line"].tolist() == [1, 2, 3, 4, 5]
    assert found["kept"].tolist() == [True, False, True, True, False]
    assert found["group"].tolist() == [found["example_id"][row] for row in (0, 0, 2, 3, 2)]
    assert found["group_size"].tolist() == [2, 2, 2, 1, 2]
