"""Why a row goes: the rule, the kept row that it is like, and by which numbers."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from evalmap.data.text.normalization import NORMALIZATIONS
from evalmap.screening.groups.duplicate_groups import pair_positions
from evalmap.screening.keep.select import DELETED, NEAR, TEMPLATE
from evalmap.screening.pair_types import NOT_EXACT, RULES, Pairs, Selection
from evalmap.screening.templates.find_templates import Template, Templates
from evalmap.screening.variants.variants import Differences, bits_of, kinds_of


@dataclass(frozen=True)
class Likeness:
    """The three numbers of a pair, as they are written to files.

    Attributes
    ----------
    exact : the finest normalization under which the texts are equal; None where they are equal under none
    lexical : Jaccard similarity of character 4-grams, 0 to 1
    semantic : cosine of the embeddings, −1 to 1
    """

    exact: str | None
    lexical: float
    semantic: float


@dataclass(frozen=True)
class Reason:
    """Why one row goes.

    Attributes
    ----------
    row : the removed row
    rule : in words
    keeper : the kept row that it is like; None where it goes for another reason than likeness
    likeness : of the two; None without a keeper
    differs : the kinds of variants in which the two differ all the same: those that were merged; None without a keeper
    template : the one that the row is of, where a screening has rules of templates
    """

    row: int
    rule: str
    keeper: int | None
    likeness: Likeness | None
    differs: tuple[str, ...] | None = None
    template: Template | None = None


def find_reasons(
    pairs: Pairs,
    selection: Selection,
    *,
    own: int,
    differences: Differences | None = None,
    deleted: Mapping[int, str] | None = None,
    templates: Templates | None = None,
) -> list[Reason]:
    """The reason of each removed row below `own`, in the order of the rows.

    Parameters
    ----------
    pairs : those the selection was made from
    own : the rows from here on are compared against, and never go
    differences : what the rows differ in, as the selection was made with
    templates : whose rules the selection was made with
    deleted : of rows deleted on the map, the step that did it, in words
    """
    rows = np.flatnonzero(~selection.kept[:own])
    keepers = selection.keeper[rows]
    near = (selection.rule[rows] == NEAR) & (keepers >= 0)
    filling = (selection.rule[rows] == TEMPLATE) & (keepers >= 0)
    filling[filling] = selection.kept[keepers[filling]]  # a target or balance may have taken the keeper since
    of_row = np.full(own, -1, dtype=np.int32) if templates is None else templates.positions()
    named = (*(templates.templates if templates else ()), None)
    positions = np.full(len(rows), -1, dtype=np.int64)
    positions[near | filling] = pair_positions(pairs, rows[near | filling], keepers[near | filling])
    kinds = np.zeros(len(rows), dtype=np.uint8)
    if differences is not None:
        kinds[near] = differences.kinds(rows[near], keepers[near]) & np.uint8(bits_of(selection.settings["merge"]))
    return [
        Reason(
            row,
            rule_of(selection, row, own=own, deleted=deleted),
            keeper if position >= 0 or is_filling else None,
            likeness_of(pairs, position) if position >= 0 else None,
            tuple(kinds_of(bits)) if position >= 0 else None,
            named[of_row[row]],
        )
        for row, keeper, position, bits, is_filling in zip(
            rows.tolist(), keepers.tolist(), positions.tolist(), kinds.tolist(), filling.tolist(), strict=True
        )
    ]


def rule_of(selection: Selection, row: int, *, own: int, deleted: Mapping[int, str] | None = None) -> str:
    """Why a row went (or stayed), in words."""
    rule, keeper = int(selection.rule[row]), int(selection.keeper[row])
    if rule == DELETED and deleted and row in deleted:
        return f"{RULES[rule]}: {deleted[row]}"
    if rule == NEAR and keeper >= own:
        return "near-duplicate of a row of the dataset compared against"
    return f"{RULES[rule]}: {selection.flagged[row]}" if row in selection.flagged else RULES[rule]


def likeness_of(pairs: Pairs, position: int) -> Likeness:
    """The three numbers of a pair."""
    exact = int(pairs.exact[position])
    return Likeness(
        None if exact == NOT_EXACT else NORMALIZATIONS[exact],
        round(float(pairs.lexical[position]), 6),
        round(float(pairs.semantic[position]), 6),
    )
