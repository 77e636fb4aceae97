"""Bins that a reader can name: edges at multiples of 1, 2 or 5 times a power of ten."""

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np
from numpy.typing import NDArray

MOST_BINS = 40


def number_edges(low: float, high: float, *, whole: bool = False, most: int = MOST_BINS) -> NDArray[np.float64]:
    """Round edges around [low, high] with at most `most` bins.

    A bin holds its lower edge and not its upper one; the last holds both. Where low and high are equal, or so near each other that
    float64 has no round numbers between them, there is one bin.

    Parameters
    ----------
    low, high : finite, low ≤ high
    whole : all values are whole numbers: no bin is narrower than 1, and the last edge lies above `high`

    Returns
    -------
    (n_bins + 1,) float64, rising
    """
    first, last = Decimal(repr(float(low))), Decimal(repr(float(high)))  # exact, so that no edge is off by a rounding of a division
    if whole:
        last += 1
    elif low == high:
        last += max(abs(first), Decimal("1e-300")) / 10
    exponent = ((last - first) / most).adjusted()
    for power in range(max(exponent, 0) if whole else exponent, exponent + 3):
        for factor in (1, 2, 5):
            step = factor * Decimal(10) ** power
            start = (first / step).to_integral_value(ROUND_FLOOR)
            end = (last / step).to_integral_value(ROUND_CEILING)
            if end - start <= most:
                edges = np.array([float((start + k) * step) for k in range(int(end - start) + 1)])
                if len(edges) > 1 and (edges[1:] > edges[:-1]).all() and np.isfinite(edges).all():
                    return edges
    if low < high:
        return np.array([low, high])
    above = math.nextafter(low, math.inf)
    return np.array([low, above] if math.isfinite(above) else [math.nextafter(low, -math.inf), low])


def bin_codes(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.intp]:
    """(n,) the bin of each value; n_bins where it is nan.

    Parameters
    ----------
    values : (n,) within the edges, or nan
    edges : (n_bins + 1,) rising; () where every value is nan
    """
    if not len(edges):
        return np.zeros(len(values), dtype=np.intp)
    codes = np.searchsorted(edges, values, side="right") - 1
    codes[values == edges[-1]] = len(edges) - 2
    codes[np.isnan(values)] = len(edges) - 1
    return codes


def just_below(limit: float, least: float) -> float:
    """The number with the fewest digits in [least, limit): of 0.9 and 0.897 it is 0.899."""
    upper, lower = Decimal(repr(float(limit))), Decimal(repr(float(least)))
    start = max(upper.adjusted(), lower.adjusted())
    for power in range(start, start - 18, -1):
        step = Decimal(10) ** power
        candidate = float(((upper / step).to_integral_value(ROUND_CEILING) - 1) * step)
        if least <= candidate < limit:
            return candidate
    return least
