"""Label balance per cluster: the test beside SciPy's, and what the two remedies leave."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from evalmap.embeddings.clustering import Clustering
from evalmap.screening.quality.label_balance import label_balance

NAMES = ("boats", "trains", "tea")
# 20 Yes and 2 No; 4 Yes and 24 No; 8 and 6: 32 of each
ROWS = ((0, "Yes"),) * 20 + ((0, "No"),) * 2 + ((1, "Yes"),) * 4 + ((1, "No"),) * 24 + ((2, "Yes"),) * 8 + ((2, "No"),) * 6


def parts(rows: Sequence[tuple[int, str | None]]) -> tuple[pd.Series, Clustering]:
    clusters = np.array([cluster for cluster, _ in rows], dtype=np.int32)
    return pd.Series([label for _, label in rows], dtype="object"), Clustering("k-means", clusters)


def test_clusters_are_tested_with_correction():
    labels, clustering = parts(ROWS)
    balance = label_balance(labels, clustering, names=NAMES)
    tables = [[[20, 2], [12, 30]], [[4, 24], [28, 8]], [[8, 6], [24, 26]]]
    pvalues = [stats.fisher_exact(table)[1] for table in tables]
    assert [one.pvalue for one in balance.clusters] == pytest.approx(pvalues)
    assert [one.qvalue for one in balance.clusters] == pytest.approx(stats.false_discovery_control(pvalues))
    assert [one.flagged for one in balance.clusters] == [True, True, False]
    assert (balance.reference, balance.reason) == ("Yes", "")


def test_three_labels_are_tested_by_chi_squared_and_the_correction_is_that_of_statsmodels():
    counts = np.array([[30, 10, 8], [12, 25, 9], [11, 13, 20], [3, 2, 1]])  # the last cluster has too few rows
    rows = [(cluster, label) for cluster, of in enumerate(counts) for label, n in zip("abc", of, strict=True) for _ in range(n)]
    balance = label_balance(*parts(rows), names=[*NAMES, "jars"])
    pvalues = [stats.chi2_contingency([of, counts.sum(axis=0) - of], correction=False)[1] for of in counts[:3]]
    assert [one.pvalue for one in balance.clusters[:3]] == pytest.approx(pvalues)
    assert [one.qvalue for one in balance.clusters[:3]] == pytest.approx(multipletests(pvalues, method="fdr_bh")[1])
    assert np.isnan([balance.clusters[3].pvalue, balance.clusters[3].qvalue]).all()
    assert "Benjamini–Hochberg" in balance.as_dict()["test"]


def test_where_no_cluster_deviates_few_are_flagged():
    """Labels by chance in twenty clusters, thirty times: with a correction, seldom is any flagged."""
    generator, flagged = np.random.default_rng(6), 0
    for _ in range(30):
        labels, clusters = generator.choice(["Yes", "No"], 600), generator.integers(0, 20, 600)
        rows = list(zip(clusters.tolist(), labels.tolist(), strict=True))
        flagged += any(one.flagged for one in label_balance(*parts(rows), names=[str(i) for i in range(20)]).clusters)
    assert flagged <= 4


def test_the_remedies_name_rows_to_drop_and_topics_to_write_for():
    labels, clustering = parts(ROWS)
    balance = label_balance(labels, clustering, names=NAMES)
    assert {one.name: one.to_write for one in balance.clusters} == {"boats": {"No": 18}, "trains": {"Yes": 20}, "tea": {}}
    assert balance.to_drop.tolist() == [*range(2, 20), *range(30, 50)]


def test_rows_that_the_order_prefers_stay():
    labels, clustering = parts(ROWS)
    backwards = np.arange(len(ROWS))[::-1]
    balance = label_balance(labels, clustering, names=NAMES, order=backwards)
    assert balance.to_drop.tolist() == [*range(18), *range(26, 46)]


def test_a_dataset_that_is_not_balanced_keeps_its_shares():
    rows = ((0, "Yes"),) * 20 + ((0, "No"),) * 30 + ((1, "Yes"),) * 100 + ((1, "No"),) * 10
    balance = label_balance(*parts(rows), names=NAMES[:2])  # three Yes to a No
    assert [one.to_write for one in balance.clusters] == [{"Yes": 70}, {"No": 24}]
    assert balance.to_drop.tolist() == [*range(26, 50), *range(80, 150)]


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["Yes", "No", "Maybe", None])), min_size=30, max_size=120))
def test_both_remedies_come_within_a_row_of_the_shares_and_touch_nothing_else(rows: list[tuple[int, str | None]]):
    rows = [*rows, *ROWS, (0, None), (1, None), (2, None)]
    balance = label_balance(*parts(rows), names=NAMES)
    overall = Counter(label for _, label in rows if label is not None)
    gone = set(balance.to_drop.tolist())
    assert all(rows[row][1] is not None for row in gone)
    for one in balance.clusters:
        mine = [row for row, (cluster, _) in enumerate(rows) if cluster == one.id]
        left = Counter(rows[row][1] for row in mine if row not in gone and rows[row][1] is not None)
        assert {label: one.counts[label] for label in overall} == one.counts
        if not one.flagged:
            assert gone.isdisjoint(mine)
            assert one.to_write == {}
            continue
        written = {label: count + one.to_write.get(label, 0) for label, count in one.counts.items()}
        has = [label for label, count in one.counts.items() if count]
        # some label is as it was, and beside it every other has the share of the dataset, to within a row
        assert any(left[fixed] == one.counts[fixed] and all(near(left, overall, a, fixed) for a in has) for fixed in has)
        assert any(written[fixed] == one.counts[fixed] and all(near(written, overall, a, fixed) for a in overall) for fixed in has)


def near(counts: Mapping[Any, int], overall: Mapping[str, int], label: str, fixed: str) -> bool:
    return abs(counts[label] - overall[label] * counts[fixed] / overall[fixed]) < 1


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([(0, None), (1, None), (2, None)], "no row has a label."),
        ([(0, "Yes"), (1, "Yes"), (2, None)], "all rows with a label bear Yes."),
        ([(0, "Yes"), (1, "No"), (2, "No")], "no cluster could be tested: none has 10 labelled rows, with others beside it."),
    ],
)
def test_what_cannot_be_tested_has_a_reason(rows: list[tuple[int, str | None]], reason: str):
    balance = label_balance(*parts(rows), names=NAMES)
    assert (balance.reason, balance.to_drop.tolist()) == (reason, [])
    assert json.loads(json.dumps(balance.as_dict(), allow_nan=False))["reason"] == reason


def test_what_does_not_fit_is_an_error():
    labels, clustering = parts(ROWS)
    with pytest.raises(ValueError, match="64 labels, 1 names for 64 rows in 3 clusters"):
        label_balance(labels, clustering, names=["boats"])
