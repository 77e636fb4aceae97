"""The words of screening: pairs with their three numbers, and what a selection decided for each row."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evalmap.data.text.normalization import NORMALIZATIONS

Method = Literal["exact", "lexical", "semantic", "all"]
METHODS: tuple[Method, ...] = ("exact", "lexical", "semantic", "all")
NOT_EXACT = len(NORMALIZATIONS)  # in `Pairs.exact`: the texts differ under every normalization


@dataclass(frozen=True)
class Pairs:
    """Pairs of rows that are alike by one method at least, each with all three numbers.

    Attributes
    ----------
    n : rows of the dataset
    left, right : (m,) int32, left < right; sorted by (left, right), no pair twice
    exact : (m,) uint8, the finest normalization under which the texts are equal: 0 = bytes … 3 = alphanumeric, `NOT_EXACT` for none
    lexical : (m,) float32 in [0, 1], Jaccard similarity of character 4-grams under the typographic normalization
    semantic : (m,) float32 in [-1, 1], cosine of the embeddings
    floors : {"lexical": …, "semantic": …}: at or above these every pair of the dataset is here
    settings : what made the list, and whether a cap raised a floor
    """

    n: int
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    exact: NDArray[np.uint8]
    lexical: NDArray[np.float32]
    semantic: NDArray[np.float32]
    floors: dict[str, float]
    settings: dict[str, Any] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.left)


@dataclass(frozen=True)
class Selection:
    """Which rows stay, and for each that goes, why.

    Attributes
    ----------
    kept : (n,) bool
    keeper : (n,) int32, the kept row that a removed row is like (its reason); the row itself where it is kept; −1 where a row was
        removed for another reason than likeness (see `rule`)
    rule : (n,) uint8, index into `RULES`
    contrast : (c, 2) int32, pairs at or above the threshold whose labels differ, left < right
    variants : (v, 2) int32, pairs at or above the threshold kept apart because they differ in a number, a negation …, left < right
    variant_kinds : (v,) uint8, in which kinds, as `evalmap.screening.variants.variants.Differences.kinds` gives them
    settings : threshold, method, normalization, priority …
    flagged : rows that went first, each with the names of the flags that it bears
    """

    kept: NDArray[np.bool_]
    keeper: NDArray[np.int32]
    rule: NDArray[np.uint8]
    contrast: NDArray[np.int32]
    variants: NDArray[np.int32] = field(default_factory=lambda: np.empty((0, 2), dtype=np.int32))
    variant_kinds: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, dtype=np.uint8))
    settings: dict[str, Any] = field(default_factory=dict)
    flagged: dict[int, str] = field(default_factory=dict)


RULES = (
    "kept",
    "near-duplicate of a kept row",
    "removed for label balance",
    "beyond the target size",
    "removed by hand",
    "deleted on the map",
    "kept by hand",
    "flagged",
    "beyond the rows kept of its template",
)
