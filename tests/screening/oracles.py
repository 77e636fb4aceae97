"""Plain loops to hold the screening against, and small sets of pairs."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.text.normalization import NORMALIZATIONS, normalize
from evalmap.embeddings.array_types import Vectors
from evalmap.screening.pair_types import NOT_EXACT, Pairs


def pairs_from(n: int, listed: Iterable[tuple[int, int, float]], *, exact: Sequence[int] | None = None) -> Pairs:
    """Pairs (left, right, semantic) as they are given; lexical is 0."""
    rows = sorted((min(a, b), max(a, b), s) for a, b, s in listed)
    left, right, semantic = ([row[at] for row in rows] for at in range(3))
    return Pairs(
        n,
        np.array(left, dtype=np.int32),
        np.array(right, dtype=np.int32),
        np.array(exact if exact is not None else [NOT_EXACT] * len(rows), dtype=np.uint8),
        np.zeros(len(rows), dtype=np.float32),
        np.array(semantic, dtype=np.float32),
        {"lexical": 0.0, "semantic": 0.0},
    )


def grams(text: str) -> set[str]:
    text = normalize(text, "typographic")
    return {text[i : i + 4] for i in range(len(text) - 3)} or {text}


def brute_pairs(texts: Sequence[str], vectors: Vectors, *, floor: float = 0.5) -> Pairs:
    """Every pair of rows that is equal under alphanumeric, or at or above the floor in one of the two numbers."""
    found = []
    for a in range(len(texts)):
        for b in range(a + 1, len(texts)):
            same = [normalize(texts[a], level) == normalize(texts[b], level) for level in NORMALIZATIONS]
            equal = same.index(True) if any(same) else NOT_EXACT
            one, other = grams(texts[a]), grams(texts[b])
            lexical, semantic = len(one & other) / len(one | other), float(vectors[a] @ vectors[b])
            if equal < NOT_EXACT or lexical >= floor or semantic >= floor:
                found.append((a, b, equal, lexical, semantic))
    left, right, exact, lexical, semantic = list(zip(*found, strict=True)) or [[], [], [], [], []]
    return Pairs(
        len(texts),
        np.array(left, dtype=np.int32),
        np.array(right, dtype=np.int32),
        np.array(exact, dtype=np.uint8),
        np.array(lexical, dtype=np.float32),
        np.array(semantic, dtype=np.float32),
        {"lexical": floor, "semantic": floor},
    )


def greedy(n: int, edges: Iterable[tuple[int, int]], order: Sequence[int]) -> dict[int, int]:
    """Row → the kept row that it is removed for; a kept row → itself."""
    near: dict[int, set[int]] = {row: set() for row in range(n)}
    for a, b in edges:
        near[a].add(b)
        near[b].add(a)
    decided: dict[int, int] = {}
    for row in order:
        kept_before = [other for other in order if decided.get(other) == other and other in near[row]]
        decided[row] = kept_before[0] if kept_before else row
    return decided


def examples_of(
    texts: Sequence[str],
    *,
    labels: Sequence[str | None] | None = None,
    confidence: Sequence[float] | None = None,
    datasets: Sequence[str] | None = None,
    lines: Sequence[int] | None = None,
) -> pd.DataFrame:
    n = len(texts)
    return pd.DataFrame(
        {
            "dataset": pd.Series(datasets or ["set"] * n, dtype="str"),
            "line": np.array(lines or range(1, n + 1), dtype=np.int64),
            "example_id": pd.Series([f"id of {text}" for text in texts], dtype="str"),
            "text": pd.Series(list(texts), dtype="str"),
            "embedded_text": pd.Series(list(texts), dtype="str"),
            "label": pd.Series(list(labels) if labels else [None] * n, dtype="str"),
            "confidence": np.array(confidence if confidence is not None else [np.nan] * n, dtype=np.float64),
        }
    )


def edges_of(pairs: Pairs, threshold: float) -> set[tuple[int, int]]:
    """Pairs at or above a threshold by method semantic."""
    return {(int(a), int(b)) for a, b, s in zip(pairs.left, pairs.right, pairs.semantic, strict=True) if s >= np.float32(threshold)}


def ranks(order: Sequence[int]) -> NDArray[np.int64]:
    found = np.empty(len(order), dtype=np.int64)
    found[np.asarray(order)] = np.arange(len(order))
    return found
