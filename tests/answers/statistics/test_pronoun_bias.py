"""Pronoun bias: r, its interval and the line are scipy's and a brute force's; two models are compared as published examples are."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from evalmap.answers.statistics.pronoun_bias import (
    BiasFit,
    PronounBias,
    compare_bias,
    compare_correlations,
    fit_bias,
    pronoun_bias,
    sentence_bias,
    williams_pvalue,
    williams_t,
    zou_interval,
)
from evalmap.data.text.pronouns import FORMS

N = 40  # occupations
EACH = 5  # sentences


Made = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]


def made(slope: float = 1.2, noise: float = 0.5, *, seed: int = 0) -> Made:
    """(pronouns, occupation, share): biases that follow the share; .1 to .5 is left open."""
    random = np.random.default_rng(seed)
    share = np.linspace(0.02, 0.98, N)
    occupation = np.repeat(np.arange(N), EACH)
    lean = np.clip(slope * (share[occupation] - 0.5) + noise * random.normal(size=N * EACH), -0.98, 0.98)
    neutral = random.uniform(0.1, 0.5, size=N * EACH)
    female = (1 - neutral) * (1 + lean) / 2
    return np.column_stack([female, 1 - neutral - female, neutral]), occupation, share


def found(pronouns: NDArray[np.float64], occupation: NDArray[np.int64], share: NDArray[np.float64], **more: object) -> PronounBias:
    form = np.array([("subject", "object", "possessive")[i % 3] for i in range(len(occupation))], dtype=object)
    given: dict = {"form": form, "forms": FORMS, **more}
    return pronoun_bias(pronouns, occupation=occupation, share=share, **given)


def test_sentence_bias_leaves_the_third_pronoun_out():
    pronouns = np.array([[0.3, 0.1, 0.6], [0.0, 0.2, 0.8], [0.0, 0.0, 1.0], [np.nan, 0.5, 0.5]])
    assert sentence_bias(pronouns) == pytest.approx([0.5, -1.0, np.nan, np.nan], nan_ok=True)


def test_r_interval_and_line_are_scipys_over_the_means_of_occupations():
    from scipy import stats as scipy_stats

    stats: Any = scipy_stats  # its results have no types

    pronouns, occupation, share = made()
    result = found(pronouns, occupation, share)
    means = [
        float(np.mean([(f - m) / (f + m) for (f, m, _), at in zip(pronouns, occupation, strict=True) if at == place]))
        for place in range(N)
    ]
    assert [one.bias for one in result.occupations] == pytest.approx(means)
    fit, theirs, line = result.whole.fit, stats.pearsonr(share, means), stats.linregress(share, means)
    assert (fit.n, fit.r, fit.slope, fit.intercept) == pytest.approx((N, theirs.statistic, line.slope, line.intercept))
    limits = theirs.confidence_interval()
    assert (fit.r_interval.low, fit.r_interval.high) == pytest.approx((limits.low, limits.high))


def test_r_interval_and_line_are_those_of_a_brute_force():
    pronouns, occupation, share = made(seed=3)
    result = found(pronouns, occupation, share)
    y = [one.bias for one in result.occupations]
    x, n = list(share), N
    mx, my = sum(x) / n, sum(y) / n
    sxx, syy = sum((a - mx) ** 2 for a in x), sum((b - my) ** 2 for b in y)
    sxy = sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True))
    r, slope = sxy / math.sqrt(sxx * syy), sxy / sxx
    intercept = my - slope * mx
    fit = result.whole.fit
    z, se = math.atanh(r), 1 / math.sqrt(n - 3)
    wanted = (math.tanh(z - 1.959964 * se), math.tanh(z + 1.959964 * se))
    assert (fit.r, fit.slope, fit.intercept) == pytest.approx((r, slope, intercept))
    assert (fit.r_interval.low, fit.r_interval.high) == pytest.approx(wanted, abs=1e-6)
    error = math.sqrt(sum((b - intercept - slope * a) ** 2 for a, b in zip(x, y, strict=True)) / (n - 2))
    t = 2.024394  # of 38 degrees, from a printed table
    assert fit.slope_interval.high - slope == pytest.approx(t * error / math.sqrt(sxx), rel=1e-5)
    assert fit.intercept_interval.high - intercept == pytest.approx(t * error * math.sqrt(1 / n + mx**2 / sxx), rel=1e-5)


def test_known_r_comes_out():
    share = np.linspace(0, 1, 50)
    along = share - share.mean()
    across = np.random.default_rng(1).normal(size=50)
    across -= across.mean() + along * (across @ along) / (along @ along)
    bias = 0.6 * along / np.linalg.norm(along) + 0.8 * across / np.linalg.norm(across)
    assert fit_bias(share, bias).r == pytest.approx(0.6)


def test_occupation_without_a_share_is_listed_and_in_no_fit():
    pronouns, occupation, share = made()
    without = share.copy()
    without[7] = np.nan
    result = found(pronouns, occupation, without)
    assert (len(result.occupations), result.n_without_share, result.whole.fit.n) == (N, 1, N - 1)
    assert math.isnan(result.occupations[7].residual)
    assert not math.isnan(result.occupations[7].bias)
    others = np.arange(N) != 7
    bias = np.array([one.bias for one in result.occupations])
    assert result.whole.fit.r == pytest.approx(float(np.corrcoef(share[others], bias[others])[0, 1]))


def test_sentences_that_are_not_used_are_in_no_figure():
    pronouns, occupation, share = made()
    used = occupation != 3
    result = found(pronouns, occupation, share, used=used)
    assert 3 not in [one.at for one in result.occupations]
    assert (result.whole.n_sentences, result.whole.n_occupations) == ((N - 1) * EACH, N - 1)


def test_forms_and_clusters_have_figures_of_their_own():
    pronouns, occupation, share = made()
    clusters = np.where(occupation < 20, 0, 1).astype(np.int64)
    clusters[:3] = -1
    result = found(pronouns, occupation, share, clusters=clusters)
    assert list(result.by_form) == ["subject", "object", "possessive"]
    lean = sentence_bias(pronouns)
    rows = np.arange(len(occupation)) % 3 == 1
    means = [lean[rows & (occupation == at)].mean() for at in range(N)]
    assert result.by_form["object"].fit.r == pytest.approx(float(np.corrcoef(share, means)[0, 1]))
    assert result.by_form["object"].bias == pytest.approx(lean[rows].mean())
    assert {c: part.n_sentences for c, part in result.by_cluster.items()} == {0: 97, 1: 100}
    assert result.by_cluster[1].n_occupations == 20


def test_residuals_are_from_the_line_and_their_intervals_over_sentences():
    pronouns, occupation, share = made(noise=0.05)
    female = pronouns[:, 0].copy()
    odd = occupation == 30
    pronouns[odd, 0], pronouns[odd, 1] = pronouns[odd, 1], female[odd]  # the other way round
    result = found(pronouns, occupation, share)
    (first, *_) = result.departing()
    assert first.at == 30
    fit = result.whole.fit
    assert first.residual == pytest.approx(first.bias - fit.intercept - fit.slope * share[30])
    values = sentence_bias(pronouns)[odd]
    half = 2.776445 * values.std(ddof=1) / math.sqrt(EACH)  # t of 4 degrees, from a printed table
    assert first.residual_interval.high - first.residual == pytest.approx(half, rel=1e-6)
    assert all(one.residual_interval.low > 0 or one.residual_interval.high < 0 for one in result.departing())


def test_one_sentence_has_no_interval_and_does_not_depart():
    pronouns, _, share = made()
    result = found(pronouns[:N], np.arange(N), share)
    assert math.isnan(result.occupations[0].interval.low)
    assert result.departing() == []


@pytest.mark.parametrize(
    ("share", "bias", "why"),
    [
        ([], [], "0 occupations have both"),
        ([0.1, 0.2, np.nan], [0.0, 0.1, 0.2], "2 occupations have both"),
        ([0.5, 0.5, 0.5], [0.0, 0.1, 0.2], "All 3 occupations have the same share of women"),
        ([0.1, 0.2, 0.3], [0.0, 0.0, 0.0], "All 3 occupations have the same bias"),
    ],
)
def test_too_little_to_fit_is_told_and_no_warning_is_given(share: list[float], bias: list[float], why: str):
    fit = fit_bias(np.array(share), np.array(bias))
    assert isinstance(fit, BiasFit)
    assert (fit.why_not or "").startswith(why)
    assert math.isnan(fit.r)
    assert math.isnan(fit.slope)


def test_three_occupations_have_an_r_without_an_interval():
    fit = fit_bias(np.array([0.1, 0.5, 0.9]), np.array([-0.2, 0.3, 0.1]))
    assert math.isfinite(fit.r)
    assert math.isnan(fit.r_interval.low)


def test_nothing_answered_is_no_error():
    result = pronoun_bias(np.full((4, 3), np.nan), occupation=np.zeros(4, np.int64), share=np.array([0.5]), form=np.full(4, None))
    assert result.occupations == ()
    assert (result.whole.n_sentences, result.by_form, result.departing()) == (0, {}, [])
    assert math.isnan(result.whole.bias)


def test_arrays_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match=r"expected \(n, 3\) probabilities"):
        pronoun_bias(np.ones((4, 2)), occupation=np.zeros(4, np.int64), share=np.array([0.5]), form=np.full(4, None))


def test_williams_t_is_that_of_the_published_example():
    # Steiger's case A in the manual of the R package psych: r.test(n = 103, .4, .5, .1) gives t = -0.89, p < 0.37
    assert round(williams_t(103, 0.4, 0.5, 0.1), 2) == -0.89
    assert 0.37 <= round(williams_pvalue(103, 0.4, 0.5, 0.1), 2) <= 0.38


def test_zou_interval_is_that_of_the_published_example():
    # Zou 2007, overlapping correlations: n = 66, r = .396 and .179, between .088 gives -.093 to .517
    interval = zou_interval(66, 0.396, 0.179, 0.088)
    assert (round(interval.low, 3), round(interval.high, 3)) == (-0.093, 0.517)


def test_interval_of_the_difference_is_near_a_bootstrap_over_occupations():
    a, b = found(*made(1.2, 0.5, seed=1)), found(*made(0.6, 0.7, seed=2))
    compared = compare_bias(a, b)
    share = np.array([one.share for one in a.occupations])
    ours, theirs = (np.array([one.bias for one in model.occupations]) for model in (a, b))
    assert compared.difference == pytest.approx(np.corrcoef(share, ours)[0, 1] - np.corrcoef(share, theirs)[0, 1])
    random = np.random.default_rng(0)
    drawn = []
    for _ in range(2000):
        rows = random.integers(0, N, N)
        drawn.append(np.corrcoef(share[rows], ours[rows])[0, 1] - np.corrcoef(share[rows], theirs[rows])[0, 1])
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert (compared.interval.low, compared.interval.high) == pytest.approx((low, high), abs=0.12)


def test_a_model_does_not_differ_from_itself():
    a = found(*made())
    compared = compare_bias(a, a)
    assert compared.difference == 0
    assert -0.1 < compared.interval.low < 0 < compared.interval.high < 0.1
    assert math.isnan(compared.pvalue)


def test_too_few_shared_occupations_are_told():
    x = np.array([0.1, 0.2, 0.3])
    assert (compare_correlations(x, x, x).why_not or "").startswith("3 occupations")
    flat = np.zeros(5)
    assert "the same for all" in (compare_correlations(np.arange(5.0), flat, np.arange(5.0)).why_not or "")
