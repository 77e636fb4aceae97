"""Time of the pair list, against the bare blocked float32 product over the same upper triangle.

    python -m evalmap.bench.pairs PATH [--rows N] [--floor 0.85] [--workspace DIR]

The texts must be built (evalmap build PATH); the vectors are read from the workspace. Each part runs in a process of its own, one
after the other, so that each peak of memory is its own.
"""

import argparse
import os
import resource
import subprocess
import sys
import time

import numpy as np

from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import load_map

PARTS = ("load", "product", "semantic", "lexical", "all", "variants")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path")
    parser.add_argument("--rows", type=int, help="the first N in a fixed random order; all by default")
    parser.add_argument("--floor", type=float, default=0.85)
    parser.add_argument("--workspace")
    parser.add_argument("--part", choices=PARTS, help="run this one here; all by default")
    given = parser.parse_args()
    if given.part:
        run(given.part, given)
        return
    for part in PARTS:
        subprocess.run([sys.executable, "-m", "evalmap.bench.pairs", *sys.argv[1:], "--part", part], check=True)


def run(part: str, given: argparse.Namespace) -> None:
    """Time one part and print a line."""
    texts, vectors = load(given)
    if part == "load":
        np.array(vectors)
        print(f"{len(texts):,} rows of {vectors.shape[1]} dimensions, {os.cpu_count()} cores")
        told, seconds = "", 0.0
    else:
        warm(texts, vectors)
        started = time.perf_counter()
        told = _PARTS[part](texts, vectors, given.floor)
        seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1024**2)
    print(f"{_NAMES[part]:<52} {seconds:8.1f} s   peak memory {peak:6,.0f} MiB   {told}", flush=True)


def load(given: argparse.Namespace) -> tuple[list[str], np.ndarray]:
    """The embedded texts and their vectors."""
    workspace = Workspace.default(given.workspace)
    built = load_map(workspace, workspace.find(given.path))
    texts = built.examples["embedded_text"].tolist()
    if not given.rows:
        return texts, built.vectors
    chosen = np.random.default_rng(0).permutation(len(texts))[: given.rows]
    return [texts[row] for row in chosen], built.vectors[chosen]


def warm(texts: list[str], vectors: np.ndarray) -> None:
    """Import and compile what the parts use, outside the clock."""
    from evalmap.screening.pairs.near_duplicates import find_near_duplicates

    find_near_duplicates(texts[:100], vectors[:100])


def product(texts: list[str], vectors: np.ndarray, floor: float) -> str:
    """Every product of the upper triangle, tile by tile into one buffer, looked at by nobody."""
    import torch

    from evalmap.screening.pairs.cosine import TILE

    matrix = torch.from_numpy(np.array(vectors, dtype=np.float32))
    n, buffer = len(matrix), torch.empty(TILE * TILE)
    with torch.inference_mode():
        for start in range(0, n, TILE):
            for column in range(start, n, TILE):
                rows, columns = matrix[start : start + TILE], matrix[column : column + TILE]
                out = buffer[: len(rows) * len(columns)].view(len(rows), len(columns))
                torch.mm(rows, columns.T, out=out)
    return ""


def semantic(texts: list[str], vectors: np.ndarray, floor: float) -> str:
    from evalmap.screening.pairs.semantic import find_similar_pairs

    found = find_similar_pairs(vectors, floor=floor)
    return f"{len(found.left):,} pairs at or above {found.floor:g}"


def lexical(texts: list[str], vectors: np.ndarray, floor: float) -> str:
    from evalmap.screening.pairs.lexical import find_lexical_pairs

    found = find_lexical_pairs(texts)
    return f"{len(found.left):,} pairs at or above {found.floor:g}"


def everything(texts: list[str], vectors: np.ndarray, floor: float) -> str:
    from evalmap.screening.pairs.near_duplicates import find_near_duplicates

    found = find_near_duplicates(texts, vectors, floor=floor)
    return f"{len(found):,} pairs; {' '.join(found.settings['capped'])}"


def variants(texts: list[str], vectors: np.ndarray, floor: float) -> str:
    """What all texts hold of numbers, negations, dates and names, and a million pairs of them compared."""
    from evalmap.screening.variants.variants import Differences

    left, right = np.random.default_rng(0).integers(0, len(texts), (2, 1_000_000))
    return f"{(Differences(texts).kinds(left, right) > 0).sum():,} of 1,000,000 random pairs differ"


_PARTS = {"product": product, "semantic": semantic, "lexical": lexical, "all": everything, "variants": variants}
_NAMES = {
    "load": "texts and vectors in memory",
    "product": "bare blocked float32 product over the upper triangle",
    "semantic": "semantic pairs (find_similar_pairs)",
    "lexical": "lexical pairs (find_lexical_pairs)",
    "all": "the whole list (find_near_duplicates)",
    "variants": "what texts differ in (Differences)",
}

if __name__ == "__main__":
    main()
