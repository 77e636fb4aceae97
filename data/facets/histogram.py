"""Bins that a reader can name: round numbers, and whole years, months, days."""

import math

import numpy as np
from numpy.typing import NDArray

MOST_BINS = 40


def number_edges(low: float, high: float, *, whole: bool = False, most: int = MOST_BINS) -> NDArray[np.float64]:
    """(n_bins + 1,) rising edges at multiples of 1, 2 or 5 times a power of ten, with at most `most` bins over [low, high].

    A bin holds its lower edge and not its upper one; the last holds both.

    Parameters
    ----------
    whole : all values are whole numbers, so no bin is narrower than 1 and the last edge lies above `high`
    """
    if not low < high:
        width = 1.0 if whole or low == 0 else 10.0 ** math.floor(math.log10(abs(low)))
        if low + width == low:
            width = float(np.spacing(abs(low)))
        return np.array([low, low + width])
    exponent = math.floor(math.log10((high - low) / most)) if high - low >= 1e-300 else -300
    for power in range(exponent, exponent + 3):
        for factor in (1, 2, 5):
            if whole and (power < 0):
                continue
            first, last = (math.floor(_in_steps(low, factor, power)), math.ceil(_in_steps(high, factor, power)))
            if whole and _multiple(last, factor, power) <= high:
                last += 1
            if last - first <= most:
                edges = np.array([_multiple(k, factor, power) for k in range(first, last + 1)])
                return edges if (np.diff(edges) > 0).all() else np.array([low, high])
    return np.array([low, high])


def _multiple(k: int, factor: int, power: int) -> float:
    return float(f"{k * factor}e{power}")  # 3 × 0.1 as 0.3


def _in_steps(value: float, factor: int, power: int) -> float:
    steps = value / factor / 10.0**power if power >= 0 else value / factor * 10.0**-power
    near = round(steps)
    return near if _multiple(near, factor, power) == value else steps


def bin_codes(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.intp]:
    """(n,) the bin of each value; a value that is missing has the code n_bins."""
    codes = np.searchsorted(edges, values, side="right") - 1
    codes[values == edges[-1]] = len(edges) - 2
    codes[np.isnan(values)] = len(edges) - 1
    return codes
