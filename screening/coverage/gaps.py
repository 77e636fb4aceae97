"""What a dataset has that another one lacks: its uncovered rows, clustered and named, as seeds to write more from."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.embeddings.array_types import Vectors
from evalmap.embeddings.clustering import cluster_kmeans
from evalmap.embeddings.naming import Embed, name_clusters

MOST_CLUSTERS = 12
ROWS_A_CLUSTER = 8  # so many at least on average, where there are


@dataclass(frozen=True)
class GapCluster:
    """Uncovered rows that belong together.

    Attributes
    ----------
    name : what they are called, as the clusters of a map are
    rows : of the dataset, rising
    exemplars : up to 5 of them, the most typical first, no text twice
    """

    name: str
    rows: tuple[int, ...]
    exemplars: tuple[int, ...]


@dataclass(frozen=True)
class Gap:
    """The rows of a dataset that nothing in another one is like.

    Attributes
    ----------
    similarity : below this cosine a row is uncovered
    rows : those rows, rising
    clusters : of these rows, the largest first; none where no row is uncovered
    """

    similarity: float
    rows: tuple[int, ...]
    clusters: tuple[GapCluster, ...]


def find_gap(
    texts: Sequence[str],
    embeddings: Vectors,
    nearest: NDArray[np.floating],
    *,
    similarity: float,
    embed: Embed | None = None,
    random_state: int = 42,
) -> Gap:
    """Cluster and name the rows whose nearest row in the other dataset is less alike than `similarity`.

    k-means on their vectors with the root of half of their number as k, at most 12 and no more than one cluster for 8 rows.

    Parameters
    ----------
    texts, embeddings : of the dataset
    nearest : (n,) the cosine of each row's nearest row in the other dataset
    embed : of the encoder, so that names are measured; None: they are not

    Raises
    ------
    ValueError : of different numbers of rows
    """
    if not len(texts) == len(embeddings) == len(nearest):
        raise ValueError(f"{len(texts):,} texts, {len(embeddings):,} vectors and {len(nearest):,} similarities; expected as many")
    rows = np.flatnonzero(nearest < similarity)
    if not len(rows):
        return Gap(similarity, (), ())
    k = max(1, min(MOST_CLUSTERS, len(rows) // ROWS_A_CLUSTER, round((len(rows) / 2) ** 0.5)))
    own, vectors = [str(texts[row]) for row in rows.tolist()], np.asarray(embeddings[rows])
    clustering = cluster_kmeans(vectors, k=k, random_state=random_state)
    names = name_clusters(own, [clustering], vectors, embed=embed)
    clusters = [
        GapCluster(
            name=name.name,
            rows=tuple(rows[clustering.labels == name.id].tolist()),
            exemplars=tuple(int(rows[exemplar]) for exemplar in name.exemplars),
        )
        for name in names
    ]
    return Gap(similarity, tuple(rows.tolist()), tuple(clusters))


def seeds(clusters: Sequence[dict[str, Any]], examples: pd.DataFrame) -> list[dict[str, Any]]:
    """The exemplars of a gap as few-shot seeds, to write more rows like them from.

    Each is {"text", "label", "gap" (its cluster's name), "gap_size", "dataset", "line"}.

    Parameters
    ----------
    clusters : of a gap, as the JSON of a comparison holds them
    examples : of the dataset that has these rows
    """
    found = []
    for cluster in clusters:
        for exemplar in cluster["exemplars"]:
            row = examples.iloc[exemplar["row"]]
            label = row["label"] if isinstance(row["label"], str) else None
            place = {"dataset": str(row["dataset"]), "line": int(row["line"])}
            found.append({"text": str(row["text"]), "label": label, "gap": cluster["name"], "gap_size": cluster["size"], **place})
    return found


def seed_lines(found: dict[str, Any], examples: Sequence[pd.DataFrame]) -> bytes:
    """The seeds of all gaps of a comparison as JSONL, each with "missing_in", the dataset that lacks what it is of.

    Parameters
    ----------
    found : the comparison as JSON holds it
    examples : of each of its datasets
    """
    records = [
        {**seed, "missing_in": found["datasets"][gap["by"]]["name"]}
        for gap in found["gaps"]
        for seed in seeds(gap["clusters"], examples[gap["of"]])
    ]
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records).encode("utf-8", "replace")
