"""Calibration within a label: against scipy and by hand."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evalmap.answers.statistics.calibration import calibration_curves
from evalmap.answers.statistics.summary import wilson
from evalmap.tests.answers.made_scores import answering, halves, made, objects, real_answers


def nan(value: float) -> bool:
    return math.isnan(value)


def test_one_curve_a_label_with_bins_of_equally_many_rows():
    rng = np.random.default_rng(0)
    labels, confidence, p_yes = halves(200), rng.random(200), rng.random(200)
    scores = answering(np.where(p_yes > 0.5, "Yes", "No"), labels, p_yes)
    no, yes = calibration_curves(scores, labels=labels, confidence=confidence, bins=10)
    assert (no.label, yes.label, no.n, yes.n) == ("No", "Yes", 100, 100)
    for curve in (no, yes):
        assert [one.n for one in curve.bins] == [10] * 10
        rows = np.flatnonzero(labels == curve.label)
        lowest = rows[np.argsort(confidence[rows])[:10]]
        first = curve.bins[0]
        assert (first.low, first.high) == (confidence[lowest].min(), confidence[lowest].max())
        assert first.confidence == pytest.approx(confidence[lowest].mean())
        assert first.mean_p == pytest.approx(scores.p_matching[lowest].mean())
        hits = int(scores.matches[lowest].sum())
        assert (first.matching, first.interval) == (hits / 10, wilson(hits, 10))
        assert first.mean_p_interval.low <= first.mean_p <= first.mean_p_interval.high


def test_spearman_is_scipys_within_the_label():
    rng = np.random.default_rng(0)
    labels, confidence, p_yes = halves(200), rng.random(200), rng.random(200)
    scores = answering(["Yes"] * 200, labels, p_yes)
    for curve in calibration_curves(scores, labels=labels, confidence=confidence):
        rows = labels == curve.label
        assert curve.spearman == pytest.approx(stats.spearmanr(scores.p_matching[rows], confidence[rows]).statistic)  # type: ignore[attr-defined]
        assert curve.pooled_spearman == pytest.approx(stats.spearmanr(scores.p_matching, confidence).statistic)  # type: ignore[attr-defined]


def test_pooled_spearman_of_a_constant_yes_follows_the_labels_alone():
    labels = objects(["Yes"] * 100 + ["No"] * 100)
    confidence = np.concatenate([np.linspace(0.90, 0.97, 100), np.linspace(0.98, 0.99, 100)])
    for curve in calibration_curves(answering(["Yes"] * 200, labels, np.full(200, 0.99)), labels=labels, confidence=confidence):
        assert curve.pooled_spearman < -0.8
        assert nan(curve.spearman)


def test_equal_confidences_share_a_bin():
    confidence = np.array([0.9] * 30 + [0.95] * 5 + [0.99] * 5)
    (curve,) = calibration_curves(made(matches=np.ones(40)), labels=objects(["Yes"] * 40), confidence=confidence, bins=4)
    assert [(one.low, one.high, one.n) for one in curve.bins] == [(0.9, 0.9, 30), (0.95, 0.99, 10)]


def test_answers_without_probabilities_have_matching_only():
    (curve,) = calibration_curves(
        made(matches=[1, 0, 1]), labels=objects(["Yes"] * 3), confidence=np.array([0.8, 0.9, 0.95]), bins=1
    )
    (only,) = curve.bins
    assert (only.n, only.n_p, only.matching) == (3, 0, pytest.approx(2 / 3))
    assert nan(only.mean_p)
    assert nan(only.mean_p_interval.low)
    assert nan(curve.spearman)


def test_rows_without_confidence_label_or_answer_are_left_out():
    scores = made(matches=[1, 1, math.nan, 1, 1], status=["ok", "ok", "error", "ok", "ok"], counted=[1, 1, 1, 1, 0])
    labels = objects(["Yes", None, "Yes", "Yes", "Yes"])
    (curve,) = calibration_curves(scores, labels=labels, confidence=np.array([0.9, 0.9, 0.9, math.nan, 0.9]))
    assert curve.n == 1


def test_nothing_to_hold_against_gives_no_curve():
    assert calibration_curves(made(matches=[1, 0]), labels=halves(2), confidence=np.full(2, math.nan)) == []
    assert calibration_curves(made(matches=[]), labels=objects([]), confidence=np.array([])) == []


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="2 labels and 3 confidences for 2 rows"):
        calibration_curves(made(matches=[1, 0]), labels=halves(2), confidence=np.zeros(3))
    with pytest.raises(ValueError, match="bins is 0"):
        calibration_curves(made(matches=[1, 0]), labels=halves(2), confidence=np.zeros(2), bins=0)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([0.5, 0.7, 0.9, 0.95, 0.99]), min_size=1, max_size=40), st.integers(1, 12))
def test_bins_cover_every_row_once_and_rise(confidences: list[float], bins: int):
    n = len(confidences)
    (curve,) = calibration_curves(
        made(matches=np.ones(n)), labels=objects(["Yes"] * n), confidence=np.array(confidences), bins=bins
    )
    assert sum(one.n for one in curve.bins) == n
    assert 1 <= len(curve.bins) <= bins
    assert all(one.n for one in curve.bins)
    assert all(one.high < other.low for one, other in zip(curve.bins[:-1], curve.bins[1:], strict=True))


@pytest.mark.answers
@pytest.mark.evals
def test_pooled_spearman_of_a_real_yes_biased_model_is_the_known_trap(answers_root: Path, evals_root: Path):
    real = real_answers(answers_root, evals_root, "chat-yesno", "agreeableness")
    curves = calibration_curves(real.scores, labels=real.labels, confidence=real.confidence)
    assert [curve.label for curve in curves] == ["No", "Yes"]
    assert all(curve.pooled_spearman == pytest.approx(-0.73, abs=0.01) for curve in curves)
    assert all(abs(curve.spearman) < 0.35 for curve in curves)
