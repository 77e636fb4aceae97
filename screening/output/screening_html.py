"""The report for a person without the tool: one HTML file that needs nothing else."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.screening.groups.diff import word_diff
from evalmap.screening.groups.duplicate_groups import pair_positions
from evalmap.screening.output.files import rounded
from evalmap.screening.reasons import likeness_of, rule_of
from evalmap.screening.screening import Screening
from evalmap.screening.variants.variants import KINDS

TEMPLATE = Path(__file__).with_name("screening_report.html.jinja")
GROUPS, ROWS, CONTRASTS, TEXT = 500, 20, 500, 4000  # shown in the HTML file: groups, rows of a group, pairs of a list, characters


def html_report(screening: Screening, report: dict[str, Any]) -> bytes:
    """One HTML file that needs nothing else: counts, label balance, groups with differences, contrast pairs, variants, settings.

    Dataset text is escaped; the page's policy forbids scripts and anything from outside.

    Parameters
    ----------
    report : what `report` returned
    """
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    groups, selection = _groups(screening), screening.selection
    contrasts, variants = _apart(screening, selection.contrast), _apart(screening, selection.variants)
    page = template.render(
        report=report,
        groups=groups,
        more_groups=len(screening.groups) - len(groups),
        contrasts=contrasts,
        more_contrasts=len(selection.contrast) - len(contrasts),
        variants=variants,
        more_variants=len(selection.variants) - len(variants),
        kinds=KINDS,
        labels=_labels(report),
    )
    return page.encode("utf-8", "replace")


def _groups(screening: Screening) -> list[dict[str, Any]]:
    groups, found = screening.groups, []
    for group in range(min(len(groups), GROUPS)):
        members, keeper = groups.members(group), int(groups.keepers[group])
        rows = groups.rows[members][:ROWS]
        positions = pair_positions(screening.pairs, rows, np.full(len(rows), keeper))
        found.append(
            {
                **_row(screening, keeper),
                "size": members.stop - members.start,
                "chain": int(groups.component_size[group]),
                "lowest": rounded(float(groups.component_lowest[group])),
                "against": keeper >= screening.own,
                "rows": [_pair(screening, keeper, int(row), int(at)) for row, at in zip(rows, positions, strict=True)],
            }
        )
    return found


def _apart(screening: Screening, pairs: NDArray[np.int32]) -> list[dict[str, Any]]:
    """Pairs kept apart, with what each half became and what the two differ in."""
    first = pairs[:CONTRASTS]
    positions = pair_positions(screening.pairs, first[:, 0], first[:, 1])
    return [
        {
            "one": {**_row(screening, int(a)), "fate": _fate(screening, int(a))},
            "other": {**_pair(screening, int(a), int(b), int(at)), "fate": _fate(screening, int(b))},
            "differences": [
                {**asdict(found), "one": _short(found.one), "other": _short(found.other)}
                for found in screening.differences.between(int(a), int(b))
            ],
        }
        for (a, b), at in zip(first, positions, strict=True)
    ]


def _row(screening: Screening, row: int) -> dict[str, Any]:
    example = screening.examples.iloc[row]
    label, confidence = example["label"], example["confidence"]
    return {
        "dataset": str(example["dataset"]),
        "line": int(example["line"]),
        "label": label if isinstance(label, str) else None,
        "confidence": rounded(float(confidence)),
        "text": _short(str(example["text"])),
    }


def _pair(screening: Screening, keeper: int, row: int, position: int) -> dict[str, Any]:
    before, after = (_short(str(screening.examples["text"].iat[at])) for at in (keeper, row))
    return {**_row(screening, row), **asdict(likeness_of(screening.pairs, position)), "diff": word_diff(before, after)}


def _fate(screening: Screening, row: int) -> str:
    if screening.selection.kept[row]:
        return "kept"
    return f"removed: {rule_of(screening.selection, row, own=screening.own, deleted=screening.deleted)}"


def _short(text: str) -> str:
    return text if len(text) <= TEXT else f"{text[:TEXT]} […]"


def _labels(report: dict[str, Any]) -> list[dict[str, Any]]:
    before, after = report["label_share"]["before"], report["label_share"]["after"]
    counts, left = report["label_counts"]["before"], report["label_counts"]["after"]
    return [
        {
            "label": label,
            "before": counts[label],
            "before_share": share,
            "after": left.get(label, 0),
            "after_share": after.get(label, 0.0) if after else None,  # of no rows there is no share
            "points": 100 * (after.get(label, 0.0) - share) if after else None,
        }
        for label, share in before.items()
    ]
