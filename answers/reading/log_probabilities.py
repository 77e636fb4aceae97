"""Sums of log-probabilities."""

import math
from collections.abc import Iterable

ROUNDING = 1e-6  # of a sum of float32 probabilities


def log_sum(logs: Iterable[float]) -> float:
    """log Σ exp, without leaving the range of a float."""
    values = tuple(logs)
    highest = max(values, default=-math.inf)
    if highest == -math.inf:
        return highest
    return highest + math.log(math.fsum(math.exp(value - highest) for value in values))


def total_mass(logprobs: Iterable[float]) -> float:
    """Σ P, at most 1; nan where one is above 0 by more than rounding, and so no log-probability."""
    values = tuple(logprobs)
    if any(value > ROUNDING for value in values):
        return math.nan
    return min(1.0, math.fsum(math.exp(value) for value in values))
