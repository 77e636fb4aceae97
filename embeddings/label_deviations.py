"""Whether a cluster's labels deviate from the dataset's."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalmap.embeddings.clustering import Clustering

SMALLEST = 10  # labelled rows; below, no cluster is flagged


@dataclass(frozen=True)
class LabelDeviation:
    """One cluster against the rest of the dataset.

    Attributes
    ----------
    id : cluster
    n : its rows with a label
    share : ratio of its labelled rows that bear the dataset's reference label; nan where n is 0
    pvalue, qvalue : of the test and after Benjamini–Hochberg over the clusters, 0–1, small = deviates; nan where it was not tested
    """

    id: int
    n: int
    share: float
    pvalue: float
    qvalue: float

    @property
    def flagged(self) -> bool:
        return bool(self.qvalue < 0.05)


TEST = "Fisher's exact test (chi-squared for more than two labels) of the cluster against the rest, Benjamini–Hochberg q < .05"


def reference_label(labels: pd.Series) -> str | None:
    """The label whose share is shown: Yes where there is one, else the first in alphabetical order; None without labels."""
    present = sorted(set(labels.dropna()))
    return next((label for label in present if label.lower() == "yes"), present[0] if present else None)


def label_deviations(labels: pd.Series, clustering: Clustering) -> list[LabelDeviation]:
    """Test each cluster's label counts against those of all other rows.

    Two labels: Fisher's exact test, two-sided. More: chi-squared without correction. Clusters under 10 labelled rows, and
    datasets with fewer than two labels, are not tested.

    Source: scipy.stats.fisher_exact, chi2_contingency, false_discovery_control.
    """
    from scipy import stats

    reference = reference_label(labels)
    codes, values = pd.factorize(labels, sort=True)
    known = codes >= 0
    table = np.zeros((clustering.n_clusters, len(values)), dtype=np.int64)
    np.add.at(table, (clustering.labels[known], codes[known]), 1)
    total = table.sum(axis=0)
    pvalues = np.full(len(table), np.nan)
    for cluster, counts in enumerate(table):
        rest = total - counts
        if len(values) < 2 or counts.sum() < SMALLEST or rest.sum() == 0:
            continue
        if len(values) == 2:
            pvalues[cluster] = stats.fisher_exact(np.array([counts, rest]))[1]
        else:
            used = total > 0
            pvalues[cluster] = stats.chi2_contingency(np.array([counts[used], rest[used]]), correction=False)[1]
    qvalues = np.full(len(table), np.nan)
    tested = np.isfinite(pvalues)
    if tested.any():
        qvalues[tested] = stats.false_discovery_control(pvalues[tested])
    at = list(values).index(reference) if reference is not None else -1
    sizes = table.sum(axis=1)
    shares = np.divide(table[:, at], sizes, out=np.full(len(table), np.nan), where=sizes > 0) if len(values) else qvalues
    return [LabelDeviation(i, int(sizes[i]), float(shares[i]), float(pvalues[i]), float(qvalues[i])) for i in range(len(table))]
