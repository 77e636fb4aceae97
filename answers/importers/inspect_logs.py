"""Inspect logs (.eval and .json), read with inspect_ai itself: members of an .eval file are packed in a way zipfile cannot read.

The format: https://inspect.aisi.org.uk/eval-logs.html.
"""

import hashlib
import json
import math
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from evalmap.answers.answer_types import AnswerSetInfo, RawAnswer, StagedSet
from evalmap.answers.importers.import_options import AS_DETECTED, ImportOptions
from evalmap.answers.importers.request_prompts import RequestPrompt, from_turns, text_of, with_template
from evalmap.answers.importers.scored_logs import chosen_metric
from evalmap.answers.reading.responses import read_choice, whole
from evalmap.data.errors import DatasetError
from evalmap.data.readers import content

EvalLog = Any  # inspect_ai.log's: the library is optional, and is imported where it reads
EvalSample = Any

_PEEK = 1 << 16
_HEAD = re.compile(rb'\s*\{\s*"(?:version|status|eval)"\s*:.*?"eval"\s*:\s*\{.*?"task"\s*:', re.DOTALL)
_LOCATED = re.compile(r"(.*\S)/(\d{1,9})")
_NOT_NEEDED = {"events", "events_data", "timelines", "store"}  # of a sample: most of its bytes
_FLAGS = {"C": True, "I": False, 1: True, 0: False}  # 1 and True are one key
_GRADES = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
_OPENING, _CLOSING = [ord("["), ord("{")], [ord("]"), ord("}")]
MOST_DEEP = 10_000  # brackets, one in another
_LONGEST = 300  # characters of an error that are kept


def recognizes(path: Path) -> bool:
    """Whether a file is an Inspect log by its content, or a folder holds one (at any depth)."""
    if path.is_dir():
        return any(recognizes(inside) for inside in _inside(path))
    try:
        if path.suffix.lower() == ".eval":
            with zipfile.ZipFile(path) as packed:
                return any(name in ("header.json", "_journal/start.json") for name in packed.namelist())
        if path.suffix.lower() == ".json" and path.is_file():
            with path.open("rb") as file:
                return _HEAD.match(file.read(_PEEK)) is not None
    except (OSError, zipfile.BadZipFile):
        return path.suffix.lower() == ".eval" and path.is_file()  # ours to refuse, with a sentence
    return False


def read(files: Sequence[Path], options: ImportOptions = AS_DETECTED) -> list[StagedSet]:
    """Read Inspect logs, or folders of them; one set a log, and one for two copies of a run (.eval and .json).

    Epochs are samples. A sample's question is the last user message before the answer (`prompt_only`), with its dataset and row
    from the sample's metadata, or from an id such as "persona/agreeableness/0"; its log-probabilities are there only where
    logprobs and top_logprobs were asked for, else its text is the evidence, and a scorer's flag only where there is no text.
    Letters are translated by the sample's own choices. A run that was cancelled or failed is read as far as it went.

    The prompt's template is what all questions begin and end with in whole lines. Where they share none to go by (one sample, or
    earlier turns that differ), the prompt is named by the task and a hash of the solvers.

    Raises
    ------
    DatasetError : inspect_ai is not installed or cannot read the log; a log without samples; more than content.MAX_BYTES
    """
    paths = [inside for path in files for inside in ([p for p in _inside(path) if recognizes(p)] if path.is_dir() else [path])]
    staged: dict[str, StagedSet] = {}
    for path in paths:
        header = _header(path)
        run = header.eval.eval_id
        if run in staged:
            first = staged[run]
            note = f"{_shown(path.name)} holds the same run as {first.info.source_file}: read once."
            staged[run] = replace(first, notes=(*first.notes, note))
        else:
            staged[run] = _staged(path, header, options)
    return list(staged.values())


def _header(path: Path) -> EvalLog:
    try:
        from inspect_ai.log import read_eval_log
    except ImportError as error:
        raise DatasetError(
            f"{_shown(path.name)}: reading an Inspect log needs inspect-ai. Install it: pip install 'evalmap[inspect]'"
        ) from error
    name = _shown(path.name)
    if not path.is_file():
        raise DatasetError(f"{name}: no such file. Check the path.")
    try:
        if path.suffix.lower() == ".eval":
            with zipfile.ZipFile(path) as packed:
                size = sum(member.file_size for member in packed.infolist())
        else:
            size = path.stat().st_size
    except (OSError, zipfile.BadZipFile) as error:
        raise _unreadable(path, error) from error
    if size > content.MAX_BYTES:
        raise DatasetError(content.too_large(name))
    if path.suffix.lower() == ".json" and _depth(path) > MOST_DEEP:
        raise DatasetError(f"{name}: brackets nested more than {MOST_DEEP:,} deep; no Inspect log is. Check what wrote the file.")
    try:
        return read_eval_log(str(path.resolve()), header_only=True)
    except Exception as error:  # whatever zip, JSON and pydantic have to say about a file that others wrote
        raise _unreadable(path, error) from error


def _depth(path: Path) -> int:
    """About how deep brackets are nested, those in texts included: the library takes minutes over a file of nothing else."""
    depth = deepest = 0
    with path.open("rb") as file:
        while read := file.read(1 << 22):
            block = np.frombuffer(read, dtype=np.uint8)
            steps = np.isin(block, _OPENING).astype(np.int64) - np.isin(block, _CLOSING)
            levels = depth + np.cumsum(steps)
            depth, deepest = int(levels[-1]), max(deepest, int(levels.max()))
    return deepest


def _samples(path: Path, header: EvalLog) -> Iterator[EvalSample]:
    """One sample after the other; those that a run did not reach are not there."""
    from inspect_ai.log import read_eval_log, read_eval_log_samples

    location = str(path.resolve())
    try:
        if header.eval.dataset.sample_ids is None:  # logs of old versions do not list them
            log = read_eval_log(location, resolve_attachments="core", exclude_fields=_NOT_NEEDED)
            yield from log.samples or []
        else:
            yield from read_eval_log_samples(
                location, all_samples_required=False, resolve_attachments="core", exclude_fields=_NOT_NEEDED
            )
    except Exception as error:  # as above
        raise _unreadable(path, error) from error


def _staged(path: Path, header: EvalLog, options: ImportOptions) -> StagedSet:
    name = _shown(path.name)
    shuffled = _shuffled_by_solver(header)
    answers: list[RawAnswer] = []
    conversations: list[RequestPrompt] = []
    models: set[str] = set()
    grades: list[dict[str, float]] = []
    for sample in _samples(path, header):
        prompt = _request_prompt(sample)
        conversations.append(prompt)
        answers.append(_answer(sample, prompt, shuffled))
        grades.append(_grades(sample))
        if sample.output.model:
            models.add(whole(sample.output.model))
    planned = _planned(header)
    if not answers:
        raise DatasetError(f"{name}: no samples ({_ended(header)}). Import a log that holds answers, or run the evaluation again.")
    named = list(dict.fromkeys(name for one in grades for name in one))
    metric = chosen_metric(options.metric, named, name)
    if metric is not None:
        scored = zip(answers, grades, strict=True)
        answers = [replace(raw, score=one.get(metric), score_name=metric) for raw, one in scored]
    notes = []
    if len(named) > 1 and not any(answer.options for answer in answers):
        others = ", ".join(one for one in named if one != metric)
        notes.append(f"The log has {len(named)} scores; shown is “{metric}”, left out: {others}.")
    asked_questions = len({answer.id for answer in answers})
    if header.status != "success" or (planned is not None and asked_questions < planned):
        of = "" if planned is None else f" of {planned:,}"
        notes.append(f"{name}: {_ended(header)}; {asked_questions:,}{of} questions have an answer or an error.")
    if header.invalidated:
        notes.append(f"{name}: Inspect marks samples of this run as invalid; they are errors here.")
    if shuffled:
        notes.append(f"{name}: the solver shuffled the choices and the log keeps no order: only the answers in words are read.")
    datasets = {answer.dataset for answer in answers}
    dataset = datasets.pop() if len(datasets) == 1 else None
    info = replace(_info(header, _prompt(header, conversations), models), source_file=name, source_sha256=_sha256(path))
    return StagedSet(info, tuple(answers), dataset or header.eval.dataset.name, planned, tuple(notes), _claims(header))


# --- a sample ---------------------------------------------------------------------------------------------------------------


def _request_prompt(sample: EvalSample) -> RequestPrompt:
    """The conversation up to the answer; the sample's input where the log has none."""
    turns = [(message.role, text_of(_parts(message.content))) for message in sample.messages]
    if turns and turns[-1][0] == "assistant":
        turns.pop()
    prompt = from_turns(turns)
    if prompt.question is not None:
        return prompt
    if isinstance(sample.input, str):
        return RequestPrompt(question=whole(sample.input))
    return from_turns([(message.role, text_of(_parts(message.content))) for message in sample.input])


def _answer(sample: EvalSample, prompt: RequestPrompt, shuffled: bool) -> RawAnswer:
    metadata, id = sample.metadata or {}, str(sample.id)
    located = _LOCATED.fullmatch(id)
    dataset, row = metadata.get("dataset"), metadata.get("row")
    if not isinstance(dataset, str) and located:
        dataset = located[1]
    if (not isinstance(row, int) or isinstance(row, bool)) and located:
        row = int(located[2])
    targets = [sample.target] if isinstance(sample.target, str) else sample.target
    raw = RawAnswer(
        dataset=dataset if isinstance(dataset, str) else None,
        row=row if isinstance(row, int) and not isinstance(row, bool) and row >= 0 else None,
        question=prompt.question,
        prompt_only=prompt.question is not None,
        id=whole(id),
        sample=max(sample.epoch - 1, 0),
        matching=whole(targets[0]) if len(targets) == 1 and targets[0] else None,
        options={_letter(index): whole(choice) for index, choice in enumerate(sample.choices)} if sample.choices else None,
    )
    text = whole(sample.output.completion) if sample.output.choices else None
    if why := _why_none(sample):
        return replace(raw, error=why)
    if shuffled and not (text or "").startswith("ANSWER: "):  # what the solver writes once it has put the choices back in order
        return replace(raw, error="the solver shuffled the choices and read no answer")
    choice = sample.output.choices[0] if sample.output.choices and not shuffled else None
    logprobs = choice.logprobs.model_dump() if choice is not None and choice.logprobs is not None else None
    read = read_choice({"choices": [{"text": text, "logprobs": logprobs}]})
    if text or read.top_logprobs:
        return replace(raw, top_logprobs=read.top_logprobs, text=text)
    correct, answer = _flag(sample)
    return replace(raw, correct=correct, answer=answer, text=text) if correct is not None else replace(raw, text=text)


def _why_none(sample: EvalSample) -> str | None:
    """Why a sample has no answer that counts, in one line."""
    if sample.error is not None:
        return _one_line(sample.error.message or "the sample failed")
    if sample.invalidation is not None:
        return _one_line(f"marked as invalid: {sample.invalidation.reason or 'without a reason'}")
    if sample.output.error:
        return _one_line(sample.output.error)
    if not sample.output.completion and sample.limit is not None:
        return f"halted by the limit on {sample.limit.type}"
    if not sample.output.completion and sample.output.choices and sample.output.choices[0].stop_reason == "content_filter":
        return "stopped by a content filter"
    return None


def _grades(sample: EvalSample) -> dict[str, float]:
    """{scorer, or scorer/figure: value}; C, P, I and N are 1, 0.5, 0 and 0, as Inspect's own metrics take them."""
    found: dict[str, float] = {}
    for name, one in (sample.scores or {}).items():
        held = one.value.items() if isinstance(one.value, Mapping) else [("", one.value)]
        for figure, value in held:
            number = _GRADES.get(value) if isinstance(value, str) else value
            if isinstance(number, int | float) and math.isfinite(number):
                found[f"{whole(name)}/{whole(str(figure))}" if figure else whole(name)] = float(number)
    return found


def _flag(sample: EvalSample) -> tuple[bool | None, str | None]:
    """Whether the first scorer that tells calls the answer correct, and the answer that it read."""
    for one in (sample.scores or {}).values():
        if isinstance(one.value, (str, int, float)) and one.value in _FLAGS:
            return _FLAGS[one.value], None if one.answer is None else whole(one.answer)
    return None, None


def _letter(index: int) -> str:
    """As Inspect's multiple_choice() marks a choice: A … Z, then 1, 2 …"""
    return chr(ord("A") + index) if index < 26 else str(index - 25)


def _parts(content: object) -> object:
    """A message's content, in parts as JSON has them."""
    return [part.model_dump() for part in content] if isinstance(content, list) else content


# --- a run ------------------------------------------------------------------------------------------------------------------


def _prompt(header: EvalLog, conversations: Sequence[RequestPrompt]) -> RequestPrompt:
    """What all conversations share; without a template where that is not the prompt."""
    frames = {replace(one, question=None) for one in conversations}
    systems = {one.system for one in conversations}
    shared = RequestPrompt(system=systems.pop() if len(systems) == 1 else None)
    if len(frames) == 1:
        shared = with_template(frames.pop(), [one.question for one in conversations if one.question is not None])
    system = header.plan.config.system_message or header.eval.model_generate_config.system_message
    if shared.system is None and system and not systems:
        shared = replace(shared, system=whole(system))
    return shared if shared.template else replace(shared, prompt_id=f"{header.eval.task}-{_plan_hash(header)}")


def _plan_hash(header: EvalLog) -> str:
    """8 hex digits of the solvers, their settings and the task's arguments."""
    steps = [(step.solver, step.params) for step in header.plan.steps]
    settings = json.dumps([steps, header.eval.task_args, header.eval.task_version], sort_keys=True, default=str)
    return hashlib.sha256(settings.encode()).hexdigest()[:8]


def _info(header: EvalLog, prompt: RequestPrompt, models: set[str]) -> AnswerSetInfo:
    spec, arguments = header.eval, header.eval.model_args
    provider, _, rest = spec.model.partition("/")
    model = models.pop() if len(models) == 1 else None
    revision = _argument(arguments, "revision", "model_revision")
    if revision is None and model is not None and spec.model != model and not spec.model.endswith(f"/{model}"):
        revision = model  # "gpt-4o" was asked, "gpt-4o-2024-08-06" answered
    configs = (header.plan.config, spec.model_generate_config)
    return AnswerSetInfo(
        model=whole(spec.model),
        prompt_id=whole(prompt.prompt_id),
        prompt_template=prompt.template,
        system_prompt=prompt.system,
        n_shot=prompt.n_shot,
        temperature=next((config.temperature for config in configs if config.temperature is not None), None),
        revision=revision,
        quantisation=_argument(arguments, "quantization", "quantisation", "load_in_4bit", "load_in_8bit"),
        dtype=_argument(arguments, "dtype", "torch_dtype"),
        runtime=({"hf": "transformers"}.get(provider, provider)) if rest else None,
        source_format="inspect",
        tool_version=spec.packages.get("inspect_ai"),
        created=spec.created or None,
    )


def _argument(arguments: Mapping[str, Any], *names: str) -> str | None:
    for name in names:
        value = arguments.get(name)
        if value not in (None, "", False):
            return whole(name.removeprefix("load_in_") if value is True else str(value))
    return None


def _planned(header: EvalLog) -> int | None:
    ids = header.eval.dataset.sample_ids
    return header.eval.dataset.samples if ids is None else len(ids)


def _claims(header: EvalLog) -> dict[str, float]:
    """The log's own figures, by metric; by scorer and metric where two scorers share one."""
    scores = header.results.scores if header.results else []
    values = [(score.name, name, metric.value) for score in scores for name, metric in score.metrics.items() if name != "stderr"]
    names = [name for _, name, _ in values]
    return {name if names.count(name) == 1 else f"{scorer}/{name}": float(value) for scorer, name, value in values}


def _shuffled_by_solver(header: EvalLog) -> bool:
    """Whether multiple_choice(shuffle=…) was used: it shuffles anew for each sample and rewrites what the log shows."""
    return any(step.solver.rpartition("/")[2] == "multiple_choice" and step.params.get("shuffle") for step in header.plan.steps)


def _ended(header: EvalLog) -> str:
    if header.status == "error":
        return f"the run failed ({_one_line(header.error.message if header.error else 'no reason given')})"
    return {"started": "the run has not finished", "cancelled": "the run was cancelled"}.get(header.status, "the run finished")


def _inside(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".eval", ".json") and path.is_file())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unreadable(path: Path, error: Exception) -> DatasetError:
    reason = _one_line(str(error) or type(error).__name__)
    return DatasetError(f"{_shown(path.name)}: inspect-ai cannot read this log ({reason}). Copy it again, or update inspect-ai.")


def _one_line(text: str) -> str:
    line = " ".join(whole(text).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _shown(name: str) -> str:
    return whole(name) if len(name) <= 120 else f"{whole(name)[:119]}…"
