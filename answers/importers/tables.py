"""Tables of answers (CSV, TSV, JSONL, a JSON array, Parquet): one answer a row, columns by their names."""

import csv
import hashlib
import math
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from evalmap.answers.answer_types import AnswerSetInfo, RawAnswer, StagedSet
from evalmap.answers.importers import table_columns as cells
from evalmap.answers.importers.answer_shapes import unfold
from evalmap.answers.importers.import_options import AS_DETECTED, ImportOptions
from evalmap.answers.importers.table_columns import Columns, find_columns
from evalmap.data.errors import DatasetError
from evalmap.data.readers import content, first_row, read_file, readable_files
from evalmap.data.readers.formats import format_of
from evalmap.data.role_evidence import family_of, name_words

T = TypeVar("T")

_FACTS = ("family", "params", "training", "rlhf_steps")  # of a model; not part of what tells two answer sets apart by itself
_OTHERS_FIELDS = ("filtered_resps", "custom_id")  # of lm-evaluation-harness and OpenAI Batch
_LONG = 80  # characters: a prompt's name is shorter
_FEW_WORDS = 3  # a prompt's name has fewer
_TOGETHER = 1.001  # what probabilities may add up to after rounding


def recognizes(path: Path) -> bool:
    """Whether the columns of a file name a question and an answer, or those of every file of a folder do; never raises."""
    try:
        if path.is_dir():
            return all(recognizes(file) for file in readable_files(path))
        first = first_row(path)
    except (OSError, EOFError, ValueError, csv.Error, RecursionError, zlib.error, NotImplementedError):
        return False
    if first is None or any(name in first for name in _OTHERS_FIELDS):
        return False
    columns = find_columns(name for name, value in unfold([first])[0][0].items() if not isinstance(value, dict | list))
    asks = columns.has_key or "prompt" in columns.roles or (columns.names_a_models_words and bool(_asking(first, columns)))
    return asks and columns.has_evidence


def read(files: Sequence[Path], options: ImportOptions = AS_DETECTED) -> list[StagedSet]:
    """Read tables: a column that names the question, and one that holds the answer.

    The question: `row` (from 0) or `line` (from 1), with `dataset`; or `id`, `question`, `question_hash` (the first 16 hex digits
    of its SHA-256). The answer: `answer`, `p_matching`, `logprob_matching` with `logprob_not_matching`, `p_yes` with `p_no` (or
    `p_a`, `p_b` …), `correct`, or `text`; all that a row has are kept. `table_columns.ROLES` lists further names and columns; a
    note of each set tells what was taken for what.

    One set for each model, prompt and other circumstance (revision, temperature …) in a file. Without a model column the file's
    name stands for it. A row that is there twice is kept once. `source_sha256` is of the file's content, unpacked.

    Raises
    ------
    DatasetError : what the reader of the format raises; no column for the question, or none for the answer; by its line: a
        probability outside 0–1, a log-probability above 0, a row below 0, a flag that is none …; two different answers to one row
        and sample
    """
    paths = [file for given in files for file in (readable_files(given) if given.is_dir() else [given])]
    return [staged for path in dict.fromkeys(paths) for staged in _read(path, options.columns)]


# --- the table --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Table:
    """A table whose columns are known.

    rows : {column: cell}, None where empty; where : what sentences call each row; prompt_only : its question is a whole prompt;
    first_epoch : number of the first of several answers, where these are numbered as epochs; asking : other columns that may hold
    what was asked
    """

    source: str
    stem: str
    columns: Columns
    rows: list[dict[str, Any]]
    where: list[str]
    prompt_only: bool
    first_epoch: int
    asking: tuple[str, ...] = ()

    def cell(self, at: int, role: str, parse: Callable[[Any, str, str], T]) -> T | None:
        name = self.columns.roles.get(role)
        return None if name is None else parse(self.rows[at][name], self.where[at], name)


def _table(path: Path, chosen: Mapping[str, str]) -> _Table:
    source = path.name.encode("utf-8", "replace").decode()
    file = read_file(path, source=source)
    names = [str(name) for name in file.fields.columns]
    cells_of = zip(*(map(_present, file.fields[name].tolist()) for name in file.fields.columns), strict=True)
    read = [dict(zip(names, row, strict=True)) for row in cells_of]
    rows, origin = (read, range(len(read))) if chosen else unfold(read)
    columns = list(dict.fromkeys(name for row in rows for name in row)) or names
    values = {name: [row.get(name) for row in rows] for name in columns}
    try:
        columns = find_columns(values, chosen)
    except DatasetError as error:
        raise DatasetError(f"{source}: {error}", *error.settings) from None
    found = f"found: {cells.listed(values)}"
    prompts = columns.roles.get("prompt")
    prompt_only = prompts is not None and _are_texts_of_rows(values[prompts], asked_elsewhere=columns.has_key)
    if prompt_only:
        columns = columns.with_prompt_as_question()
    asking = _asking({name: next(filter(None, cells), None) for name, cells in values.items()}, columns)
    if not columns.has_key and not (columns.names_a_models_words and asking):
        raise DatasetError(
            f"{source}: no column tells which question a row answers ({found}). "
            "Expected dataset and row (or line), id, or question.",
            "columns",
        )
    if not columns.has_evidence:
        raise DatasetError(
            f"{source}: no column holds an answer ({found}). Expected answer, p_matching, logprob_matching and "
            "logprob_not_matching, p_yes and p_no, correct, or text.",
            "columns",
        )
    known = format_of(path.name)
    counts = known.counts if known else "record"
    epochs = values.get(columns.roles.get("epoch", ""), [])
    return _Table(
        source,
        file.name,
        columns,
        [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)],
        [f"{source} {counts} {file.lines[at]:,}" for at in origin],
        prompt_only and columns.roles.get("question") == prompts,
        1 if epochs and all(isinstance(value, int | float) and value >= 1 for value in epochs) else 0,
        asking,
    )


def _asking(first: Mapping[str, Any], columns: Columns) -> tuple[str, ...]:
    """Unused columns of text that may hold what was asked, by names that this or any dataset may have."""
    texts = (name for name in columns.unused if isinstance(first.get(name), str) and str(first[name]).strip())
    return tuple(name for name in texts if family_of(name_words(name)) in ("prompt", "context", "unknown"))


def _present(value: Any) -> Any:
    return None if value is None or (isinstance(value, float) and math.isnan(value)) else value


def _are_texts_of_rows(prompts: list[Any], *, asked_elsewhere: bool) -> bool:
    """Whether a prompt column holds what each row's model was shown, rather than the name of a way to ask."""
    distinct = {prompt for prompt in prompts if isinstance(prompt, str)}
    long = any(len(prompt) > _LONG or "\n" in prompt for prompt in distinct)
    worded = bool(distinct) and all(len(prompt.split()) >= _FEW_WORDS for prompt in distinct)
    several = len(prompts) > 1 or not asked_elsewhere
    return several and 2 * len(distinct) > len(prompts) and (worded or (long and len(prompts) > 1))


# --- one row ----------------------------------------------------------------------------------------------------------------


def _answer(table: _Table, at: int) -> RawAnswer:
    cell = table.cell
    line = cell(at, "line", partial(cells.whole, least=1))
    epoch = cell(at, "epoch", cells.whole)
    error = cell(at, "error", cells.error)
    option_logprobs, none = _of_options(table, at)
    raw = RawAnswer(
        dataset=cell(at, "dataset", cells.text),
        row=cell(at, "row", cells.whole) if line is None else line - 1,
        question=cell(at, "question", cells.text),
        prompt_only=table.prompt_only,
        question_hash=cell(at, "question_hash", cells.digest),
        id=cell(at, "id", cells.text),
        sample=(cell(at, "sample", cells.whole) or 0) if epoch is None else epoch - table.first_epoch,
        option_logprobs=option_logprobs,
        p_matching=cell(at, "p_matching", cells.probability),
        correct=cell(at, "correct", cells.flag),
        score=cell(at, "score", cells.score),
        score_name=table.columns.roles.get("score"),
        answer=cell(at, "answer", cells.text),
        text=cell(at, "text", cells.text),
        matching=cell(at, "answer_matching", cells.text),
        gold=cell(at, "key", cells.loose_text),
        example=_example(table, at),
        logprob_matching=cell(at, "logprob_matching", cells.logprob),
        logprob_not_matching=cell(at, "logprob_not_matching", cells.logprob),
        answer_mass=cell(at, "answer_mass", cells.probability),
        bounded=bool(cell(at, "bounded", cells.flag)),
        top_token=cell(at, "top_token", cells.text),
    )
    evidence = (raw.option_logprobs, raw.p_matching, raw.correct, raw.score, raw.answer, raw.text)
    has_pair = raw.logprob_matching is not None and raw.logprob_not_matching is not None
    if not has_pair and all(value is None for value in evidence):
        error = error or none or "the row holds no answer"
    return replace(raw, error=error) if error else raw


def _example(table: _Table, at: int) -> dict[str, Any] | None:
    """The texts of a row that may be what was asked, where no column is plainly that."""
    if table.columns.has_key or not table.asking:
        return None
    return {name: value for name in table.asking if isinstance(value := table.rows[at][name], str)}


def _of_options(table: _Table, at: int) -> tuple[dict[str, float] | None, str | None]:
    """{option: log-probability} from the columns of the options, or why there is none."""
    columns, row, where = table.columns, table.rows[at], table.where[at]
    if columns.logprobs:
        logprobs = {option: cells.logprob(row[name], where, name) for option, name in columns.logprobs.items()}
    else:
        p = {option: cells.probability(row[name], where, name) for option, name in columns.p.items()}
        if (total := sum(value or 0.0 for value in p.values())) > _TOGETHER:
            raise DatasetError(f"{where}: {' and '.join(columns.p.values())} add up to {total:g}, expected at most 1.")
        logprobs = {option: None if value is None else math.log(value) if value else -math.inf for option, value in p.items()}
    found = {option: value for option, value in logprobs.items() if value is not None}  # a question may have fewer options
    if len(found) < 2:
        return None, "fewer than two options have a probability" if found else None
    if max(found.values()) == -math.inf:
        return None, "the probability of every option is 0"
    return found, None


def _info(table: _Table, at: int) -> AnswerSetInfo:
    cell = table.cell
    return AnswerSetInfo(
        model=cell(at, "model", cells.text) or table.stem,
        prompt_id=cell(at, "prompt", cells.text) or "",
        prompt_template=cell(at, "prompt_template", cells.text) or "",
        system_prompt=cell(at, "system_prompt", cells.text),
        n_shot=cell(at, "n_shot", cells.whole),
        temperature=cell(at, "temperature", cells.number),
        normalisation=cell(at, "normalisation", cells.text) or "none",
        revision=cell(at, "revision", cells.text),
        family=cell(at, "family", cells.text),
        params=cell(at, "params", cells.params),
        training=cell(at, "training", cells.training),
        rlhf_steps=cell(at, "rlhf_steps", cells.whole),
        quantisation=cell(at, "quantisation", cells.text),
        dtype=cell(at, "dtype", cells.text),
        runtime=cell(at, "runtime", cells.text),
        runtime_version=cell(at, "runtime_version", cells.text),
        source_format="table",
    )


# --- sets -------------------------------------------------------------------------------------------------------------------


def _read(path: Path, chosen: Mapping[str, str]) -> list[StagedSet]:
    table = _table(path, chosen)
    digest = hashlib.sha256(content.read_bytes(path, source=table.source)).hexdigest()
    groups: dict[AnswerSetInfo, list[int]] = {}
    for at in range(len(table.rows)):
        groups.setdefault(_info(table, at), []).append(at)
    distinct = _distinct_sets(groups).items()
    return [_staged(table, replace(info, source_file=table.source, source_sha256=digest), rows) for info, rows in distinct]


def _distinct_sets(groups: dict[AnswerSetInfo, list[int]]) -> dict[AnswerSetInfo, list[int]]:
    """One entry for each set: facts that some rows leave out are filled in, and those that differ become part of the name.

    A table over training steps may call all of them by one model name; the steps are then what tells the sets apart.
    """
    alike: dict[str, list[AnswerSetInfo]] = {}
    for info in groups:
        alike.setdefault(info.variant, []).append(info)
    found: dict[AnswerSetInfo, list[int]] = {}
    for infos in alike.values():
        known = {fact: {value for info in infos if (value := getattr(info, fact)) is not None} for fact in _FACTS}
        same = {fact: next(iter(values)) for fact, values in known.items() if len(values) == 1}
        for info in infos:
            apart = [f"{fact} {_short(getattr(info, fact))}" for fact, values in known.items() if len(values) > 1]
            name = f"{info.model} ({', '.join(apart)})" if apart else info.model
            found.setdefault(replace(info, **same, model=name), []).extend(groups[info])
    return {info: sorted(rows) for info, rows in found.items()}


def _short(value: Any) -> str:
    return "unknown" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _staged(table: _Table, info: AnswerSetInfo, rows: list[int]) -> StagedSet:
    answers, repeats = _once(table, rows)
    notes = [table.columns.note]
    named = table.columns.roles.get("model")
    unnamed = len(rows) if named is None else sum(not table.rows[at][named] for at in rows)
    if unnamed:
        rows_name = "No column names" if named is None else f"{unnamed:,} {'row does' if unnamed == 1 else 'rows do'} not name"
        notes.append(f"{rows_name} the model: the file's name, {table.stem}, stands for it.")
    if table.prompt_only:
        notes.append("The prompt column holds the whole prompt of each row: the question is looked for in it.")
    if repeats:
        rows_are = "row repeats" if repeats == 1 else "rows repeat"
        notes.append(f"{repeats:,} {rows_are} another with the same answer; each counts once.")
    wrong = Counter(answer.error for answer in answers if answer.error is not None)
    if wrong:
        why, _ = wrong.most_common(1)[0]
        notes.append(f"{wrong.total():,} of {len(answers):,} answers cannot be used ({cells.one_line(why or '')}).")
    datasets = {answer.dataset for answer in answers}
    dataset = (datasets.pop() if len(datasets) == 1 else None) if "dataset" in table.columns.roles else table.stem
    columns = table.columns
    return StagedSet(
        info, tuple(answers), dataset=dataset, notes=tuple(notes), columns=columns.roles, may_be_key=columns.may_be_key
    )


def _once(table: _Table, rows: list[int]) -> tuple[list[RawAnswer], int]:
    """The answers of a set, and how many rows were the same again.

    By text or hash alone a question may stand in several rows of a dataset, each with an answer of its own: these are all kept.
    """
    first: dict[Any, tuple[int, RawAnswer]] = {}
    answers: list[RawAnswer] = []
    repeats = 0
    for at in rows:
        answer = _answer(table, at)
        place = answer.id if answer.row is None else answer.row
        if place is None:
            answers.append(answer)
            continue
        before, same = first.setdefault((answer.dataset, place, answer.sample), (at, answer))
        if before == at:
            answers.append(answer)
        elif same == answer:
            repeats += 1
        else:
            what = f"row {place}" if answer.row is not None else f"id {place}"
            of = f" of {answer.dataset}" if answer.dataset else ""
            other = table.where[before].removeprefix(table.source).strip()
            raise DatasetError(
                f"{table.where[at]}: another answer to {what}{of} than in {other}, from the same model and prompt. "
                "Number several answers in a column called sample, or keep one."
            )
    return answers, repeats
