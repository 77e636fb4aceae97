"""Terms that differ: the published formula worked by hand, and intervals that hold."""

import math

import numpy as np
import pytest

from evalmap.screening.coverage.terms import compare_terms, log_odds_ratio


def test_the_ratio_is_that_of_the_formula():
    found, error = log_odds_ratio(np.array([10.0]), 100, np.array([40.0]), 300, prior=8)
    with_a, without_a, with_b, without_b = 10 + 1, 90 + 7, 40 + 1, 260 + 7  # an eighth of all rows have it
    expected = math.log(with_a / without_a) - math.log(with_b / without_b)
    assert found[0] == pytest.approx(expected)
    assert error[0] == pytest.approx(math.sqrt(1 / with_a + 1 / without_a + 1 / with_b + 1 / without_b))
    assert np.allclose(log_odds_ratio(np.array([40.0]), 300, np.array([10.0]), 100, prior=8), (-found, error))
    assert log_odds_ratio(np.array([5.0]), 50, np.array([10.0]), 100, prior=8)[0] == pytest.approx([0])


def test_with_hardly_a_prior_it_is_statsmodels_table():
    from statsmodels.stats.contingency_tables import Table2x2

    table = Table2x2(np.array([[30, 70], [50, 250]]))
    found, error = log_odds_ratio(np.array([30.0]), 100, np.array([50.0]), 300, prior=1e-9)
    assert found[0] == pytest.approx(table.log_oddsratio)
    assert error[0] == pytest.approx(table.log_oddsratio_se)


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


def test_a_word_counts_once_in_a_row_and_length_sets_nothing_apart():
    a, b = ["spam " * 100] * 30 + ["text"] * 30, ["text"] * 60
    assert {one.term: one.count_a for one in compare_terms(a, b)} == {"spam": 30, "text": 30}
    long = [f"is it tea or {word} that was meant by all of them" for word in ("rain", "snow") * 30]
    short = ["is it tea or rain", "is it tea or snow"] * 30
    assert {one.term for one in compare_terms(long, short)} == {"that", "was", "meant", "by", "all", "of", "them"}


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
    shares_a, shares_b = np.array([0.02, 0.1, 0.3, 0.95]), np.array([0.04, 0.06, 0.4, 0.9])
    truth = np.log(shares_a / (1 - shares_a)) - np.log(shares_b / (1 - shares_b))
    a, b = (generator.binomial(n, shares, size=(1000, 4)).astype(float) for n, shares in ((600, shares_a), (400, shares_b)))
    found = [log_odds_ratio(one, 600, other, 400, prior=10) for one, other in zip(a, b, strict=True)]
    held = np.mean([np.abs(middle - truth) <= 1.959964 * error for middle, error in found], axis=0)
    assert (held >= 0.93).all()
