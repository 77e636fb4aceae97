"""Separability: against scikit-learn and a brute-force DeLong, on sets that cannot, can and must be told apart."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from evalmap.embeddings.array_types import Vectors
from evalmap.screening.coverage.separability import cross_validated_auc, draw_equal, measure_separability
from evalmap.tests.fakes import unit_vectors


def apart(n: int, shift: float, *, seed: int = 0, dims: int = 8) -> tuple[Vectors, Vectors]:
    """(n, dims) twice, unit norm: the second moved along the first axis."""
    drawn = np.random.default_rng(seed).normal(size=(2, n, dims))
    drawn[1, :, 0] += shift
    a, b = (drawn / np.linalg.norm(drawn, axis=2, keepdims=True)).astype(np.float32)
    return a, b


def test_the_auc_is_the_mean_of_scikit_learns_over_folds_with_ties():
    generator = np.random.default_rng(3)
    sides, folds = generator.permutation(np.repeat([0, 1], 30)), np.arange(60) % 4
    scores = generator.integers(0, 6, 60).astype(float)
    auc, low, high = cross_validated_auc(scores, sides, folds, np.arange(60))
    expected = np.mean([roc_auc_score(sides[folds == fold], scores[folds == fold]) for fold in range(4)])
    assert auc == pytest.approx(expected, abs=1e-12)
    assert 0 < low < auc < high < 1


def test_the_interval_is_delongs_for_one_fold_without_groups():
    generator = np.random.default_rng(5)
    sides, scores = np.repeat([0, 1], [40, 50]), generator.normal(size=90)
    scores[40:] += 0.7
    auc, low, high = cross_validated_auc(scores, sides, np.zeros(90, int), np.arange(90))
    above = (scores[40:, None] > scores[None, :40]) + 0.5 * (scores[40:, None] == scores[None, :40])
    variance = above.mean(axis=1).var(ddof=1) / 50 + above.mean(axis=0).var(ddof=1) / 40  # DeLong, DeLong, Clarke-Pearson 1988
    logit = np.log(auc / (1 - auc))
    reach = 1.959964 * np.sqrt(variance) / (auc * (1 - auc))
    assert low == pytest.approx(1 / (1 + np.exp(reach - logit)), abs=2e-3)
    assert high == pytest.approx(1 / (1 + np.exp(-reach - logit)), abs=2e-3)


def test_copies_do_not_make_the_interval_narrow():
    generator = np.random.default_rng(1)
    sides, scores = np.repeat([0, 1], 20), generator.normal(size=40)
    scores[20:] += 1
    auc, low, high = cross_validated_auc(scores, sides, np.zeros(40, int), np.arange(40))
    four = cross_validated_auc(np.repeat(scores, 4), np.repeat(sides, 4), np.zeros(160, int), np.repeat(np.arange(40), 4))
    assert four == pytest.approx((auc, low, high), abs=1e-9)


def test_a_perfect_order_still_has_an_interval():
    sides = np.repeat([0, 1], 10)
    auc, low, high = cross_validated_auc(sides.astype(float), sides, np.zeros(20, int), np.arange(20))
    assert (auc, high) == (1, 1)
    assert low == pytest.approx(0.025 ** (1 / 10))  # Clopper and Pearson's end for ten of ten
    assert cross_validated_auc(-sides.astype(float), sides, np.zeros(20, int), np.arange(20)) == pytest.approx((0, 0, 1 - low))


def test_equal_distributions_are_not_told_apart_and_shifted_ones_are():
    same = measure_separability(*apart(60, 0.0, seed=4))
    assert same.low < 0.5 < same.high
    far = measure_separability(*apart(60, 3.0))
    assert far.low > 0.9
    for one in (same, far):
        assert one.control_auc == pytest.approx(0.5, abs=0.05)
        assert (one.n, one.reason) == (60, "")


def test_near_duplicates_never_straddle_a_fold():
    """Each row of A stands there 3 times, as does each of B: only who has seen a copy could tell them apart."""
    vectors = unit_vectors(60, seed=2)
    a, b = np.repeat(vectors[:30], 3, axis=0), np.repeat(vectors[30:], 3, axis=0)
    leaked = measure_separability(a, b)
    grouped = measure_separability(a, b, groups=np.repeat(np.arange(60), 3))
    assert leaked.low > 0.7
    assert grouped.auc < 0.6


def test_what_is_stripped_is_measured_on_the_same_rows():
    a, b = apart(40, 3.0)
    same = apart(40, 0.0, seed=9)
    found = measure_separability(a, b, stripped=same)
    assert found.auc > 0.9 > 0.7 > found.stripped_auc
    assert measure_separability(a, b, stripped=(a, b)).stripped_auc == found.auc
    assert np.isnan(measure_separability(a, b).stripped_auc)


@pytest.mark.parametrize(
    ("n", "reason"), [(1, "one dataset has 1 row, at least 10 are needed"), (3, "one dataset has 3 rows, at least 10 are needed")]
)
def test_too_few_rows_are_a_reason(n: int, reason: str):
    found = measure_separability(unit_vectors(n), unit_vectors(30))
    assert found.reason == reason
    assert np.isnan([found.auc, found.low, found.high, found.control_auc]).all()


def test_one_group_of_near_duplicates_is_a_reason():
    vectors = unit_vectors(40)
    found = measure_separability(vectors[:20], vectors[20:], groups=np.repeat([0, 1], 20))
    assert found.reason == "the rows of one dataset are 1 groups of near-duplicates, at least 5 are needed"


def test_vectors_of_two_models_and_groups_of_other_rows_are_refused():
    with pytest.raises(ValueError, match="rows × dimensions of one model"):
        measure_separability(unit_vectors(20, 8), unit_vectors(20, 9))
    with pytest.raises(ValueError, match="groups of 3 rows for 40 rows"):
        measure_separability(unit_vectors(20), unit_vectors(20), groups=np.arange(3))


def test_as_many_rows_of_each_are_drawn():
    a, b = draw_equal(5000, 300, seed=1)
    assert (len(a), len(np.unique(a)), a.max() > 300) == (300, 300, True)
    assert b.tolist() == list(range(300))
    assert [len(rows) for rows in draw_equal(5000, 4000)] == [500, 500]


def test_intervals_of_fixed_scores_hold_their_auc():
    """Two normal samples with a known AUC, in groups of two that share half of what they are."""
    generator = np.random.default_rng(11)
    shift, runs, held = 0.8, 300, 0
    truth = norm.cdf(shift / np.sqrt(2))
    groups = np.repeat(np.arange(80), 2)
    sides, folds = np.repeat([0, 1], 80), np.zeros(160, int)
    for _ in range(runs):
        scores = np.sqrt(0.5) * (generator.normal(size=80)[groups] + generator.normal(size=160)) + shift * sides
        _, low, high = cross_validated_auc(scores, sides, folds, groups)
        held += low <= truth <= high
    assert held / runs >= 0.93


@pytest.mark.slow
def test_nominal_intervals_hold_the_auc_on_new_rows():
    """The AUC of a classifier that learned from another sample as large, on a thousand new rows of each side."""
    truth, shift = [], 1.0
    for seed in range(40):
        learned, tested = (np.concatenate(apart(n, shift, seed=1000 * k + seed)) for k, n in ((1, 32), (2, 1000)))
        fit = LogisticRegression().fit(learned, np.repeat([0, 1], 32))
        truth.append(roc_auc_score(np.repeat([0, 1], 1000), fit.decision_function(tested)))
    found = [measure_separability(*apart(40, shift, seed=seed)) for seed in range(60)]
    assert np.mean([one.low <= np.mean(truth) <= one.high for one in found]) >= 0.93
    assert np.mean([one.control_auc for one in found]) == pytest.approx(0.5, abs=0.02)


def test_a_fold_of_one_side_is_left_out():
    sides, folds = np.array([0, 1, 0, 1, 1, 1]), np.array([0, 0, 0, 0, 1, 1])
    scores = np.array([0.0, 1.0, 2.0, 3.0, 0.0, 0.0])
    assert cross_validated_auc(scores, sides, folds, np.arange(6))[0] == roc_auc_score(sides[:4], scores[:4])
    assert np.isnan(cross_validated_auc(scores, np.ones(6, int), folds, np.arange(6))).all()
