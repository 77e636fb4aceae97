"""What prompts vary: each axis has values, and prompts go through all combinations so that any part of them is balanced."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import gcd, lcm, prod

import numpy as np
from numpy.typing import NDArray

MOST_COMBINATIONS = 1_000_000  # as many as the rows of a label


@dataclass(frozen=True)
class Combinations:
    """The combinations of axes in the order of asking; `combinations[i]` is {axis: value} of prompt i, for any i from 0 on.

    Among the first m prompts, for every m, the values of an axis are used equally often, give or take one; and each run through
    all combinations uses each once. Taking the next value of every axis at each step does both where the numbers of values share no
    divisor. Else that walk comes back to its beginning early, and there are several walks, side by side, that share no combination:
    they are gone through one after another, in an order, and with an order of values, that the seed draws anew for each run.

    axes : {axis: its values}, each with one value at least; {}: every prompt has {}
    seed : of the order
    """

    axes: Mapping[str, Sequence[str]]
    seed: int = 0

    def __len__(self) -> int:
        return prod(map(len, self.axes.values()))

    def __getitem__(self, number: int) -> dict[str, str]:
        times, place = divmod(number, len(self))
        sizes = tuple(map(len, self.axes.values()))
        starts, permutations = _order(sizes, self.seed, times)
        walk, step = divmod(place, lcm(*sizes))
        start = int(starts[walk])
        found, walked = {}, 1
        for (name, values), permutation in zip(self.axes.items(), permutations, strict=True):
            shared = gcd(walked, len(values))  # walks that differ in where this axis begins
            start, offset = divmod(start, shared)
            walked = lcm(walked, len(values))
            found[name] = values[int(permutation[(step + offset) % len(values)])]
        return found


@lru_cache(maxsize=8)
def _order(sizes: tuple[int, ...], seed: int, times: int) -> tuple[NDArray[np.int64], tuple[NDArray[np.int64], ...]]:
    """The order of the walks, and of the values of each axis, of one run through all combinations."""
    digest = hashlib.sha256(json.dumps([sizes, seed, times]).encode()).digest()
    random = np.random.default_rng(int.from_bytes(digest[:8]))
    values = tuple(random.permutation(size) for size in sizes)
    return random.permutation(prod(sizes) // lcm(*sizes)), values
