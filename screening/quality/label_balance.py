"""Label balance per cluster, and its two remedies: rows to drop, or topics to write more for."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.embeddings.clustering import Clustering
from evalmap.embeddings.label_deviations import TEST, label_deviations, reference_label


@dataclass(frozen=True)
class ClusterBalance:
    """The labels of one cluster.

    Attributes
    ----------
    id, name : which cluster, and how it is called
    counts : label → rows, of every label of the dataset
    share : ratio of labelled rows that bear the reference label, 0–1; nan without labels
    pvalue, qvalue : as in `evalmap.embeddings.label_deviations.LabelDeviation`; nan where it was not tested
    flagged : whether q < .05
    to_write : label → rows to write more of this topic, until the labels have the dataset's shares; {} where it is not flagged
    """

    id: int
    name: str
    counts: dict[str, int]
    share: float
    pvalue: float
    qvalue: float
    flagged: bool
    to_write: dict[str, int]


@dataclass(frozen=True)
class LabelBalance:
    """The labels of all clusters of a layer.

    Attributes
    ----------
    reference : the label whose share is told; None without labels
    clusters : one a cluster, by id
    to_drop : rows, ascending, without which the labels of each flagged cluster have the dataset's shares
    reason : why nothing was tested; "" where something was
    """

    reference: str | None
    clusters: tuple[ClusterBalance, ...]
    to_drop: NDArray[np.int64]
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As JSON-able values; nan is null. `test` names the test and its correction."""
        listed = []
        for one in self.clusters:
            numbers = {name: getattr(one, name) for name in ("share", "pvalue", "qvalue")}
            plain = {name: None if np.isnan(value) else value for name, value in numbers.items()}
            told = {"id": one.id, "name": one.name, "counts": one.counts, **plain}
            listed.append({**told, "flagged": one.flagged, "to_write": one.to_write})
        told = {"reference": self.reference, "test": TEST, "clusters": listed, "to_drop": self.to_drop.tolist()}
        return {**told, **({"reason": self.reason} if self.reason else {})}


def label_balance(
    labels: pd.Series, clustering: Clustering, *, names: Sequence[str], order: NDArray[np.integer] | None = None
) -> LabelBalance:
    """Test the labels of each cluster against those of all other rows, and say what would even them out.

    The remedies are those of Perez et al.: fewer rows inside a cluster, or more of a narrower topic. Both bring the labels of
    flagged clusters to the shares that the dataset has, to within a row; in a dataset with as many Yes as No, to equal counts. No
    dropping brings a label to a cluster that lacks it: then those that it has are evened out.

    Parameters
    ----------
    labels : (n,) missing where a row has none; such rows are never dropped
    clustering : of the same n rows
    names : of the clusters, by id
    order : (n,) rows by preference, those to keep first (a keeper rule's); None: as they stand

    Returns
    -------
    `LabelBalance`; with a reason where fewer than two labels are there, or no cluster has 10 labelled rows

    Raises
    ------
    ValueError : labels, names or order do not fit the clusters

    Source: Fisher's exact test (chi-squared for more labels), Benjamini–Hochberg; Perez et al. 2022, arXiv:2212.09251.
    """
    n, n_clusters = len(clustering.labels), clustering.n_clusters
    if len(labels) != n or len(names) != n_clusters or (order is not None and len(order) != n):
        told = "" if order is None else f", an order of {len(order):,}"
        raise ValueError(f"{len(labels):,} labels, {len(names):,} names{told} for {n:,} rows in {n_clusters:,} clusters")
    labels = labels.reset_index(drop=True)
    every = sorted(set(labels.dropna()))
    overall = {label: int((labels == label).sum()) for label in every}
    rank = np.argsort(np.arange(n) if order is None else order)
    clusters, gone = [], []
    for one in label_deviations(labels, clustering):
        rows = {label: np.flatnonzero((clustering.labels == one.id) & (labels == label).to_numpy()) for label in every}
        counts = {label: len(of) for label, of in rows.items()}
        to_write: dict[str, int] = {}
        if one.flagged:
            ratios = {label: Fraction(count, overall[label]) for label, count in counts.items()}
            most, least = max(ratios.values()), min(ratio for ratio in ratios.values() if ratio)
            wanted = {label: math.ceil(overall[label] * most) for label in every}
            to_write = {label: wanted[label] - count for label, count in counts.items() if count < wanted[label]}
            gone += [of[np.argsort(rank[of])][math.floor(overall[label] * least) :] for label, of in rows.items()]
        clusters.append(ClusterBalance(one.id, names[one.id], counts, one.share, one.pvalue, one.qvalue, one.flagged, to_write))
    return LabelBalance(
        reference=reference_label(labels),
        clusters=tuple(clusters),
        to_drop=np.sort(np.concatenate(gone)).astype(np.int64) if gone else np.empty(0, dtype=np.int64),
        reason=_reason(every, clusters),
    )


def _reason(every: Sequence[str], clusters: Sequence[ClusterBalance]) -> str:
    if not every:
        return "no row has a label."
    if len(every) == 1:
        return f"all rows with a label bear {every[0]}."
    if not any(np.isfinite(one.pvalue) for one in clusters):
        return "no cluster could be tested: none has 10 labelled rows, with others beside it."
    return ""
