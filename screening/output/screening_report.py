"""What a screening did, for a program: report.json."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from evalmap.data.labels import label_counts
from evalmap.screening.keep.select import KEPT_BY_HAND, NEAR
from evalmap.screening.output.files import rounded
from evalmap.screening.pair_types import RULES
from evalmap.screening.screening import Screening

MOST_UNASKED = 20_000  # rows in which templates are looked for without a rule: over 120,000 that takes half a minute


def report(
    screening: Screening,
    *,
    settings: dict[str, Any],
    files: dict[str, bytes] | None = None,
    set_aside_kept: bool = False,
    name: str | None = None,
    curation: Sequence[dict[str, Any]] = (),
    judged: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The content of report.json; the same screening gives the same report.

    Parameters
    ----------
    settings : what else went into it: inputs, roles, encoder …
    files : what was written, by what it is ("kept", "removed"): their SHA-256 are reported
    set_aside_kept : whether rows without text were kept
    name : of the screened set, as `evalmap.screening.output.screened_name` builds it
    judged : how the threshold was found by reading pairs
    curation : what each step on the map did, as `evalmap.screening.curation.replay.curation_report` tells it

    Returns
    -------
    "rows" are those read: "kept" + "removed". "groups" are kept rows that stand for others, "pairs" those at or above the
    threshold, contrast pairs included. "variant_pairs" of them were kept apart, "variants" says in which kinds they differ;
    "merged_pairs" differ too, in kinds of "merge" only. Shares are ratios.
    """
    selection, options = screening.selection, screening.options
    rules = selection.rule[: screening.own]
    aside = len(screening.set_aside)
    removed_by = {RULES[rule]: int((rules == rule).sum()) for rule in range(NEAR, len(RULES)) if rule != KEPT_BY_HAND}
    if aside and not set_aside_kept:
        removed_by["set aside"] = aside
    kept = len(screening.kept_rows) + (aside if set_aside_kept else 0)
    against = len(screening.examples) - screening.own
    copied = int((selection.keeper[: screening.own] >= screening.own).sum())
    share, labels = screening.label_share, screening.examples["label"].iloc[: screening.own]
    return {
        "name": name,
        "rows": screening.own + aside,
        "kept": kept,
        "removed": screening.own + aside - kept,
        "set_aside": aside,
        "duplicates": screening.duplicates,
        "groups": len(screening.groups),
        "pairs": selection.settings["pairs"],
        "contrast_pairs": selection.settings["contrast_pairs"],
        "variant_pairs": selection.settings["variant_pairs"],
        "variants": selection.settings["variants"],
        "merged_pairs": selection.settings["merged_pairs"],
        "threshold": options.threshold,
        "method": options.method,
        "normalization": options.normalization,
        "keep": options.keep,
        "contrast": options.contrast,
        "merge": list(options.merge),
        "balance": options.balance,
        "target": options.target,
        "smallest_distance": rounded(screening.smallest_distance),
        "label_share": {when: {label: round(ratio, 6) for label, ratio in shares.items()} for when, shares in share.items()},
        "label_counts": {"before": label_counts(labels), "after": label_counts(labels, selection.kept[: screening.own])},
        "removed_by": {rule: count for rule, count in removed_by.items() if count},
        "drop_flagged": list(options.drop_flagged),
        "flagged": _flagged(screening),
        "kept_by_hand": selection.settings["kept_by_hand"],
        "templates": _templates(screening),
        "curation": list(curation),
        "threshold_by_example": judged,
        "compared_against": {"rows": against, "removed": copied} if against else None,
        "warnings": list(screening.warnings),
        "settings": {
            "seed": options.seed,
            "floors": {name: rounded(value) for name, value in screening.pairs.floors.items()},
            "pairs": screening.pairs.settings,
            "variant_fields": list(screening.differences.variant_fields),
            **settings,
        },
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in (files or {}).items()},
        "versions": versions(),
    }


def _flagged(screening: Screening) -> dict[str, int]:
    """Rule → rows that it flagged and that went for it; a row of two rules counts for both."""
    names = [name for row, said in screening.selection.flagged.items() if row < screening.own for name in said.split(", ")]
    return {rule: names.count(rule) for rule in screening.options.drop_flagged}


def _templates(screening: Screening) -> dict[str, Any]:
    """How many rows are of templates and what became of them; `kept` and `removed` are of these rows. Null where no rule asks and
    the dataset has more than `MOST_UNASKED` rows.
    """
    options, kept, rules = screening.options, screening.selection.kept, screening.template_rules
    asked = {"rule": options.templates, "rules": dict(options.template_rules)}
    if rules is None and screening.own > MOST_UNASKED:
        return {"templates": None, "rows": None, "removed": None, **asked, "left_out_pairs": None, "listed": []}
    found = screening.templates
    listed = [
        {
            "id": template.id,
            "skeleton": template.skeleton,
            "kinds": [slot.kind for slot in template.slots],
            "rows": len(template.rows),
            "kept": int(kept[list(template.rows)].sum()),
            "rule": rules.rules[at] if rules else None,
        }
        for at, template in enumerate(found.templates)
    ]
    return {
        "templates": len(found),
        "rows": found.rows,
        "removed": found.rows - sum(one["kept"] for one in listed),
        **asked,
        "left_out_pairs": found.left_out,
        "listed": listed,
    }


def report_json(payload: dict[str, Any]) -> bytes:
    """What `report` returned, as it is written."""
    return f"{json.dumps(payload, ensure_ascii=False, indent=2)}\n".encode()


def versions() -> dict[str, str]:
    """The versions of what a screening depends on."""
    from evalmap.embeddings.encoder import versions as of_embeddings

    found = of_embeddings()
    return {name: found[name] for name in ("evalmap", "torch", "sentence-transformers", "transformers", "numpy", "pandas")}
