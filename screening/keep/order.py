"""Which of two rows that are alike stays: rules that put the rows in order, ties broken by where a row stands."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.screening.pair_types import Pairs

RULE_NAMES = ("confidence", "medoid", "longest", "first", "random", "source:NAME,…", "column:NAME")
_ASCENDING, _DESCENDING = ":ascending", ":descending"


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
    by_place = _by_place(examples)
    if keep == "first":
        return by_place
    if keep == "random":
        return by_place[np.random.default_rng(seed).permutation(len(by_place))]
    value = _values(keep, examples, examples if fields is None else fields, pairs)
    return by_place[np.argsort(value[by_place], kind="stable")]


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


def _values(keep: str, examples: pd.DataFrame, fields: pd.DataFrame, pairs: Pairs | None) -> NDArray[Any]:
    """(n,) the lowest comes first, NaN last."""
    if keep == "confidence":
        if not _has_confidence(examples):
            raise DatasetError("keep confidence: no row has a confidence. Name its field, or keep otherwise.", "confidence", "keep")
        return -examples["confidence"].to_numpy(dtype=np.float64)
    if keep == "medoid":
        if pairs is None:
            raise ValueError("pairs is needed to keep the medoid")
        return -_mean_similarity(pairs)
    if keep == "longest":
        if "text" not in examples.columns:
            raise DatasetError("keep longest: the examples have no column text. Keep otherwise.", "keep")
        return -examples["text"].str.len().to_numpy(dtype=np.float64)
    rule, _, named = keep.partition(":")
    if rule == "source" and named:
        return _by_source(named, examples["dataset"] if "dataset" in examples.columns else pd.Series([], dtype="str"))
    if rule == "column" and named:
        return _by_column(named, fields)
    raise DatasetError(f"keep {keep}: unknown rule. Choose one of {', '.join(RULE_NAMES)}.", "keep")


def _mean_similarity(pairs: Pairs) -> NDArray[np.float64]:
    """(n,) mean cosine to the rows that a row makes a pair with, NaN without one; rounded, so that no order of adding shows."""
    ends, weights = np.concatenate([pairs.left, pairs.right]), np.concatenate([pairs.semantic, pairs.semantic])
    degree = np.bincount(ends, minlength=pairs.n).astype(np.float64)
    degree[degree == 0] = np.nan
    return np.round(np.bincount(ends, weights=weights, minlength=pairs.n) / degree, 6)


def _by_source(named: str, datasets: pd.Series) -> NDArray[np.float64]:
    names = named.split(",")
    present = datasets.unique().tolist()
    if unknown := [name for name in names if name not in present]:
        listed = ", ".join(map(str, present[:6])) + (" …" if len(present) > 6 else "")
        raise DatasetError(f"keep source: no dataset is called {unknown[0]} (there are {listed or 'none'}).", "keep")
    position = {name: float(at) for at, name in enumerate(names)}
    return np.array([position.get(name, float(len(names))) for name in datasets])


def _by_column(named: str, fields: pd.DataFrame) -> NDArray[np.float64]:
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
