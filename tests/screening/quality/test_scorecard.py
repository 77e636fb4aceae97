"""Statistics of samples: their interval stays inside what the statistic can be at all, and the same seed gives the same."""

import numpy as np
import pytest

from evalmap.screening.quality.scorecard import sample_statistics


@pytest.mark.parametrize(
    ("name", "low", "high"), [("near_duplicates_all", 0, 1), ("nearest_similarity", -1, 1), ("vendi", 1, np.inf)]
)
@pytest.mark.parametrize("end", ["low", "high"])
def test_no_interval_reaches_beyond_what_the_statistic_can_be(name: str, low: float, high: float, end: str):
    edge = low if end == "low" else min(high, 1e6)
    # At the edge but for one row in ten: the spread around the mean is lopsided, and once widened it would reach beyond
    values = np.where(np.arange(200) % 10 == 0, edge + (0.9 if end == "low" else -0.9), edge)
    found = sample_statistics(np.arange(200), 100, {name: lambda rows: float(values[rows[:1]].mean())}, seed=3)[name]
    assert low <= found.low <= found.value <= found.high <= high


def test_a_sample_statistic_is_the_mean_over_samples_without_replacement():
    rows = np.arange(50)
    drawn: list[np.ndarray] = []

    def mean(sample: np.ndarray) -> float:
        drawn.append(sample)
        return float(sample.mean() / 50)

    first = sample_statistics(rows, 20, {"distinct_1": mean}, seed=1)["distinct_1"]
    assert all(len(np.unique(sample)) == 20 for sample in drawn)
    assert first.value == pytest.approx(np.mean([sample.mean() / 50 for sample in drawn]))
    assert first.low < first.value < first.high
    assert sample_statistics(rows, 20, {"distinct_1": mean}, seed=1)["distinct_1"] == first
