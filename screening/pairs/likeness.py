"""When two rows count as alike: one number a pair, held against a threshold."""

import numpy as np
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.text.normalization import ALIASES, NORMALIZATIONS, normalization_name
from evalmap.screening.pair_types import METHODS, Method, Pairs


def strength(pairs: Pairs, *, method: Method, normalization: str) -> NDArray[np.float32]:
    """(m,) the number of each pair that a threshold is held against; for texts equal under `normalization` it is 1.

    Method exact: 1 or 0. Method all: the largest of the three.

    Raises
    ------
    ValueError : method or normalization is unknown
    """
    if method not in METHODS:
        raise ValueError(f"method is {method!r}; choose one of {', '.join(METHODS)}")
    name = ALIASES.get(normalization, normalization)
    if name not in NORMALIZATIONS:
        raise ValueError(f"normalization is {normalization!r}; choose one of {', '.join(NORMALIZATIONS)}")
    if method == "lexical":
        return pairs.lexical
    if method == "semantic":
        return pairs.semantic
    equal = pairs.exact <= NORMALIZATIONS.index(name)
    if method == "exact":
        return equal.astype(np.float32)
    found = np.maximum(pairs.lexical, pairs.semantic)
    found[equal] = 1.0
    return found


def similar(pairs: Pairs, *, threshold: float, method: Method, normalization: str) -> NDArray[np.int64]:
    """The positions of the pairs that are alike.

    Raises
    ------
    DatasetError : the threshold is out of range, or below what the list of pairs holds; the list does not hold the method
    """
    check_threshold(threshold)
    numbers = strength(pairs, method=method, normalization=normalization)
    for name in ("lexical", "semantic"):
        floor = pairs.floors.get(name, 0.0)
        if method not in (name, "all") or threshold >= floor - 1e-9:
            continue
        if floor > 1:
            raise DatasetError(f"the list holds no {name} pairs. Search them too, or choose another method.", "method")
        raise DatasetError(f"threshold {threshold:g} is below {floor:g}, where the {name} pairs end. Use {floor:g} or more.")
    wanted = normalization_name(normalization)
    level = pairs.settings.get("exact_level", wanted)  # None: equal texts were not searched
    if method in ("exact", "all") and (level is None or NORMALIZATIONS.index(level) < NORMALIZATIONS.index(wanted)):
        held = f"only pairs equal under {level}" if level else "no pairs of equal texts"
        raise DatasetError(
            f"normalization {normalization}: the list holds {held}. Choose a finer normalization or another method.",
            "normalization",
            "method",
        )
    return np.flatnonzero(numbers >= np.float32(threshold))


def check_threshold(threshold: float) -> None:
    """Raise DatasetError unless 0 < threshold ≤ 1."""
    if not 0 < threshold <= 1:
        raise DatasetError(f"threshold is {threshold:g}; expected a similarity above 0 and at most 1, such as 0.95.")
