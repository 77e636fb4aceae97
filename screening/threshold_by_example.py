"""The threshold that agrees with a reader: which pair teaches most when it is read next, and what the verdicts so far say.

A reader calls pairs the same or different. The chance of "same" is taken to rise with similarity as a logistic curve does, from a
slip rate to one less it; where it crosses one half lies the reader's boundary. Where it lies, how steep the curve is and how often
the reader slips are all unknown: a posterior over a grid of them is kept. The next pair is the one after which the boundary is
expected to be known best (its entropy is least). Pairs chosen so are no random sample, which a bootstrap over verdicts takes them
for: over simulated readers its 95 % intervals held the boundary in 70 to 83 %. The posterior holds however the pairs were chosen.

Source: adaptive estimation by least expected entropy, after Kontsevich and Tyler 1999, doi:10.1016/S0042-6989(98)00285-5.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

START = 5  # pairs spread over the range before any is chosen by what is known
ENOUGH = 20  # pairs after which a reader may stop
LEVEL = 0.95  # of the interval
_BOUNDARIES, _CANDIDATES = 161, 48  # grid points of the boundary, and similarities that a next pair may have
_SLOPES = (1 / 200, 1 / 50, 1 / 16, 1 / 8, 1 / 4)  # of the range: how far the curve takes from 1/2 to 3/4, about
_SLIPS = (0.005, 0.04, 0.1)
_BEYOND = 0.15  # of the range, by which the boundary may lie outside


@dataclass(frozen=True)
class ThresholdEstimate:
    """What verdicts say of the threshold.

    threshold : the one that agrees with most verdicts; of several, that in the middle of the run nearest to where the boundary is
        expected. nan without verdicts of both kinds
    low, high : the interval, 95 %, in which the reader's boundary lies; it holds the threshold
    agreed, n : verdicts that the threshold agrees with, of all
    disagreeing : positions of the other verdicts, the farthest from the threshold first
    reason : why there is no threshold; "" where there is one
    """

    threshold: float
    low: float
    high: float
    agreed: int
    n: int
    disagreeing: tuple[int, ...] = ()
    reason: str = ""


def estimate_threshold(
    similarities: Sequence[float], same: Sequence[bool], *, lowest: float, highest: float = 1.0
) -> ThresholdEstimate:
    """The threshold by a reader's verdicts.

    Parameters
    ----------
    similarities, same : (n,) of the pairs that were read
    lowest, highest : the range of the similarities that could have been read

    Raises
    ------
    ValueError : of different length, or no range
    """
    numbers, verdicts = _checked(similarities, same, lowest, highest)
    boundaries, posterior = _posterior(numbers, verdicts, lowest, highest)
    low, high = _interval(boundaries, posterior.sum(axis=1))
    if not verdicts.any() or verdicts.all():
        which = "the same" if len(verdicts) and verdicts.all() else "different"
        reason = f"every pair so far was called {which}" if len(verdicts) else "no pair was read yet"
        return ThresholdEstimate(math.nan, low, high, 0, len(numbers), (), reason)
    expected = float(boundaries @ posterior.sum(axis=1))
    threshold = best_threshold(numbers, verdicts, near=expected)
    wrong = np.flatnonzero((numbers >= threshold) != verdicts)
    wrong = wrong[np.argsort(-np.abs(numbers[wrong] - threshold), kind="stable")]
    return ThresholdEstimate(
        threshold, min(low, threshold), max(high, threshold), len(numbers) - len(wrong), len(numbers), tuple(wrong.tolist())
    )


def best_threshold(similarities: NDArray[np.float64], same: NDArray[np.bool_], *, near: float) -> float:
    """The threshold at or above which "same" lies and below which "different" lies, with the fewest exceptions.

    Thresholds half-way between two neighbouring similarities are tried, the lowest similarity, and one above all of them where
    there is room below 1; of equally good ones the nearest to `near`.
    """
    values = np.unique(similarities)
    tried = np.concatenate([values[:1], (values[:-1] + values[1:]) / 2, (values[-1:] + 1) / 2 if values[-1] < 1 else []])
    wrong = [int(((similarities >= one) != same).sum()) for one in tried.tolist()]
    best = np.flatnonzero(np.array(wrong) == min(wrong))
    return float(tried[best[np.argmin(np.abs(tried[best] - near))]])


def next_pair(
    similarities: NDArray[np.floating],
    *,
    judged: Sequence[tuple[float, bool]] = (),
    passed: NDArray[np.bool_] | None = None,
    discouraged: NDArray[np.bool_] | None = None,
    seed: int = 42,
) -> int | None:
    """The position of the pair to read next; None where all were read or passed over.

    The first five spread over the range of similarities; then it is the pair after which the boundary is expected to be known best.
    Equal input gives an equal pair.

    Parameters
    ----------
    similarities : (m,) of all pairs that can be read
    judged : the similarity and the verdict (True: the same) of those read so far, in any order
    passed : (m,) bool, those read or skipped
    discouraged : (m,) bool, those that share a row with one read before: taken only where no other lies as near

    Raises
    ------
    ValueError : arrays of different length
    """
    free = np.ones(len(similarities), dtype=bool) if passed is None else ~passed
    if len(free) != len(similarities):
        raise ValueError(f"passed has {len(free)} entries; expected one for each of {len(similarities)} pairs")
    rows = np.flatnonzero(free)
    if not len(rows):
        return None
    numbers = np.asarray(similarities, dtype=np.float64)
    lowest, highest = _range(numbers)
    if len(judged) < START:
        wanted = lowest + (highest - lowest) * _spread(seed)[len(judged)]
    else:
        numbers_read, verdicts = _checked([one for one, _ in judged], [one for _, one in judged], lowest, highest)
        wanted = _most_telling(numbers[rows], numbers_read, verdicts, lowest, highest)
    distance = np.abs(numbers[rows] - wanted)
    if discouraged is not None:
        distance = distance + 0.02 * (highest - lowest) * discouraged[rows]
    nearest = rows[distance <= distance.min() + 1e-12]
    return int(np.random.default_rng([seed, len(judged)]).choice(nearest))


def _spread(seed: int) -> list[float]:
    """Places in the range, from its middle outwards in an order by the seed."""
    places = (np.arange(START) + 0.5) / START
    return [float(places[START // 2]), *np.random.default_rng(seed).permutation(np.delete(places, START // 2)).tolist()]


def _most_telling(
    numbers: NDArray[np.float64], read: NDArray[np.float64], verdicts: NDArray[np.bool_], lowest: float, highest: float
) -> float:
    """The similarity of the pair after which the boundary's entropy is expected to be least, of those that there are."""
    _, posterior = _posterior(read, verdicts, lowest, highest)
    candidates, chance = _chances(lowest, highest)
    there = (
        np.unique(np.argmin(np.abs(numbers[:, None] - candidates[None, :]), axis=1))
        if len(numbers) < 2_000
        else _there(numbers, candidates)
    )
    chance = chance[there]
    same = np.einsum("cbk,bk->cb", chance, posterior)
    different = posterior.sum(axis=1)[None, :] - same
    expected = _entropy(same) + _entropy(different)
    return float(candidates[there[np.argmin(expected)]])


def _there(numbers: NDArray[np.float64], candidates: NDArray[np.float64]) -> NDArray[np.intp]:
    step = candidates[1] - candidates[0]
    return np.unique(np.clip(np.rint((numbers - candidates[0]) / step), 0, len(candidates) - 1).astype(np.intp))


def _entropy(joint: NDArray[np.float64]) -> NDArray[np.float64]:
    """(c,) of each row, its entropy times its sum: joint[c] sums to the chance of the verdict."""
    total = joint.sum(axis=1, keepdims=True)
    share = joint / np.maximum(total, 1e-300)
    return -(total[:, 0]) * (share * np.log(np.maximum(share, 1e-300))).sum(axis=1)


def _grid(lowest: float, highest: float) -> NDArray[np.float64]:
    beyond = _BEYOND * (highest - lowest)
    return np.linspace(lowest - beyond, highest + beyond, _BOUNDARIES)


def _chance_of_same(
    numbers: NDArray[np.float64], boundaries: NDArray[np.float64], lowest: float, highest: float
) -> NDArray[np.float64]:
    """(n, boundaries, slopes × slips) the chance of "same"."""
    slopes, slips = (part.ravel() for part in np.meshgrid(np.array(_SLOPES) * (highest - lowest), np.array(_SLIPS), indexing="ij"))
    z = (numbers[:, None, None] - boundaries[None, :, None]) / slopes
    return slips + (1 - 2 * slips) / (1 + np.exp(-np.clip(z, -50, 50)))


@lru_cache(maxsize=8)
def _chances(lowest: float, highest: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    candidates = np.linspace(lowest, highest, _CANDIDATES)
    return candidates, _chance_of_same(candidates, _grid(lowest, highest), lowest, highest)


def _posterior(
    numbers: NDArray[np.float64], verdicts: NDArray[np.bool_], lowest: float, highest: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The boundaries, and (boundaries, slopes × slips) the posterior; all are alike before the first verdict."""
    boundaries = _grid(lowest, highest)
    chance = _chance_of_same(numbers, boundaries, lowest, highest)
    logs = np.log(np.where(verdicts[:, None, None], chance, 1 - chance)).sum(axis=0)
    if not len(numbers):
        logs = np.zeros((_BOUNDARIES, len(_SLOPES) * len(_SLIPS)))
    found = np.exp(logs - logs.max())
    return boundaries, found / found.sum()


def _interval(boundaries: NDArray[np.float64], mass: NDArray[np.float64]) -> tuple[float, float]:
    """The outer edges of the cells in which the two ends of the interval lie."""
    step = boundaries[1] - boundaries[0]
    sums = np.cumsum(mass)
    low = int(np.searchsorted(sums, (1 - LEVEL) / 2))
    high = int(np.searchsorted(sums, 1 - (1 - LEVEL) / 2))
    return float(boundaries[low] - step / 2), float(boundaries[min(high, len(boundaries) - 1)] + step / 2)


def _range(numbers: NDArray[np.float64]) -> tuple[float, float]:
    """The range of similarities, never of no width."""
    lowest, highest = float(numbers.min()), float(numbers.max())
    return (lowest, highest) if highest - lowest > 1e-6 else (lowest - 0.01, lowest + 0.01)


def _checked(
    similarities: Sequence[float] | NDArray[np.float64], same: Sequence[bool], lowest: float, highest: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    numbers, verdicts = np.asarray(similarities, dtype=np.float64), np.asarray(same, dtype=bool)
    if numbers.shape != verdicts.shape:
        raise ValueError(f"{len(numbers)} similarities and {len(verdicts)} verdicts; expected one verdict a pair")
    if not lowest < highest:
        raise ValueError(f"the similarities range from {lowest:g} to {highest:g}; expected two different ends")
    return numbers, verdicts
