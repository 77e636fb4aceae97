"""The threshold that agrees with a reader: against simulated readers, and against counting every threshold."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalmap.screening.threshold_by_example import best_threshold, estimate_threshold, next_pair

READ = 20


def session(random: np.random.Generator, *, noise: float, slips: float, n: int = READ) -> tuple[float, float, float]:
    """(hidden boundary, low, high) after reading n of 300 pairs.

    noise : standard deviation of what the reader takes a similarity for; slips : the ratio of verdicts that are turned round
    """
    similarities = random.uniform(0.8, 1.0, 300)
    hidden = random.uniform(0.81, 0.995)
    judged: list[tuple[float, bool]] = []
    passed = np.zeros(len(similarities), dtype=bool)
    for _ in range(n):
        at = next_pair(similarities, judged=judged, passed=passed)
        assert at is not None
        assert not passed[at]
        passed[at] = True
        same = bool(similarities[at] + random.normal(0, noise) >= hidden) != bool(random.random() < slips)
        judged.append((float(similarities[at]), same))
    numbers, verdicts = zip(*judged, strict=True)
    found = estimate_threshold(numbers, verdicts, lowest=float(similarities.min()), highest=float(similarities.max()))
    return hidden, found.low, found.high


@pytest.mark.parametrize(("noise", "slips", "widest"), [(0.0, 0.0, 0.02), (0.01, 0.05, 0.06), (0.03, 0.0, 0.09)])
def test_hidden_boundary_lies_in_the_interval_in_93_percent_of_sessions(noise: float, slips: float, widest: float):
    random = np.random.default_rng(5)
    found = np.array([session(random, noise=noise, slips=slips) for _ in range(70)])
    inside = (found[:, 1] <= found[:, 0]) & (found[:, 0] <= found[:, 2])
    assert inside.mean() >= 0.93
    assert np.median(found[:, 2] - found[:, 1]) <= widest  # of a range of 0.2: it says something


def test_reading_where_it_teaches_most_needs_fewer_pairs_than_reading_at_random():
    def width(choose: str) -> float:
        random = np.random.default_rng(2)
        widths = []
        for _ in range(25):
            similarities, hidden = random.uniform(0.8, 1.0, 300), random.uniform(0.83, 0.97)
            judged: list[tuple[float, bool]] = []
            passed = np.zeros(300, dtype=bool)
            for _ in range(12):
                at = next_pair(similarities, judged=judged, passed=passed) if choose == "taught" else int(random.integers(300))
                assert at is not None
                passed[at] = True
                judged.append((float(similarities[at]), bool(similarities[at] >= hidden)))
            numbers, verdicts = zip(*judged, strict=True)
            found = estimate_threshold(numbers, verdicts, lowest=0.8, highest=1.0)
            widths.append(found.high - found.low)
        return float(np.median(widths))

    assert width("taught") < 0.75 * width("at random")


verdicts = st.lists(st.tuples(st.sampled_from([0.8, 0.85, 0.9, 0.9001, 0.95, 0.99]), st.booleans()), min_size=1, max_size=9)


@given(verdicts, st.floats(0.8, 1.0))
def test_best_threshold_has_the_fewest_exceptions_of_all(judged: list[tuple[float, bool]], near: float):
    numbers, same = (np.array(part) for part in zip(*judged, strict=True))
    found = best_threshold(numbers, same, near=near)
    assert 0 < found <= 1

    def exceptions(threshold: float) -> int:
        return sum((number >= threshold) != verdict for number, verdict in judged)

    everywhere = np.linspace(0.7, 1.0, 3001)
    assert exceptions(found) == min(map(exceptions, everywhere.tolist()))


def test_threshold_lies_between_the_nearest_verdicts_and_tells_which_disagree():
    numbers, same = [0.82, 0.86, 0.9, 0.92, 0.94, 0.98, 0.99], [False, False, False, True, False, True, True]
    found = estimate_threshold(numbers, same, lowest=0.8)
    assert found.threshold == pytest.approx(0.96) or found.threshold == pytest.approx(0.91)
    assert (found.agreed, found.n) == (6, 7)
    assert found.disagreeing in ((3,), (4,))
    assert found.low <= found.threshold <= found.high


@pytest.mark.parametrize(
    ("numbers", "same", "reason"),
    [
        ([], [], "no pair was read yet"),
        ([0.9, 0.8], [True, True], "every pair so far was called the same"),
        ([0.9, 0.8], [False, False], "every pair so far was called different"),
    ],
)
def test_verdicts_of_one_kind_give_no_threshold_and_say_why(numbers: list[float], same: list[bool], reason: str):
    found = estimate_threshold(numbers, same, lowest=0.8)
    assert math.isnan(found.threshold)
    assert found.reason == reason
    assert found.low < found.high


def test_one_sided_verdicts_push_the_interval_to_their_side():
    same = estimate_threshold([0.82, 0.85, 0.9, 0.95], [True] * 4, lowest=0.8)
    different = estimate_threshold([0.85, 0.9, 0.95, 0.98], [False] * 4, lowest=0.8)
    assert same.high < 0.9
    assert different.low > 0.9


def test_first_pairs_spread_over_the_range_and_equal_input_gives_equal_pairs():
    similarities = np.linspace(0.8, 1.0, 101)
    orders = []
    for _ in range(2):
        judged: list[tuple[float, bool]] = []
        passed = np.zeros(101, dtype=bool)
        for _ in range(8):
            at = next_pair(similarities, judged=judged, passed=passed, seed=3)
            assert at is not None
            passed[at] = True
            judged.append((float(similarities[at]), bool(similarities[at] > 0.93)))
        orders.append([number for number, _ in judged])
    assert orders[0] == orders[1]
    assert np.sort(orders[0][:5]) == pytest.approx([0.82, 0.86, 0.9, 0.94, 0.98], abs=0.002)
    assert orders[0][0] == pytest.approx(0.9)
    assert all(0.9 < number < 0.96 for number in orders[0][5:])  # between the verdicts that bracket the boundary


def test_pair_whose_rows_were_not_read_is_preferred_among_neighbours():
    similarities = np.array([0.8, 0.9, 0.9005, 1.0])
    assert next_pair(similarities, discouraged=np.array([False, True, False, False])) == 2
    assert next_pair(similarities, passed=np.array([True, False, True, True]), discouraged=np.ones(4, dtype=bool)) == 1


def test_nothing_is_left_once_all_were_passed():
    assert next_pair(np.array([0.9, 0.95]), passed=np.array([True, True])) is None
    assert next_pair(np.empty(0)) is None


def test_pairs_of_one_similarity_can_still_be_read():
    assert next_pair(np.full(4, 0.9), judged=[(0.9, True)] * 6) is not None


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="2 similarities and 1 verdicts"):
        estimate_threshold([0.9, 0.8], [True], lowest=0.8)
    with pytest.raises(ValueError, match="range from 1 to 1"):
        estimate_threshold([1.0], [True], lowest=1.0)
    with pytest.raises(ValueError, match="passed has 1 entries"):
        next_pair(np.array([0.9, 0.8]), passed=np.array([True]))
