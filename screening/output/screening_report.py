"""What a screening did, for a program (report.json) and for a person without the tool (one HTML file)."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from evalmap.screening.groups.diff import word_diff
from evalmap.screening.groups.duplicate_groups import pair_positions
from evalmap.screening.keep.select import KEPT_BY_HAND, NEAR
from evalmap.screening.output.files import label_counts, numbers, reason
from evalmap.screening.pair_types import RULES
from evalmap.screening.screening import Screening

TEMPLATE = Path(__file__).with_name("screening_report.html.jinja")
GROUPS, ROWS, CONTRASTS, TEXT = 500, 20, 500, 4000  # shown in the HTML file: groups, rows of a group, pairs, characters of a text


def report(
    screening: Screening, *, settings: dict[str, Any], files: dict[str, bytes] | None = None, set_aside_kept: bool = False
) -> dict[str, Any]:
    """The content of report.json; the same screening gives the same report.

    Parameters
    ----------
    settings : what else went into it: inputs, roles, encoder …
    files : what was written, by what it is ("kept", "removed"): their SHA-256 are reported
    set_aside_kept : whether rows without text were kept

    Returns
    -------
    "rows" are those read: "kept" + "removed". "groups" are kept rows that stand for others, "pairs" those at or above the
    threshold, contrast pairs included. Shares are ratios.
    """
    selection, options = screening.selection, screening.options
    rules = selection.rule[: screening.own]
    aside = len(screening.set_aside)
    removed_by = {RULES[rule]: int((rules == rule).sum()) for rule in range(NEAR, KEPT_BY_HAND)}
    if aside and not set_aside_kept:
        removed_by["set aside"] = aside
    kept = len(screening.kept_rows) + (aside if set_aside_kept else 0)
    against = len(screening.examples) - screening.own
    copied = int((selection.keeper[: screening.own] >= screening.own).sum())
    share = screening.label_share
    return {
        "rows": screening.own + aside,
        "kept": kept,
        "removed": screening.own + aside - kept,
        "set_aside": aside,
        "duplicates": screening.duplicates,
        "groups": len(screening.stars),
        "pairs": selection.settings["pairs"],
        "contrast_pairs": selection.settings["contrast_pairs"],
        "threshold": options.threshold,
        "layer": options.layer,
        "normalise": options.normalise,
        "keep": options.keep,
        "contrast": options.contrast,
        "balance": options.balance,
        "target": options.target,
        "smallest_distance": _rounded(screening.smallest_distance),
        "label_share": {when: {label: round(ratio, 6) for label, ratio in shares.items()} for when, shares in share.items()},
        "label_counts": {"before": label_counts(screening), "after": label_counts(screening, selection.kept)},
        "removed_by": {rule: count for rule, count in removed_by.items() if count},
        "kept_by_hand": selection.settings["kept_by_hand"],
        "compared_against": {"rows": against, "removed": copied} if against else None,
        "warnings": list(screening.warnings),
        "settings": {
            "seed": options.seed,
            "floors": {name: _rounded(value) for name, value in screening.pairs.floors.items()},
            "pairs": screening.pairs.settings,
            **settings,
        },
        "sha256": {name: hashlib.sha256(content).hexdigest() for name, content in (files or {}).items()},
        "versions": versions(),
    }


def report_json(told: dict[str, Any]) -> bytes:
    """What `report` returned, as it is written."""
    return f"{json.dumps(told, ensure_ascii=False, indent=2)}\n".encode()


def html_report(screening: Screening, told: dict[str, Any]) -> bytes:
    """One HTML file that needs nothing else: counts, label balance, groups with their differences, contrast pairs, settings.

    Dataset text is escaped; the page's policy forbids scripts and anything from outside.

    Parameters
    ----------
    told : what `report` returned
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    groups, contrasts = _groups(screening), _contrasts(screening)
    shown = template.render(
        told=told,
        groups=groups,
        more_groups=len(screening.stars) - len(groups),
        contrasts=contrasts,
        more_contrasts=len(screening.selection.contrast) - len(contrasts),
        labels=_labels(told),
    )
    return shown.encode("utf-8", "replace")


def versions() -> dict[str, str]:
    """The versions of what a screening depends on."""
    from evalmap.embeddings.encoder import versions as of_embeddings

    found = of_embeddings()
    return {name: found[name] for name in ("evalmap", "torch", "sentence-transformers", "transformers", "numpy", "pandas")}


def _rounded(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else round(float(value), 6)


def _groups(screening: Screening) -> list[dict[str, Any]]:
    stars, found = screening.stars, []
    for group in range(min(len(stars), GROUPS)):
        members, keeper = stars.members(group), int(stars.keepers[group])
        rows = stars.rows[members][:ROWS]
        positions = pair_positions(screening.pairs, rows, np.full(len(rows), keeper))
        found.append(
            {
                **_row(screening, keeper),
                "size": members.stop - members.start,
                "chain": int(stars.component_size[group]),
                "lowest": _rounded(float(stars.component_lowest[group])),
                "against": keeper >= screening.own,
                "rows": [_pair(screening, keeper, int(row), int(at)) for row, at in zip(rows, positions, strict=True)],
            }
        )
    return found


def _contrasts(screening: Screening) -> list[dict[str, Any]]:
    shown = screening.selection.contrast[:CONTRASTS]
    positions = pair_positions(screening.pairs, shown[:, 0], shown[:, 1])
    return [
        {
            "one": {**_row(screening, int(a)), "fate": _fate(screening, int(a))},
            "other": {**_pair(screening, int(a), int(b), int(at)), "fate": _fate(screening, int(b))},
        }
        for (a, b), at in zip(shown, positions, strict=True)
    ]


def _row(screening: Screening, row: int) -> dict[str, Any]:
    example = screening.examples.iloc[row]
    label, confidence = example["label"], example["confidence"]
    return {
        "dataset": str(example["dataset"]),
        "line": int(example["line"]),
        "label": label if isinstance(label, str) else None,
        "confidence": _rounded(float(confidence)),
        "text": _short(str(example["text"])),
    }


def _pair(screening: Screening, keeper: int, row: int, position: int) -> dict[str, Any]:
    before, after = (_short(str(screening.examples["text"].iat[at])) for at in (keeper, row))
    return {**_row(screening, row), **numbers(screening, position), "diff": word_diff(before, after)}


def _fate(screening: Screening, row: int) -> str:
    return "kept" if screening.selection.kept[row] else f"removed: {reason(screening, row)}"


def _short(text: str) -> str:
    return text if len(text) <= TEXT else f"{text[:TEXT]} […]"


def _labels(told: dict[str, Any]) -> list[dict[str, Any]]:
    before, after = told["label_share"]["before"], told["label_share"]["after"]
    counts, left = told["label_counts"]["before"], told["label_counts"]["after"]
    return [
        {
            "label": label,
            "before": counts[label],
            "before_share": share,
            "after": left.get(label, 0),
            "after_share": after.get(label, 0.0),
            "points": 100 * (after.get(label, 0.0) - share),
        }
        for label, share in before.items()
    ]
