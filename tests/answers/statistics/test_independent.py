"""Differences of figures of different rows: they hold the truth as often as they say, and know nothing of nothing."""

import numpy as np

from evalmap.answers.statistics.independent import mean_difference, mean_interval, ratio_difference


def test_differences_of_independent_samples_hold_the_truth():
    random = np.random.default_rng(5)
    held, means = 0, 0
    for _ in range(300):
        a, b = random.binomial(60, 0.8), random.binomial(80, 0.6)
        interval = ratio_difference(int(a), 60, int(b), 80).interval
        held += interval.low <= 0.2 <= interval.high
        interval = mean_difference(random.normal(1, 1, 30), random.normal(0.5, 2, 40)).interval
        means += interval.low <= 0.5 <= interval.high
    assert 0.9 < held / 300 <= 1
    assert 0.9 < means / 300 <= 1


def test_differences_of_nothing_are_unknown():
    assert np.isnan(ratio_difference(0, 0, 1, 2).value)
    assert np.isnan(mean_difference(np.array([]), np.array([1.0])).value)
    assert mean_difference(np.array([1.0, 1.0]), np.array([0.5])).value == 0.5
    assert np.isnan(mean_difference(np.array([1.0, 1.0]), np.array([0.5, 0.5])).pvalue)
    assert mean_interval(np.array([0.5, np.nan]))[0] == 0.5
    assert np.isnan(mean_interval(np.array([]))[0])
