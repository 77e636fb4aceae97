"""What a run has left, read back: the counts, and each piece with what became of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from evalmap.data.store import disk
from evalmap.writing.result_files import TABLE
from evalmap.writing.result_reading import CONFIDENCE, WrittenResult

KEPT = "kept"
STEPS = ("unparsed", "repeats", "filtered", "near_duplicates", "not_best", "not_yet_filtered")  # as a piece meets them


@dataclass(frozen=True)
class ReadPiece:
    """A row, or a piece that is none.

    Attributes
    ----------
    step : "kept", or the step at which it was set aside
    text : the row's words; what the model wrote where it is no row
    reason : why it was set aside, in words; None of a kept one
    like : the row or example that it is like
    cosine : of the two
    confidence : label_confidence, 0 to 1, where a filter ran
    provenance : as `evalmap.writing.write_run.provenance` tells it
    """

    step: str
    label: str
    text: str
    reason: str | None
    like: str | None
    cosine: float | None
    confidence: float | None
    provenance: Mapping[str, Any]


def result_parts(folder: Path) -> dict[str, Path]:
    """{template: where its result lies} of a plan with several templates, or {"": folder}; those alone that are written."""
    if read_told(folder) is not None:
        return {"": folder}
    return {name: folder / name for name in disk.names(folder) if read_told(folder / name) is not None}


def read_told(folder: Path) -> dict[str, Any] | None:
    """What `evalmap write --json` printed last; None where nothing was written yet, or not whole."""
    try:
        with disk.reading(folder / TABLE):
            told = json.loads((folder / TABLE).read_text(encoding="utf-8"))
        return told if isinstance(told, dict) and isinstance(told["table"]["all"]["kept"], int) else None
    except (FileNotFoundError, KeyError, TypeError, ValueError):
        return None


def read_pieces(result: WrittenResult) -> list[ReadPiece]:
    """All pieces of a result: the kept ones as they stand in the file of rows, then those set aside."""
    kept = zip(result.rows, result.texts, result.labels, chain(result.provenance, repeat({})), strict=False)
    return [*(_kept(*one) for one in kept), *(_set_aside(told) for told in result.rejected)]


def _kept(row: Mapping[str, Any], text: str, label: str, source: Mapping[str, Any]) -> ReadPiece:
    return ReadPiece(KEPT, label, text, None, None, None, _number(row.get(CONFIDENCE)), source)


def _set_aside(told: Mapping[str, Any]) -> ReadPiece:
    text = told.get("text")
    return ReadPiece(
        step=str(told.get("step", STEPS[0])),
        label=str(told.get("label", "")),
        text=str(told.get("written", "") if text is None else text),
        reason=str(told.get("reason") or ""),
        like=told.get("like"),
        cosine=_number(told.get("cosine")),
        confidence=_number(told.get(CONFIDENCE)),
        provenance=told.get("provenance") or {},
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
