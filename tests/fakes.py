"""Stand-ins for the encoder, and small data made up on the spot."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalmap.embeddings.array_types import Vectors

DIMS = 32
_TOPICS = {
    "garden": "roses tulips soil compost watering seeds hedges lawn spade greenhouse",
    "kitchen": "butter flour oven simmer garlic recipe saucepan pastry seasoning whisk",
    "harbour": "anchor sailors tides lighthouse mooring cargo ferry nets captain deck",
    "concert": "violin rehearsal melody choir conductor tempo chords encore drums ballad",
    "clinic": "nurses bandage fever vaccine surgery ward stethoscope dosage symptoms scan",
}


class FakeEncoder:
    """An `evalmap.embeddings.array_types.Encoder`: texts that share words lie near each other, equal texts on one spot.

    Each vector sums one direction a word and a little of one for the whole text, both drawn from a hash.

    Parameters
    ----------
    die_after : raise RuntimeError instead of yielding the batch after so many
    """

    def __init__(
        self,
        *,
        model_key: str = "fake-1",
        dtype: str = "float32",
        batch: int = 16,
        die_after: int | None = None,
        window: int = 50,
    ) -> None:
        self._model_key, self.dtype = model_key, dtype
        self.batch, self.die_after, self.window = batch, die_after, window
        self.encoded: list[str] = []

    @property
    def model_key(self) -> str:
        return self._model_key

    @property
    def description(self) -> dict[str, str | int | float | bool | None]:
        return {"model": "fake", "model_key": self._model_key, "dims": DIMS, "window": self.window, "dtype": self.dtype}

    def encode(self, texts: Sequence[str]) -> Iterator[tuple[NDArray[np.int64], Vectors, NDArray[np.bool_]]]:
        for number, start in enumerate(range(0, len(texts), self.batch)):
            if number == self.die_after:
                raise RuntimeError("the fake encoder was told to die")
            positions = np.arange(start, min(start + self.batch, len(texts)))
            block = list(texts[start : start + self.batch])
            self.encoded += block
            truncated = np.array([len(text.split()) > self.window for text in block])
            yield positions, np.stack([fake_vector(text) for text in block]), truncated


def fake_vector(text: str) -> NDArray[np.float32]:
    """(DIMS,) float32, unit norm: what `FakeEncoder` makes of a text."""
    total = 0.5 * _direction(f"text {text}") + sum((_direction(word) for word in text.lower().split()), np.zeros(DIMS))
    return (total / np.linalg.norm(total)).astype(np.float32)


@cache
def _direction(word: str) -> NDArray[np.float64]:
    seed = int.from_bytes(hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
    drawn = np.random.default_rng(seed).normal(size=DIMS)
    return drawn / np.linalg.norm(drawn)


def unit_vectors(n: int, dims: int = DIMS, *, seed: int = 0) -> Vectors:
    """(n, dims) random directions, no two alike."""
    drawn = np.random.default_rng(seed).normal(size=(n, dims)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def sentences(n: int, *, seed: int = 0) -> list[str]:
    """n different sentences on five topics."""
    random = np.random.default_rng(seed)
    topics = list(_TOPICS)
    found = []
    for i in range(n):
        topic = topics[i % len(topics)]
        words = random.choice(_TOPICS[topic].split(), size=4, replace=False)
        found.append(f"{topic} {' '.join(words)} number{seed}x{i}")
    return found


def write_rows(path: Path, rows: Iterable[object]) -> Path:
    """One JSON text a line."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path
