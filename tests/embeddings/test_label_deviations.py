"""Whether a cluster's labels depart from the dataset's: against scipy by hand, cluster by cluster."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evalmap.embeddings.clustering import Clustering
from evalmap.embeddings.label_deviations import SMALLEST, LabelDeviation, label_deviations, reference_label


def table_of(*counts: Mapping[Any, int]) -> tuple[pd.Series, Clustering]:
    """Rows with these label counts in cluster 0, 1, …, mixed so that clusters do not lie in blocks."""
    labels = [label for cluster in counts for label, n in cluster.items() for _ in range(n)]
    clusters = [at for at, cluster in enumerate(counts) for n in cluster.values() for _ in range(n)]
    order = np.random.default_rng(0).permutation(len(labels))
    mixed = pd.Series([labels[row] for row in order], dtype="str")
    return mixed, Clustering("kmeans", np.array(clusters, dtype=np.int32)[order])


def nan(value: float) -> bool:
    return math.isnan(value)


def test_two_labels_are_tested_by_fisher_against_the_rest():
    found = label_deviations(*table_of({"Yes": 40, "No": 10}, {"Yes": 5, "No": 45}, {"Yes": 26, "No": 24}))
    by_hand = [
        stats.fisher_exact([[40, 10], [31, 69]]).pvalue,  # type: ignore[attr-defined]
        stats.fisher_exact([[5, 45], [66, 34]]).pvalue,  # type: ignore[attr-defined]
        stats.fisher_exact([[26, 24], [45, 55]]).pvalue,  # type: ignore[attr-defined]
    ]
    assert [deviation.pvalue for deviation in found] == pytest.approx(by_hand)
    assert [deviation.id for deviation in found] == [0, 1, 2]
    assert [deviation.n for deviation in found] == [50, 50, 50]
    assert [deviation.share for deviation in found] == pytest.approx([0.8, 0.1, 0.52])
    assert [deviation.flagged for deviation in found] == [True, True, False]


def test_more_labels_are_tested_by_chi_squared_without_correction():
    counts = [{"A": 20, "B": 5, "C": 5}, {"A": 10, "B": 12, "C": 8}, {"A": 0, "B": 15, "C": 15}]
    found = label_deviations(*table_of(*counts))
    total = np.array([30, 32, 28])
    for deviation, cluster in zip(found, counts, strict=True):
        own = np.array(list(cluster.values()))
        expected = np.outer([own.sum(), (total - own).sum()], total) / total.sum()
        statistic = ((np.array([own, total - own]) - expected) ** 2 / expected).sum()
        assert deviation.pvalue == pytest.approx(stats.chi2.sf(statistic, df=2))
    assert [deviation.share for deviation in found] == pytest.approx([20 / 30, 10 / 30, 0])


def test_q_is_benjamini_hochberg_over_the_clusters_that_were_tested():
    labels, clustering = table_of(
        {"Yes": 30, "No": 10}, {"Yes": 14, "No": 26}, {"Yes": 21, "No": 19}, {"Yes": 9, "No": 0}, {"Yes": 18, "No": 22}
    )
    found = label_deviations(labels, clustering)
    tested = [deviation for deviation in found if not nan(deviation.pvalue)]
    assert [deviation.id for deviation in tested] == [0, 1, 2, 4]
    ranked = sorted(tested, key=lambda deviation: deviation.pvalue)
    smallest = 1.0
    for place in range(len(ranked), 0, -1):
        smallest = min(smallest, ranked[place - 1].pvalue * len(ranked) / place)
        assert ranked[place - 1].qvalue == pytest.approx(smallest)


def test_cluster_under_ten_labelled_rows_is_not_tested_however_one_sided():
    found = label_deviations(*table_of({"Yes": SMALLEST - 1}, {"Yes": SMALLEST, "No": 0}, {"Yes": 50, "No": 50}))
    assert nan(found[0].pvalue)
    assert nan(found[0].qvalue)
    assert not found[0].flagged
    assert (found[0].n, found[0].share) == (9, 1.0)
    assert not nan(found[1].pvalue)


def test_rows_without_a_label_count_for_nothing():
    with_missing = label_deviations(*table_of({"Yes": 30, "No": 10, None: 25}, {"Yes": 10, "No": 30, None: 3}, {None: 12}))
    without = label_deviations(*table_of({"Yes": 30, "No": 10}, {"Yes": 10, "No": 30}))
    assert with_missing[:2] == without
    assert (with_missing[2].n, with_missing[2].flagged) == (0, False)
    assert nan(with_missing[2].share)
    assert nan(with_missing[2].pvalue)


def test_one_label_is_shown_and_not_tested():
    found = label_deviations(*table_of({"Yes": 40}, {"Yes": 20, None: 5}))
    assert [(deviation.n, deviation.share) for deviation in found] == [(40, 1.0), (20, 1.0)]
    assert all(nan(deviation.pvalue) and nan(deviation.qvalue) and not deviation.flagged for deviation in found)


def test_no_labels_leave_nothing_to_show():
    found = label_deviations(*table_of({None: 40}, {None: 20}))
    assert [deviation.n for deviation in found] == [0, 0]
    assert all(nan(value) for deviation in found for value in (deviation.share, deviation.pvalue, deviation.qvalue))
    assert reference_label(pd.Series([None, None], dtype="str")) is None


def test_single_cluster_has_no_rest_to_depart_from():
    (only,) = label_deviations(*table_of({"Yes": 40, "No": 20}))
    assert nan(only.pvalue)
    assert only.share == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("labels", "reference"),
    [
        (["No", "Yes"], "Yes"),
        (["yes", "NO"], "yes"),
        (["(B)", "(A)", None], "(A)"),
        (["solo"], "solo"),
    ],
)
def test_reference_label_is_yes_or_the_first_in_the_alphabet(labels: list[str | None], reference: str):
    assert reference_label(pd.Series(labels, dtype="str")) == reference


def test_flag_is_q_below_a_twentieth():
    assert not LabelDeviation(0, 20, 0.5, 0.01, 0.05).flagged
    assert LabelDeviation(0, 20, 0.5, 0.01, 0.0499).flagged
    assert not LabelDeviation(0, 20, 0.5, float("nan"), float("nan")).flagged


def test_chance_alone_is_seldom_flagged():
    random = np.random.default_rng(1)
    flagged = 0
    for _ in range(40):
        labels = pd.Series(random.choice(["Yes", "No"], size=300), dtype="str")
        clustering = Clustering("kmeans", random.integers(0, 8, 300).astype(np.int32))
        flagged += any(deviation.flagged for deviation in label_deviations(labels, clustering))
    assert flagged <= 6
