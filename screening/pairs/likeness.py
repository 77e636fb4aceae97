"""When two rows count as alike: one number a pair, held against a threshold."""

import numpy as np
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.text.normalization import NORMALISATIONS
from evalmap.screening.pair_types import LAYERS, Layer, Pairs


def strength(pairs: Pairs, *, layer: Layer, normalise: str) -> NDArray[np.float32]:
    """(m,) the number of each pair that a threshold is held against; for texts equal under `normalise` it is 1.

    Layer exact: 1 or 0. Layer all: the largest of the three.

    Raises
    ------
    ValueError : layer or normalise is unknown
    """
    if layer not in LAYERS:
        raise ValueError(f"layer is {layer!r}; choose one of {', '.join(LAYERS)}")
    if normalise not in NORMALISATIONS:
        raise ValueError(f"normalise is {normalise!r}; choose one of {', '.join(NORMALISATIONS)}")
    if layer == "lexical":
        return pairs.lexical
    if layer == "semantic":
        return pairs.semantic
    equal = pairs.exact <= NORMALISATIONS.index(normalise)
    if layer == "exact":
        return equal.astype(np.float32)
    found = np.maximum(pairs.lexical, pairs.semantic)
    found[equal] = 1.0
    return found


def similar(pairs: Pairs, *, threshold: float, layer: Layer, normalise: str) -> NDArray[np.int64]:
    """The positions of the pairs that are alike.

    Raises
    ------
    DatasetError : the threshold is out of range, or below what the list of pairs holds; the list does not hold the layer
    """
    check_threshold(threshold)
    numbers = strength(pairs, layer=layer, normalise=normalise)
    for name in ("lexical", "semantic"):
        floor = pairs.floors.get(name, 0.0)
        if layer not in (name, "all") or threshold >= floor - 1e-9:
            continue
        if floor > 1:
            raise DatasetError(f"the list holds no {name} pairs. Search them too, or choose another --layer.")
        raise DatasetError(f"threshold {threshold:g} is below {floor:g}, where the {name} pairs end. Use {floor:g} or more.")
    level = pairs.settings.get("exact_level", normalise)  # None: equal texts were not searched
    if layer in ("exact", "all") and (level is None or level < normalise):
        held = f"only pairs equal under {level}" if level else "no pairs of equal texts"
        raise DatasetError(f"normalise {normalise}: the list holds {held}. Choose a finer normalisation or another --layer.")
    return np.flatnonzero(numbers >= np.float32(threshold))


def check_threshold(threshold: float) -> None:
    """Raise DatasetError unless 0 < threshold ≤ 1."""
    if not 0 < threshold <= 1:
        raise DatasetError(f"threshold is {threshold:g}; expected a similarity above 0 and at most 1, such as 0.95.")
