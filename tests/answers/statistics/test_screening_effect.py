"""Does the headline move? Before and after screening."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalmap.answers.statistics.screening_effect import screening_effect
from evalmap.answers.statistics.summary import summarize
from evalmap.tests.answers.made_scores import halves, made, no_confidence


def nan(value: float) -> bool:
    return math.isnan(value)


def test_figures_before_and_after_are_the_summaries():
    rng = np.random.default_rng(0)
    scores = made(matches=rng.random(200) < 0.6, p=rng.random(200))
    kept = rng.random(200) < 0.7
    labels = halves(200)
    found = screening_effect(scores, labels=labels, confidence=no_confidence(200), kept=kept)
    assert found.before.matching == summarize(scores, labels=labels, confidence=no_confidence(200)).matching
    assert found.after.mean_p == pytest.approx(scores.p_matching[kept].mean())
    assert found.after.n == kept.sum()
    assert found.difference == found.after.matching - found.before.matching
    assert found.interval.low <= found.difference <= found.interval.high


def test_removed_rows_that_all_match_move_the_headline():
    matches = np.concatenate([np.ones(100), np.tile([1.0, 0.0], 100)])
    kept = np.arange(300) >= 90
    found = screening_effect(made(matches=matches), labels=halves(300), confidence=no_confidence(300), kept=kept)
    assert found.difference == pytest.approx(110 / 210 - 200 / 300)
    assert found.interval.high < 0


def test_removed_rows_like_the_rest_do_not():
    matches = np.tile([1.0, 0.0, 1.0], 200)
    found = screening_effect(made(matches=matches), labels=halves(600), confidence=no_confidence(600), kept=np.arange(600) >= 99)
    assert found.difference == pytest.approx(0)
    assert found.interval.low < 0 < found.interval.high


def test_interval_is_that_of_drawing_rows():
    rng = np.random.default_rng(0)
    matches, kept = (rng.random(150) < 0.4).astype(float), rng.random(150) < 0.6
    found = screening_effect(made(matches=matches), labels=halves(150), confidence=no_confidence(150), kept=kept)
    drawn = rng.integers(0, 150, (20_000, 150))
    moves = (matches[drawn] * kept[drawn]).sum(axis=1) / kept[drawn].sum(axis=1) - matches[drawn].mean(axis=1)
    assert (found.interval.low, found.interval.high) == pytest.approx(tuple(np.quantile(moves, [0.025, 0.975])), abs=0.01)


def test_groups_drawn_together_widen_the_interval():
    rng = np.random.default_rng(0)
    matches = np.repeat((rng.random(60) < 0.5).astype(float), 5)
    kept = np.arange(300) % 5 == 0
    kept |= np.repeat(rng.random(60) < 0.3, 5)
    groups = np.repeat(np.arange(60), 5)
    rows, grouped = (
        screening_effect(made(matches=matches), labels=halves(300), confidence=no_confidence(300), kept=kept, groups=given).interval
        for given in (None, groups)
    )
    assert grouped.high - grouped.low > 1.2 * (rows.high - rows.low)


def test_nothing_removed_moves_nothing_exactly():
    scores = made(matches=[1, 0, 1, math.nan], status=["ok", "ok", "ok", "error"])
    for kept in (np.ones(4, dtype=bool), np.array([True, True, True, False])):  # a row without an answer is no loss
        found = screening_effect(scores, labels=halves(4), confidence=no_confidence(4), kept=kept)
        assert (found.difference, found.interval.low, found.interval.high) == (0, 0, 0)


def test_nothing_kept_or_nothing_answered_is_nan():
    scores = made(matches=[1, 0, 1])
    found = screening_effect(scores, labels=halves(3), confidence=no_confidence(3), kept=np.zeros(3, dtype=bool))
    assert (found.before.n, found.after.n) == (3, 0)
    assert nan(found.difference)
    assert nan(found.interval.low)
    nothing = made(matches=[math.nan] * 3, status=[None] * 3)
    assert nan(screening_effect(nothing, labels=halves(3), confidence=no_confidence(3), kept=np.ones(3, dtype=bool)).difference)


def test_length_of_kept_is_checked():
    with pytest.raises(ValueError, match="2 flags of kept rows for 3 rows"):
        screening_effect(made(matches=[1, 0, 1]), labels=halves(3), confidence=no_confidence(3), kept=np.ones(2, dtype=bool))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_difference_is_within_its_interval_and_bounds(seed: int):
    rng = np.random.default_rng(seed)
    scores = made(matches=rng.random(40) < 0.5)
    found = screening_effect(scores, labels=halves(40), confidence=no_confidence(40), kept=rng.random(40) < 0.8)
    assert -1 <= found.interval.low <= found.interval.high <= 1
    assert found.interval.low - 0.05 <= found.difference <= found.interval.high + 0.05
