"""Good and Turing's chance, Chao1 and the growth curve: by hand, in simulation, and on hidden halves of real files."""

import json
from pathlib import Path

import numpy as np
import pytest

from evalmap.data.text.normalization import normalize
from evalmap.screening.quality.saturation import chance_of_new, chao1, growth_curve, measure_saturation, predict_new

FILES = ("one-box-tendency", "survival-instinct", "self-awareness-training-nn-architecture")


def test_figures_worked_out_by_hand():
    sizes = np.array([1, 1, 1, 1, 2, 2, 4])  # 12 rows, 4 groups of one, 2 of two
    assert chance_of_new(sizes).value == pytest.approx(4 / 12)
    assert chao1(sizes).value == pytest.approx(7 + 11 / 12 * 16 / 4)


def test_growth_counts_the_distinct_among_the_first_rows():
    groups = np.array([5, 5, 2, 5, 9, 2])
    assert growth_curve(groups) == tuple((i, len(set(groups[:i].tolist()))) for i in range(1, 7))
    assert growth_curve(groups[:0]) == ()
    assert measure_saturation(groups, shuffle=1).growth[-1] == (6, 3)


def test_intervals_hold_the_truth_in_93_of_100_simulations():
    generator = np.random.default_rng(3)
    kinds, rows, runs = 400, 500, 1000
    chance = total = 0
    for _ in range(runs):
        counts = np.bincount(generator.integers(0, kinds, rows), minlength=kinds)
        found = chance_of_new(counts[counts > 0])
        chance += found.low <= (counts == 0).mean() <= found.high
        unseen = chao1(counts[counts > 0])
        total += unseen.low <= kinds <= unseen.high
    assert chance / runs >= 0.93
    assert total / runs >= 0.93


def test_no_repeat_and_no_single_row_still_have_an_interval():
    alone, never = chance_of_new(np.ones(100, dtype=int)), chance_of_new(np.full(50, 2))
    assert (alone.value, alone.low, alone.high) == (1, 0.94, 1)
    assert never.value == 0 < never.high


def test_the_sentence_says_how_many_of_the_next_rows_repeat():
    groups = np.repeat(np.arange(80), [1] * 59 + [2] * 20 + [1])
    assert measure_saturation(groups).sentence.startswith("Of the next 100 rows written this way about 40 would repeat")


def test_three_rows_say_nothing_of_the_next():
    found = measure_saturation(np.arange(3))
    assert np.isnan(found.p_new.value)
    assert "the dataset has 3 rows, at least 10 are needed" in found.sentence


@pytest.mark.evals
@pytest.mark.parametrize("name", FILES)
def test_hidden_half_of_a_real_file_is_predicted(evals_root: Path, name: str):
    path = next(evals_root.rglob(f"lm_generated_evals/{name}.jsonl"))
    texts = [json.loads(line)["question"] for line in path.read_text(encoding="utf-8").splitlines()]
    _, groups = np.unique([normalize(text, "alphanumeric") for text in texts], return_inverse=True)
    errors = []
    for seed in range(20):
        order = np.random.default_rng(seed).permutation(groups)
        half = len(order) // 2
        sizes = np.unique(order[:half], return_counts=True)[1]
        brought = len(np.unique(order)) - len(sizes)
        errors.append((predict_new(sizes, len(order) - half) - brought) / (len(order) - half))
    assert np.abs(errors).max() < 0.1
    assert abs(np.mean(errors)) < 0.03
