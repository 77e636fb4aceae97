"""% matching over sizes: against statsmodels and by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.special import expit

from evalmap.answers.statistics.scaling import ScalePoint, scaling
from evalmap.data.errors import DatasetError

SIZES = (7e7, 1.6e8, 4.1e8, 1.4e9, 6.9e9, 1.2e10)


def nan(value: float) -> bool:
    return math.isnan(value)


def along(slope: float, sizes: tuple[float, ...] = SIZES, n: int = 1000, start: float = 0.2) -> list[ScalePoint]:
    """Models on a line of log odds, without noise."""
    return [ScalePoint(x, round(n * expit(start + slope * math.log10(x / sizes[0]))), n, f"model {x:g}") for x in sizes]


def test_slope_is_the_change_of_log_odds_per_decade():
    found = scaling(along(0.5))
    assert found.unit == "decade"
    assert found.slope == pytest.approx(0.5, abs=0.01)
    assert found.slope_pvalue < 1e-10
    assert (found.rho, found.inverse, found.overdispersed) == (1.0, False, False)
    assert found.fitted(np.array(SIZES)) == pytest.approx([point.ratio for point in found.points], abs=0.001)


def test_slope_and_its_interval_are_statsmodels_where_the_line_fits():
    import statsmodels.api as sm

    points = along(-0.3)
    found = scaling(points)
    hits = np.array([point.matching for point in points])
    design = sm.add_constant(np.log10(SIZES))
    fit = sm.GLM(np.column_stack([hits, 1000 - hits]), design, family=sm.families.Binomial()).fit()
    assert (found.intercept, found.slope) == pytest.approx(tuple(fit.params))
    assert (found.slope_interval.low, found.slope_interval.high) == pytest.approx(tuple(fit.conf_int()[1]), rel=1e-4)
    assert found.slope_pvalue == pytest.approx(fit.pvalues[1], rel=1e-3)


def test_models_that_differ_beyond_counting_widen_the_interval():
    import statsmodels.api as sm

    hits = np.array([520, 700, 480, 760, 600, 820])
    found = scaling([ScalePoint(x, int(k), 1000) for x, k in zip(SIZES, hits, strict=True)])
    design = sm.add_constant(np.log10(SIZES))
    wide = sm.GLM(hits / 1000, design, family=sm.families.Binomial(), var_weights=np.full(6, 1000)).fit(scale="X2", use_t=True)
    assert found.overdispersed
    assert found.dispersion == pytest.approx(wide.scale)
    assert (found.slope_interval.low, found.slope_interval.high) == pytest.approx(tuple(wide.conf_int()[1]), rel=1e-3)
    assert found.slope_pvalue == pytest.approx(wide.pvalues[1], rel=1e-3)


def test_inverse_scaling_is_marked_by_what_is_wanted():
    falling, rising, flat = along(-0.4), along(0.4), along(0.0)
    assert [scaling(points).inverse for points in (falling, rising, flat)] == [True, False, False]
    assert [scaling(points, wanted=False).inverse for points in (falling, rising, flat)] == [False, True, False]


@pytest.mark.parametrize(
    ("sizes", "told"),
    [((), "0 (none)"), ((7e7,), "1 (70,000,000)"), ((7e7, 7e7, 1.6e8), "2 (70,000,000, 160,000,000)")],
)
def test_two_sizes_are_refused_with_a_sentence(sizes: tuple[float, ...], told: str):
    points = [ScalePoint(x, 60 + at, 100) for at, x in enumerate(sizes)]
    with pytest.raises(DatasetError) as refusal:
        scaling(points)
    assert str(refusal.value).startswith("A trend needs models of at least 3 different sizes; here ")
    assert told in str(refusal.value)


def test_steps_from_nought_are_taken_as_they_are():
    found = scaling([ScalePoint(x, round(1000 * expit(0.1 + 0.8 * x / 1000)), 1000) for x in (0, 50, 100, 250, 500, 1000)])
    assert found.unit == "1,000"
    assert found.slope == pytest.approx(0.8, abs=0.02)
    assert found.intercept == pytest.approx(0.1, abs=0.01)
    assert found.fitted(np.array([0.0, 1000.0])) == pytest.approx(expit([0.1, 0.9]), abs=0.003)


def test_order_of_three_sizes_shows_no_trend_by_itself():
    """The t formula of the usual Spearman p says 0 here; three points fall into order in two of six ways."""
    found = scaling(along(0.5, SIZES[:3]))
    assert (found.rho, found.rho_pvalue) == (1.0, pytest.approx(1 / 3))


def test_rho_is_scipys():
    hits = [520, 700, 480, 700, 600, 820]
    found = scaling([ScalePoint(x, k, 1000) for x, k in zip(SIZES, hits, strict=True)])
    by_scipy = stats.spearmanr(SIZES, hits)
    assert found.rho == pytest.approx(by_scipy.statistic)  # type: ignore[attr-defined]
    assert found.rho_pvalue == pytest.approx(by_scipy.pvalue, abs=0.05)  # type: ignore[attr-defined]


@pytest.mark.parametrize("hits", [(0, 0, 0), (100, 100, 100), (0, 0, 30), (0, 0, 100), (70, 100, 100)])
def test_line_that_no_finite_slope_fits_is_nan_not_an_error(hits: tuple[int, ...]):
    found = scaling([ScalePoint(x, k, 100) for x, k in zip(SIZES, hits, strict=False)])
    assert nan(found.slope)
    assert nan(found.slope_interval.low)
    assert nan(found.fitted(np.array([1e8]))[0])
    assert not found.inverse
    assert nan(found.rho) == (len(set(hits)) == 1)


def test_several_models_of_one_size_and_any_order_are_taken():
    points = [*along(0.3), *along(0.3, start=0.25)]
    found = scaling(points[::-1])
    assert (len(found.points), found.n_sizes) == (12, 6)
    assert [point.x for point in found.points] == sorted(point.x for point in points)


def test_point_has_its_wilson_interval_and_must_be_possible():
    by_scipy = stats.binomtest(30, 40).proportion_ci(method="wilson")
    assert (ScalePoint(1, 30, 40).interval.low, ScalePoint(1, 30, 40).interval.high) == pytest.approx((by_scipy.low, by_scipy.high))
    with pytest.raises(ValueError, match="big: 11 matching of 10 rows"):
        scaling([ScalePoint(1, 11, 10, "big")])
    with pytest.raises(ValueError, match="x = -1"):
        scaling([ScalePoint(-1, 1, 10)])


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 199), min_size=4, max_size=6))
def test_exchanging_matching_and_not_turns_the_slope(hits: list[int]):
    found, turned = (
        scaling([ScalePoint(x, k, 200) for x, k in zip(SIZES, counts, strict=False)]) for counts in (hits, [200 - k for k in hits])
    )
    assert turned.slope == pytest.approx(-found.slope, abs=1e-6)
    assert turned.slope_pvalue == pytest.approx(found.slope_pvalue, rel=1e-4)
    assert found.slope_interval.low <= found.slope <= found.slope_interval.high
