"""Which rows pass the filters of the map page."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.layers import KMEANS


@dataclass(frozen=True)
class Filters:
    """What the reader asked for; an empty value filters nothing.

    labels : rows that bear one of them
    confidence : (low, high), both included; a row without a confidence passes only where nothing is filtered
    layer, clusters : rows in one of the clusters of the layer
    files : rows of one of the files of a collection
    contains : literal text, whatever the case
    """

    labels: tuple[str, ...] = ()
    confidence: tuple[float, float] | None = None
    layer: str = KMEANS.id
    clusters: tuple[int, ...] = ()
    files: tuple[str, ...] = ()
    contains: str = ""

    @property
    def active(self) -> bool:
        return bool(self.labels or self.confidence or self.clusters or self.files or self.contains)


def passing(built: BuiltMap, filters: Filters) -> NDArray[np.bool_]:
    """(n_samples,) bool: the rows that pass every filter."""
    examples = built.examples
    mask = np.ones(len(built), dtype=bool)
    if filters.labels:
        mask &= examples["label"].isin(filters.labels).to_numpy(dtype=bool)
    if filters.confidence:
        low, high = filters.confidence
        confidence = examples["confidence"].to_numpy()
        mask &= (confidence >= low) & (confidence <= high)
    if filters.clusters:
        mask &= np.isin(built.clustering(filters.layer).labels, filters.clusters)
    if filters.files:
        mask &= examples["dataset"].isin(filters.files).to_numpy(dtype=bool)
    if filters.contains:
        mask &= examples["text"].str.contains(filters.contains, case=False, regex=False).to_numpy(dtype=bool)
    return mask
