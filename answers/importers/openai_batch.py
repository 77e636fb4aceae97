"""OpenAI Batch files: requests and responses as JSONL, in any order, joined by custom_id.

The format: https://platform.openai.com/docs/guides/batch. Input lines hold custom_id and body; output and error lines hold
custom_id, response (status_code, body) and error.
"""

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from evalmap.answers.answer_types import AnswerSetInfo, RawAnswer, StagedSet
from evalmap.answers.importers.import_options import AS_DETECTED, ImportOptions
from evalmap.answers.importers.request_prompts import RequestPrompt, by_prompt, listed, request_prompt
from evalmap.answers.reading.responses import read_choices, whole
from evalmap.data.errors import DatasetError
from evalmap.data.readers import content, json_rows

_SUFFIXES = (".jsonl", ".jsonl.gz", ".json", ".ndjson")
_PEEK = 1 << 22  # bytes of the first line; with 20 top tokens, a thousand tokens of output take about 1 MB
_LOCATED = re.compile(r"(.*\S)/(\d{1,9})")
_LONGEST = 300  # characters of an error that are kept

Kind = Literal["request", "response"]


def recognizes(path: Path) -> bool:
    """Whether a file begins with a line of a batch (request, response or error), or a folder holds such a file."""
    if path.is_dir():
        return any(recognizes(inside) for inside in _inside(path))
    if not path.is_file() or not path.name.lower().endswith(_SUFFIXES):
        return False
    try:
        with path.open("rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with gzip.open(path) if packed else path.open("rb") as file:
            first = next((line for line in iter(lambda: file.readline(_PEEK), b"") if line.strip()), b"")
        return _kind(json.loads(first)) is not None
    except (OSError, EOFError, ValueError, RecursionError, zlib.error):
        return False


def read(files: Sequence[Path], options: ImportOptions = AS_DETECTED) -> list[StagedSet]:
    """Read the files of a batch: outputs, and where they are there inputs and error files, in any order; or folders of them.

    One set for each model, prompt, system message and temperature. A prompt is what the requests share: their last line
    ("Answer with just Yes or No.") tells the kinds apart, and lines that all of a kind begin or end with are its template. The
    whole user message is the question (`prompt_only`). Several choices of one response are several samples. Without an input
    file each custom_id must name the dataset and the line ("persona/agreeableness/0"), and the prompt is unknown.
    Folders that each hold outputs are read as batches of their own.

    Raises
    ------
    DatasetError : a file cannot be read; a line is not JSON (a last line that was cut off is only noted), or neither request nor
        response; no responses; one custom_id with two different requests or answers; an output without its input
    """
    paths = [inside for path in files for inside in ([p for p in _inside(path) if recognizes(p)] if path.is_dir() else [path])]
    batches: dict[Path, _Batch] = {}
    for path in paths:
        batches.setdefault(path.parent, _Batch()).add(path)
    if not all(batch.responses for batch in batches.values()):  # inputs lie in one folder, outputs in another
        batches = {Path(): _Batch()}
        for path in paths:
            batches[Path()].add(path)
    return [staged for batch in batches.values() for staged in batch.sets()]


@dataclass
class _Batch:
    """The lines of a batch, by custom_id."""

    files: dict[str, bytes] = field(default_factory=dict)
    requests: dict[str, "_Line"] = field(default_factory=dict)
    responses: dict[str, "_Line"] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)
    retried: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, path: Path) -> None:
        packed = content.read_bytes(path, source=path.name)
        self.files[path.name] = self.files.get(path.name, b"") + hashlib.sha256(packed).digest()
        for line in _lines(content.decode(packed, source=path.name), path.name, self.notes):
            held = self.requests if line.kind == "request" else self.responses
            before = held.get(line.id)
            if before is None:
                held[line.id] = line
            elif before.meaning == line.meaning:
                self.repeated.append(line.id)
            elif line.kind == "response" and (before.failed or line.failed):  # asked again after an error
                self.retried.append(line.id)
                held[line.id] = line if before.failed else before
            else:
                what = "request" if line.kind == "request" else "answer"
                raise DatasetError(
                    f"{line.where}: custom_id {_shown(line.id)} stands in {before.where} with another {what}. "
                    "Import the files of one batch at a time."
                )

    def sets(self) -> list[StagedSet]:
        named = ", ".join(sorted(self.files))
        if not self.responses:
            raise DatasetError(f"{named}: requests without responses. Import the batch's output file with its input file.")
        if not self.requests:
            self._need_located(named)
            self.notes.append("The input file was not given: the prompt is not known, and questions are found by their line only.")
        strangers = [id for id in self.responses if id not in self.requests] if self.requests else []
        if strangers and len(strangers) == len(self.responses):
            raise DatasetError(
                f"{named}: none of the {len(strangers):,} responses belongs to a request (the first: {_shown(strangers[0])}). "
                "Give the input file of the same batch."
            )
        self._note(strangers, "of no request: left out")
        self._note(self.repeated, "that stand twice with the same content: read once")
        self._note(self.retried, "with an error and another answer: the answer is kept")
        responses = {id: line for id, line in self.responses.items() if id not in set(strangers)}
        prompts = {id: request_prompt(line.value["body"]) for id, line in self.requests.items()}
        if not self.requests:
            prompts = {id: RequestPrompt(model=line.model) for id, line in responses.items()}
        return [self._set(prompt, ids, prompts, responses, named) for prompt, ids in by_prompt(prompts).items()]

    def _set(
        self,
        prompt: RequestPrompt,
        ids: Sequence[str],
        prompts: Mapping[str, RequestPrompt],
        responses: Mapping[str, "_Line"],
        named: str,
    ) -> StagedSet:
        answers = [raw for id in ids if id in responses for raw in _answers(responses[id], prompts[id])]
        lines = [responses[id] for id in ids if id in responses]
        notes = list(self.notes)
        if missing := [id for id in ids if id not in responses]:
            notes.append(f"{len(missing):,} of {len(ids):,} requests have no response in these files ({_some(missing)}).")
        models = {line.model for line in lines if line.model}
        revision = models.pop() if len(models) == 1 else None
        if models:
            notes.append(f"The responses name several models ({listed(sorted(models | {revision or ''}))}).")
        created = [line.created for line in lines if line.created is not None]
        info = AnswerSetInfo(
            model=prompt.model or revision or "unknown model",
            revision=revision if revision != prompt.model and prompt.model else None,
            **prompt.facts(),
            source_format="openai-batch",
            source_file=named,
            source_sha256=hashlib.sha256(b"".join(sorted(self.files.values()))).hexdigest(),
            created=datetime.fromtimestamp(min(created), UTC).isoformat() if created else None,
        )
        datasets = {raw.dataset for raw in answers}
        return StagedSet(
            info,
            tuple(answers),
            dataset=datasets.pop() if len(datasets) == 1 else None,
            n_expected=len(ids) if self.requests else None,
            notes=tuple(notes),
        )

    def _need_located(self, named: str) -> None:
        if lost := next((line for line in self.responses.values() if not _LOCATED.fullmatch(line.id)), None):
            raise DatasetError(
                f"{lost.where}: custom_id {_shown(lost.id)} does not tell the question, expected dataset/line such as "
                f"persona/agreeableness/0. Import the batch's input file together with {named}."
            )

    def _note(self, ids: Sequence[str], what: str) -> None:
        if ids:
            self.notes.append(f"{len(ids):,} custom_id{'s' if len(ids) > 1 else ''} {what} ({_some(ids)}).")


@dataclass(frozen=True)
class _Line:
    """A request or a response."""

    where: str
    kind: Kind
    id: str
    value: Mapping[str, Any]

    @property
    def body(self) -> Mapping[str, Any]:
        """Of the response; empty where there is none."""
        response = self.value.get("response")
        body = response.get("body") if isinstance(response, Mapping) else None
        return body if isinstance(body, Mapping) else {}

    @property
    def error(self) -> str | None:
        """Why there is no answer, in one line."""
        response, error = self.value.get("response"), self.value.get("error")
        status = response.get("status_code") if isinstance(response, Mapping) else None
        failure = error if error else self.body.get("error")
        if not failure and status in (200, None) and read_choices(self.body):
            return None
        parts = [failure.get("code") or failure.get("type"), failure.get("message")] if isinstance(failure, Mapping) else [failure]
        words = ": ".join(str(part) for part in parts if part) or "the response holds no choice"
        line = " ".join(f"{'' if status in (200, None) else status} {whole(words)}".split())
        return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"

    @property
    def failed(self) -> bool:
        return self.error is not None

    @property
    def meaning(self) -> object:
        """What two lines with one custom_id must share: a server's own ids and times may differ."""
        return self.value["body"] if self.kind == "request" else (self.error, read_choices(self.body))

    @property
    def model(self) -> str | None:
        model = self.body.get("model")
        return whole(model) if isinstance(model, str) and model else None

    @property
    def created(self) -> int | None:
        created = self.body.get("created", self.body.get("created_at"))
        return int(created) if isinstance(created, (int, float)) and 0 < created < 1e11 else None


def _answers(line: _Line, prompt: RequestPrompt) -> Iterator[RawAnswer]:
    located = _LOCATED.fullmatch(line.id)
    dataset, row = (located[1], int(located[2])) if located else (None, None)
    raw = {"dataset": dataset, "row": row, "question": prompt.question, "prompt_only": prompt.question is not None, "id": line.id}
    if line.failed:
        yield RawAnswer(**raw, error=line.error)
        return
    for sample, choice in enumerate(read_choices(line.body)):
        yield RawAnswer(**raw, sample=sample, top_logprobs=choice.top_logprobs, text=choice.text)


def _inside(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and path.name.lower().endswith(_SUFFIXES))


def _lines(text: str, source: str, notes: list[str]) -> Iterator[_Line]:
    numbered = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    for number, line in numbered:
        where = f"{source} line {number:,}"
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            if number == numbered[-1][0] and number > 1 and not text.endswith("\n"):
                notes.append(f"The last line of {source} is cut off and was left out. Fetch the file again.")
                return
            found = "nested too deep" if isinstance(error, RecursionError) else "a number too long"
            found = json_rows.reason(error) if isinstance(error, json.JSONDecodeError) else found
            raise DatasetError(f"{where}: not JSON ({found}). Expected a request or a response of a batch on each line.") from error
        kind = _kind(value)
        if kind is None:
            found = ", ".join(map(_shown, list(value)[:6])) if isinstance(value, dict) else json_rows.kind(value)
            raise DatasetError(
                f"{where}: found {found or 'an empty object'}, expected custom_id and body, or custom_id and response."
            )
        yield _Line(where, kind, whole(value["custom_id"]), value)


def _kind(value: object) -> Kind | None:
    if not isinstance(value, dict) or not isinstance(value.get("custom_id"), str):
        return None
    if isinstance(value.get("body"), dict) and "response" not in value:
        return "request"
    response, error = value.get("response"), value.get("error")
    has_response = isinstance(response, dict) and ("body" in response or "status_code" in response)
    return "response" if has_response or (error and "response" in value) or (isinstance(error, dict) and response is None) else None


def _some(ids: Iterable[str]) -> str:
    return listed([_shown(id) for id in ids])


def _shown(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:79]}…"
