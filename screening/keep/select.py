"""Which rows stay: the maximal independent set of the similarity graph, taken in priority order.

So at the threshold no two kept rows are alike, and every removed row has a kept row that it is like and no variant of. Three
exceptions to the first, all counted: contrast pairs that are protected, variants, and pairs that a hand decided to keep.
"""

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evalmap.data.labels import Labels, labels_differ
from evalmap.data.text.normalization import NORMALIZATIONS, normalization_name
from evalmap.screening.keep.by_hand import Decisions
from evalmap.screening.keep.order import prioritize
from evalmap.screening.pair_types import RULES, Method, Pairs, Selection
from evalmap.screening.pairs.likeness import similar
from evalmap.screening.variants.variants import KINDS, TEXT_KINDS, Differences, bits_of, check_merge

Contrast = Literal["protect", "remove"]
CONTRASTS: tuple[Contrast, ...] = ("protect", "remove")
NEAR, BALANCE, TARGET, REMOVED_BY_HAND, DELETED, KEPT_BY_HAND, FLAGGED, TEMPLATE = range(1, len(RULES))  # positions in RULES
ROUNDS = 64  # random orders need about ten; a chain in order of its rows needs one a row


def select(
    pairs: Pairs,
    *,
    threshold: float,
    method: Method = "all",
    normalization: str = "typographic",
    order: NDArray[np.integer] | None = None,
    labels: Labels | None = None,
    contrast: Contrast = "protect",
    differences: Differences | None = None,
    merge: Collection[str] = (),
    keep_apart: NDArray[np.bool_] | None = None,
    decisions: Decisions | None = None,
) -> Selection:
    """Keep rows in priority order, each unless a row kept before it is alike.

    The number of pairs falls as the threshold rises. The number of kept rows mostly rises with it, but need not: a row that is
    kept at a higher threshold may take the place of several.

    Parameters
    ----------
    pairs : of the rows of a dataset
    threshold : 0 < threshold ≤ 1; lexical and semantic numbers at or above it are alike
    method : exact: texts equal under `normalization`; lexical, semantic: the number; all: any of the three
    order : (n,) every row once, the one to keep first; None: by the rule medoid of `evalmap.screening.keep.order.prioritize`
    labels : (n,) texts, None where a row has none
    contrast : pairs at or above the threshold whose labels differ; protect: neither is removed for the other's sake
    differences : what the rows differ in; pairs at or above the threshold that differ in a kind are variants: neither is removed
        for the other's sake. None: none are. Texts equal under `normalization` are variants by their keys only
    merge : kinds that make no variants, of `evalmap.screening.variants.variants.KINDS`
    keep_apart : (m,) pairs of the list that count as variants whatever they differ in; None: none does
    decisions : made by hand; they come before everything else

    Raises
    ------
    DatasetError : the threshold is out of range, or below what the list of pairs holds; merge names an unknown kind
    ValueError : order or labels do not fit the rows; method, normalization or contrast is unknown

    Source: the lexicographically first maximal independent set in rounds, Blelloch, Fineman, Shun 2012, arXiv:1202.3205.
    """
    n, merge = pairs.n, check_merge(merge)
    order = np.asarray(prioritize("medoid", pairs=pairs) if order is None else order, dtype=np.int64)
    if len(order) != n or (n and not np.array_equal(np.bincount(order, minlength=n), np.ones(n))):
        raise ValueError(f"order has {len(order)} entries; expected each of {n} rows once")
    if labels is not None and len(labels) != n:
        raise ValueError(f"labels has {len(labels)} entries; expected one for each of {n} rows")
    if contrast not in CONTRASTS:
        raise ValueError(f"contrast is {contrast!r}; choose one of {', '.join(CONTRASTS)}")
    alike = similar(pairs, threshold=threshold, method=method, normalization=normalization)
    left, right = pairs.left[alike], pairs.right[alike]
    opposed = labels_differ(labels, left, right)
    contrasting = np.stack([left[opposed], right[opposed]], axis=1).astype(np.int32)
    kinds = _kinds(pairs, alike, differences, normalization)
    apart = (kinds & ~np.uint8(bits_of(merge))) != 0
    if keep_apart is not None:
        apart |= keep_apart[alike]
    variants = np.stack([left[apart], right[apart]], axis=1).astype(np.int32)
    protected = opposed if contrast == "protect" else np.zeros(len(alike), dtype=bool)
    left, right = left[~(protected | apart)], right[~(protected | apart)]

    if hubs := [row for row, _ in pairs.settings.get("hubs", ())]:  # rows that the list pairs with one row only: that one stays
        order = np.concatenate([order[np.isin(order, hubs)], order[~np.isin(order, hubs)]])
    by_hand, gone_by_hand, deleted = _flags(n, decisions)
    gone = gone_by_hand | deleted
    kept_pairs = 0
    if decisions:
        free = ~(gone[left] | gone[right])
        both = by_hand[left] & by_hand[right]
        kept_pairs = int(both.sum())
        left, right = left[free & ~both], right[free & ~both]
        order = np.concatenate([order[by_hand[order]], order[~by_hand[order]]])

    rank = np.empty(n, dtype=np.int32)
    rank[order] = np.arange(n, dtype=np.int32)
    first, second = np.minimum(rank[left], rank[right]), np.maximum(rank[left], rank[right])
    kept_ranks = _independent_set(n, first, second)
    reason = np.arange(n, dtype=np.int64)
    reason[~kept_ranks] = n
    because = kept_ranks[first]
    np.minimum.at(reason, second[because], first[because])

    kept = np.empty(n, dtype=bool)
    keeper = np.empty(n, dtype=np.int32)
    kept[order], keeper[order] = kept_ranks, order[reason]
    kept[gone], keeper[gone] = False, -1
    rule = np.where(kept, 0, NEAR).astype(np.uint8)
    rule[gone_by_hand], rule[deleted], rule[by_hand] = REMOVED_BY_HAND, DELETED, KEPT_BY_HAND
    settings: dict[str, Any] = {
        "threshold": threshold,
        "method": method,
        "normalization": normalization_name(normalization),
        "contrast": contrast,
        "pairs": len(alike),
        "contrast_pairs": len(contrasting),
        "merge": list(merge),
        "variant_pairs": len(variants),
        "variants": {kind: int((kinds[apart] >> bit & 1).sum()) for bit, kind in enumerate(KINDS)},
        "merged_pairs": int(((kinds != 0) & ~apart).sum()),
        "kept_by_hand": int(by_hand.sum()),
        "removed_by_hand": int(gone_by_hand.sum()),
        "deleted_on_the_map": int(deleted.sum()),
        "pairs_kept_by_hand": kept_pairs,
    }
    return Selection(kept, keeper, rule, contrasting, variants, kinds[apart], settings)


def reasons(pairs: Pairs, selection: Selection) -> NDArray[np.int64]:
    """The positions of the pairs that a row may be removed for: alike at the selection's threshold, and not kept apart."""
    settings = selection.settings
    alike = similar(pairs, threshold=settings["threshold"], method=settings["method"], normalization=settings["normalization"])
    apart = [selection.variants, *([selection.contrast] if settings["contrast"] == "protect" else [])]
    both = np.concatenate(apart).astype(np.int64)
    keys = pairs.left[alike].astype(np.int64) * pairs.n + pairs.right[alike]
    return alike[~np.isin(keys, both[:, 0] * pairs.n + both[:, 1])]


def drop(selection: Selection, rows: NDArray[np.bool_], *, rule: int, order: NDArray[np.integer], pairs: Pairs) -> Selection:
    """The selection with some of its kept rows removed by a rule.

    What a removed row stood for names the kept row first in the order that it is like; where there is none, it bears the rule too.

    Parameters
    ----------
    rows : (n,) bool, kept rows
    rule : position in `RULES`
    order, pairs : those the selection was made with
    """
    kept, keeper, rules = selection.kept & ~rows, selection.keeper.copy(), selection.rule.copy()
    keeper[rows], rules[rows] = -1, rule
    orphans = (rules == NEAR) & (keeper >= 0) & ~kept[keeper]
    use = reasons(pairs, selection)
    left, right = pairs.left[use].astype(np.int64), pairs.right[use].astype(np.int64)
    one, other = np.concatenate([left, right]), np.concatenate([right, left])
    use = orphans[one] & kept[other]
    rank = np.empty(pairs.n, dtype=np.int64)
    rank[order] = np.arange(pairs.n)
    best = np.full(pairs.n, pairs.n, dtype=np.int64)
    np.minimum.at(best, one[use], rank[other[use]])
    keeper[orphans] = np.append(order, -1)[best[orphans]]
    rules[orphans & (keeper < 0)] = rule
    return replace(selection, kept=kept, keeper=keeper, rule=rules)


def _kinds(pairs: Pairs, alike: NDArray[np.int64], differences: Differences | None, normalization: str) -> NDArray[np.uint8]:
    """(m,) of the pairs at these positions, the kinds in which they differ."""
    if differences is None:
        return np.zeros(len(alike), dtype=np.uint8)
    kinds = differences.kinds(pairs.left[alike], pairs.right[alike])
    equal = pairs.exact[alike] <= NORMALIZATIONS.index(normalization_name(normalization))
    return np.where(equal, kinds & ~np.uint8(TEXT_KINDS), kinds).astype(np.uint8)


def _independent_set(n: int, first: NDArray[np.int32], second: NDArray[np.int32]) -> NDArray[np.bool_]:
    """(n,) which ranks the greedy loop over ranks keeps; first < second rank of each edge.

    A rank stays once no undecided neighbour comes before it; its neighbours then go. What rounds leave over is looped over.
    """
    gone = np.zeros(n, dtype=bool)
    for _ in range(ROUNDS):
        if not len(first):
            return ~gone
        waiting = np.zeros(n, dtype=bool)
        waiting[second] = True
        stays = ~waiting[first]
        gone[second[stays]] = True
        open_edges = ~(stays | gone[first] | gone[second])
        first, second = first[open_edges], second[open_edges]
    by_first = np.argsort(first, kind="stable")
    for earlier, later in zip(first[by_first].tolist(), second[by_first].tolist(), strict=True):
        if not gone[earlier]:
            gone[later] = True
    return ~gone


def _flags(n: int, decisions: Decisions | None) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
    """(kept by hand, removed by hand, deleted on the map), of which no row is in two."""
    kept, removed, deleted = (np.zeros(n, dtype=bool) for _ in range(3))
    if decisions:
        kept[list(decisions.kept)], removed[list(decisions.removed)] = True, True
        if (kept & removed).any():
            raise ValueError(f"row {int(np.flatnonzero(kept & removed)[0])} is both kept and removed by hand")
        deleted[list(decisions.deleted)] = True
    return kept & ~deleted, removed & ~deleted, deleted
