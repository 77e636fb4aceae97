"""lm-evaluation-harness 0.4.x with --log_samples: one answer set for each samples_<task>_<date>.jsonl.

The harness's own accuracy is a claim, not evidence: in its tasks for these questions the matching answer is choice 0 and accuracy
asks whether argmax is 0, so every tie counts as matching, and bfloat16 ties often. Only `filtered_resps` is read.
"""

import gzip
import hashlib
import json
import math
import os
import re
import statistics
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalmap.answers.answer_types import RawAnswer, StagedSet
from evalmap.answers.importers import lm_eval_results
from evalmap.answers.importers.import_options import AS_DETECTED, ImportOptions
from evalmap.answers.importers.lm_eval_results import Results, describe, shown
from evalmap.answers.importers.lm_eval_samples import (
    Sample,
    answers_of,
    is_generated,
    labels_disagree,
    many,
    metrics_of,
    read_samples,
)
from evalmap.data.errors import DatasetError
from evalmap.data.readers import content

_SAMPLES = re.compile(r"samples_.+\.jsonl(\.gz)?", re.IGNORECASE)
_DATE = re.compile(r"_(\d{4}-\d\d-\d\dT[\d.:-]+?)\.jsonl?(?:\.gz)?$")
_FEW = 5  # rows that may all tie by chance
_PEEK = 1 << 20


def recognizes(path: Path) -> bool:
    """Whether a file is a samples or results file of the harness, or a folder holds one; by content, never raises."""
    try:
        if path.is_dir():
            return any(recognizes(file) for file in _below(path))
        name = path.name.lower().removesuffix(".gz")
        if name.endswith(".json"):
            return lm_eval_results.looks_right(path)
        return name.endswith(".jsonl") and _looks_like_samples(path)
    except (OSError, EOFError, ValueError, zlib.error):
        return False


def read(files: Sequence[Path], options: ImportOptions = AS_DETECTED) -> list[StagedSet]:
    """Read logs of the harness: samples files, results files, or folders that hold them.

    A samples file is paired with the results file of its date (in its folder, or among `files`); without one the model's name is
    that of the folder, and a note says so. A results file alone stands for the samples files of its date beside it.
    `source_sha256` is of the samples file's content, unpacked.

    The answers: row = doc_id, example = doc, option_logprobs = {continuation: log-likelihood}, matching = the doc's
    answer_matching_behavior, else the choice at index `target`; what cannot be compared has its reason in `error`. Samples of
    generate_until have `text` in their place. Of a question that stands in the file twice (a rerun appends) the later counts.

    Raises
    ------
    DatasetError : no samples; a file that is not JSON (but for a last line that breaks off) or not the harness's; every choice of
        every row has the same log-likelihood; no answer can be used at all
    """
    found = _find(files)
    return [_staged(path, results, options) for path, results in found]


# --- files ------------------------------------------------------------------------------------------------------------------


def _find(files: Sequence[Path]) -> list[tuple[Path, Results | None]]:
    """Each samples file with its results."""
    samples: dict[Path, None] = {}
    results: dict[Path, Results] = {}
    alone: list[Path] = []
    for given in files:
        if given.is_dir():
            below = list(_below(given))
            if not any(_SAMPLES.fullmatch(file.name) for file in below):
                raise DatasetError(f"{shown(given.name)}: no samples_*.jsonl in this folder. Run lm_eval with --log_samples.")
            samples |= dict.fromkeys(file for file in below if _SAMPLES.fullmatch(file.name))
        elif given.name.lower().removesuffix(".gz").endswith(".json"):
            results[given] = lm_eval_results.read(given)
            alone.append(given)
        else:
            samples[given] = None
    for path in alone:
        if not any(_date(file) == _date(path) for file in samples):
            beside = [file for file in _files(path.parent) if _SAMPLES.fullmatch(file.name) and _date(file) == _date(path)]
            if not beside:
                raise DatasetError(
                    f"{shown(path.name)}: figures only, and no samples_*.jsonl of the same date beside it. "
                    "Add these files, or run lm_eval again with --log_samples."
                )
            samples |= dict.fromkeys(beside)
    unique = {path.resolve(): path for path in reversed(samples)}
    return [(path, _results_of(path, results)) for path in reversed(unique.values())]


def _results_of(path: Path, given: dict[Path, Results]) -> Results | None:
    date = _date(path)
    same = [file for file in given if _date(file) == date]
    for file in (*(file for file in same if file.parent == path.parent), *(same if len(same) == 1 else ())):
        return given[file]
    if date is not None:
        for file in _files(path.parent):
            if file.suffix == ".json" and _date(file) == date and lm_eval_results.looks_right(file):
                given[file] = lm_eval_results.read(file)
                return given[file]
    return None


def _below(folder: Path) -> Iterator[Path]:
    """The files of the harness below a folder, by name, sorted; links to folders are not followed."""
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if _SAMPLES.fullmatch(name) or (name.startswith("results") and name.endswith(".json")):
                yield Path(parent, name)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []


def _date(path: Path) -> str | None:
    found = _DATE.search(path.name)
    return found[1] if found else None


def _task(path: Path) -> str:
    """Between the first and the last "_" of samples_<task>_<date>.jsonl; the whole stem of any other name."""
    stem = re.sub(r"\.jsonl?(\.gz)?$", "", _DATE.sub("", path.name), flags=re.IGNORECASE)
    return shown(stem.removeprefix("samples_"))


def _looks_like_samples(path: Path) -> bool:
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    with gzip.open(path) if packed else path.open("rb") as file:
        start = file.read(_PEEK).lstrip(b"\xef\xbb\xbf \t\r\n")
    return start[:1] in (b"{", b"[") and b'"filtered_resps"' in start and (b'"doc_id"' in start or b'"doc"' in start)


# --- one set ----------------------------------------------------------------------------------------------------------------


def _staged(path: Path, results: Results | None, options: ImportOptions) -> StagedSet:
    name = shown(path.name)
    data = content.read_bytes(path, source=name)
    samples, cut = read_samples(path, data)
    samples, filter_note = _one_filter(samples, options.filter, name)
    samples, rerun = _latest(samples)
    metric, metric_note = _metric(samples, options.metric, name)
    answers = [answer for sample in samples for answer in answers_of(sample, metric)]
    _refuse_what_is_no_answer(name, answers)
    records = [sample.record for sample in samples]
    described = describe(
        results, _task(path), folder=path.parent.resolve().name, date=_date(path), filter=samples[0].filter, samples=records
    )
    disagree = sum(labels_disagree(sample.record) for sample in samples)
    notes = [*described.notes, *(note for note in (cut, filter_note, metric_note, rerun) if note)]
    if disagree:
        notes.append(
            f"In {many(disagree, 'row')} the log's target is not answer_matching_behavior, which is the one that counts here."
        )
    notes += _error_note(answers)
    return StagedSet(
        info=replace(described.info, source_file=name, source_sha256=hashlib.sha256(data).hexdigest()),
        answers=tuple(answers),
        dataset=described.dataset,
        n_expected=described.n_expected,
        notes=tuple(notes),
        claims=described.claims or _mean_claims(samples),
    )


def _one_filter(samples: list[Sample], wanted: str | None, name: str) -> tuple[list[Sample], str | None]:
    names = list(dict.fromkeys(sample.filter for sample in samples))
    if wanted is not None and wanted not in names:
        raise DatasetError(f"{name}: no filter is called {wanted} (found: {', '.join(names)}). Name one of these.", "filter")
    if len(names) == 1:
        return samples, None
    chosen = wanted or ("none" if "none" in names else names[0])
    others = ", ".join(name for name in names if name != chosen)
    kept = [sample for sample in samples if sample.filter == chosen]
    return kept, f"The log has {len(names)} filters; read is “{chosen}”, left out: {others}."


def _metric(samples: list[Sample], wanted: str | None, name: str) -> tuple[str | None, str | None]:
    """The metric of each sample that is the score of a generated answer, and a note where there are several."""
    named = list(dict.fromkeys(metric for sample in samples for metric in metrics_of(sample)))
    if wanted is not None and wanted not in named:
        found = ", ".join(named) or "none"
        raise DatasetError(f"{name}: no metric is called {wanted} (found: {found}). Name one of these.", "metric")
    chosen = wanted or next(iter(named), None)
    if len(named) < 2 or not any(is_generated(sample) for sample in samples):
        return chosen, None
    others = ", ".join(metric for metric in named if metric != chosen)
    return chosen, f"The log has {len(named)} metrics; the score of free answers is “{chosen}”, left out: {others}."


def _latest(samples: list[Sample]) -> tuple[list[Sample], str | None]:
    """The last sample of each question, in the order of the first."""
    latest: dict[Any, Sample] = {}
    twice: set[Any] = set()
    changed: set[Any] = set()
    for sample in samples:
        doc_id = sample.record.get("doc_id")
        key = json.dumps(sample.record.get("doc") if doc_id is None else doc_id, sort_keys=True)
        if key in latest:
            twice.add(key)
            if sample.record["filtered_resps"] != latest[key].record["filtered_resps"]:
                changed.add(key)
        latest[key] = sample
    if not twice:
        return samples, None
    stands = "question stands" if len(twice) == 1 else "questions stand"
    same = f"{len(changed):,} of them with another answer" if changed else "with the same answers"
    note = f"{len(twice):,} {stands} in the file more than once, as after a rerun into it ({same}); the later run counts."
    return list(latest.values()), note


def _mean_claims(samples: list[Sample]) -> dict[str, float]:
    """The mean of every metric that the samples carry."""
    values: dict[str, list[float]] = {}
    for sample in samples:
        named = sample.record.get("metrics")
        for metric in filter(lambda name: isinstance(name, str), named if isinstance(named, list) and named else ["acc"]):
            value = sample.record.get(metric)
            if isinstance(value, int | float) and math.isfinite(value):
                values.setdefault(metric, []).append(float(value))
    return {metric: statistics.fmean(found) for metric, found in values.items() if len(found) == len(samples)}


def _refuse_what_is_no_answer(name: str, answers: list[RawAnswer]) -> None:
    likelihoods = [list(answer.option_logprobs.values()) for answer in answers if answer.option_logprobs]
    if likelihoods and all(len(set(row)) == 1 for row in likelihoods):
        values = {row[0] for row in likelihoods}
        if len(likelihoods) >= _FEW or values == {0.0}:
            value = f"{values.pop():g}" if len(values) == 1 else "one number"
            choices = "both choices" if {len(row) for row in likelihoods} == {2} else "all choices"
            raise DatasetError(
                f"{name}: {value} for {choices} in every row is not an answer; the server that was asked may return no "
                "log-probabilities of a prompt's own tokens, and the harness's accuracy then counts every tie as choice 0. "
                "Run it with another backend (hf, vllm)."
            )
    if answers and all(answer.error is not None for answer in answers):
        raise DatasetError(
            f"{name}: none of its {many(len(answers), 'answer')} can be used ({_most_common_error(answers)}). "
            "Expected log-likelihoods of the choices, or generated text, in filtered_resps."
        )


def _error_note(answers: list[RawAnswer]) -> list[str]:
    wrong = [answer for answer in answers if answer.error is not None]
    return [f"{len(wrong):,} of {many(len(answers), 'answer')} cannot be used ({_most_common_error(wrong)})."] if wrong else []


def _most_common_error(answers: list[RawAnswer]) -> str:
    counts = Counter(answer.error for answer in answers)
    why, _ = counts.most_common(1)[0]
    first = next(answer for answer in answers if answer.error == why)
    where = "" if first.row is None else f", first in row {first.row:,}"
    others = f"; {many(len(counts) - 1, 'other reason')}" if len(counts) > 1 else ""
    return f"{why}{where}{others}"
