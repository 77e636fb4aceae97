"""Instance-level records in the schema of Every Eval Ever: JSONL, one answer a line.

Read are model_id, input.raw, output.raw, answer_attribution[].extracted_value and evaluation.{score, is_correct}. The schema is
young and changes: only `evaluation`, `input` and `output` are required here, and their parts are looked for under a few names.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalmap.answers.answer_types import AnswerSetInfo, RawAnswer, StagedSet
from evalmap.answers.importers.import_options import AS_DETECTED, ImportOptions
from evalmap.answers.importers.json_sources import figure, first_line, listing, mapping, read_lines, text
from evalmap.answers.importers.scored_logs import Logged, chosen_metric, staged_sets, stem

_TEXTS = ("raw", "formatted", "text", "question", "prompt", "answer", "content")


def recognizes(path: Path) -> bool:
    """Whether a file begins with such a record."""
    first = first_line(path)
    scored = mapping(first.get("evaluation")).keys() & {"score", "is_correct"}
    return bool(scored) and "input" in first and ("output" in first or "interactions" in first)


def read(files: Sequence[Path], options: ImportOptions = AS_DETECTED) -> list[StagedSet]:
    """Read records; one set for each model and evaluation.

    Raises
    ------
    DatasetError : a file cannot be read; no such metric
    """
    found = []
    for path in files:
        notes: list[str] = []
        lines, data = read_lines(path, notes)
        named = [name for _, row in lines for name in ("score", "is_correct") if name in mapping(row.get("evaluation"))]
        metric = chosen_metric(options.metric, named, path.name)
        logged = [Logged(_answer(row, metric), text(row.get("model_id") or row.get("model"))) for _, row in lines]
        info = AnswerSetInfo(model=stem(path), source_format="every-eval-ever")
        read = f"input as question, output as what the model wrote, evaluation.{metric} as the score"
        found += staged_sets(path, data, logged, info, read=read, notes=notes)
    return found


def _answer(row: Mapping[str, Any], metric: str | None) -> RawAnswer:
    said = _text(row.get("output"))
    read = next((text(mapping(one).get("extracted_value")) for one in listing(row.get("answer_attribution"))), None)
    asked = _text(row.get("input"))
    return RawAnswer(
        dataset=text(row.get("evaluation_name")),
        id=text(row.get("sample_id")),
        question=asked,
        prompt_only=asked is not None,
        answer=read or None,
        text=said,
        score=figure(mapping(row.get("evaluation")).get(metric)) if metric else None,
        score_name=metric,
        gold=_text(mapping(row.get("input")).get("reference")),
        error=None if said is not None or read else "the record has no output",
    )


def _text(value: object) -> str | None:
    if isinstance(value, list):
        return _text(value[0]) if value else None
    if isinstance(value, Mapping):
        return next((found for name in _TEXTS if (found := _text(value.get(name))) is not None), None)
    return text(value)
