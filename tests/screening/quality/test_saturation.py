"""Good and Turing's chance, Chao1, what more rows bring, growth: beside iNEXT, in simulation, on hidden halves of real files."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from evalmap.screening.pairs.lexical import find_lexical_pairs
from evalmap.screening.quality.saturation import chance_of_new, chao1, growth_curve, measure_saturation, predict_new

# iNEXT's spider$Girdled, and what iNEXT 3.0.2 says of it: ChaoRichness, and iNEXT(…, q = 0) at sizes 200 and 336
GIRDLED = np.array([46, 22, 17, 15, 15, 9, 8, 6, 6, 4, 2, 2, 2, 2] + [1] * 12)


def test_chao1_is_what_inext_says():
    found = chao1(GIRDLED)
    assert (found.value, found.low, found.high) == pytest.approx((43.893, 30.511, 96.971), abs=6e-4)


def test_extrapolation_is_what_inext_says():
    assert predict_new(GIRDLED, 32).value == pytest.approx(28.141739 - 26, abs=1e-5)
    assert predict_new(GIRDLED, 168).value == pytest.approx(34.730733 - 26, abs=1e-5)


def test_figures_worked_out_by_hand():
    sizes = np.array([1, 1, 1, 1, 2, 2, 4])  # 12 rows, 4 groups of one, 2 of two
    assert chance_of_new(sizes).value == pytest.approx(4 / 12)
    assert chao1(sizes).value == pytest.approx(7 + 11 / 12 * 16 / 4)


def test_with_many_repeats_the_interval_of_the_chance_is_estys():
    sizes = np.repeat([1, 2, 3], [300, 200, 100])  # 1,000 rows
    half = 1.959964 * np.sqrt(300 * (1 - 300 / 1000) + 2 * 200) / 1000
    found = chance_of_new(sizes)
    assert (found.value, found.low, found.high) == pytest.approx((0.3, 0.3 - half, 0.3 + half), abs=0.003)


def test_where_all_seems_seen_chao1_still_has_an_interval():
    found = chao1(np.array([2, 2, 3, 5]))  # 12 rows; the case without an estimate of what is unseen, by hand
    missed = np.exp([-2, -2, -3, -5])
    variance = (missed - missed**2).sum() - (np.array([2, 2, 3, 5]) @ missed) ** 2 / 12
    middle, half = 4 / (1 - missed.mean()), 1.959964 * np.sqrt(variance) / (1 - missed.mean())
    assert (found.value, found.low, found.high) == pytest.approx((4, max(4, middle - half), middle + half), rel=1e-6)
    assert found.high > 4


def test_growth_counts_the_distinct_among_the_first_rows():
    groups = np.array([5, 5, 2, 5, 9, 2])
    assert growth_curve(groups) == tuple((i, len(set(groups[:i].tolist()))) for i in range(1, 7))
    assert growth_curve(groups[:0]) == ()
    assert measure_saturation(groups, shuffle=1).growth[-1] == (6, 3)


def even(kinds: int) -> NDArray[np.float64]:
    return np.full(kinds, 1 / kinds)


def uneven(kinds: int) -> NDArray[np.float64]:
    """Zipf's shares: the second commonest is half as common as the first, and so on."""
    shares = 1 / np.arange(1, kinds + 1)
    return shares / shares.sum()


def test_intervals_hold_the_truth_in_93_of_100_simulations():
    generator = np.random.default_rng(3)
    shares, runs = even(400), 1000
    chance = total = 0
    for _ in range(runs):
        counts = generator.multinomial(500, shares)
        found = chance_of_new(counts[counts > 0])
        chance += found.low <= (counts == 0).mean() <= found.high
        unseen = chao1(counts[counts > 0])
        total += unseen.low <= 400 <= unseen.high
    assert chance / runs >= 0.93
    assert total / runs >= 0.93


@pytest.mark.parametrize("more", [100, 300])
@pytest.mark.parametrize("shares", [even(80), even(400), even(9000), uneven(2000)], ids=["saturated", "even", "sparse", "uneven"])
def test_predicted_intervals_hold_what_comes_in_93_of_100_simulations(shares: NDArray[np.float64], more: int):
    generator = np.random.default_rng(5)
    held, chance, runs = 0, 0, 500
    for _ in range(runs):
        counts, further = generator.multinomial(300, shares), generator.multinomial(more, shares)
        found = predict_new(counts[counts > 0], more)
        brought = ((counts == 0) & (further > 0)).sum()
        held += np.floor(found.low) <= brought <= np.ceil(found.high)
        missing = chance_of_new(counts[counts > 0])
        chance += missing.low <= shares[counts == 0].sum() <= missing.high
    assert held / runs >= 0.93
    assert chance / runs >= 0.93


def test_no_repeat_and_no_single_row_still_have_an_interval():
    alone, never = chance_of_new(np.ones(100, dtype=int)), chance_of_new(np.full(20, 5))
    assert 0.9 < alone.low < 0.97  # 0.94 would be so many equally likely groups that 100 rows repeat one in 95 of 100 cases
    assert (alone.value, alone.high, never.value, never.low) == (1, 1, 0, 0)
    assert 0.03 <= never.high < 0.1  # at least the rule of three
    further, none = predict_new(np.ones(100, dtype=int), 50), predict_new(np.full(20, 5), 50)
    assert 40 < further.low < further.value <= further.high <= 50
    assert (none.value, none.low, none.high) == (0, 0, 50 * never.high)


def test_the_sentence_says_how_many_of_the_next_rows_repeat():
    groups = np.repeat(np.arange(80), [1] * 59 + [2] * 20 + [1])
    found = measure_saturation(groups)
    assert found.next_new == predict_new(np.unique(groups, return_counts=True)[1], 100)
    assert found.sentence.startswith(f"Of the next 100 rows written this way about {100 - found.next_new.value:.0f} would repeat")
    assert f"(95 %: {100 - found.next_new.high:.0f} to {100 - found.next_new.low:.0f})" in found.sentence


def test_three_rows_say_nothing_of_the_next():
    found = measure_saturation(np.arange(3))
    assert np.isnan([found.p_new.value, found.next_new.low, found.total.high]).all()
    assert "the dataset has 3 rows, at least 10 are needed" in found.sentence
    assert np.isnan(predict_new(np.empty(0, dtype=int), 5).value)


@pytest.mark.evals
def test_hidden_halves_of_real_files_are_predicted_within_their_interval(evals_root: Path):
    """Ten files, every twelfth of the persona folder; rows whose 4-grams are alike from 0.5 upwards repeat each other."""
    files = sorted((evals_root / "persona").glob("*.jsonl"))[::12][:10]
    held = []
    for path in files:
        texts = [json.loads(line)["statement"] for line in path.read_text(encoding="utf-8").splitlines()[:600]]
        order = np.random.default_rng(0).permutation(_alike(texts))
        half = len(order) // 2
        sizes = np.unique(order[:half], return_counts=True)[1]
        found = predict_new(sizes, len(order) - half)
        held.append(found.low <= len(np.unique(order)) - len(sizes) <= found.high)
    assert len(held) == 10
    assert sum(held) >= 9


def _alike(texts: list[str]) -> NDArray[np.integer]:
    found = find_lexical_pairs(texts, floor=0.5)
    ones = np.ones(len(found.left))
    return connected_components(coo_array((ones, (found.left, found.right)), shape=(len(texts),) * 2), directed=False)[1]
