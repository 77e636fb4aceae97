"""Figures in which each group of near-duplicates counts once."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalmap.answers.statistics.summary import bootstrap_mean
from evalmap.answers.statistics.weighted import weighted_figures
from evalmap.tests.answers.made_scores import made


def test_a_group_counts_once_by_hand():
    # groups: {1, 1, 0} → 2/3, {0} → 0, {1, 0} → 1/2; their mean is 7/18
    scores = made(matches=[1, 1, 0, 0, 1, 0], p=[0.9, 0.8, 0.1, 0.3, 0.6, 0.4])
    found = weighted_figures(scores, duplicates=np.array([0, 0, 0, 1, 2, 2]))
    assert found.matching == pytest.approx(7 / 18)
    assert found.mean_p == pytest.approx((0.6 + 0.3 + 0.5) / 3)
    assert (found.n, found.n_groups, found.n_groups_p) == (6, 3, 3)
    assert found.interval.low <= found.matching <= found.interval.high


def test_without_duplicates_the_figures_and_limits_are_the_plain_ones():
    rng = np.random.default_rng(0)
    p = rng.random(80)
    found = weighted_figures(made(matches=p > 0.5, p=p), duplicates=np.arange(80))
    assert found.matching == pytest.approx((p > 0.5).mean())
    plain = bootstrap_mean(p, random_state=42)
    assert (found.mean_p_interval.low, found.mean_p_interval.high) == pytest.approx((plain.low, plain.high))


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 4)), min_size=1, max_size=12))
def test_copies_answered_alike_change_nothing(rows: list[tuple[bool, int]]):
    """The figure over a set with copies is the plain one over the set without."""
    copied = np.repeat(np.arange(len(rows)), [count for _, count in rows])
    matches = np.array([match for match, _ in rows], dtype=float)
    one = weighted_figures(made(matches=matches), duplicates=np.arange(len(rows)))
    more = weighted_figures(made(matches=matches[copied]), duplicates=copied)
    assert more.matching == pytest.approx(one.matching) == pytest.approx(matches.mean())
    assert (more.interval.low, more.interval.high) == pytest.approx((one.interval.low, one.interval.high), nan_ok=True)


def test_wider_groups_are_drawn_together():
    rng = np.random.default_rng(1)
    matches = np.repeat((rng.random(40) < 0.5).astype(float), 5)
    alone = weighted_figures(made(matches=matches), duplicates=np.arange(200))
    together = weighted_figures(made(matches=matches), duplicates=np.arange(200), groups=np.repeat(np.arange(40), 5))
    assert together.matching == alone.matching
    assert together.interval.high - together.interval.low > 1.5 * (alone.interval.high - alone.interval.low)


def test_a_copy_that_was_not_asked_leaves_its_group_whole():
    scores = made(matches=[1, np.nan, np.nan, 0], status=["ok", None, None, "ok"])
    found = weighted_figures(scores, duplicates=np.array([0, 0, 0, 1]))
    assert (found.matching, found.n, found.n_groups) == (0.5, 2, 2)


def test_rows_with_a_negative_number_are_left_out():
    found = weighted_figures(made(matches=[1, 0, 0]), duplicates=np.array([0, 1, -1]))
    assert (found.matching, found.n) == (0.5, 2)


def test_no_rows_give_no_figure():
    found = weighted_figures(made(matches=[np.nan], status=[None]), duplicates=np.array([0]))
    assert math.isnan(found.matching)
    assert math.isnan(found.interval.low)
    assert (found.n, found.n_groups) == (0, 0)


def test_groups_of_another_length_are_refused():
    with pytest.raises(ValueError, match="2 groups of near-duplicates for 1 rows"):
        weighted_figures(made(matches=[1]), duplicates=np.array([0, 1]))
