"""Terms that differ: the published formula worked by hand, and intervals that hold."""

import math

import numpy as np
import pytest

from evalmap.screening.coverage.terms import compare_terms, log_odds_ratio


def test_the_ratio_is_that_of_the_formula():
    a, b, prior = np.array([10.0, 5.0, 85.0]), np.array([2.0, 40.0, 158.0]), np.array([1.0, 2.0, 7.0])
    found, z = log_odds_ratio(a, b, prior=prior)
    first = math.log(11 / (110 - 11)) - math.log(3 / (210 - 3))
    assert found[0] == pytest.approx(first)
    assert z[0] == pytest.approx(first / math.sqrt(1 / 11 + 1 / 99 + 1 / 3 + 1 / 207))
    assert log_odds_ratio(b, a, prior=prior)[1] == pytest.approx(-z)
    assert log_odds_ratio(a, a, prior=prior)[0] == pytest.approx([0, 0, 0])


def test_terms_of_each_side_are_told_the_surest_first():
    a = ["the cat sat", "a cat here", "one more cat", "Cat cat cat"] * 10
    b = ["the dog sat", "a dog here", "one more dog", "Dog dog dog"] * 10
    found = {one.term: one for one in compare_terms(a, b)}
    assert list(found) == ["cat", "dog"]
    cat, dog = found["cat"], found["dog"]
    assert (cat.count_a, cat.count_b, dog.count_a, dog.count_b) == (40, 0, 0, 40)
    assert 0 < cat.low < cat.log_odds < cat.high
    assert dog.low < dog.log_odds < dog.high < 0
    assert [one.term for one in compare_terms(a, b, most_terms=0)] == []


def test_a_word_counts_once_in_a_row():
    a, b = ["spam " * 100] * 30 + ["text"] * 30, ["text"] * 60
    assert compare_terms(a, b, prior=10)[0].count_a == 30


def test_texts_without_words_or_with_rare_ones_tell_nothing():
    assert compare_terms(["1 2 3"] * 9, ["??"] * 9) == ()
    assert compare_terms(["one two"] * 2, ["three four"] * 2) == ()


def test_equal_sides_differ_in_no_term_in_19_of_20_samples():
    """All intervals jointly: a sample in which one word is told wrongly is a miss."""
    generator = np.random.default_rng(2)
    words = np.array([f"w{letter}{other}" for letter in "abcdefgh" for other in "abcdefgh"])
    shares = 1 / np.arange(1, len(words) + 1)
    missed = 0
    for _ in range(60):
        rows = [" ".join(words[generator.random(len(words)) < shares]) for _ in range(160)]
        missed += len(compare_terms(rows[:80], rows[80:])) > 0
    assert missed / 60 <= 0.07


def test_nominal_intervals_hold_the_log_odds():
    generator = np.random.default_rng(4)
    shares_a, shares_b = np.array([0.02, 0.1, 0.3, 0.58]), np.array([0.04, 0.06, 0.4, 0.5])
    truth = np.log(shares_a / (1 - shares_a)) - np.log(shares_b / (1 - shares_b))
    a, b = generator.multinomial(3000, shares_a, size=1000), generator.multinomial(2000, shares_b, size=1000)
    held = np.zeros(4)
    for one, other in zip(a, b, strict=True):
        pooled = (one + other) / (one + other).sum()
        found, z = log_odds_ratio(one.astype(float), other.astype(float), prior=20 * pooled)
        held += np.abs(found - truth) <= 1.959964 * found / z
    assert (held / 1000 >= 0.93).all()
