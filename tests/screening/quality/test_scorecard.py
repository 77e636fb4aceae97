"""Statistics of samples: their interval stays inside what the statistic can be at all, and the same seed gives the same."""

import numpy as np
import pytest
from numpy.typing import NDArray

from evalmap.screening.quality.diversity import cluster_entropy, mean_nearest_similarity, near_duplicate_ratio, vendi_score
from evalmap.screening.quality.scorecard import Statistic, repeats_within, sample_statistics
from evalmap.screening.quality.wording import compression_ratio, distinct_n, opening_share, self_repetition
from evalmap.tests.fakes import unit_vectors


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


def kinds_of_rows(shares: NDArray[np.float64], size: int, generator: np.random.Generator) -> dict[str, Statistic]:
    """All statistics of rows drawn from kinds with these shares: a kind has a direction, a cluster and a text."""
    fixed = np.random.default_rng(1)
    directions, clusters = unit_vectors(len(shares), 12), fixed.integers(0, 8, len(shares))
    written = [" ".join(f"w{word}" for word in fixed.zipf(1.5, 12) % 60) for _ in shares]
    kinds = generator.choice(len(shares), size, p=shares)
    vectors = directions[kinds] + generator.normal(scale=0.1, size=(size, 12)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    left, right = np.nonzero(np.triu(kinds[:, None] == kinds, 1))
    texts = [written[kind] for kind in kinds.tolist()]

    def of_texts(rows: NDArray[np.int64]) -> list[str]:
        return [texts[row] for row in rows.tolist()]

    return {
        "vendi": lambda rows: vendi_score(vectors[rows]),
        "nearest_similarity": lambda rows: mean_nearest_similarity(vectors[rows]),
        "near_duplicates_all": repeats_within(left, right, n=size),
        "cluster_entropy": lambda rows: cluster_entropy(clusters[kinds[rows]], n_clusters=8),
        "distinct_2": lambda rows: distinct_n(of_texts(rows), 2),
        "compression_ratio": lambda rows: compression_ratio(of_texts(rows)),
        "self_repetition": lambda rows: self_repetition(of_texts(rows)),
        "opening_share": lambda rows: opening_share(of_texts(rows)),
    }


@pytest.mark.parametrize(
    ("uneven", "runs"),
    [(True, 30), pytest.param(True, 200, marks=pytest.mark.slow), pytest.param(False, 200, marks=pytest.mark.slow)],
)
def test_intervals_hold_what_rows_of_a_known_population_have_on_average(uneven: bool, runs: int):
    kinds, n, size = 120, 20, 50
    shares = 1 / np.arange(1, kinds + 1) if uneven else np.ones(kinds)
    shares, generator = shares / shares.sum(), np.random.default_rng(2)
    every = np.arange(n)
    known = [{name: one(every) for name, one in kinds_of_rows(shares, n, generator).items()} for _ in range(10 * runs)]
    truth = {name: np.mean([one[name] for one in known]) for name in known[0]}
    held = dict.fromkeys(truth, 0)
    for run in range(runs):
        found = sample_statistics(np.arange(size), n, kinds_of_rows(shares, size, generator), seed=run)
        for name, estimate in found.items():
            held[name] += int(estimate.low <= truth[name] <= estimate.high)
    assert min(held.values()) / runs >= 0.93, held


def test_repeats_within_a_sample_are_the_near_duplicate_ratio():
    generator = np.random.default_rng(4)
    left, right = generator.integers(0, 60, (2, 80))
    left, right = left[left != right], right[left != right]
    ratio = repeats_within(left, right, n=60)
    for size in (0, 1, 7, 30, 60):
        rows = generator.choice(60, size, replace=False)
        assert ratio(rows) == pytest.approx(near_duplicate_ratio(rows, left, right, n=60), nan_ok=True)
