"""Event logs of openai/evals (`oaieval … --record_path`): JSONL of one spec, events (sampling, match, metrics), a final report.

The format: evals/record.py there. An event holds sample_id, type and data; `sampling` has prompt and sampled, `match` has correct,
expected and picked, `metrics` has figures of the sample. Other events are passed over.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from evalmap.answers.answer_types import AnswerSetInfo, RawAnswer, StagedSet
from evalmap.answers.importers.import_options import AS_DETECTED, ImportOptions
from evalmap.answers.importers.json_sources import figure, first_line, listing, mapping, read_lines, text, turns_of
from evalmap.answers.importers.request_prompts import from_turns
from evalmap.answers.importers.scored_logs import Logged, chosen_metric, staged_sets, stem

_MATCH = "correct"


def recognizes(path: Path) -> bool:
    """Whether a file begins with the spec of a run, or an event."""
    first = first_line(path)
    spec = mapping(first.get("spec"))
    return (
        bool(spec.keys() & {"completion_fns", "eval_name", "base_eval"})
        or {"event_id", "sample_id", "type", "data"} <= first.keys()
    )


def read(files: Sequence[Path], options: ImportOptions = AS_DETECTED) -> list[StagedSet]:
    """Read event logs; the score of a free answer is the match, else the first metric (or the one that `options.metric` names).

    Raises
    ------
    DatasetError : a file cannot be read, or holds no sampling; no such metric
    """
    found = []
    for path in files:
        notes: list[str] = []
        lines, data = read_lines(path, notes)
        spec: Mapping[str, Any] = next((mapping(value.get("spec")) for _, value in lines if "spec" in value), {})
        samples: dict[str, dict[str, Any]] = {}
        for _, value in lines:
            if isinstance(value.get("sample_id"), str):
                held = samples.setdefault(value["sample_id"], {"scores": {}})
                _take(held, str(value.get("type")), mapping(value.get("data")))
        metric = chosen_metric(options.metric, [name for held in samples.values() for name in held["scores"]], path.name)
        model = next((name for one in listing(spec.get("completion_fns")) if (name := text(one))), None)
        info = AnswerSetInfo(model=model or stem(path), source_format="openai-evals", created=text(spec.get("created_at")))
        logged = [Logged(_answer(id, held, metric), model) for id, held in samples.items() if "sampled" in held or held["scores"]]
        read = "prompt as question, sampled as what the model wrote" + (f", {metric} as the score" if metric else "")
        found += staged_sets(path, data, logged, info, read=read, notes=notes)
    return found


def _take(held: dict[str, Any], kind: str, data: Mapping[str, Any]) -> None:
    if kind == "sampling":
        held["prompt"] = data.get("prompt")
    if kind in ("sampling", "match") and "sampled" in data:
        held.setdefault("sampled", _one(data["sampled"]))
    if kind == "match" and isinstance(data.get("correct"), bool):
        held["scores"].setdefault(_MATCH, float(data["correct"]))
        expected = _one(data.get("expected"))
        held["key"] = expected
    if kind == "metrics":
        for name, value in data.items():
            if (score := figure(value)) is not None:
                held["scores"].setdefault(str(name), score)


def _answer(id: str, held: Mapping[str, Any], metric: str | None) -> RawAnswer:
    prompt = held.get("prompt")
    asked = text(prompt) if isinstance(prompt, str) else from_turns(list(turns_of(prompt))).question
    said = held.get("sampled")
    return RawAnswer(
        id=id,
        question=asked,
        prompt_only=asked is not None,
        text=said,
        score=held["scores"].get(metric) if metric else None,
        score_name=metric,
        gold=held.get("key"),
        error=None if said is not None or held["scores"] else "the log has no sampling",
    )


def _one(value: object) -> str | None:
    """The text, or the only text of a list."""
    return _one(value[0]) if isinstance(value, list) and len(value) == 1 else text(value)
