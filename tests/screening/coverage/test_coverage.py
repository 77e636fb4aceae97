"""Coverage: the blocks against brute force, the intervals against statsmodels and a simulation."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from evalmap.screening.coverage import coverage
from evalmap.screening.coverage.coverage import find_nearest, measure_coverage, share_interval
from evalmap.tests.fakes import unit_vectors


def test_the_nearest_of_both_sides_are_those_of_brute_force(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(coverage, "ROWS", 7)
    monkeypatch.setattr(coverage, "COLUMNS", 5)
    a, b = unit_vectors(40, seed=1), unit_vectors(33, seed=2)
    b[20] = a[11]
    told: list[tuple[int, int]] = []
    found = find_nearest(a, b, progress=lambda done, total: told.append((done, total)))
    of_a, of_b = found.a_similarities, found.b_similarities
    cosines = a.astype(np.float64) @ b.T.astype(np.float64)
    np.testing.assert_allclose(of_a, cosines.max(axis=1), atol=1e-6)
    np.testing.assert_allclose(of_b, cosines.max(axis=0), atol=1e-6)
    assert max(of_a[11], of_b[20]) <= 1
    assert of_a[11] == pytest.approx(1, abs=1e-6)
    assert told[-1] == (40, 40)


def test_a_row_may_be_the_opposite_of_all_others():
    row = unit_vectors(1)
    found = find_nearest(row, -row)
    assert [*found.a_similarities, *found.b_similarities] == pytest.approx([-1, -1], abs=1e-6)


def test_a_side_without_rows_or_of_another_model_is_refused():
    for a, b in ((unit_vectors(3), unit_vectors(3)[:0]), (unit_vectors(3, 8), unit_vectors(3, 9))):
        with pytest.raises(ValueError, match="rows × dimensions of one model, no side empty"):
            find_nearest(a, b)


def test_shares_are_counted_at_each_similarity():
    found = measure_coverage(np.array([0.2, 0.5, 0.7, 0.9]), similarities=(0.1, 0.5, 0.8, 0.95))
    assert found.shares.tolist() == [1, 0.75, 0.25, 0]
    assert (found.lows <= found.shares).all()
    assert (found.shares <= found.highs).all()


@pytest.mark.parametrize("hits", [0, 1, 17, 39, 40])
def test_without_groups_the_interval_is_wilsons(hits: int):
    rows = np.arange(40) < hits
    # 39 / 40 against statsmodels: the variance is estimated with n − 1
    expected = proportion_confint(hits, 40, method="wilson")
    assert share_interval(rows)[1:] == pytest.approx(expected, abs=5e-3)


def test_copies_do_not_make_the_interval_narrow():
    hits = np.arange(30) < 12
    once, thrice = share_interval(hits), share_interval(np.repeat(hits, 3), groups=np.repeat(np.arange(30), 3))
    assert thrice == pytest.approx(once, abs=1e-2)
    assert share_interval(np.ones(90, bool), groups=np.repeat(np.arange(30), 3)) == share_interval(np.ones(30, bool))
    _, low, high = share_interval(np.ones(90, bool), groups=np.zeros(90, int))
    assert high - low > 0.7  # one group says next to nothing


def test_no_row_has_no_share():
    assert np.isnan(share_interval(np.zeros(0, bool))).all()
    assert np.isnan(measure_coverage(np.zeros(0)).shares).all()


@pytest.mark.parametrize("truth", [0.03, 0.3, 0.9])
def test_nominal_intervals_hold_the_share(truth: float):
    """Rows in 150 groups of one to five whose rows agree three times out of four."""
    generator = np.random.default_rng(7)
    groups = np.repeat(np.arange(150), np.arange(150) % 5 + 1)
    runs, held = 500, 0
    for _ in range(runs):
        own, shared = generator.random(len(groups)) < truth, generator.random(150) < truth
        hits = np.where(generator.random(len(groups)) < 0.75, shared[groups], own)
        _, low, high = share_interval(hits, groups=groups)
        held += low <= truth <= high
    assert held / runs >= 0.93
