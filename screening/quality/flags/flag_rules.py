"""The words of flags, and the table of their rules.

A rule is one registered function: it reads `FlagInput` and gives the rows that it found, each with its evidence. A family of rules
is one module; `find_flags` imports them all. Rules prefer missing a row to inventing one, read English, and say in their docstring
or in a table which words they look for.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.choices import choice_list, lettered
from evalmap.data.text.multiple_choice import split
from evalmap.screening.pair_types import Pairs


@dataclass(frozen=True)
class FlagInput:
    """What rules read; row i of everything is row i of the examples.

    Attributes
    ----------
    examples : n rows, as `evalmap.screening.example_table.example_table` gives them; also `choices`, `turns` where there
    pairs : pairs of these rows that are alike; None: they were not looked for
    threshold : similarity at or above which a pair is a near-duplicate
    truncated, outliers : (n,) bool, cut by the encoder's window, outlier of the embeddings; None: not known
    few_shot : texts that were given to the writer as examples
    """

    examples: pd.DataFrame
    pairs: Pairs | None = None
    threshold: float = 0.95
    truncated: NDArray[np.bool_] | None = None
    outliers: NDArray[np.bool_] | None = None
    few_shot: Sequence[str] = ()

    @cached_property
    def texts(self) -> list[str]:
        return [str(text) for text in self.examples["text"]]

    @cached_property
    def stems(self) -> list[str]:
        """The texts before their options; whole where they hold none."""
        taken = map(split, self.texts)
        return [text if one is None else one.stem for text, one in zip(self.texts, taken, strict=True)]

    @cached_property
    def options(self) -> list[tuple[str, ...]]:
        """The options of each row, without their letters; () where it has none."""
        found: list[tuple[str, ...]] = []
        listed = self.examples["choices"] if "choices" in self.examples else [None] * len(self.examples)
        for text, choices in zip(self.texts, listed, strict=True):
            inside = split(text)
            found.append(tuple(option for _, option in (inside.choices if inside else lettered(choice_list(choices)))))
        return found

    @cached_property
    def datasets(self) -> list[str]:
        return [str(name) for name in self.examples["dataset"]]

    @property
    def labels(self) -> pd.Series:
        return self.examples["label"]


Found = Mapping[int, str]  # row → evidence, "" where the rule's meaning says it all


@dataclass(frozen=True)
class Flag:
    """What one rule found.

    Attributes
    ----------
    rule, meaning : its name, and what it says of a row, in one sentence
    rows : (count,) int64, ascending
    evidence : one text a row, what was found there; "" where the meaning says it all
    reason : why the rule could not be asked; "" where it was
    """

    rule: str
    meaning: str
    rows: NDArray[np.int64]
    evidence: tuple[str, ...] = ()
    reason: str = ""

    @property
    def count(self) -> int | None:
        """How many rows; None where the rule could not be asked."""
        return None if self.reason else len(self.rows)

    def as_dict(self) -> dict[str, Any]:
        """As JSON-able values: rule, count (null with a reason), rows, meaning, evidence."""
        told = {"rule": self.rule, "count": self.count, "rows": self.rows.tolist(), "meaning": self.meaning}
        return {**told, "evidence": list(self.evidence), **({"reason": self.reason} if self.reason else {})}


class CannotTell(ValueError):
    """A rule lacks what it reads; the sentence says what."""


@dataclass(frozen=True)
class FlagRule:
    """One rule: its `name`, what it means for a row, and the function that finds the rows."""

    name: str
    meaning: str
    find: Callable[[FlagInput], Found]


FLAG_RULES: dict[str, FlagRule] = {}


def flag(name: str, meaning: str) -> Callable[[Callable[[FlagInput], Found]], Callable[[FlagInput], Found]]:
    """Register a function as the rule `name`.

    Raises
    ------
    ValueError : there is a rule of that name
    """

    def register(find: Callable[[FlagInput], Found]) -> Callable[[FlagInput], Found]:
        if name in FLAG_RULES:
            raise ValueError(f"two flag rules are named {name}. Name one of them otherwise.")
        FLAG_RULES[name] = FlagRule(name, meaning, find)
        return find

    return register


def usual(values: Sequence[int], *, least: float) -> int | None:
    """The value that at least the ratio `least` of all have; None where no value has."""
    if not values:
        return None
    value, count = Counter(values).most_common(1)[0]
    return value if count >= least * len(values) else None
