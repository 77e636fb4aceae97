"""The words that the stages share: vectors, progress, and what an encoder can do."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]  # (n_samples, n_dims), unit norm
Progress = Callable[[int, int], None]  # (done, total)


def no_progress(done: int, total: int) -> None:
    """Report nothing."""


class Encoder(Protocol):
    """Turns texts into unit vectors; a test puts a fake in its place."""

    @property
    def model_key(self) -> str:
        """Names the model and its revision: with one dtype, equal keys mean equal vectors."""
        ...

    @property
    def dtype(self) -> str:
        """What the model computes in: float32, bfloat16. Vectors of two differ in the fourth decimal and are kept apart."""
        ...

    @property
    def description(self) -> dict[str, str | int | float | bool | None]:
        """What is recorded and shown: model, revision, dims, window, dtype …"""
        ...

    def encode(self, texts: Sequence[str]) -> Iterator[tuple[NDArray[np.int64], Vectors, NDArray[np.bool_]]]:
        """Yield (positions in `texts`, their vectors, whether each was cut at the model's window), batch by batch."""
        ...
