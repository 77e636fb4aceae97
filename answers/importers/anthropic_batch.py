"""Anthropic Message Batches: results as JSONL, joined by custom_id with the requests where these are given.

The format: https://docs.anthropic.com/en/docs/build-with-claude/batch-processing. A result line holds custom_id and result (type
succeeded, errored, canceled or expired; message.content in blocks, of which the texts are read); a request custom_id and params.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from evalmap.answers.answer_types import AnswerSetInfo, RawAnswer, StagedSet
from evalmap.answers.importers.import_options import AS_DETECTED, ImportOptions
from evalmap.answers.importers.json_sources import first_line, listing, mapping, one_line, read_lines, text
from evalmap.answers.importers.request_prompts import RequestPrompt, by_prompt, request_prompt
from evalmap.data.errors import DatasetError

_LOCATED = re.compile(r"(.*[^\s/_-])[/_-](\d{1,9})")  # the API allows no "/" in an id: "persona-agreeableness-0"


def recognizes(path: Path) -> bool:
    """Whether a file begins with a result, or a request, of a batch."""
    first = first_line(path)
    return isinstance(first.get("custom_id"), str) and (_is_result(first) or isinstance(first.get("params"), dict))


def read(files: Sequence[Path], options: ImportOptions = AS_DETECTED) -> list[StagedSet]:
    """Read results, and the requests beside them; one set for each model and prompt.

    A custom_id that ends in a number is tried as dataset and line (from 0), and as the dataset's own id.

    Raises
    ------
    DatasetError : a file cannot be read; no results; two different results of one custom_id
    """
    notes: list[str] = []
    results: dict[str, Mapping[str, Any]] = {}
    requests: dict[str, RequestPrompt] = {}
    digests = []
    for path in files:
        lines, data = read_lines(path, notes)
        digests.append(hashlib.sha256(data).digest())
        for where, value in lines:
            id = str(value.get("custom_id"))
            if isinstance(params := value.get("params"), dict):
                system = params.get("system")
                blocks = [system] if isinstance(system, str) else [mapping(part).get("text") for part in listing(system)]
                words = "\n\n".join(part for part in blocks if isinstance(part, str))
                requests[id] = request_prompt({**params, **({"instructions": words} if words else {})})
            elif not _is_result(value):
                raise DatasetError(f"{where}: found {', '.join(list(value)[:6])}, expected custom_id and result, or params.")
            elif results.setdefault(id, value) != value:
                raise DatasetError(f"{where}: custom_id {id[:80]} stands there twice with two results. Import one batch at a time.")
    named = ", ".join(sorted(path.name for path in files))
    if not results:
        raise DatasetError(f"{named}: requests without results. Import the batch's results with them.")
    models = set(filter(None, map(_model, results.values())))
    only = models.pop() if len(models) == 1 else None  # what failed names none
    asked = {id: requests.get(id) or RequestPrompt(model=_model(result) or only) for id, result in results.items()}
    if not requests:
        notes.append("The requests were not given: the prompt is not known, and questions are found by custom_id only.")
    found = []
    for prompt, ids in by_prompt(asked).items():
        answers = tuple(_answer(id, results[id], asked[id]) for id in ids)
        read = "custom_id as dataset and line or id, text blocks of result.message as what the model wrote"
        told = (f"Columns read: {read}.", *notes)
        info = AnswerSetInfo(
            model=prompt.model or next(filter(None, (_model(results[id]) for id in ids)), None) or "unknown model",
            **prompt.facts(),
            source_format="anthropic-batch",
            source_file=named,
            source_sha256=hashlib.sha256(b"".join(sorted(digests))).hexdigest(),
        )
        datasets = {raw.dataset for raw in answers}
        found.append(StagedSet(info, answers, dataset=datasets.pop() if len(datasets) == 1 else None, notes=told))
    return found


def _answer(id: str, value: Mapping[str, Any], prompt: RequestPrompt) -> RawAnswer:
    located = _LOCATED.fullmatch(id)
    raw: dict[str, Any] = {"id": id, "question": prompt.question, "prompt_only": prompt.question is not None}
    if located:
        raw |= {"dataset": located[1], "row": int(located[2])}
    result = mapping(value.get("result"))
    if result.get("type") != "succeeded":
        error = mapping(mapping(result.get("error")).get("error")) or mapping(result.get("error"))
        why = ": ".join(str(part) for part in (result.get("type"), error.get("type"), error.get("message")) if part)
        return RawAnswer(**raw, error=one_line(why or "no result"))
    said = "".join(_texts(result))
    return RawAnswer(**raw, text=said) if said else RawAnswer(**raw, error="the message holds no text")


def _texts(result: Mapping[str, Any]) -> Iterator[str]:
    content = mapping(result.get("message")).get("content")
    for block in [{"type": "text", "text": content}] if isinstance(content, str) else listing(content):
        if mapping(block).get("type") == "text" and (words := text(mapping(block).get("text"))) is not None:
            yield words


def _model(value: Mapping[str, Any]) -> str | None:
    return text(mapping(mapping(value.get("result")).get("message")).get("model"))


def _is_result(value: Mapping[str, Any]) -> bool:
    result = value.get("result")
    return isinstance(result, dict) and result.get("type") in ("succeeded", "errored", "canceled", "expired")
