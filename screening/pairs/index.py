"""Similar pairs of more rows than every two can be compared of: a faiss index, and how much of the truth it finds."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.embeddings.array_types import Progress, Vectors
from evalmap.screening.pairs.capping import CappedPairs
from evalmap.screening.pairs.cosine import ROUNDING, find_similar_across
from evalmap.screening.pairs.kernels import cosines

BLOCK = 4096  # rows asked at a time
TRAINED_ON = 50  # rows for each cell of the index, where there are so many
PROBED = 1 / 32  # the ratio of cells that are looked into for each row


def search_index(vectors: Vectors, found: CappedPairs, *, sample: int, progress: Progress) -> dict[str, Any]:
    """Add the pairs that an inverted-file index finds, each with its cosine in float64.

    Rows are sorted into about 4 √n cells; each row is compared with those in the cells nearest to it. A pair across distant cells
    is missed, so the recall is measured: `sample` random rows are compared with every row.

    Parameters
    ----------
    vectors : (n_samples, n_dims) float32, unit norm, no two equal

    Returns
    -------
    {"search": "faiss IVF", "recall": ratio of the sample's pairs that were found, None for no pairs, "cells", "probed",
    "sample_rows", "sample_pairs"}

    Raises
    ------
    DatasetError : faiss is not installed
    """
    try:
        import faiss
    except ImportError:
        raise DatasetError(
            f"{len(vectors):,} different rows are too many to compare every two of them. Install the index for large sets "
            "(pip install 'evalmap[large]'), or screen the files one by one."
        ) from None
    n, dims = vectors.shape
    cells = max(1, min(int(4 * n**0.5), n // TRAINED_ON))
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(dims), dims, cells, faiss.METRIC_INNER_PRODUCT)
    random = np.random.default_rng(0)
    drawn = np.sort(random.choice(n, size=min(n, cells * TRAINED_ON), replace=False))
    index.train(vectors[drawn])
    index.add(vectors)
    index.nprobe = max(8, round(cells * PROBED))

    measured = np.zeros(n, dtype=bool)
    measured[random.choice(n, size=min(sample, n), replace=False)] = True
    hits: list[tuple[NDArray[np.int64], NDArray[np.float32]]] = []
    for start in range(0, n, BLOCK):
        limits, _, columns = index.range_search(vectors[start : start + BLOCK], float(found.floor) - ROUNDING)
        rows = start + np.repeat(np.arange(len(limits) - 1), np.diff(limits).astype(np.int64))
        later = columns > rows  # each pair once: as the lower row sees it
        left, right = rows[later], columns[later].astype(np.int64)
        value = cosines()(vectors, vectors, left, right)
        found.add(left, right, value)
        seen = measured[left] | measured[right]
        hits.append((left[seen] * n + right[seen], value[seen]))
        progress(min(start + BLOCK, n), n)
    recall, pairs = _recall(vectors, np.flatnonzero(measured), hits, floor=float(found.floor))
    figures = {"cells": cells, "probed": index.nprobe, "sample_rows": int(measured.sum()), "sample_pairs": pairs}
    return {"search": "faiss IVF", "recall": recall, **figures}


def _recall(
    vectors: Vectors, rows: NDArray[np.int64], hits: list[tuple[NDArray[np.int64], NDArray[np.float32]]], *, floor: float
) -> tuple[float | None, int]:
    """(ratio of the pairs of some rows that were found, how many there are in truth); the ratio is None for no pairs."""
    n = len(vectors)
    true = find_similar_across(vectors[rows], vectors, floor=min(floor, 1.0), max_pairs=len(rows) * n)
    at, others = rows[true.left], true.right.astype(np.int64) - len(rows)
    truth = np.unique((np.minimum(at, others) * n + np.maximum(at, others))[at != others])
    found = np.concatenate([keys[value >= np.float32(floor)] for keys, value in hits])
    return (float(np.isin(truth, found).mean()) if len(truth) else None), len(truth)
