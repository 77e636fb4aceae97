"""What a run has left, read back: the counts, and each piece with what became of it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalmap.data.errors import DatasetError
from evalmap.data.store import disk
from evalmap.writing.result_files import PROVENANCE, REJECTED, TABLE

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


def rows_file(folder: Path) -> Path | None:
    """The file of a result's rows; None where there is none."""
    names = [name for name in disk.names(folder, ".jsonl") if name not in (REJECTED, PROVENANCE)]
    return folder / names[0] if len(names) == 1 else None


def read_told(folder: Path) -> dict[str, Any] | None:
    """What `evalmap write --json` printed last; None where nothing was written yet, or not whole."""
    try:
        with disk.reading(folder / TABLE):
            told = json.loads((folder / TABLE).read_text(encoding="utf-8"))
        return told if isinstance(told, dict) and isinstance(told["table"]["all"]["kept"], int) else None
    except (FileNotFoundError, KeyError, TypeError, ValueError):
        return None


def read_pieces(folder: Path, rows: str) -> list[ReadPiece]:
    """All pieces of a result: the kept ones as they stand in the file `rows`, then those set aside.

    Raises
    ------
    DatasetError : a file of the result is gone or not whole
    """
    sources = {told["line"]: told for told in _lines(folder / PROVENANCE)}
    kept = [_kept(row, sources.get(line, {})) for line, row in enumerate(_lines(folder / rows), 1)]
    return [*kept, *(_set_aside(told) for told in _lines(folder / REJECTED))]


def _kept(row: Mapping[str, Any], source: Mapping[str, Any]) -> ReadPiece:
    label = str(row.get("answer_matching_behavior", source.get("label", ""))).strip()
    text = str(row.get("statement") or row.get("question") or row.get("text") or row.get("sentence") or "")
    return ReadPiece(KEPT, label, text, None, None, None, _number(row.get("label_confidence")), source)


def _set_aside(told: Mapping[str, Any]) -> ReadPiece:
    text = told.get("text")
    return ReadPiece(
        step=str(told.get("step", STEPS[0])),
        label=str(told.get("label", "")),
        text=str(told.get("written", "") if text is None else text),
        reason=str(told.get("reason") or ""),
        like=told.get("like"),
        cosine=_number(told.get("cosine")),
        confidence=_number(told.get("label_confidence")),
        provenance=told.get("provenance") or {},
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with disk.reading(path):
            content = path.read_bytes()
        yield from (json.loads(line) for line in content.split(b"\n") if line.strip())
    except FileNotFoundError:
        raise DatasetError(f"{path}: is gone. Write the plan again: what was answered is kept.") from None
    except ValueError as error:
        raise DatasetError(f"{path}: not whole ({error}). Write the plan again: what was answered is kept.") from None
