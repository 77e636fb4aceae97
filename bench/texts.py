"""Texts for benchmarks: rows of a dataset, the first N in a fixed random order."""

from pathlib import Path

import numpy as np

from evalmap.data.opening import open_dataset


def load_texts(path: Path, rows: int | None) -> list[str]:
    """What would be embedded of the first `rows` rows in random order (seed 0), all where rows is None."""
    texts = open_dataset(path).examples["embedded_text"].tolist()
    order = np.random.default_rng(0).permutation(len(texts))[: rows or len(texts)]
    return [texts[i] for i in order]
