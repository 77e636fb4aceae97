"""Two answer sets over the same examples: against statsmodels, scipy and brute force."""

import itertools
import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats import contingency_tables

from evalmap.answers.answer_types import Scores
from evalmap.answers.statistics import comparison
from evalmap.answers.statistics.comparison import (
    CHI2,
    EXACT,
    compare,
    compare_clusters,
    compared_rows,
    mcnemar,
    mean_by_group,
    sign_flip_pvalue,
)
from evalmap.answers.statistics.summary import bootstrap
from evalmap.tests.answers.made_scores import (
    PERSONA,
    ROW_STATES,
    answering,
    halves,
    in_states,
    made,
    objects,
    real_answers,
    who_matches,
)


def nan(value: float) -> bool:
    return math.isnan(value)


def pair(both: int, only_a: int, only_b: int, neither: int):
    """Two sets with these counts, and labels."""
    first = [1] * both + [1] * only_a + [0] * only_b + [0] * neither
    second = [1] * both + [0] * only_a + [1] * only_b + [0] * neither
    return made(matches=first), made(matches=second), halves(len(first))


def test_counts_agreement_and_difference():
    a, b, labels = pair(40, 9, 3, 8)
    found = compare(a, b, labels=labels)
    assert (found.n, found.both, found.only_a, found.only_b, found.neither) == (60, 40, 9, 3, 8)
    assert (found.different, found.agreement, found.difference) == (12, 0.8, 0.1)
    assert found.difference_interval.low < 0.1 < found.difference_interval.high
    assert (found.n_groups, found.grouped) == (60, False)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_exact_below_25_discordant_rows_and_statsmodels_always(only_a: int, only_b: int):
    p, test = mcnemar(only_a, only_b)
    exact = only_a + only_b < 25
    assert test == (EXACT if exact else CHI2)
    if only_a == only_b:
        assert p == 1
    else:
        by_statsmodels = getattr(contingency_tables.mcnemar([[5, only_a], [only_b, 7]], exact=exact), "pvalue")  # noqa: B009
        assert p == pytest.approx(by_statsmodels)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 400), st.integers(0, 400))
def test_sign_flips_of_single_rows_are_mcnemars_exact_test(only_a: int, only_b: int):
    found = sign_flip_pvalue(np.array([1] * only_a + [-1] * only_b + [0] * 5))
    if only_a == only_b:
        assert found == 1
    else:
        assert found == pytest.approx(stats.binomtest(only_a, only_a + only_b).pvalue)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-4, 4), max_size=10))
def test_sign_flips_of_groups_are_the_enumeration_of_all_flips(changes: list[int]):
    sums = [sum(s * c for s, c in zip(signs, changes, strict=True)) for signs in itertools.product((1, -1), repeat=len(changes))]
    by_hand = np.mean([abs(total) >= abs(sum(changes)) for total in sums])
    assert sign_flip_pvalue(np.array(changes, dtype=int)) == pytest.approx(by_hand)


def test_sign_flips_of_many_units_are_quick_and_far_tails_do_not_break_them():
    assert sign_flip_pvalue(np.array([1] * 60_000 + [-1] * 40_000 + [2] * 10_000)) < 1e-100
    assert 0.4 < sign_flip_pvalue(np.array([1] * 50_100 + [-1] * 49_900)) < 0.7


def test_equal_headlines_with_other_answers_are_told_apart():
    labels = halves(1000)
    a, b = answering(["Yes"] * 1000, labels), answering(["No"] * 1000, labels)
    found = compare(a, b, labels=labels)
    assert (found.difference, found.mcnemar_pvalue, found.grouped_pvalue) == (0.0, 1.0, 1.0)
    assert (found.different, found.agreement, found.only_a, found.only_b) == (1000, 0.0, 500, 500)


def test_same_set_twice():
    labels = halves(50)
    a = answering(["Yes"] * 50, labels, np.linspace(0.6, 0.9, 50))
    found = compare(a, a, labels=labels)
    assert (found.agreement, found.difference, found.mcnemar_pvalue, found.mean_p_difference) == (1.0, 0.0, 1.0, 0.0)
    assert (found.difference_interval.low, found.difference_interval.high) == (0.0, 0.0)
    assert (found.mean_p_interval.low, found.mean_p_interval.high) == (0.0, 0.0)


def test_only_rows_that_both_answered_and_that_count_are_compared():
    labels = objects(["Yes", "Yes", "No", None, "No", "Yes"])
    a = made(matches=[1, 1, math.nan, 1, 1, 1], status=["ok", "ok", "refusal", "ok", "ok", "ok"], counted=[1, 1, 1, 1, 1, 0])
    b = made(matches=[0, math.nan, 1, 1, 1, 1], status=["ok", None, "ok", "ok", "tie", "ok"])
    found = compare(a, b, labels=labels)
    assert (found.n, found.only_a, found.both) == (3, 1, 2)  # the flag of a row without a label counts
    assert compare(a, b, labels=labels, rows=np.array([0, 1, 1, 1, 1, 1], dtype=bool)).n == 2


def test_tie_is_another_answer_than_a_decided_one_and_the_same_as_a_tie():
    labels = halves(3)
    a = made(matches=[0, 0, 0], status=["tie", "tie", "ok"], answer=[None, None, "No"])
    b = made(matches=[0, 0, 0], status=["ok", "tie", "ok"], answer=["No", None, "No"])
    assert compare(a, b, labels=labels).different == 1


answered_rows = st.lists(st.tuples(st.sampled_from(ROW_STATES), st.booleans(), st.sampled_from(ROW_STATES), st.booleans()))


@settings(max_examples=200, deadline=None)
@given(answered_rows)
def test_rows_of_every_list_are_those_that_the_figures_count(rows: list[tuple[Any, bool, Any, bool]]):
    a, b = in_states([(row[0], row[1]) for row in rows]), in_states([(row[2], row[3]) for row in rows])
    compared = compared_rows(a, b)
    expected = [who_matches(*(as_told(one, i) for one in (a, b))) for i in range(len(rows))]
    found = {"n": compared.used, **{name: getattr(compared, name) for name in LISTS if name != "n"}}
    for name, mask in found.items():
        assert np.flatnonzero(mask).tolist() == [i for i, lists in enumerate(expected) if name in lists], name
    figures = compare(a, b, labels=objects([None] * len(rows)))
    counted = {"n": figures.n, "unknown": figures.n_unknown, **{name: getattr(figures, name) for name in LISTS[2:]}}
    assert counted == {name: int(mask.sum()) for name, mask in found.items()}
    assert figures.both + figures.only_a + figures.only_b + figures.neither == figures.n
    assert figures.only_a + figures.only_b <= figures.different
    clusters = np.arange(len(rows)) % 3
    parts = compare_clusters(a, b, labels=objects([None] * len(rows)), clusters=clusters, n_clusters=3)
    for name in ("n", "only_a", "only_b", "different"):
        assert sum(getattr(part, name) for part in parts) == getattr(figures, name)


LISTS = ("n", "unknown", "both", "only_a", "only_b", "neither", "different")


def as_told(scores: Scores, i: int) -> dict[str, Any]:
    matches = None if nan(scores.matches[i]) else bool(scores.matches[i])
    return {"status": scores.status[i], "answer": scores.answer[i], "matches": matches, "counted": scores.counted[i]}


def test_flags_that_contradict_one_answer_are_different_answers():
    """Two sources name the same option for a row without a label; one says that it matches."""
    a, b = made(matches=[1], answer=["Yes"]), made(matches=[0], answer=["Yes"])
    found = compare(a, b, labels=objects([None]))
    assert (found.only_a, found.different, found.agreement) == (1, 1, 0)


def test_flags_are_told_apart_from_options_only_where_one_matches():
    labels = halves(4)
    flags = made(matches=[1, 0, 0, 1], answer=["Yes", None, None, "No"])
    options = answering(["Yes", "Yes", "No", "Yes"], labels)
    found = compare(flags, options, labels=labels)
    assert (found.both, found.only_a, found.only_b, found.neither, found.different) == (1, 1, 0, 2, 1)


def test_interval_of_the_difference_is_scipys_paired_bootstrap():
    rng = np.random.default_rng(0)
    p, q = rng.random(150), rng.random(150)
    labels = halves(150)
    found = compare(made(matches=p > 0.5, p=p), made(matches=q > 0.6, p=q), labels=labels, random_state=3)
    by_scipy = stats.bootstrap((p - q,), np.mean, method="BCa", rng=np.random.default_rng(3)).confidence_interval
    assert found.mean_p_difference == pytest.approx((p - q).mean())
    assert (found.mean_p_interval.low, found.mean_p_interval.high) == pytest.approx((by_scipy.low, by_scipy.high), rel=1e-6)
    change = (p > 0.5).astype(float) - (q > 0.6)
    by_scipy = stats.bootstrap((change,), np.mean, method="BCa", rng=np.random.default_rng(3)).confidence_interval
    assert (found.difference_interval.low, found.difference_interval.high) == pytest.approx(
        (by_scipy.low, by_scipy.high), abs=0.015
    )


def test_rows_asked_several_times_count_once():
    """Each row ten times, in groups: the interval and p are those of the rows alone."""
    a, b, labels = pair(20, 14, 6, 10)
    alone = compare(a, b, labels=labels)
    copies = [made(matches=np.repeat(one.matches, 10)) for one in (a, b)]
    groups = np.repeat(np.arange(50), 10)
    grouped = compare(*copies, labels=np.repeat(labels, 10), groups=groups)
    naive = compare(*copies, labels=np.repeat(labels, 10))
    assert (grouped.n, grouped.n_groups, grouped.grouped) == (500, 50, True)
    assert grouped.grouped_pvalue == pytest.approx(alone.grouped_pvalue)
    assert grouped.difference_interval.low == pytest.approx(alone.difference_interval.low, abs=0.02)
    assert naive.mcnemar_pvalue < 1e-5 < 0.05 < grouped.grouped_pvalue
    assert naive.difference_interval.low > 0 > grouped.difference_interval.low


def test_negative_groups_are_groups_of_their_own():
    a, b, labels = pair(5, 5, 2, 3)
    groups = np.array([-1] * 12 + [0, 0, 1])
    assert compare(a, b, labels=labels, groups=groups).n_groups == 14
    assert (
        compare(a, b, labels=labels, groups=np.full(15, -1)).difference_interval == compare(a, b, labels=labels).difference_interval
    )


def test_single_group_has_no_interval():
    a, b, labels = pair(5, 5, 2, 3)
    assert nan(compare(a, b, labels=labels, groups=np.zeros(15, dtype=int)).difference_interval.low)


def test_nothing_in_common_is_nan():
    labels = halves(4)
    a = made(matches=[1, 0, math.nan, math.nan], status=["ok", "ok", None, None])
    b = made(matches=[math.nan, math.nan, 1, 0], status=[None, None, "ok", "ok"])
    found = compare(a, b, labels=labels, groups=np.arange(4))
    assert (found.n, found.n_p, found.n_groups) == (0, 0, 0)
    figures = (found.difference, found.agreement, found.mcnemar_pvalue, found.grouped_pvalue, found.mean_p_difference)
    assert all(nan(figure) for figure in (*figures, found.difference_interval.low, found.mean_p_interval.low))


def test_cluster_in_which_two_sets_differ_is_found_and_small_ones_are_hidden():
    rng = np.random.default_rng(0)
    clusters = np.repeat([0, 1, 2, 3], [200, 200, 29, 200])
    labels = halves(len(clusters))
    first = (rng.random(len(clusters)) < 0.6).astype(float)
    second = np.where(rng.random(len(clusters)) < 0.9, first, 1 - first)
    worse = (clusters == 1) & (rng.random(len(clusters)) < 0.5)
    second[worse] = 0
    found = compare_clusters(made(matches=first), made(matches=second), labels=labels, clusters=clusters, n_clusters=5)
    assert [one.flagged for one in found] == [False, True, False, False, False]
    assert [one.hidden for one in found] == [False, False, True, False, True]
    assert nan(found[2].difference)
    assert nan(found[2].difference_interval.low)
    assert (found[2].n, found[4].n) == (29, 0)
    for one in (found[0], found[1], found[3]):
        assert one.pvalue == pytest.approx(stats.binomtest(one.only_a, one.only_a + one.only_b).pvalue)
        assert one.difference == (one.only_a - one.only_b) / one.n
    shown = [one for one in found if not one.hidden]
    assert [one.qvalue for one in shown] == pytest.approx(list(stats.false_discovery_control([one.pvalue for one in shown])))


def test_clusters_take_duplicates_together_too():
    a, b, labels = pair(10, 14, 6, 10)
    copies = [made(matches=np.repeat(one.matches, 4)) for one in (a, b)]
    clusters, groups = np.zeros(160, dtype=int), np.repeat(np.arange(40), 4)
    (naive,) = compare_clusters(*copies, labels=np.repeat(labels, 4), clusters=clusters, n_clusters=1)
    (grouped,) = compare_clusters(*copies, labels=np.repeat(labels, 4), clusters=clusters, n_clusters=1, groups=groups)
    assert naive.flagged
    assert not grouped.flagged


def test_sets_of_other_maps_are_refused():
    with pytest.raises(ValueError, match="sets of 4 and 3 rows with 4 labels: they must be of one map"):
        compare(made(matches=[1] * 4), made(matches=[1] * 3), labels=halves(4))
    with pytest.raises(ValueError, match="2 groups for 4 rows"):
        compare(made(matches=[1] * 4), made(matches=[1] * 4), labels=halves(4), groups=np.arange(2))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_order_of_the_sets_turns_the_sign_only(seed: int):
    rng = np.random.default_rng(seed)
    a, b = (made(matches=rng.random(60) < 0.5, p=rng.random(60)) for _ in range(2))
    groups = rng.integers(0, 20, 60)
    ab, ba = (compare(*sets, labels=halves(60), groups=groups) for sets in ((a, b), (b, a)))
    assert ab.difference == -ba.difference
    assert (ab.mcnemar_pvalue, ab.grouped_pvalue, ab.agreement) == (ba.mcnemar_pvalue, ba.grouped_pvalue, ba.agreement)
    assert ab.both + ab.only_a + ab.only_b + ab.neither == ab.n
    assert ab.difference_interval.low == pytest.approx(-ba.difference_interval.high, abs=0.05)


def test_group_bootstrap_covers_the_truth_where_the_row_bootstrap_does_not(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(comparison, "bootstrap", partial(bootstrap, n_resamples=999))
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(60), 5)
    held = {"groups": 0, "rows": 0}
    for _ in range(100):
        values = np.repeat(rng.normal(0, 1, 60), 5) + 0.1 * rng.normal(0, 1, 300)
        for name, units in (("groups", group), ("rows", np.arange(300))):
            found = mean_by_group(values, units, random_state=0)
            held[name] += found.low <= 0 <= found.high
    assert held["groups"] >= 88
    assert held["rows"] <= 75


@pytest.mark.answers
@pytest.mark.evals
def test_two_real_prompts_score_alike_and_give_other_answers(answers_root: Path, evals_root: Path):
    chat, hhh = (real_answers(answers_root, evals_root, prompt, PERSONA[0]) for prompt in ("chat-yesno", "hhh"))
    found = compare(chat.scores, hhh.scores, labels=chat.labels)
    assert found.n == 1000
    assert found.mcnemar_pvalue == 1
    assert found.different == 997
