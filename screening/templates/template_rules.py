"""What a screening does with the rows of a template: keep all, keep N, treat as duplicates; without a rule it only tells of them.

Rows that fill a template alike are plain duplicates under every rule, and a decision by hand comes before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.labels import Labels, label_codes
from evalmap.screening.keep.select import KEPT_BY_HAND, TEMPLATE, drop
from evalmap.screening.pair_types import Pairs, Selection
from evalmap.screening.templates.find_templates import Templates

KEEP_ALL, DUPLICATES = "keep-all", "duplicates"
WRITTEN = f"{KEEP_ALL}, keep:N, {DUPLICATES}"


def check_rule(rule: str) -> str:
    """A rule as it is written.

    Raises
    ------
    DatasetError : it is none of keep-all, keep:N with N of 1 or more, duplicates
    """
    name, _, count = rule.strip().partition(":")
    if name in (KEEP_ALL, DUPLICATES) and not count:
        return name
    if name == "keep" and count.isascii() and count.isdecimal() and int(count) > 0:
        return f"keep:{int(count)}"
    raise DatasetError(f"templates: {rule!r} is no rule; choose one of {WRITTEN} (N: 1 or more).", "templates")


def read_rules(written: str) -> tuple[str | None, dict[str, str]]:
    """(the rule of all templates, the rules of single ones by id) from "keep:2,3f2a91bc=keep-all"; without a rule of all, None.

    Raises
    ------
    DatasetError : a rule is none; two rules of all templates
    """
    default, own = None, {}
    for part in filter(None, map(str.strip, written.split(","))):
        template, equals, rule = part.rpartition("=")
        if equals:
            own[template.strip()] = check_rule(rule)
        elif default is not None:
            raise DatasetError(f"templates: {written!r} has two rules of all templates; give one as ID=RULE.", "templates")
        else:
            default = check_rule(part)
    return default, own


@dataclass(frozen=True)
class TemplateRules:
    """The rule of each template of a dataset.

    templates : those that were found
    rules : of each, None where it has none
    unknown : ids of rules that belong to no template
    """

    templates: Templates
    rules: tuple[str | None, ...]
    unknown: tuple[str, ...] = ()

    def keep_apart(self, pairs: Pairs) -> NDArray[np.bool_]:
        """(m,) which pairs are of two fillings of one template that a rule speaks of: neither goes for the other's likeness."""
        n = pairs.n - self.templates.n  # rows compared against
        ruled = np.array([rule is not None for rule in self.rules], dtype=bool)
        of_row = np.concatenate([self.templates.positions(), np.full(n, -1, dtype=np.int32)])
        codes = np.concatenate([self.templates.codes(), np.full(n, -1, dtype=np.int64)])
        one, other = of_row[pairs.left], of_row[pairs.right]
        return (one == other) & (one >= 0) & np.append(ruled, False)[one] & (codes[pairs.left] != codes[pairs.right])

    def apply(self, selection: Selection, *, order: NDArray[np.integer], labels: Labels, protect: bool, pairs: Pairs) -> Selection:
        """The selection without the rows that the rules leave out.

        keep:N : of a template's kept rows the first N of the order stay; duplicates : the first one, the `keeper` of the others.
        Rows kept by hand stay and count first.

        Parameters
        ----------
        order, pairs : those of the selection
        labels : (n,) texts, None where a row has none
        protect : duplicates: rows whose labels differ do not go for each other, so one of each label stays
        """
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        codes = label_codes(labels)
        gone, keepers = np.zeros(len(order), dtype=bool), np.full(len(order), -1, dtype=np.int32)
        for template, rule in zip(self.templates.templates, self.rules, strict=True):
            if rule in (None, KEEP_ALL):
                continue
            rows = np.array(template.rows, dtype=np.int64)
            rows = rows[selection.kept[rows]]
            by_hand = selection.rule[rows] == KEPT_BY_HAND
            rows = rows[np.lexsort((rank[rows], ~by_hand))]
            apart = rule == DUPLICATES and protect
            for some in [rows[codes[rows] == code] for code in np.unique(codes[rows])] if apart else [rows]:
                most = 1 if rule == DUPLICATES else int(rule.removeprefix("keep:"))
                late = some[most:][selection.rule[some[most:]] != KEPT_BY_HAND]
                gone[late] = True
                keepers[late] = some[0] if rule == DUPLICATES else -1
        if not gone.any():
            return selection
        left = drop(selection, gone, rule=TEMPLATE, order=order, pairs=pairs)
        orphaned = np.flatnonzero((left.rule == TEMPLATE) & ~gone)  # they stood behind a row that goes: now behind its keeper
        keepers[orphaned] = keepers[selection.keeper[orphaned]]
        return replace(left, keeper=np.where(left.rule == TEMPLATE, keepers, left.keeper).astype(np.int32))


def rules_of(templates: Templates, default: str | None, own: Mapping[str, str] | Sequence[tuple[str, str]]) -> TemplateRules:
    """The rule of each template: its own by id, else the default."""
    named = dict(own)
    known = {template.id for template in templates.templates}
    return TemplateRules(
        templates,
        tuple(named.get(template.id, default) for template in templates.templates),
        tuple(one for one in named if one not in known),
    )
