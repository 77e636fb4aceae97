"""A run: a built dataset's questions put to one model under one prompt, and what the journal holds of it as an answer set.

A text is asked once, however many rows bear it: at temperature 0 another answer would be the same. Questions are asked in an
order that spreads over the file, so a run that is limited or stopped has answers all over the map; a larger limit asks what a
smaller one asked, and more.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.answers.answer_types import AnswerSetInfo, RawAnswer, StagedSet
from evalmap.answers.asking.journal import Journal, Written, journal_path, read_journal
from evalmap.answers.asking.prompts import fill, offered
from evalmap.answers.asking.protocol import Answerer, Prompt, Request, Usage
from evalmap.answers.asking.server import max_tokens
from evalmap.answers.reading.options import example_options
from evalmap.data.errors import DatasetError
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace

CHARACTERS_A_TOKEN = 4  # of English text, where no tokenizer is at hand
CHAT_TOKENS = 8  # a chat template's own, about
_INFO = {f.name for f in fields(AnswerSetInfo)}


@dataclass(frozen=True)
class Plan:
    """What would be asked of whom.

    Attributes
    ----------
    run_id : 20 hex digits of the dataset, the model, where it runs, and the prompt: the same command has the same
    name : of the dataset
    prompt : as it is put
    requests : one a text, in the order of asking; `key` is a hash of the text and the options
    rows : {key: the rows with that text}, each (dataset, line counted from 0, question, its place among the examples)
    without_options : rows that are not asked since no answer options are known
    header : what the journal begins with; holds no key
    text : whether the words are read instead of log-probabilities
    """

    run_id: str
    name: str
    prompt: Prompt
    requests: tuple[Request, ...]
    rows: Mapping[str, tuple[tuple[str, int, str, int], ...]]
    without_options: int
    header: Mapping[str, Any]
    text: bool = False


@dataclass(frozen=True)
class Estimate:
    """What a run would ask: all counts are of questions, but for rows, characters and tokens.

    `prompt_tokens` is an estimate, `how` says which; `most_completion_tokens` is a bound, retries aside.
    """

    questions: int
    rows: int
    answered: int
    to_ask: int
    characters: int
    prompt_tokens: int
    most_completion_tokens: int
    how: str


@dataclass(frozen=True)
class Ran:
    """What became of a run.

    Attributes
    ----------
    staged : all answers of the journal to the questions as they are now; None where there is none
    asked : questions answered by this call; answered, failed : in all, and those whose last answer is an error
    expected : questions that this call set out to have answered, those of earlier calls with them
    usage : tokens of this call
    stopped : why not all were asked, one sentence; interrupted : whether by hand
    """

    staged: StagedSet | None
    asked: int
    answered: int
    failed: int
    expected: int
    usage: Usage
    stopped: str | None = None
    interrupted: bool = False


def plan(
    manifest: Manifest,
    examples: pd.DataFrame,
    source_fields: pd.DataFrame,
    prompt: Prompt,
    *,
    model: str,
    server: str,
    text: bool = False,
    extra: Mapping[str, Any] | None = None,
) -> Plan:
    """Fill the prompt in for every example that has answer options.

    Parameters
    ----------
    manifest, examples, source_fields : of a built dataset
    model, server : whom, and where: an address without credentials, or a file on this machine
    extra : what else is in every request; part of the run's identity

    Raises
    ------
    DatasetError : a row lacks a field that the prompt names, or no row has options
    """
    requests: dict[str, Request] = {}
    rows: dict[str, list[tuple[str, int, str, int]]] = {}
    without = 0
    options = example_options(examples, source_fields)
    lines = examples["line"].to_numpy()
    datasets = [str(name) for name in examples["dataset"]]
    for place, (row, question) in enumerate(_questions(manifest, examples, source_fields)):
        if len(options[place].all) < 2:
            without += 1
            continue
        filled = fill(prompt, {**row, "question": question}, options[place])
        key = hashlib.sha256(json.dumps([filled, offered(options[place])]).encode()).hexdigest()[:24]
        requests.setdefault(key, Request(key, filled, options[place]))
        rows.setdefault(key, []).append((datasets[place], int(lines[place]) - 1, question, place))
    if not requests:
        raise DatasetError(
            f"{manifest.name}: no row has answer options, so there is nothing to choose from. "
            "Build it with a label (--label) or with choices (--choices)."
        )
    listed = list(requests.values())
    asked = {"model": model, "server": server, "text": text, "extra": dict(extra or {}), "temperature": 0}
    put = {"template": prompt.template, "kind": prompt.kind, "system": prompt.system, "lead": prompt.lead}
    identity = [manifest.source, asked, put]
    run_id = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:20]
    return Plan(
        run_id=run_id,
        name=str(manifest.name),
        prompt=prompt,
        requests=tuple(listed[i] for i in spread(len(listed))),
        rows={key: tuple(found) for key, found in rows.items()},
        without_options=without,
        header={
            "run": run_id,
            "dataset": {"slug": manifest.slug, "name": manifest.name, "source": manifest.source},
            **asked,
            "prompt": {"id": prompt.id, **put},
        },
        text=text,
    )


def estimate(plan: Plan, workspace: Workspace, *, limit: int | None = None) -> Estimate:
    """Count what `run` would ask now; nothing is asked and nothing written.

    Raises
    ------
    DatasetError : the journal is not one of ours
    """
    answers = _known(plan, read_journal(journal_path(workspace, plan.run_id)))
    to_ask = _to_ask(plan, answers, limit)
    texts = [request.text + (plan.prompt.system or "") for request in to_ask]
    tokens, how = _tokens(texts, plan)
    if plan.prompt.kind == "chat":
        tokens += CHAT_TOKENS * len(to_ask)
        how = f"{how}, and {CHAT_TOKENS} for a chat's frame"
    return Estimate(
        questions=len(plan.requests),
        rows=sum(len(rows) for rows in plan.rows.values()),
        answered=len(_answered(answers)),
        to_ask=len(to_ask),
        characters=sum(map(len, texts)),
        prompt_tokens=tokens,
        most_completion_tokens=sum(max_tokens(request.options, text=plan.text) for request in to_ask),
        how=how,
    )


def run(
    plan: Plan,
    answerer: Answerer,
    workspace: Workspace,
    *,
    limit: int | None = None,
    label: str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Ran:
    """Ask what the journal has no answer to, and give all that it has as an answer set.

    An answer is on the disk before it counts. Questions whose last answer is an error are asked again.

    Parameters
    ----------
    limit : answers to have at most, those of earlier calls among them
    label : what the model is called; kept from the first call on
    progress : called after each answer is on the disk, with answers there are and answers there will be

    Returns
    -------
    Ran : also where the answerer gave up or the run was interrupted: `stopped` tells why

    Raises
    ------
    DatasetError : another process runs it, it was called something else, or the journal cannot be opened
    """
    path = journal_path(workspace, plan.run_id)
    about = read_journal(path).header.get("about") or dict(answerer.about())
    header = {**plan.header, "about": about, "label": label, "created": datetime.now(UTC).isoformat(timespec="seconds")}
    usage, stopped, interrupted = Usage(), None, False
    with Journal(path, header) as journal:
        called = journal.written.header.get("label")
        if label is not None and label != called:
            raise DatasetError(f"This run is called {called or plan.header['model']} already. Leave --label out.")
        answers = _known(plan, journal.written)
        to_ask = _to_ask(plan, answers, limit)
        before = len(_answered(answers))
        expected, asked = before + len(to_ask), 0

        def on_answer(request: Request, answer: RawAnswer) -> None:
            nonlocal asked
            journal.append(request.key, answer)
            answers[request.key] = answer
            asked += 1
            if progress:
                progress(before + asked, expected)

        if progress:
            progress(before, expected)
        try:
            if to_ask:
                usage = answerer.answer(plan.prompt, to_ask, on_answer=on_answer)
        except DatasetError as error:
            stopped = str(error)
        except KeyboardInterrupt:
            stopped, interrupted = "Stopped by hand.", True
        written = journal.written
    staged = _staged(plan, written, answers, to_ask) if answers else None
    answered = len(_answered(answers))
    if stopped is not None:
        stopped = f"{stopped} {answered:,} of {expected:,} answers are kept; the same command goes on from there."
    return Ran(staged, asked, answered, len(answers) - answered, expected, usage, stopped, interrupted)


def spread(n: int, *, seed: int = 42) -> NDArray[np.int64]:
    """The numbers 0 … n−1 in an order whose every beginning spreads over them evenly, at random within each stretch.

    A van der Corput sequence in base 2 with nested random flips. A plain one would take all even numbers before any odd one, and
    where a file's labels alternate, half a run would then see one label only.

    Returns
    -------
    order : (n,) int64, a permutation

    Source: Owen 1995, randomly permuted (t, m, s)-nets and (t, s)-sequences.
    """
    bits = max(1, (n - 1).bit_length())
    random = np.random.default_rng(seed)
    numbers = np.arange(n, dtype=np.int64)
    keys = np.zeros(n, dtype=np.int64)
    for depth in range(bits):  # from the halves of the file to its smallest stretches
        flips = random.integers(0, 2, size=2**depth)
        half = (numbers >> (bits - 1 - depth)) & 1
        keys += (half ^ flips[numbers >> (bits - depth)]) << depth
    return np.argsort(keys, kind="stable")


def _questions(manifest: Manifest, examples: pd.DataFrame, source_fields: pd.DataFrame) -> Iterator[tuple[dict[str, Any], str]]:
    """Of each example the fields that it has, and its question: the field of that name, else its text."""
    names = [str(name) for name in source_fields.columns]
    missing = source_fields.isna().to_numpy()
    texts = examples["text"].to_numpy(dtype=object)
    columns = [source_fields[name].to_numpy(dtype=object) for name in source_fields.columns]
    for place, values in enumerate(zip(*columns, strict=True)):
        row = {name: value for name, value, gone in zip(names, values, missing[place], strict=True) if not gone}
        question = row.get("question")
        yield row, question if isinstance(question, str) and question.strip() else str(texts[place])


def _known(plan: Plan, written: Written) -> dict[str, RawAnswer]:
    """The journal's answers to the questions as they are now: a text that has changed since is another question."""
    return {key: answer for key, answer in written.answers.items() if key in plan.rows}


def _answered(answers: Mapping[str, RawAnswer]) -> list[str]:
    return [key for key, answer in answers.items() if answer.error is None]


def _to_ask(plan: Plan, answers: Mapping[str, RawAnswer], limit: int | None) -> list[Request]:
    done = set(_answered(answers))
    waiting = [request for request in plan.requests if request.key not in done]
    return waiting if limit is None else waiting[: max(0, limit - len(done))]


def _staged(plan: Plan, written: Written, answers: Mapping[str, RawAnswer], to_ask: Sequence[Request]) -> StagedSet:
    placed = [
        (place, replace(answers[key], dataset=dataset, row=row, question=question))
        for key, rows in plan.rows.items()
        if key in answers
        for dataset, row, question, place in rows
    ]
    expected = sum(len(plan.rows[key]) for key in {*answers, *(request.key for request in to_ask)})
    shared = sum(len(rows) - 1 for key, rows in plan.rows.items() if key in answers)
    notes = []
    if shared:
        notes.append(f"{shared:,} rows share their text with another row, which was asked for all of them.")
    if plan.without_options:
        notes.append(f"{plan.without_options:,} rows have no answer options and were not asked.")
    if written.damaged:
        notes.append(f"{written.damaged:,} lines of the journal were damaged; their questions are asked anew.")
    return StagedSet(
        info=_info(plan, written.header),
        answers=tuple(answer for _, answer in sorted(placed, key=lambda one: one[0])),
        dataset=plan.name,
        n_expected=expected,
        notes=tuple(notes),
    )


def _info(plan: Plan, header: Mapping[str, Any]) -> AnswerSetInfo:
    """Who answered, from the journal: the same for every call of a run, so that a longer one replaces a shorter one."""
    about = {name: value for name, value in header.get("about", {}).items() if name in _INFO}
    told: dict[str, Any] = {"model": header["model"], **about}
    if header.get("label"):
        told["model"] = header["label"]
    return AnswerSetInfo(
        **told,
        prompt_id=plan.prompt.id,
        prompt_template=plan.prompt.template,
        system_prompt=plan.prompt.system,
        n_shot=0,
        temperature=0.0,
        source_format="run",
        source_file=f"{plan.run_id}.jsonl",
        source_sha256=plan.run_id,
        created=header.get("created"),
        mode=_mode(plan),
    )


def _mode(plan: Plan) -> str:
    """What else than the prompt's words tells this run from another one: a template may be put in two ways."""
    extra = [f"{name}={json.dumps(value, sort_keys=True)}" for name, value in sorted(plan.header["extra"].items())]
    return ", ".join([plan.prompt.kind, *(["words"] if plan.text else []), *extra])


def _tokens(texts: Sequence[str], plan: Plan) -> tuple[int, str]:
    """About how many tokens, and how they were counted."""
    if ".openai.com" in str(plan.header["server"]):
        try:
            import tiktoken

            encoding = tiktoken.encoding_for_model(plan.header["model"])
            return sum(len(tokens) for tokens in encoding.encode_ordinary_batch(list(texts))), f"counted with {encoding.name}"
        except Exception:  # not installed, a model that it does not know, or its vocabulary cannot be fetched
            pass
    return -(-sum(map(len, texts)) // CHARACTERS_A_TOKEN), f"{CHARACTERS_A_TOKEN} characters a token"
