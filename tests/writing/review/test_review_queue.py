"""Who reads what: drawn by seed, in proportion, shared out with an overlap."""

from collections import Counter

import numpy as np
import pytest

from evalmap.data.errors import DatasetError
from evalmap.writing.review.review_queue import draw_sample, left, share_out

STRATA = ["a"] * 60 + ["b"] * 30 + ["c"] * 10


@pytest.mark.parametrize("by", ["random", "stratified", "worst"])
def test_same_seed_draws_the_same_rows_and_another_one_others(by):
    given = {"strata": STRATA, "confidence": np.full(100, 0.9)}
    first = draw_sample(100, sample=30, by=by, seed=1, **given)
    assert first == draw_sample(100, sample=30, by=by, seed=1, **given)
    assert first != draw_sample(100, sample=30, by=by, seed=2, **given)
    assert len(set(first)) == 30
    assert draw_sample(100, sample=12, by=by, seed=1, **given) == first[:12]
    assert sorted(draw_sample(100, sample=1000, by=by, **given)) == list(range(100))
    assert draw_sample(0, sample=5, by=by) == []


@pytest.mark.parametrize("seed", range(20))
def test_each_stratum_has_its_share(seed: int):
    counts = Counter(STRATA[row] for row in draw_sample(100, sample=20, by="stratified", strata=STRATA, seed=seed))
    assert all(abs(counts[name] - share) <= 1 for name, share in (("a", 12), ("b", 6), ("c", 2)))


def test_each_row_of_a_stratified_sample_is_as_likely_as_any_other():
    strata = ["a"] * 9 + ["alone"]
    drawn = Counter(row for seed in range(2000) for row in draw_sample(10, sample=3, by="stratified", strata=strata, seed=seed))
    # 2000 draws of 3 of 10: 600 each, standard deviation 20.5; the lone row and any other
    assert all(abs(drawn[row] - 600) < 5 * 20.5 for row in range(10))


def test_worst_are_the_flagged_then_the_unsure_and_those_without_confidence_last():
    confidence = np.array([0.9, 0.6, np.nan, 0.7, 0.99])
    n_flags = np.array([0, 0, 0, 1, 2])
    assert draw_sample(5, sample=5, by="worst", confidence=confidence, n_flags=n_flags) == [4, 3, 1, 0, 2]


def test_overlap_is_everybodys_and_the_rest_goes_round():
    sample = list(range(100, 140))
    queues = share_out(sample, ["bob", "ann"], overlap=0.25)
    both = set(queues["ann"]) & set(queues["bob"])
    assert len(both) == 10
    assert set(queues["ann"]) | set(queues["bob"]) == set(sample)
    assert {len(rows) for rows in queues.values()} == {25}
    assert all(rows == sorted(rows) for rows in queues.values())  # in the sample's order
    assert queues == share_out(sample, ["ann", "bob"], overlap=0.25)
    assert share_out(sample, ["ann", "bob"], overlap=1) == {"ann": sample, "bob": sample}
    assert not set.intersection(*map(set, share_out(sample, ["ann", "bob"], overlap=0).values()))


def test_what_is_left_is_what_one_has_not_judged():
    assert left({"ann": [3, 1, 2], "bob": [1]}, {(1, "ann"), (2, "bob")}) == {"ann": [3, 2], "bob": [1]}


def test_nonsense_is_one_sentence():
    with pytest.raises(DatasetError, match="Name each one once"):
        share_out([1], ["ann", "ann"])
    with pytest.raises(DatasetError, match=r"overlap is 1\.5"):
        share_out([1], ["ann"], overlap=1.5)
    with pytest.raises(ValueError, match="for 3 rows"):
        draw_sample(3, sample=1, by="stratified", strata=["a"])
