"""Whether a cluster's labels depart from the dataset's."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalmap.embeddings.clustering import Clustering

SMALLEST = 10  # labelled rows; below, no cluster is flagged


@dataclass(frozen=True)
class Departure:
    """One cluster against the rest of the dataset.

    Attributes
    ----------
    id : cluster
    n : its rows with a label
    share : ratio of its labelled rows that bear the dataset's reference label; nan where n is 0
    p, q : of the test and after Benjamini–Hochberg over the clusters, 0–1, small = departs; nan where it was not tested
    """

    id: int
    n: int
    share: float
    p: float
    q: float

    @property
    def flagged(self) -> bool:
        return bool(self.q < 0.05)


TEST = "Fisher's exact test (chi-squared for more than two labels) of the cluster against the rest, Benjamini–Hochberg q < .05"


def reference_label(labels: pd.Series) -> str | None:
    """The label whose share is shown: Yes where there is one, else the first in alphabetical order; None without labels."""
    present = sorted(set(labels.dropna()))
    return next((label for label in present if label.lower() == "yes"), present[0] if present else None)


def label_departures(labels: pd.Series, clustering: Clustering) -> list[Departure]:
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
    p = np.full(len(table), np.nan)
    for cluster, counts in enumerate(table):
        rest = total - counts
        if len(values) < 2 or counts.sum() < SMALLEST or rest.sum() == 0:
            continue
        if len(values) == 2:
            p[cluster] = stats.fisher_exact(np.array([counts, rest]))[1]
        else:
            used = total > 0
            p[cluster] = stats.chi2_contingency(np.array([counts[used], rest[used]]), correction=False)[1]
    q = np.full(len(table), np.nan)
    tested = np.isfinite(p)
    if tested.any():
        q[tested] = stats.false_discovery_control(p[tested])
    at = list(values).index(reference) if reference is not None else -1
    sizes = table.sum(axis=1)
    shares = np.divide(table[:, at], sizes, out=np.full(len(table), np.nan), where=sizes > 0) if len(values) else q
    return [Departure(i, int(sizes[i]), float(shares[i]), float(p[i]), float(q[i])) for i in range(len(table))]
