"""Axes: every combination once in each run through them, and any part of a run balanced over each axis."""

from collections import Counter

import pytest

from evalmap.writing.axes import Combinations

SIZES = [(3,), (2, 2), (2, 3), (4, 6), (1, 4), (5, 5, 2), (6, 10, 15), (2, 4, 8)]


def axes(sizes: tuple[int, ...]) -> dict[str, tuple[str, ...]]:
    return {f"axis {i}": tuple(f"{i}.{j}" for j in range(size)) for i, size in enumerate(sizes)}


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("seed", [0, 7])
def test_each_run_has_every_combination_once_and_every_part_is_balanced(sizes: tuple[int, ...], seed: int):
    combinations = Combinations(axes(sizes), seed)
    n = len(combinations)
    used = {name: Counter(dict.fromkeys(values, 0)) for name, values in axes(sizes).items()}
    seen: list[tuple[str, ...]] = []
    for number in range(2 * n):
        found = combinations[number]
        assert list(found) == list(axes(sizes))
        seen.append(tuple(found.values()))
        for name, value in found.items():
            used[name][value] += 1
            assert max(used[name].values()) - min(used[name].values()) <= 1
    assert len(set(seen[:n])) == n == len(set(seen[n:]))


def test_seed_draws_the_order_and_the_same_seed_the_same():
    first, again, other = ([Combinations(axes((4, 6)), seed)[i] for i in range(24)] for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_order_of_a_second_run_is_another_one():
    combinations = Combinations(axes((4, 6)), 1)
    assert [combinations[i] for i in range(24)] != [combinations[i] for i in range(24, 48)]


def test_without_axes_every_prompt_has_none():
    assert (Combinations({})[5], len(Combinations({}))) == ({}, 1)


def test_a_million_combinations_are_not_written_out():
    combinations = Combinations(axes((100, 100, 100)), 3)
    assert len(combinations) == 10**6
    assert len({tuple(combinations[i].values()) for i in range(500)}) == 500
