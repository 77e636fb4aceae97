"""From files of any known format to the tables of the workspace: recognise, read, join, score, keep."""

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from evalmap.answers.answer_types import ANSWER_COLUMNS, ScoredAnswer, StagedSet
from evalmap.answers.importers.answer_formats import stage
from evalmap.answers.importers.import_options import AS_DETECTED, ImportOptions
from evalmap.answers.reading.column_check import as_asked, based, counted_from, key_note, normalization_note, refuse_the_key
from evalmap.answers.reading.dataset_match import Examples, joined_by_line_alone, over_datasets, read_examples, readable_examples
from evalmap.answers.reading.joining import REPEAT, Join, Questions, UnjoinedAnswer, counted_from_1, join
from evalmap.answers.reading.scoring import score
from evalmap.answers.store import MOST_LISTED, AnswerStore, SetRecord
from evalmap.data.errors import DatasetError
from evalmap.data.readers.json_rows import replace_surrogates
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace

MOST_NAMED = 3


@dataclass(frozen=True)
class AnswerImport:
    """What became of one staged set: its record, which answers belong to no example, and whether anything changed."""

    record: SetRecord
    unjoined: tuple[UnjoinedAnswer, ...]
    changed: bool


Keep = Callable[[Workspace, Manifest, StagedSet], AnswerImport]
ImportProgress = Callable[[str, int, int], None]  # (stage, done, total), total 0 where it is not known


@dataclass(frozen=True)
class PreparedSet:
    """A set, joined and scored, ready to be kept."""

    record: SetRecord
    answers: pd.DataFrame
    unjoined: tuple[UnjoinedAnswer, ...]


def import_answers(
    files: Sequence[str | Path],
    workspace: Workspace,
    dataset: str | None = None,
    *,
    progress: ImportProgress = lambda stage, done, total: None,
    options: ImportOptions = AS_DETECTED,
) -> list[AnswerImport]:
    """Read answer files, join each set with the built dataset that fits it best (or the one named), and keep them.

    Nothing is kept unless every file can be read and every set joins somewhere.

    Parameters
    ----------
    files : files, or folders of logs; the format of each is recognised by its content
    dataset : a built dataset by slug, name or path; None looks through all of them
    progress : called with (stage, done, total): reading the files, then joining and keeping one set after the other
    options : which column is what, which metric, which filter, where the files leave a choice

    Returns
    -------
    imports : one a set, in the order of the files; `record` is what the workspace keeps of it

    Raises
    ------
    DatasetError : a file cannot be read, or none of a set's answers belongs to a dataset
    """
    progress("reading", 0, 0)
    staged = stage([Path(file) for file in files], options)
    progress("joining", 0, len(staged))
    named = read_examples(workspace, workspace.find(dataset)) if dataset is not None else None
    built = readable_examples(workspace) if named is None else []
    prepared = []
    for number, one in enumerate(staged, 1):
        parts = over_datasets(built, one) if named is None else [(named, one)]
        prepared += [prepare(examples, part, trust_lines=named is not None) for examples, part in parts]
        progress("joining", number, len(staged))
    kept = []
    for number, one in enumerate(prepared, 1):
        kept.append(_keep(workspace, one))
        progress("keeping", number, len(prepared))
    return kept


def keep_staged(workspace: Workspace, manifest: Manifest, staged: StagedSet) -> AnswerImport:
    """Join a set with a built dataset and keep it.

    Raises
    ------
    DatasetError : none of its answers belongs to the dataset
    """
    return _keep(workspace, prepare(read_examples(workspace, manifest), staged, trust_lines=True))


def prepare(examples: Examples, staged: StagedSet, *, trust_lines: bool = False) -> PreparedSet:
    """Join and score a set against a dataset's examples.

    Raises
    ------
    DatasetError : none of its answers belongs to the dataset; its lines are counted from 1
    """
    questions = examples.questions
    staged = as_asked(staged, questions)
    if why := counted_from_1(staged, questions, trust_lines=trust_lines):
        raise DatasetError(
            f"{staged.info.source_file or staged.info.label}: {why}. Count from 0, or call the column line, which counts from 1."
        )
    joins, unjoined = join(staged, questions, trust_lines=trust_lines)
    if not joins:
        named = "; ".join(f"{u.what}: {u.why}" for u in unjoined[:MOST_NAMED])
        raise DatasetError(
            f"{staged.info.source_file or staged.info.label}: none of its {len(staged.answers):,} answers belongs to "
            f"{examples.manifest.name} ({named}). Name the dataset that was asked.",
            "dataset",
        )
    if alone := len(joined_by_line_alone(examples, staged, joins)):
        rows = "answer is" if alone == 1 else "answers are"
        note = f"{alone:,} {rows} joined by line alone (counted from 0): the source tells no question to check it by."
        staged = replace(staged, notes=(*staged.notes, note))
    refuse_the_key(staged, joins, questions)
    told = (key_note(staged, joins, questions), normalization_note(staged, joins, questions))
    staged = replace(staged, notes=(*staged.notes, *filter(None, told)))
    table = _table(examples, staged, joins, questions)
    staged = _with_metric(staged, table)
    id = hashlib.sha256(f"{staged.info.id}/{examples.manifest.slug}".encode()).hexdigest()[:16]
    table["answer_set_id"] = id
    return PreparedSet(_record(id, examples, staged, table, unjoined), table, tuple(unjoined))


def _with_metric(staged: StagedSet, table: pd.DataFrame) -> StagedSet:
    """The set with the name of the score that its free answers have, and with a note where they have none."""
    if table["score"].notna().any():
        name = next((raw.score_name for raw in staged.answers if raw.score is not None), None) or "score"
        return replace(staged, info=replace(staged.info, metric=name))
    free = (table["status"] == "ok") & table["matches"].isna() & table["p_matching"].isna() & table["p_female"].isna()
    if not free.any():
        return staged
    many = f"{int(free.sum()):,} answers are" if free.sum() > 1 else "1 answer is"
    note = f"{many} free text, which is not scored here: bring a column correct (true or false) or score (a number) with them."
    return replace(staged, notes=(*staged.notes, note))


def _table(examples: Examples, staged: StagedSet, joins: Sequence[Join], questions: Questions) -> pd.DataFrame:
    scored: dict[tuple[int, object, object], ScoredAnswer] = {}
    base = counted_from(staged, joins, questions)
    taken: Counter[tuple[int, int]] = Counter()
    rows: list[dict[str, Any]] = []
    example_ids = examples.table["example_id"].to_numpy()
    for one in joins:
        raw, options = staged.answers[one.answer], based(questions.options[one.row], base)
        if (one.answer, options, options.texts) not in scored:
            scored[one.answer, options, options.texts] = score(raw, options)
        sample = raw.sample
        while taken[one.row, sample]:  # the source gives two answers to the question and does not number them
            sample += 1
        taken[one.row, sample] += 1
        key = {
            "dataset": questions.datasets[one.row],
            "row": questions.lines[one.row],
            "example_id": example_ids[one.row],
            "answer_set_id": "",
            "sample": sample,
            "joined": one.how,
        }
        told = vars(scored[one.answer, options, options.texts])  # a cut emoji in a server's JSON leaves half a surrogate pair
        rows.append({**key, **replace_surrogates(told)})
    graded = [row for row in rows if not math.isnan(row["score"])]
    if any(row["score"] not in (0, 1) for row in graded):  # then a 1 among them is a score too, and no flag
        for row in graded:
            row["matches"] = None
    return pd.DataFrame(rows, columns=list(ANSWER_COLUMNS)).sort_values(["dataset", "row", "sample"], kind="stable")


def _record(id: str, examples: Examples, staged: StagedSet, table: pd.DataFrame, unjoined: Sequence[UnjoinedAnswer]) -> SetRecord:
    counted = table[table["joined"] != REPEAT]
    answered = counted[counted["status"].isin(("ok", "tie"))]
    n_ok = len(answered.drop_duplicates(["dataset", "row"]))
    files = tuple(dict.fromkeys(table["dataset"]))
    expected = staged.n_expected or int(examples.table["dataset"].isin(files).sum())
    return SetRecord(
        id=id,
        info=staged.info,
        slug=examples.manifest.slug,
        datasets=files,
        n_expected=expected,
        n_ok=n_ok,
        n_missing=max(0, expected - n_ok),
        statuses={str(status): int(count) for status, count in counted["status"].value_counts().items()},
        unjoined=len(unjoined),
        unjoined_rows=tuple({"what": u.what, "why": u.why} for u in unjoined[:MOST_LISTED]),
        notes=staged.notes,
        claims=dict(staged.claims),
    )


def _keep(workspace: Workspace, prepared: PreparedSet) -> AnswerImport:
    changed = AnswerStore(workspace).put(prepared.record, prepared.answers)
    return AnswerImport(prepared.record, prepared.unjoined, changed)
