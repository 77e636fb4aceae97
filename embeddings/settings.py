"""Everything that a user may set about a map."""

from dataclasses import asdict, dataclass
from typing import Any

from evalmap.embeddings.encoder import DEFAULT_MODEL


@dataclass(frozen=True)
class Settings:
    """Settings of a build; each stage reads its own and is redone only when those change.

    model : sentence-transformers name or folder → embeddings
    n_neighbors, min_dist, seed → projection (n_neighbors counts the row itself, as UMAP does)
    k, seed → clustering

    Raises
    ------
    ValueError : a setting is out of its range
    """

    model: str = DEFAULT_MODEL
    n_neighbors: int = 15
    min_dist: float = 0.1
    k: int = 10
    seed: int = 42

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("n_neighbors", self.n_neighbors, 2, 200),
            ("min_dist", self.min_dist, 0.0, 0.99),
            ("k", self.k, 1, 1000),
            ("seed", self.seed, 0, 2**32 - 1),
        ):
            if not low <= value <= high:
                raise ValueError(f"{name} is {value}; expected {low} to {high}")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
