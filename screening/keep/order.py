"""Which of two rows that are alike stays: rules that put the rows in order, ties broken by where a row stands."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.screening.pair_types import Pairs

_ASCENDING, _DESCENDING = ":ascending", ":descending"


@dataclass(frozen=True)
class Rows:
    """What a rule may read: the rows, their source fields, their pairs, and the rows by place."""

    examples: pd.DataFrame
    fields: pd.DataFrame
    pairs: Pairs | None
    by_place: NDArray[np.int64]
    seed: int


@dataclass(frozen=True)
class Rule:
    """One way of saying which of two rows stays.

    name : as it is asked for; before ":" where the rule takes an argument
    values : (rows, argument) → (n,) float64, the lowest comes first, NaN last; ties go by place
    argument : how the argument is described; "" for a rule without one
    fits : whether the rule has what it reads in these examples
    """

    name: str
    values: Callable[[Rows, str], NDArray[np.float64]]
    argument: str = ""
    fits: Callable[[pd.DataFrame], bool] = lambda examples: True


def prioritize(
    keep: str,
    examples: pd.DataFrame | None = None,
    *,
    fields: pd.DataFrame | None = None,
    pairs: Pairs | None = None,
    seed: int = 42,
) -> NDArray[np.int64]:
    """The rows in the order in which they are kept.

    Parameters
    ----------
    keep : confidence: highest first; medoid: highest mean cosine to the rows it makes a pair with; longest: most characters of
        text; first: by place; random: drawn with `seed`; source:A,B: rows of dataset A, then of B, then the others;
        column:NAME, column:NAME:ascending: by a source field, the highest (lowest) first. What lacks the value comes last.
    examples : n rows, of any columns; None where `pairs` says how many there are. `dataset` and `line` are a row's place, and
        ties go by place: by dataset, then by line, each where it is there, then as the rows come. confidence, longest and source
        read `confidence`, `text` and `dataset`
    fields : the same rows, what column:NAME reads; None: the examples
    pairs : of the same rows; needed for medoid only

    Returns
    -------
    (n,) int64, every row once; where places differ, the same rows in another arrangement come in the same order

    Raises
    ------
    DatasetError : the rule is unknown, or reads what the dataset lacks
    ValueError : neither examples nor pairs are given, or of another number of rows; no pairs for medoid
    """
    if examples is None:
        if pairs is None:
            raise ValueError("examples or pairs is needed: the rows to put in order")
        examples = pd.DataFrame(index=range(pairs.n))
    if pairs is not None and pairs.n != len(examples):
        raise ValueError(f"pairs are of {pairs.n:,} rows; expected the {len(examples):,} rows of the examples")
    name, _, argument = keep.partition(":")
    rule = RULES.get(name)
    if rule is None or bool(argument) != bool(rule.argument):
        raise DatasetError(f"keep {keep}: unknown rule. Choose one of {', '.join(RULE_NAMES)}.", "keep")
    by_place = _by_place(examples)
    rows = Rows(examples, examples if fields is None else fields, pairs, by_place, seed)
    return by_place[np.argsort(rule.values(rows, argument)[by_place], kind="stable")]


def default_rule(examples: pd.DataFrame) -> str:
    """confidence where the dataset has it, else medoid."""
    return "confidence" if _has_confidence(examples) else "medoid"


def _has_confidence(examples: pd.DataFrame) -> bool:
    return "confidence" in examples.columns and bool(examples["confidence"].notna().any())


def _by_place(examples: pd.DataFrame) -> NDArray[np.int64]:
    """(n,) the rows by dataset, then by line, then as they come."""
    keys: list[NDArray[Any]] = []
    if "line" in examples.columns:
        keys.append(examples["line"].to_numpy())
    if "dataset" in examples.columns:
        keys.append(pd.factorize(examples["dataset"], sort=True)[0])
    return np.lexsort(keys) if keys else np.arange(len(examples))


def _by_confidence(rows: Rows, _: str) -> NDArray[np.float64]:
    if not _has_confidence(rows.examples):
        raise DatasetError("keep confidence: no row has a confidence. Name its field, or keep otherwise.", "confidence", "keep")
    return -rows.examples["confidence"].to_numpy(dtype=np.float64)


def _by_similarity(rows: Rows, _: str) -> NDArray[np.float64]:
    if rows.pairs is None:
        raise ValueError("pairs is needed to keep the medoid")
    return -_mean_similarity(rows.pairs)


def _by_length(rows: Rows, _: str) -> NDArray[np.float64]:
    if "text" not in rows.examples.columns:
        raise DatasetError("keep longest: the examples have no column text. Keep otherwise.", "keep")
    return np.asarray(-rows.examples["text"].str.len(), dtype=np.float64)


def _as_they_stand(rows: Rows, _: str) -> NDArray[np.float64]:
    return np.zeros(len(rows.by_place))


def _drawn(rows: Rows, _: str) -> NDArray[np.float64]:
    n = len(rows.by_place)
    values = np.empty(n)
    values[rows.by_place[np.random.default_rng(rows.seed).permutation(n)]] = np.arange(n)
    return values


def _mean_similarity(pairs: Pairs) -> NDArray[np.float64]:
    """(n,) mean cosine to the rows that a row makes a pair with, NaN without one; rounded, so that no order of adding shows."""
    ends, weights = np.concatenate([pairs.left, pairs.right]), np.concatenate([pairs.semantic, pairs.semantic])
    degree = np.bincount(ends, minlength=pairs.n).astype(np.float64)
    degree[degree == 0] = np.nan
    return np.round(np.bincount(ends, weights=weights, minlength=pairs.n) / degree, 6)


def _by_source(rows: Rows, named: str) -> NDArray[np.float64]:
    datasets = rows.examples["dataset"] if "dataset" in rows.examples.columns else pd.Series([], dtype="str")
    names = named.split(",")
    present = datasets.unique().tolist()
    if unknown := [name for name in names if name not in present]:
        listed = ", ".join(map(str, present[:6])) + (" …" if len(present) > 6 else "")
        raise DatasetError(f"keep source: no dataset is called {unknown[0]} (there are {listed or 'none'}).", "keep")
    position = {name: float(at) for at, name in enumerate(names)}
    return np.array([position.get(name, float(len(names))) for name in datasets])


def _by_column(rows: Rows, named: str) -> NDArray[np.float64]:
    fields = rows.fields
    columns = list(fields.columns)
    name = named if named in columns else named.removesuffix(_ASCENDING).removesuffix(_DESCENDING)
    if name not in columns:
        listed = ", ".join(map(str, columns[:10])) + (" …" if len(columns) > 10 else "")
        raise DatasetError(f"keep column: no field is called {name} (there are {listed or 'none'}).", "keep")
    column = fields[name]
    numbers = pd.to_numeric(column, errors="coerce")
    if numbers.notna().sum() == column.notna().sum():  # numbers, were they written as text
        values = numbers.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        codes = pd.factorize(column.astype("str"), sort=True)[0].astype(np.float64)
        values = np.where(column.isna(), np.nan, codes)
    return values if named != name and named.endswith(_ASCENDING) else -values


RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("confidence", _by_confidence, fits=_has_confidence),
        Rule("medoid", _by_similarity),
        Rule("longest", _by_length),
        Rule("first", _as_they_stand),
        Rule("random", _drawn),
        Rule("source", _by_source, argument="NAME,…"),
        Rule("column", _by_column, argument="NAME"),
    )
}
RULE_NAMES = tuple(f"{rule.name}:{rule.argument}" if rule.argument else rule.name for rule in RULES.values())
