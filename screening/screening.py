"""A whole screening: pairs, order, selection, balance and target size, as the command line and the page both do it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.labels import label_share
from evalmap.data.records import SetAside
from evalmap.embeddings.array_types import Progress, Vectors, no_progress
from evalmap.screening.example_table import example_table
from evalmap.screening.flagged_rows import find_flagged, less_decided, mark_flagged, without_rows
from evalmap.screening.groups.duplicate_groups import DuplicateGroups, find_duplicate_groups
from evalmap.screening.keep.balance import restore_balance
from evalmap.screening.keep.by_hand import Decisions
from evalmap.screening.keep.k_center import keep_best
from evalmap.screening.keep.label_shift import balance_warning
from evalmap.screening.keep.order import default_rule, prioritize
from evalmap.screening.keep.select import NEAR, TEMPLATE, select
from evalmap.screening.pair_types import Pairs, Selection
from evalmap.screening.pairs.likeness import similar
from evalmap.screening.pairs.near_duplicates import FLOOR, LEXICAL_FLOOR, find_near_duplicates
from evalmap.screening.reasons import Reason, find_reasons
from evalmap.screening.screening_options import DEFAULTS, ScreeningOptions
from evalmap.screening.templates.find_templates import Templates, find_templates
from evalmap.screening.templates.template_rules import TemplateRules, rules_of
from evalmap.screening.variants.keys import find_variant_fields
from evalmap.screening.variants.variants import Differences


@dataclass(frozen=True)
class Screening:
    """What a screening found and decided.

    Attributes
    ----------
    examples : the rows of the dataset, then those it is compared against
    own : how many rows the dataset has; the others are never removed and count nowhere but as reasons
    pairs, selection, groups : of all these rows
    options : as asked for, `keep` filled in
    differences : what the rows of pairs at or above the threshold differ in
    duplicates : rows of the dataset removed for likeness, before balance and target
    set_aside : rows that are no examples
    smallest_distance : with a target, the cosine distance of the two kept rows nearest to each other; else None
    warnings : sentences
    template_rules : the rules of templates that were applied; None where none was asked for
    deleted : of rows deleted on the map, the step that did it, in words
    """

    examples: pd.DataFrame
    own: int
    pairs: Pairs
    selection: Selection
    groups: DuplicateGroups
    options: ScreeningOptions
    differences: Differences
    duplicates: int
    set_aside: tuple[SetAside, ...] = ()
    smallest_distance: float | None = None
    warnings: tuple[str, ...] = ()
    template_rules: TemplateRules | None = None
    deleted: Mapping[int, str] = field(default_factory=dict)

    @property
    def kept_rows(self) -> NDArray[np.int64]:
        """The rows of the dataset that stay."""
        return np.flatnonzero(self.selection.kept[: self.own])

    @property
    def removed_rows(self) -> NDArray[np.int64]:
        """The rows of the dataset that go."""
        return np.flatnonzero(~self.selection.kept[: self.own])

    @cached_property
    def templates(self) -> Templates:
        """Rows of the dataset that are equal but for short slots."""
        if self.template_rules is not None:
            return self.template_rules.templates
        return find_templates(self.examples["embedded_text"].tolist(), self.pairs, own=self.own)

    @property
    def reasons(self) -> list[Reason]:
        """Why each of `removed_rows` goes, in their order: the rule, the kept row that it is like, by which numbers, and in which
        kinds the two differ all the same.
        """
        templates = self.template_rules.templates if self.template_rules else None
        return find_reasons(
            self.pairs, self.selection, own=self.own, differences=self.differences, deleted=self.deleted, templates=templates
        )

    @property
    def label_share(self) -> dict[str, dict[str, float]]:
        """{"before", "after"}: the ratio of each label among the rows of the dataset that have one."""
        labels = self.examples["label"].iloc[: self.own]
        return {"before": label_share(labels), "after": label_share(labels, self.selection.kept[: self.own])}


def screen(
    examples: pd.DataFrame | Sequence[str],
    embeddings: Vectors,
    *,
    options: ScreeningOptions = DEFAULTS,
    fields: pd.DataFrame | None = None,
    variant_fields: Sequence[str] | None = None,
    own: int | None = None,
    pairs: Pairs | None = None,
    decisions: Decisions | None = None,
    set_aside: Sequence[SetAside] = (),
    truncated: NDArray[np.bool_] | None = None,
    outliers: NDArray[np.bool_] | None = None,
    progress: Progress = no_progress,
) -> Screening:
    """Screen a dataset.

    Parameters
    ----------
    examples : n texts, or a table with a column `text`; `label`, `confidence`, `dataset`, `line` and `raw` (the row as JSON, for
        the files) are read where it has them, as `evalmap.screening.example_table.example_table` says
    embeddings : (n, n_dims) float32, unit norm, of the rows' embedded texts
    fields : the same rows, what the rule column:NAME and the variants read; None: the examples
    variant_fields : the fields that tell rows with one text apart (an answer, a context); None: those that
        `evalmap.screening.variants.keys.find_variant_fields` finds among the fields
    own : the rows from here on are compared against: they stay, and rows of the dataset like them go (None: there are none)
    pairs : of these rows, where they are known already
    decisions : made by hand, by row; they come before flags
    truncated, outliers : (n,) bool, for the flags that read them: cut by the encoder's window; far from all others, which is found
        in the embeddings where it is not given

    Raises
    ------
    DatasetError : no column text, or a row without one; fewer than 2 rows; balance without labels; a target out of reach; what the
        rule, the pairs or the selection raise
    ValueError : embeddings of another number of rows, not 2-D or not finite
    """
    examples = example_table(examples)
    own = len(examples) if own is None else own
    if len(examples) < 2:
        raise DatasetError(f"{len(examples)} rows cannot be screened; near-duplicates need at least 2.")
    if own < 1:
        raise DatasetError("no row to screen.")
    labels = examples["label"]
    if options.balance and not labels.iloc[:own].notna().any():
        raise DatasetError("balance: no row has a label. Name its field, or leave balance out.", "label", "balance")
    if options.target is not None and options.target > own:
        raise DatasetError(f"target {options.target:,}: the set has only {own:,} rows. Ask for {own:,} or fewer.", "target")
    options = replace(options, keep=options.keep or default_rule(examples.iloc[:own]))
    assert options.keep
    if pairs is None:
        pairs = find_near_duplicates(examples["embedded_text"].tolist(), embeddings, **search_for(options), progress=progress)
    pairs = _without_foreign(pairs, own)
    flagged = find_flagged(
        examples.iloc[:own],
        options.drop_flagged,
        pairs=pairs,
        threshold=options.threshold,
        embeddings=embeddings[:own],
        truncated=None if truncated is None else truncated[:own],
        outliers=None if outliers is None else outliers[:own],
    )
    flagged = less_decided(flagged, decisions)
    order = prioritize(options.keep, examples, fields=fields, pairs=pairs, seed=options.seed)
    order = np.concatenate([order[order >= own], order[order < own]])
    pairs = without_rows(pairs, flagged)
    fields = examples if fields is None else fields
    alike = similar(pairs, threshold=options.threshold, method=options.method, normalization=options.normalization)
    differences = Differences(
        examples["embedded_text"].tolist(),
        fields=fields,
        variant_fields=find_variant_fields(fields.columns) if variant_fields is None else variant_fields,
        rows=np.concatenate([pairs.left[alike], pairs.right[alike]]),
    )
    template_rules = None
    if options.templates or options.template_rules:
        found = find_templates(examples["embedded_text"].tolist(), pairs, own=own)
        template_rules = rules_of(found, options.templates, options.template_rules)
    selection = select(
        pairs,
        threshold=options.threshold,
        method=options.method,
        normalization=options.normalization,
        order=order,
        labels=labels,
        contrast=options.contrast,
        differences=differences,
        merge=options.merge,
        keep_apart=None if template_rules is None else template_rules.keep_apart(pairs),
        decisions=decisions,
    )
    selection = mark_flagged(selection, flagged)
    if template_rules is not None:
        protect = options.contrast == "protect"
        selection = template_rules.apply(selection, order=order, labels=labels, protect=protect, pairs=pairs)
    of_template = (selection.rule[:own] == TEMPLATE) & (selection.keeper[:own] >= 0)
    duplicates = int(((selection.rule[:own] == NEAR) | of_template).sum())
    ours = np.arange(len(examples)) < own
    warnings = list(pairs.settings.get("capped", ()))
    if template_rules is not None:
        warnings += [f"rule of template {one}: no such template was found" for one in template_rules.unknown]
    if options.balance:
        selection = restore_balance(selection, labels.where(ours), embeddings, order=order, pairs=pairs)
    distance = None
    if options.target is not None:
        best = keep_best(selection, embeddings, n=options.target, order=order, pairs=pairs, labels=labels, among=ours)
        selection, distance = best.selection, best.smallest_distance
        warnings += [f"label {label} has fewer rows left than its share of the target" for label in best.short]
    before, after = label_share(labels[ours]), label_share(labels[ours], selection.kept[ours])
    if warning := balance_warning(before, after):
        warnings.append(warning)
    groups = find_duplicate_groups(pairs, selection)
    return Screening(
        examples=examples,
        own=own,
        pairs=pairs,
        selection=selection,
        groups=groups,
        options=options,
        differences=differences,
        duplicates=duplicates,
        set_aside=tuple(set_aside),
        smallest_distance=distance,
        warnings=tuple(warnings),
        template_rules=template_rules,
        deleted=decisions.deleted if decisions else {},
    )


def search_for(options: ScreeningOptions) -> dict[str, Any]:
    """The pairs that a screening needs, as arguments of `find_near_duplicates`: the usual floors, or the threshold if lower."""
    floors = {"semantic": FLOOR, "lexical": LEXICAL_FLOOR}
    lowered = {name: min(usual, options.threshold) if options.method in (name, "all") else usual for name, usual in floors.items()}
    return {"floor": lowered["semantic"], "lexical_floor": lowered["lexical"]}


def _without_foreign(pairs: Pairs, own: int) -> Pairs:
    """Without the pairs of two rows that are only compared against."""
    if own == pairs.n:
        return pairs
    ours = pairs.left < own
    columns: dict[str, Any] = {name: getattr(pairs, name)[ours] for name in ("left", "right", "exact", "lexical", "semantic")}
    return replace(pairs, **columns)
