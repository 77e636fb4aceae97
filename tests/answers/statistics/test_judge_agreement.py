"""Agreement of two judges: kappa against scikit-learn and statsmodels, intervals against the truth of simulations."""

import math

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.proportion import proportion_confint

from evalmap.answers.statistics.judge_agreement import agreement, fleiss, kappa_interval


@pytest.mark.parametrize(("categories", "weighted"), [(2, False), (5, True), (5, False)])
def test_kappa_is_that_of_scikit_learn(categories: int, weighted: bool):
    rng = np.random.default_rng(3)
    one = rng.integers(0, categories, 80).astype(float)
    other = np.where(rng.random(80) < 0.6, one, rng.integers(0, categories, 80))
    found = agreement(one, other, categories=categories, weighted=weighted)
    assert found.kappa == pytest.approx(cohen_kappa_score(one, other, weights="quadratic" if weighted else None), abs=1e-12)
    assert found.kappa_low < found.kappa < found.kappa_high
    assert (found.n, found.agreement) == (80, np.mean(one == other))
    assert (found.low, found.high) == pytest.approx(proportion_confint((one == other).sum(), 80, method="wilson"))


def test_rows_that_one_judge_left_out_are_no_rows():
    one, other = np.array([1.0, 0, math.nan, 1]), np.array([1.0, 1, 1, math.nan])
    assert agreement(one, other, categories=2).n == 2
    nothing = agreement(np.array([math.nan]), np.array([1.0]), categories=2)
    assert nothing.n == 0
    assert all(math.isnan(value) for value in (nothing.agreement, nothing.low, nothing.kappa, nothing.kappa_low))


def test_one_verdict_for_all_rows_leaves_kappa_unknown_and_the_share_known():
    found = agreement(np.ones(20), np.ones(20), categories=2)
    assert (found.agreement, found.high) == (1.0, 1.0)
    assert math.isnan(found.kappa)
    assert math.isnan(found.kappa_low)


def test_verdicts_that_cannot_be_compared_are_refused():
    with pytest.raises(ValueError, match="2 verdicts of one judge, 1 of the other"):
        agreement(np.ones(2), np.ones(1), categories=2)
    with pytest.raises(ValueError, match="run from 0 to 1"):
        agreement(np.array([2.0]), np.array([1.0]), categories=2)


@pytest.mark.parametrize(("n", "share", "kappa"), [(30, 0.5, 0.4), (100, 0.95, 0.0), (100, 0.95, 0.8), (100, 0.8, 0.4)])
def test_interval_holds_the_true_kappa_as_often_as_it_says(n: int, share: float, kappa: float):
    both = share * share + kappa * share * (1 - share)
    cells = [both, share - both, share - both, 1 - 2 * share + both]
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(300):
        limits = kappa_interval(rng.multinomial(n, cells).reshape(2, 2))
        held += limits.low <= kappa <= limits.high
    assert held / 300 >= 0.92  # 95 % less two standard errors of 300 draws


def test_people_among_themselves():
    verdicts = np.array([[1, 1, 1], [1, 1, 0], [0, 0, 0], [0, 0, 1], [1, math.nan, 1]])
    found, n = fleiss(verdicts, categories=2)
    assert n == 4  # the row with two verdicts is left out
    assert found == pytest.approx(1 / 3)  # P̄ = (1 + 1/3 + 1 + 1/3) / 4 = 2/3, P̄e = 1/2
    assert fleiss(verdicts[:, :1], categories=2)[1] == 0
    assert math.isnan(fleiss(np.ones((4, 2)), categories=2)[0])
