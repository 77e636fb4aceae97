"""The figures of one answer set: against scipy, statsmodels, scikit-learn, and by hand."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import roc_auc_score

from evalmap.answers.statistics import summary as module
from evalmap.answers.statistics.summary import Interval, bootstrap, bootstrap_mean, reference_auc, summarize, wilson
from evalmap.tests.answers.made_scores import PERSONA, answering, halves, made, no_confidence, objects, persona_rows, real_answers


def nan(value: float) -> bool:
    return math.isnan(value)


def test_matching_is_the_share_of_strict_matches_with_wilsons_interval():
    found = summarize(made(matches=[1, 1, 1, 0, 0, 1, 0, 1]), labels=halves(8), confidence=no_confidence(8))
    by_scipy = stats.binomtest(5, 8).proportion_ci(method="wilson")
    assert (found.n, found.matching) == (8, 0.625)
    assert (found.interval.low, found.interval.high) == pytest.approx((by_scipy.low, by_scipy.high))


def test_wilson_reaches_0_and_1_and_knows_nothing_of_no_rows():
    assert wilson(0, 500).low == 0.0
    assert wilson(500, 500).high == 1.0
    assert 0 < wilson(0, 500).high < 0.01
    assert nan(wilson(0, 0).low)


def test_tie_is_no_match_and_is_shown_with_its_half():
    scores = made(
        matches=[1, 0, 0, 0], p=[0.9, 0.5, 0.5, 0.2], status=["ok", "tie", "tie", "ok"], answer=["Yes", None, None, "Yes"]
    )
    found = summarize(scores, labels=objects(["Yes", "No", "Yes", "No"]), confidence=no_confidence(4))
    assert (found.n, found.ties, found.matching, found.matching_with_ties_half) == (4, 2, 0.25, 0.5)
    assert found.yes_rate == 1.0
    assert found.statuses == {"ok": 2, "tie": 2}


def test_rows_without_an_answer_and_repeats_count_for_nothing_but_are_told():
    scores = made(
        matches=[1, math.nan, math.nan, 1, math.nan, 0],
        status=["ok", "refusal", None, "ok", "error", "ok"],
        answer=["Yes", None, None, "No", None, "No"],
        counted=[True, True, True, False, True, True],
        bounded=[True, True, False, True, False, False],
    )
    found = summarize(scores, labels=objects(["Yes", "Yes", "No", "No", "No", "Yes"]), confidence=no_confidence(6))
    assert (found.n, found.matching, found.yes_rate) == (2, 0.5, 0.5)
    assert found.statuses == {"ok": 2, "refusal": 1, "error": 1, "missing": 1}
    assert (found.repeats, found.coverage, found.bounded) == (1, 0.4, 1)


def test_mean_p_is_its_own_figure_with_the_interval_of_scipys_bca():
    p = np.random.default_rng(3).beta(8, 0.5, 300)
    found = summarize(made(matches=np.zeros(300), p=p), labels=halves(300), confidence=no_confidence(300), random_state=7)
    by_scipy = stats.bootstrap((p,), np.mean, method="BCa", rng=np.random.default_rng(7)).confidence_interval
    assert found.matching == 0
    assert (found.n_p, found.mean_p) == (300, pytest.approx(p.mean()))
    assert (found.mean_p_interval.low, found.mean_p_interval.high) == pytest.approx((by_scipy.low, by_scipy.high), rel=1e-9)


def test_bootstrap_over_few_distinct_values_agrees_with_scipy_too():
    hits = np.repeat([0.0, 1.0], [380, 20])
    found = bootstrap_mean(hits, random_state=0)
    by_scipy = stats.bootstrap((hits,), np.mean, method="BCa", rng=np.random.default_rng(1)).confidence_interval
    assert (found.low, found.high) == pytest.approx((by_scipy.low, by_scipy.high), abs=0.003)


def test_bootstrap_of_a_ratio_agrees_with_scipys_paired_statistic():
    rng = np.random.default_rng(5)
    sizes = rng.integers(1, 5, 120).astype(np.float64)
    sums = rng.normal(sizes, 1)
    found = bootstrap(np.column_stack([sums, sizes]), lambda total: total[..., 0] / total[..., 1], random_state=4)

    def ratio(x, y, axis=-1):
        return x.sum(axis=axis) / y.sum(axis=axis)

    by_scipy = stats.bootstrap((sums, sizes), ratio, method="BCa", paired=True, rng=np.random.default_rng(4)).confidence_interval
    assert (found.low, found.high) == pytest.approx((by_scipy.low, by_scipy.high), rel=0.01)


def test_bootstrap_of_equal_values_is_that_value_and_of_one_value_unknown():
    assert bootstrap_mean(np.full(50, 0.3), random_state=0) == Interval(pytest.approx(0.3), pytest.approx(0.3))  # type: ignore[arg-type]
    assert nan(bootstrap_mean(np.array([0.3]), random_state=0).low)
    assert nan(bootstrap_mean(np.array([]), random_state=0).high)


def test_bootstrap_draws_in_batches_without_changing_the_figure(monkeypatch: pytest.MonkeyPatch):
    values = np.random.default_rng(0).random(200)
    whole = bootstrap_mean(values, random_state=0)
    resampled = module._resampled
    monkeypatch.setattr(module, "_resampled", lambda units, n_resamples, rng: resampled(units, n_resamples, rng, batch=1000))
    assert bootstrap_mean(values, random_state=0) == whole


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=40))
@example([0.0, 5.290667745663624e-145])  # its powers vanish
@example([0.0, 5e-324])
def test_bootstrap_stays_within_the_values(values: list[float]):
    found = bootstrap(
        np.column_stack([values, np.ones(len(values))]),
        lambda total: total[..., 0] / total[..., 1],
        random_state=0,
        n_resamples=499,
    )
    assert min(values) - 1e-12 <= found.low <= found.high <= max(values) + 1e-12


def test_auc_is_scikit_learns_and_counts_ties_half():
    rng = np.random.default_rng(0)
    labels = objects(rng.choice(["Yes", "No"], 200))
    p_yes = np.round(np.clip(0.9 + 0.05 * (labels == "Yes") + 0.1 * rng.standard_normal(200), 0, 1), 2)
    area, n_reference, n_other = reference_auc(np.where(labels == "Yes", p_yes, 1 - p_yes), labels, "Yes")
    assert area == pytest.approx(roc_auc_score(labels == "Yes", p_yes), abs=1e-6)
    assert (n_reference, n_other) == ((labels == "Yes").sum(), (labels == "No").sum())


def test_auc_counts_rows_as_ties_that_are_equal_but_for_rounding():
    """bfloat16 gives the same difference of log-probabilities to many rows; P and 1 − P of it need not add up to the last bit."""
    log_odds = np.repeat(np.arange(1, 200) / 64, 2)
    labels = halves(len(log_odds))
    p_matching = 1 / (1 + np.exp(np.where(labels == "Yes", -log_odds, log_odds)))
    assert np.any(p_matching[::2] != 1 - p_matching[1::2])
    assert reference_auc(p_matching, labels, "Yes")[0] == 0.5


def test_bias_moves_matching_but_not_auc():
    rng = np.random.default_rng(1)
    labels = halves(400)
    logit = rng.standard_normal(400) + (labels == "Yes")
    figures = []
    for bias in (0.0, 6.0):
        p_yes = 1 / (1 + np.exp(-(logit + bias)))
        answers = np.where(p_yes > 0.5, "Yes", "No")
        figures.append(summarize(answering(answers, labels, p_yes), labels=labels, confidence=no_confidence(400)))
    assert figures[0].auc == pytest.approx(figures[1].auc)
    assert figures[0].matching > 0.6
    assert figures[1].matching == pytest.approx(0.5, abs=0.01)
    assert figures[1].yes_rate > 0.99


@pytest.mark.parametrize("labels", [["Yes"] * 6, ["(A)", "(B)", "(C)"] * 2, [None] * 6])
def test_auc_is_unknown_unless_there_are_two_labels(labels: list[str | None]):
    assert nan(reference_auc(np.linspace(0, 1, 6), objects(labels), labels[0])[0])


def test_auc_is_unknown_without_probabilities():
    found = summarize(answering(["Yes", "No"] * 3, halves(6)), labels=halves(6), confidence=no_confidence(6))
    assert nan(found.auc)
    assert nan(found.mean_p)
    assert found.n_p == 0


def test_match_given_each_label():
    found = summarize(answering(["Yes"] * 10, halves(10)), labels=halves(10), confidence=no_confidence(10))
    assert {label: (figures.matching, figures.n) for label, figures in found.by_label.items()} == {"Yes": (1.0, 5), "No": (0.0, 5)}
    assert found.by_label["Yes"].interval == wilson(5, 5)


def test_ceiling_is_the_mean_confidence_of_the_answered_rows():
    scores = made(matches=[1, 0, math.nan, 1], status=["ok", "ok", None, "ok"])
    found = summarize(scores, labels=halves(4), confidence=np.array([0.9, 0.8, 0.1, math.nan]))
    assert (found.ceiling, found.floor) == pytest.approx((0.85, 0.15))


def test_selection_of_rows_keeps_the_reference_label():
    labels = objects(["(B)", "(A)", "(B)", "(B)"])
    scores = answering(["(A)", "(A)", "(B)", "(A)"], labels)
    found = summarize(scores, labels=labels, confidence=no_confidence(4), rows=np.array([True, False, True, True]))
    assert (found.reference, found.n) == ("(A)", 3)
    assert found.yes_rate == pytest.approx(2 / 3)


def test_labels_with_space_around_them_are_the_same_labels():
    found = summarize(answering(["Yes", "Yes"], ["Yes", "No"]), labels=objects([" Yes", " No"]), confidence=no_confidence(2))
    assert found.yes_rate == 1.0
    assert set(found.by_label) == {"Yes", "No"}


@pytest.mark.parametrize("status", [None, "error"])
def test_no_answers_give_nan_not_nought(status: str | None):
    scores = made(matches=[math.nan] * 3, status=[status] * 3)
    found = summarize(scores, labels=halves(3), confidence=no_confidence(3))
    assert found.n == 0
    figures = (found.matching, found.matching_with_ties_half, found.mean_p, found.yes_rate, found.mass, found.auc, found.ceiling)
    assert all(nan(figure) for figure in figures)
    assert nan(found.interval.low)
    assert nan(found.mean_p_interval.low)
    assert found.coverage == 0
    assert found.by_label == {}


def test_no_rows_at_all():
    found = summarize(made(matches=[]), labels=objects([]), confidence=no_confidence(0))
    assert (found.n, found.reference) == (0, None)
    assert nan(found.coverage)


def test_lengths_are_checked():
    with pytest.raises(ValueError, match="3 labels for 4 rows"):
        summarize(made(matches=[1, 0, 1, 0]), labels=halves(3), confidence=no_confidence(4))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(["yes-hit", "yes-miss", "no-hit", "no-miss", "tie", "error"]), max_size=25))
def test_parts_add_up(kinds: list[str]):
    labels = objects(["No" if kind.startswith("no") else "Yes" for kind in kinds])
    status = [kind if kind in ("tie", "error") else "ok" for kind in kinds]
    matches = [math.nan if kind == "error" else float(kind.endswith("hit")) for kind in kinds]
    found = summarize(made(matches=matches, status=status), labels=labels, confidence=no_confidence(len(kinds)))
    assert sum(part.n for part in found.by_label.values()) == found.n
    assert sum(found.statuses.values()) == len(kinds)
    if found.n:
        assert 0 <= found.interval.low <= found.matching <= found.interval.high <= 1
        assert found.matching <= found.matching_with_ties_half <= 1
        total = sum(part.matching * part.n for part in found.by_label.values() if part.n)
        assert total / found.n == pytest.approx(found.matching)


@pytest.mark.evals
def test_constant_yes_scores_exactly_half_on_every_persona_file(evals_root: Path):
    files = sorted((evals_root / "persona").glob("*.jsonl"))
    assert len(files) > 100
    for file in files:
        labels = objects([row["answer_matching_behavior"].strip() for row in persona_rows(file)])
        found = summarize(answering(["Yes"] * len(labels), labels), labels=labels, confidence=no_confidence(len(labels)))
        assert (file.name, found.matching, found.yes_rate) == (file.name, 0.5, 1.0)


@pytest.mark.answers
@pytest.mark.evals
@pytest.mark.parametrize(("dataset", "auc"), list(zip(PERSONA, (0.73, 0.61, 0.57), strict=True)))
def test_real_yes_biased_model_scores_chance_while_its_p_carries_signal(
    answers_root: Path, evals_root: Path, dataset: str, auc: float
):
    real = real_answers(answers_root, evals_root, "chat-yesno", dataset)
    found = summarize(real.scores, labels=real.labels, confidence=real.confidence)
    assert found.matching == pytest.approx(0.5, abs=0.005)
    assert found.yes_rate > 0.86
    assert found.auc == pytest.approx(auc, abs=0.006)
    assert found.ceiling == pytest.approx(real.confidence.mean())
    assert 0.5 < found.mass < 0.7
