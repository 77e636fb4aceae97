from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalmap.data.text.normalization import NORMALIZATIONS, normalize, redundant
from evalmap.screening.pair_types import NOT_EXACT
from evalmap.screening.pairs.exact import (
    count_pairs,
    count_redundant,
    finest_level,
    group_by_level,
    group_texts,
    pairs_of_groups,
    repeated,
)

TEXTS = [
    "I don’t like it — really",  # 0
    "I  don’t LIKE it — really ",  # 1: caseless
    "I don't like it - really",  # 2: typographic
    "I dont like it, really",  # 3: alphanumeric
    "I like it",  # 4
    "I don’t like it — really",  # 5: bytes
]
SHORT = st.text(alphabet="aAb1 '’-—.\n", max_size=6)


def test_the_finest_normalisation_of_each_pair():
    groups = group_by_level(TEXTS)
    finest = finest_level(groups, np.array([0, 0, 0, 0, 0, 1]), np.array([1, 2, 3, 4, 5, 3]))
    assert finest.tolist() == [1, 2, 3, NOT_EXACT, 0, 3]


def test_groups_are_numbered_by_their_first_row():
    assert group_texts(TEXTS, "bytes").tolist() == [0, 1, 2, 3, 4, 0]
    assert group_texts(TEXTS, "alphanumeric").tolist() == [0, 0, 0, 0, 1, 0]
    assert [rows.tolist() for rows in repeated(group_texts(TEXTS, "caseless"))] == [[0, 1, 5]]


def test_pairs_of_groups_are_every_two_rows_of_each():
    left, right = pairs_of_groups(np.array([3, 1, 3, 1, 3, 0]))
    assert sorted(zip(left.tolist(), right.tolist(), strict=True)) == [(0, 2), (0, 4), (1, 3), (2, 4)]


@pytest.mark.parametrize("level", NORMALIZATIONS)
@given(texts=st.lists(SHORT, max_size=12))
def test_counts_agree_with_the_normalisation(level: str, texts: list[str]):
    groups = group_texts(texts, level)
    assert count_redundant(groups) == redundant(texts, level)
    equal = {(i, j) for j in range(len(texts)) for i in range(j) if normalize(texts[i], level) == normalize(texts[j], level)}
    left, right = pairs_of_groups(groups)
    assert set(zip(left.tolist(), right.tolist(), strict=True)) == equal
    assert count_pairs(groups) == len(equal) == len(left)


@given(texts=st.lists(SHORT, max_size=12))
def test_each_normalisation_is_coarser_than_the_one_before(texts: list[str]):
    groups = group_by_level(texts)
    left, right = np.triu_indices(len(texts), 1)
    for finer, coarser in pairwise(groups):
        assert (coarser[left] == coarser[right])[finer[left] == finer[right]].all()


@pytest.mark.parametrize(("a", "b"), [("我喜欢 AI", "我讨厌 AI"), ("你好", "再见"), ("café", "cafè")])
def test_texts_in_other_scripts_are_not_equal_for_the_letters_that_n3_leaves(a: str, b: str):
    assert normalize(a, "alphanumeric") == normalize(b, "alphanumeric")
    assert group_texts([a, b], "alphanumeric").tolist() == [0, 1]
    assert group_texts([a, f"{a}!"], "alphanumeric").tolist() == [0, 0]


def test_an_unknown_level_is_named():
    with pytest.raises(ValueError, match="'N4' is unknown"):
        group_texts(["a"], "N4")


def test_no_rows_have_no_groups():
    assert group_by_level([]).shape == (4, 0)
    assert count_redundant(group_texts([], "caseless")) == 0
    assert repeated(group_texts([], "caseless")) == []
