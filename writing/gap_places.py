"""Where a dataset is thin: small clusters, clusters whose labels are uneven, what a reference has beyond it, rows of a choice."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.labels import label_counts
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.clustering import Clustering
from evalmap.embeddings.layers import KMEANS
from evalmap.embeddings.naming import name_clusters
from evalmap.screening.quality.label_balance import label_balance

Kind = Literal["thin", "uneven", "uncovered", "cluster", "chosen"]
THIN = 0.5  # of the median cluster's distinct rows; with fewer a cluster is thin


@dataclass(frozen=True)
class GapPlace:
    """A place of a dataset that wants more rows.

    Attributes
    ----------
    kind : "thin" (few distinct rows), "uneven" (its labels), "uncovered" (rows of a reference), "cluster" (any), "chosen" (rows)
    number : of the cluster in its layer, or in the list of what is uncovered, from 0; None for chosen rows
    name : what the place is about, as clusters are named
    rows : that lie there, ascending; of the reference where kind is "uncovered", else of the dataset
    counts : {label: rows there}
    to_write : {label: rows that would even it out}; {} where nothing says how many
    reason : a sentence with the figures
    """

    kind: Kind
    number: int | None
    name: str
    rows: tuple[int, ...]
    counts: Mapping[str, int]
    to_write: Mapping[str, int]
    reason: str

    def as_dict(self) -> dict[str, Any]:
        """As JSON-able values; of the rows their number."""
        told = {name: getattr(self, name) for name in ("kind", "number", "name", "counts", "to_write", "reason")}
        return {**told, "counts": dict(self.counts), "to_write": dict(self.to_write), "rows": len(self.rows)}


def find_thin(built: BuiltMap, kept: NDArray[np.bool_], *, layer: str = KMEANS.id) -> list[GapPlace]:
    """Clusters with fewer distinct rows than half of what the median cluster of the layer has, the thinnest first.

    `to_write` brings them to the median, in the shares that the labels have in the dataset.

    Parameters
    ----------
    kept : (n_samples,) rows that stay in a screening, so that near-duplicates count once

    Raises
    ------
    ValueError : kept is not of the map's rows
    """
    if len(kept) != len(built):
        raise ValueError(f"{len(kept):,} rows of a screening and {len(built):,} of the map; expected as many")
    clustering = built.clustering(layer)
    distinct = np.bincount(clustering.labels[kept], minlength=clustering.n_clusters)
    median = float(np.median(distinct)) if len(distinct) else 0.0
    found = []
    for cluster in np.argsort(distinct, kind="stable").tolist():
        if distinct[cluster] >= THIN * median:
            break
        rows = np.flatnonzero(clustering.labels == cluster)
        short = math.ceil(median) - int(distinct[cluster])
        reason = f"{len(rows):,} rows, {distinct[cluster]:,} of them distinct; the median cluster has {median:g}"
        found.append(_of_cluster(built, layer, cluster, "thin", _shared_out(short, built.manifest.labels), reason))
    return found


def find_uneven(built: BuiltMap, *, layer: str = KMEANS.id) -> list[GapPlace]:
    """Clusters whose labels are not shared out as in the dataset (q < .05), the surest first, as on the Quality page."""
    names = [name.name for name in built.names_by_layer[layer]]
    balance = label_balance(built.examples["label"], built.clustering(layer), names=names)
    uneven = sorted((one for one in balance.clusters if one.to_write), key=lambda one: one.qvalue)
    total = built.manifest.labels
    overall = " and ".join(f"{100 * count / sum(total.values()):.0f} % {label}" for label, count in list(total.items())[:2])
    return [
        _of_cluster(
            built,
            layer,
            one.id,
            "uneven",
            one.to_write,
            f"{' and '.join(f'{count:,} {label}' for label, count in one.counts.items())}, where the dataset has {overall}",
        )
        for one in uneven
    ]


def find_uncovered(comparison: Mapping[str, Any], reference: BuiltMap, *, by: str) -> list[GapPlace]:
    """What the reference has and the dataset lacks, the largest first; `rows` are the reference's.

    Parameters
    ----------
    comparison : of the dataset, first, and the reference, second, as JSON holds it
    by : the dataset's name

    Raises
    ------
    DatasetError : the dataset covers all rows of the reference
    """
    gap = next(gap for gap in comparison["gaps"] if (gap["of"], gap["by"]) == (1, 0))
    if not gap["rows"]:
        raise DatasetError(
            f"{by}: covers all {len(reference):,} rows of {reference.manifest.name} (each has one at least {gap['similarity']:g} "
            "alike). There is nothing to write from it.",
            "like",
        )
    return [
        uncovered_place(cluster, reference, number=number, by=by, similarity=gap["similarity"])
        for number, cluster in enumerate(gap["clusters"])
    ]


def uncovered_place(cluster: Mapping[str, Any], reference: BuiltMap, *, number: int, by: str, similarity: float) -> GapPlace:
    """A cluster of a gap as a comparison's JSON holds it."""
    rows = np.array(cluster["rows"], dtype=np.int64)
    counts = label_counts(reference.examples["label"].iloc[rows])
    reason = f"{len(rows):,} rows of {reference.manifest.name} with nothing in {by} at least {similarity:g} alike"
    return GapPlace("uncovered", number, cluster["name"], tuple(rows.tolist()), counts, counts, reason)


def cluster_place(built: BuiltMap, layer: str, cluster: int) -> GapPlace:
    """A cluster, whatever is or is not the matter with it."""
    size = int((built.clustering(layer).labels == cluster).sum())
    return _of_cluster(built, layer, cluster, "cluster", {}, f"{size:,} rows")


def chosen_place(built: BuiltMap, rows: Sequence[int] | NDArray[np.integer], *, chosen: str) -> GapPlace:
    """Rows that a person chose, named by the words that set them apart.

    Parameters
    ----------
    chosen : how, in words

    Raises
    ------
    DatasetError : no row is chosen
    """
    places = np.unique(np.asarray(rows, dtype=np.int64))
    if not len(places):
        raise DatasetError(
            f"{built.manifest.name}: no row is chosen ({chosen}). Choose the rows to write more like.", "rows", "where"
        )
    labels = np.ones(len(built), dtype=np.int32)
    labels[places] = 0
    own = labels if len(places) < len(built) else np.zeros(len(built), dtype=np.int32)
    texts = built.examples["embedded_text"].tolist()
    name = name_clusters(texts, [Clustering(KMEANS.id, own)], np.asarray(built.vectors))[0].name
    counts = label_counts(built.examples["label"].iloc[places])
    return GapPlace("chosen", None, name, tuple(places.tolist()), counts, {}, f"{len(places):,} rows ({chosen})")


def rows_listed(built: BuiltMap, content: str, *, where: str) -> NDArray[np.int64]:
    """The rows that a file names: one a line, by its number in the dataset's file (from 1) or as the row itself stands.

    Parameters
    ----------
    where : the file, for error sentences

    Raises
    ------
    DatasetError : a line names no row of the map, or there is none
    """
    raw: dict[str, int] = {}
    for row, line in enumerate(built.examples["raw"].tolist()):
        raw.setdefault(line.strip(), row)
    lines: dict[str, int] = {}
    if built.examples["dataset"].nunique() == 1:
        lines = {str(line): row for row, line in enumerate(built.examples["line"].tolist())}
    found = []
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip():
            continue
        row = raw.get(line.strip(), lines.get(line.strip()))
        row = _same_object(line, raw) if row is None else row
        if row is None:
            raise DatasetError(
                f"{where} line {number}: no row of {built.manifest.name}. Give a row as it stands in its file (as the map exports "
                "it), or its line's number where it is one file.",
                "rows",
            )
        found.append(row)
    if not found:
        raise DatasetError(f"{where}: names no row. Put one on each line.", "rows")
    return np.unique(np.array(found, dtype=np.int64))


def _same_object(line: str, raw: Mapping[str, int]) -> int | None:
    """The row that holds the same JSON, spelled otherwise."""
    try:
        value = json.loads(line)
    except ValueError:
        return None
    if not isinstance(value, dict):
        return None
    return next((row for text, row in raw.items() if text.startswith("{") and json.loads(text) == value), None)


def _of_cluster(built: BuiltMap, layer: str, cluster: int, kind: Kind, to_write: Mapping[str, int], reason: str) -> GapPlace:
    rows = np.flatnonzero(built.clustering(layer).labels == cluster)
    counts = label_counts(built.examples["label"].iloc[rows])
    return GapPlace(kind, cluster, built.names_by_layer[layer][cluster].name, tuple(rows.tolist()), counts, to_write, reason)


def _shared_out(n: int, labels: Mapping[str, int]) -> dict[str, int]:
    """n rows in the shares of the labels, rounded up."""
    total = sum(labels.values())
    return {label: math.ceil(n * count / total) for label, count in labels.items() if count}
