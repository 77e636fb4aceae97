"""Weights instead of deletion: near-duplicates share one weight, so that a group counts once and no row has to go."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.screening.keep.select import NEAR, TEMPLATE
from evalmap.screening.pair_types import Selection
from evalmap.screening.screening import Screening


@dataclass(frozen=True)
class Weights:
    """What each row of a dataset weighs.

    Attributes
    ----------
    values : (n,) float64, 1 / rows of the row's group; 0 for a row without a group. They add up to the number of groups
    groups : (n,) int64, the kept row that stands for the group; −1 for rows that go for another reason than likeness to a row of
        the dataset (by hand, for balance or a target, a copy of what the dataset is compared against)
    sizes : (n,) int64, rows of the row's group; 0 without one
    """

    values: NDArray[np.float64]
    groups: NDArray[np.int64]
    sizes: NDArray[np.int64]


def weigh(selection: Selection, *, own: int | None = None) -> Weights:
    """The weight of each row: 1 / size of its near-duplicate group, a kept row and the rows that it stands for.

    Variants and protected contrast pairs are no near-duplicates here, as in the selection. A row alike to several kept rows
    belongs to the one that it was removed for.

    Parameters
    ----------
    own : the rows from here on are compared against and have no weight; None: there are none
    """
    own = len(selection.kept) if own is None else own
    rule, keeper = selection.rule[:own], selection.keeper[:own].astype(np.int64)
    alike = np.isin(rule, (NEAR, TEMPLATE)) & (keeper >= 0) & (keeper < own)
    alike[alike] = selection.kept[keeper[alike]]
    groups = np.where(selection.kept[:own], np.arange(own), np.where(alike, keeper, -1))
    counts = np.bincount(groups[groups >= 0], minlength=own)
    sizes = np.where(groups >= 0, counts[groups], 0)
    return Weights(np.where(sizes > 0, 1 / np.maximum(sizes, 1), 0.0), groups, sizes)


def weights_table(screening: Screening) -> pd.DataFrame:
    """A row for each row of the dataset, in its order: where it stands, whether it stays, and what it weighs.

    Returns
    -------
    dataset, line, example_id : as in the files of a screening
    label : missing where a row has none
    kept : whether the screening keeps the row
    group : the example_id of the kept row that stands for the group; missing without one
    group_size, weight : rows of the group, and 1 / that; 0 without a group
    """
    found, own = weigh(screening.selection, own=screening.own), screening.own
    examples = screening.examples.iloc[:own]
    ids = examples["example_id"].to_numpy(dtype=object)
    table = examples[["dataset", "line", "example_id", "label"]].reset_index(drop=True)
    table["kept"] = screening.selection.kept[:own]
    table["group"] = pd.Series([ids[group] if group >= 0 else None for group in found.groups], dtype="string")
    table["group_size"], table["weight"] = found.sizes, found.values
    return table
