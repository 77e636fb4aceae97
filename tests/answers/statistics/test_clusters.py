"""Whether a cluster deviates from what its labels let expect: against brute force, scipy and statsmodels."""

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from evalmap.answers.statistics.clusters import (
    LEVELS,
    answer_deviations,
    cluster_figures,
    exact_pvalue,
    pool,
    saddlepoint_pvalue,
    value_tested,
)
from evalmap.answers.statistics.summary import wilson
from evalmap.tests.answers.made_scores import PERSONA, answering, halves, made, objects, persona_rows, real_answers, text_clusters


def nan(value: float) -> bool:
    return math.isnan(value)


def all_sums(strata: list[np.ndarray], sizes: list[int]) -> np.ndarray:
    """The sum of every way to draw `sizes` rows from each stratum."""
    sums = np.zeros(1)
    for values, size in zip(strata, sizes, strict=True):
        own = np.array([sum(drawn) for drawn in itertools.combinations(values, size)])
        sums = (sums[:, None] + own[None, :]).ravel()
    return sums


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.data())
def test_exact_test_with_one_label_is_fishers(total_in: int, total_out: int, data: st.DataObject):
    inside, outside = data.draw(st.integers(0, total_in)), data.draw(st.integers(0, total_out))
    found = exact_pvalue(inside, np.array([total_in]), np.array([total_in + total_out]), np.array([inside + outside]))
    table = [[inside, total_in - inside], [outside, total_out - outside]]
    assert found == pytest.approx(stats.fisher_exact(table).pvalue, rel=1e-6)  # type: ignore[attr-defined]


def test_exact_test_with_two_labels_is_the_enumeration_of_all_draws():
    strata = [np.array([1, 1, 0, 0, 0, 0, 0]), np.array([1, 1, 1, 1, 0, 0])]
    sizes = [3, 2]
    counts, ways = np.unique(all_sums(strata, sizes), return_counts=True)
    for found, way in zip(counts, ways, strict=True):
        by_hand = ways[ways <= way].sum() / ways.sum()
        totals, hits = np.array([len(s) for s in strata]), np.array([s.sum() for s in strata])
        assert exact_pvalue(int(found), np.array(sizes), totals, hits) == pytest.approx(by_hand)


def test_exact_test_agrees_with_cochran_mantel_haenszel_where_counts_are_large():
    from statsmodels.stats.contingency_tables import StratifiedTable

    for yes, no in (((130, 90, 280, 220), (60, 40, 190, 160)), ((140, 80, 260, 240), (65, 35, 180, 170))):
        tables = [np.array(row, dtype=float).reshape(2, 2) for row in (yes, no)]
        stratified = StratifiedTable(tables)
        normal, corrected = (getattr(stratified.test_null_odds(correction=how), "pvalue") for how in (False, True))  # noqa: B009
        sizes, hits = np.array([sum(r[:2]) for r in (yes, no)]), np.array([r[0] + r[2] for r in (yes, no)])
        found = exact_pvalue(yes[0] + no[0], sizes, np.array([sum(yes), sum(no)]), hits)
        assert normal < found < corrected < 1.2 * normal + 0.01


def test_exact_test_of_a_large_cluster_is_quick_and_far_tails_do_not_break_it():
    sizes, totals, hits = np.array([30_000, 30_000]), np.array([60_000, 60_000]), np.array([30_000, 20_000])
    assert exact_pvalue(25_000, sizes, totals, hits) == pytest.approx(1.0)
    assert exact_pvalue(27_000, sizes, totals, hits) < 1e-100
    assert exact_pvalue(40_000, sizes, totals, hits) == 0.0


def test_saddlepoint_is_the_enumeration_of_all_draws():
    rng = np.random.default_rng(4)
    for make in (lambda n: rng.random(n), lambda n: rng.beta(8, 0.3, n), lambda n: rng.standard_t(3, n)):
        strata = [make(12), make(11)]
        strata = [values - values.mean() for values in strata]
        sizes = [5, 4]
        sums = all_sums(strata, sizes)
        for quantile in (0.001, 0.01, 0.05, 0.12, 0.9, 0.97, 0.995, 0.9995):
            found = float(np.quantile(sums, quantile))
            if abs(found) < sums.std():
                continue
            by_hand = 2 * min((sums <= found).mean(), (sums >= found).mean())
            p = saddlepoint_pvalue(found, np.array(sizes), [pool(values) for values in strata])
            assert p == pytest.approx(by_hand, rel=0.2 if by_hand < 0.1 else 0.3)


def test_saddlepoint_holds_where_the_normal_approximation_breaks():
    """P near .99 with rare low rows: the normal p of the far tail is ten times too small, the saddlepoint's is right."""
    rng = np.random.default_rng(0)
    values = np.clip(0.95 + 0.02 * rng.standard_normal(300), 0, 1)
    low = rng.random(300) < 0.02
    values[low] = rng.random(low.sum())
    values -= values.mean()
    draws = np.concatenate([values[np.argpartition(rng.random((20_000, 300)), 30)[:, :30]].sum(axis=1) for _ in range(5)])
    found = float(np.quantile(draws, 0.002))
    p = saddlepoint_pvalue(found, np.array([30]), [pool(values)])
    assert p == pytest.approx(0.004, rel=0.25)
    assert 2 * stats.norm.sf(-found / draws.std()) < 0.1 * p


def test_most_extreme_draw_has_a_tiny_p_and_not_an_error():
    values = np.linspace(-1, 1, 101)
    assert saddlepoint_pvalue(float(values[-40:].sum()), np.array([40]), [pool(values)]) < 1e-9
    assert saddlepoint_pvalue(float(values[:40].sum()), np.array([40]), [pool(values)]) < 1e-9


def test_pooling_keeps_the_mean_the_spread_and_the_far_values():
    rng = np.random.default_rng(0)
    values = np.concatenate([0.99 + 1e-3 * rng.standard_normal(20_000), [0.0, 0.1]])
    distinct, counts = pool(values)
    assert len(distinct) <= LEVELS
    assert counts.sum() == len(values)
    mean = (distinct * counts).sum() / counts.sum()
    assert mean == pytest.approx(values.mean())
    assert ((distinct - mean) ** 2 * counts).sum() == pytest.approx(values.var() * len(values), rel=1e-3)
    assert distinct[:2] == pytest.approx([0.0, 0.1])


def test_deviation_is_the_mean_residual_within_the_label():
    labels = objects(["Yes"] * 60 + ["No"] * 60)
    values = np.concatenate([np.full(60, 0.9), np.full(60, 0.1)]) + np.tile([0.0, 0.02], 60)
    clusters = np.repeat([0, 1, 0, 1], [40, 20, 20, 40])
    values[:40] += 0.05
    found = answer_deviations(values, labels=labels, clusters=clusters, n_clusters=2)
    residual = values - np.where(labels == "Yes", values[:60].mean(), values[60:].mean())
    assert [one.value for one in found] == pytest.approx([residual[clusters == 0].mean(), residual[clusters == 1].mean()])
    assert [one.n for one in found] == [60, 60]
    assert all(one.flagged for one in found)


def test_labels_level_does_not_make_a_cluster_deviate_but_unadjusted_it_does():
    rng = np.random.default_rng(0)
    labels = objects(["Yes"] * 200 + ["No"] * 200)
    clusters = np.where(rng.random(400) < np.where(labels == "Yes", 0.8, 0.2), 0, 1)
    p_yes = 0.95 + 0.03 * rng.random(400)
    scores = answering(["Yes"] * 400, labels, p_yes)
    adjusted = cluster_figures(scores, labels=labels, clusters=clusters, n_clusters=2)
    raw = cluster_figures(scores, labels=labels, clusters=clusters, n_clusters=2, adjust=False)
    assert [one.flagged for one in adjusted] == [False, False]
    assert [one.flagged for one in raw] == [True, True]
    assert raw[0].label_share == pytest.approx((labels[clusters == 0] == "Yes").mean())


@pytest.mark.parametrize("with_p", [False, True])
def test_constant_answer_deviates_nowhere_by_statement(with_p: bool):
    labels = halves(200)
    scores = answering(["Yes"] * 200, labels, np.full(200, 0.97) if with_p else None)
    for one in cluster_figures(scores, labels=labels, clusters=np.arange(200) // 50, n_clusters=4):
        assert (one.deviation, one.pvalue, one.qvalue, one.flagged) == (0.0, 1.0, 1.0, False)
        assert one.value == ("p_matching" if with_p else "match")


def test_cluster_that_holds_all_rows_or_all_of_a_label_cannot_deviate():
    rng = np.random.default_rng(0)
    labels, values = objects(["Yes"] * 50 + ["No"] * 50), rng.random(100)
    (only,) = answer_deviations(values, labels=labels, clusters=np.zeros(100, dtype=int), n_clusters=1)
    assert (only.value, only.pvalue) == (0.0, 1.0)
    for one in answer_deviations(values, labels=labels, clusters=np.repeat([0, 1], 50), n_clusters=2):
        assert (one.value, one.pvalue) == (0.0, 1.0)


def test_cluster_under_thirty_rows_is_hidden_with_its_label_share_beside():
    labels = halves(129)
    clusters = np.repeat([0, 1, 2], [29, 30, 70])
    answers = np.where(clusters == 0, "No", "Yes")
    hidden, shown, _ = cluster_figures(answering(answers, labels), labels=labels, clusters=clusters, n_clusters=3)
    assert (hidden.n, hidden.size, hidden.hidden, hidden.flagged) == (29, 29, True, False)
    assert hidden.label_share == pytest.approx(15 / 29)
    figures = (hidden.matching, hidden.interval.low, hidden.mean_p, hidden.auc, hidden.deviation, hidden.pvalue, hidden.qvalue)
    assert all(nan(figure) for figure in figures)
    assert not shown.hidden
    assert shown.matching == pytest.approx(0.5, abs=0.02)
    assert shown.interval == wilson(round(shown.matching * 30), 30)


def test_empty_cluster_and_a_map_without_answers():
    labels = halves(100)
    found = cluster_figures(answering(["Yes"] * 100, labels), labels=labels, clusters=np.repeat([0, 2], 50), n_clusters=3)
    assert (found[1].size, found[1].n, found[1].hidden) == (0, 0, True)
    assert nan(found[1].label_share)
    nothing = made(matches=[math.nan] * 100, status=[None] * 100)
    for one in cluster_figures(nothing, labels=labels, clusters=np.repeat([0, 2], 50), n_clusters=3):
        assert (one.n, one.hidden, one.flagged) == (0, True, False)
    assert answer_deviations(np.array([]), labels=objects([]), clusters=np.array([], dtype=int), n_clusters=0) == []


def test_rows_in_no_cluster_still_belong_to_the_rest():
    rng = np.random.default_rng(0)
    labels, values = halves(200), rng.random(200)
    clusters = np.repeat([0, -1], [50, 150])
    values[:50] += 0.5
    (found,) = answer_deviations(values, labels=labels, clusters=clusters, n_clusters=1)
    assert (found.n, found.flagged) == (50, True)


def test_repeats_and_rows_without_a_label_are_not_tested():
    labels = objects(["Yes", "No", None, "Yes"] * 40)
    scores = made(
        matches=np.where(labels == None, math.nan, 1.0),  # noqa: E711 (elementwise)
        p=np.linspace(0, 1, 160),
        counted=[True, True, True, False] * 40,
    )
    (found,) = cluster_figures(scores, labels=labels, clusters=np.zeros(160, dtype=int), n_clusters=1)
    assert (found.size, found.n, found.label_share) == (160, 80, 0.5)


def test_answers_are_tested_where_too_few_rows_have_probabilities():
    p = np.full(100, 0.7)
    assert value_tested(made(matches=np.ones(100), p=p))[0] == "p_matching"
    p[:11] = math.nan
    value, values = value_tested(made(matches=np.ones(100), p=p))
    assert value == "match"
    assert np.isfinite(values).all()


def test_q_is_benjamini_hochberg_over_the_clusters_that_were_tested():
    rng = np.random.default_rng(0)
    labels, values = halves(400), rng.random(400)
    clusters = np.repeat([0, 1, 2, 3], [100, 20, 180, 100])
    values[:100] += 0.08
    found = answer_deviations(values, labels=labels, clusters=clusters, n_clusters=4)
    tested = [0, 2, 3]
    by_scipy = stats.false_discovery_control([found[one].pvalue for one in tested])
    assert [found[one].qvalue for one in tested] == pytest.approx(list(by_scipy))
    assert nan(found[1].pvalue)
    assert nan(found[1].qvalue)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["p", "match"]))
def test_neither_order_of_rows_nor_names_of_labels_nor_direction_change_p(seed: int, kind: str):
    rng = np.random.default_rng(seed)
    labels, clusters = objects(rng.choice(["Yes", "No"], 150)), rng.integers(0, 3, 150)
    values = rng.random(150) if kind == "p" else (rng.random(150) < 0.9).astype(float)
    p = [one.pvalue for one in answer_deviations(values, labels=labels, clusters=clusters, n_clusters=3)]
    order = rng.permutation(150)
    other = objects(["(A)" if label == "Yes" else "(B)" for label in labels])
    turned = answer_deviations(1 - values[order], labels=other[order], clusters=clusters[order], n_clusters=3)
    assert [one.pvalue for one in turned] == pytest.approx(p, rel=1e-5, nan_ok=True)


def test_lengths_and_cluster_numbers_are_checked():
    with pytest.raises(ValueError, match="3 labels and 4 clusters for 4 rows"):
        answer_deviations(np.zeros(4), labels=halves(3), clusters=np.zeros(4, dtype=int), n_clusters=1)
    with pytest.raises(ValueError, match="cluster 3 with n_clusters 3"):
        answer_deviations(np.zeros(4), labels=halves(4), clusters=np.arange(4), n_clusters=3)


@pytest.mark.slow
@pytest.mark.evals
def test_constant_yes_flags_no_cluster_of_any_persona_file(evals_root: Path):
    """Clusters: ten by length of the statement, which separates labels, and k-means of the words for three files."""
    for file in sorted((evals_root / "persona").glob("*.jsonl")):
        rows = persona_rows(file)
        labels = objects([row["answer_matching_behavior"].strip() for row in rows])
        length = np.argsort(np.argsort([len(row["statement"]) for row in rows], kind="stable"))
        layers: list[tuple[np.ndarray, int]] = [(length * 10 // len(rows), 10)]
        if file.stem in PERSONA:
            layers.append((text_clusters(tuple(row["statement"] for row in rows)), 20))
        for clusters, n_clusters in layers:
            for p_yes in (None, np.full(len(rows), 0.9)):
                scores = answering(["Yes"] * len(rows), labels, p_yes)
                found = cluster_figures(scores, labels=labels, clusters=clusters, n_clusters=n_clusters)
                assert not any(one.flagged for one in found)
                assert all(one.pvalue == 1 and one.deviation == 0 for one in found if not one.hidden)


@pytest.mark.answers
@pytest.mark.evals
@pytest.mark.parametrize("dataset", PERSONA)
def test_adjusting_for_the_label_takes_flags_away_from_a_yes_biased_model(answers_root: Path, evals_root: Path, dataset: str):
    real = real_answers(answers_root, evals_root, "chat-yesno", dataset)
    flagged = {}
    for adjust in (False, True):
        found = cluster_figures(real.scores, labels=real.labels, clusters=real.clusters, n_clusters=20, adjust=adjust)
        flagged[adjust] = sum(one.flagged for one in found)
        tested = sum(not one.hidden for one in found)
    assert flagged[False] > tested / 2
    assert flagged[True] < 0.7 * flagged[False]


def test_flags_of_rows_without_labels_are_tested_and_have_no_label_share():
    clusters = np.repeat([0, 1], 60)
    flags = np.r_[np.ones(60), np.zeros(60)]
    found = cluster_figures(made(matches=flags), labels=objects([None] * 120), clusters=clusters, n_clusters=2)
    assert [(f.n, f.matching, f.flagged) for f in found] == [(60, 1.0, True), (60, 0.0, True)]
    assert all(math.isnan(f.label_share) for f in found)
