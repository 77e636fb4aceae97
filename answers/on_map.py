"""The stored answers as a map sees them: arrays with one value an example.

An answer finds its example again by the hash of its source fields, its line and the tail of its file's name; so what was imported
for one file is there on the map of a whole collection too, and after the map was built again with other settings.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from answers.joining import REPEAT, same_tail
from answers.models import read_models, with_facts
from answers.store import AnswerStore, SetRecord
from answers.types import AnswerSetInfo, Scores
from embeddings.built import BuiltMap

# What tells two sets of one label apart, the first that differs
_DISTINGUISHING = ("runtime", "quantisation", "dtype", "revision", "source_format", "temperature", "system_prompt", "source_file")


def scores_on(built: BuiltMap, store: AnswerStore) -> list[Scores]:
    """Every answer set that has answers to examples of a map, by label; sets that are parts of one evaluation (one model, one
    prompt, different files) as one.

    Raises
    ------
    DatasetError : models.toml cannot be read
    """
    models = read_models(store.workspace)
    files = tuple(dict.fromkeys(str(name) for name in built.examples["dataset"]))
    parts: dict[str, list[tuple[SetRecord, Scores]]] = defaultdict(list)
    for record in _one_each(store.sets(), built.manifest["slug"]):
        if not any(same_tail(name, file) for name in record.datasets for file in files):
            continue
        scores = score_arrays(built, record, store.answers(record.id))
        if any(status is not None for status in scores.status):
            parts[record.info.variant].append((record, replace(scores, info=with_facts(record.info, models))))
    found = [scores for group in parts.values() for scores in _whole([scores for _, scores in group])]
    return _told_apart(sorted(found, key=lambda scores: (scores.label, scores.id)))


def score_arrays(built: BuiltMap, record: SetRecord, answers: pd.DataFrame) -> Scores:
    """One stored set on a map."""
    n = len(built)
    at = _rows_of(built, answers)
    known = at >= 0
    table = answers[known].assign(at=at[known])
    counted = np.zeros(n, dtype=bool)
    counted[table["at"][table["joined"] != REPEAT].to_numpy(dtype=np.int64)] = True
    status, answer = np.full(n, None, dtype=object), np.full(n, None, dtype=object)
    matches, p, mass = (np.full(n, np.nan) for _ in range(3))
    bounded = np.zeros(n, dtype=bool)
    several = table["at"].duplicated(keep=False).to_numpy()
    single = table[~several]
    rows = single["at"].to_numpy(dtype=np.int64)
    status[rows] = single["status"].to_numpy(dtype=object)
    answer[rows] = [None if pd.isna(value) else str(value) for value in single["answer"]]
    matches[rows] = single["matches"].to_numpy(dtype=np.float64, na_value=np.nan)
    p[rows], mass[rows] = single["p_matching"].to_numpy(), single["answer_mass"].to_numpy()
    bounded[rows] = single["bounded"].to_numpy(dtype=bool)
    for row, samples in table[several].groupby("at"):
        i = int(row)  # type: ignore[call-overload]
        status[i], answer[i], matches[i], p[i], mass[i] = _of_samples(samples)
        bounded[i] = bool(samples["bounded"].any())
    return Scores(
        id=record.id,
        label=record.info.label,
        info=record.info,
        status=status,
        answer=answer,
        matches=matches,
        p=p,
        mass=mass,
        counted=counted,
        bounded=bounded,
        notes=record.notes,
        claims=record.claims,
    )


def _of_samples(samples: pd.DataFrame) -> tuple[str, str | None, float, float, float]:
    """Several samples of one question as one: the answer of most of them (undecided where two have as many), the mean of P."""
    read = samples[samples["status"].isin(("ok", "tie"))]
    if not len(read):
        return str(samples["status"].iloc[0]), None, float("nan"), float("nan"), float("nan")
    matches = read["matches"].to_numpy(dtype=np.float64, na_value=np.nan)
    p, mass = _mean(read["p_matching"].to_numpy()), _mean(read["answer_mass"].to_numpy())
    counts = read["answer"].dropna().astype(str).value_counts()
    if len(counts) and (len(counts) == 1 or counts.iloc[0] > counts.iloc[1]):
        answer = str(counts.index[0])
        chosen = matches[(read["answer"] == answer).fillna(False).to_numpy(dtype=bool)]
        return "ok", answer, float(chosen[0]), p, mass
    if not len(counts) and not np.isnan(matches).any() and matches.mean() != 0.5 and not (read["status"] == "tie").any():
        return "ok", None, float(matches.mean() > 0.5), p, mass  # flags of the source, without answers
    return "tie", None, float("nan") if np.isnan(matches).all() else 0.0, p, mass


def _mean(values: NDArray[np.float64]) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


def _rows_of(built: BuiltMap, answers: pd.DataFrame) -> NDArray[np.int64]:
    """(n_answers,) the map's row of each stored answer, -1 where the map has no such example."""
    examples = pd.DataFrame(
        {
            "example_id": built.examples["example_id"].astype("string"),
            "row": built.examples["line"].to_numpy() - 1,
            "file": built.examples["dataset"].astype(str),
            "at": np.arange(len(built)),
        }
    )
    asked = answers.loc[:, ["example_id", "row", "dataset"]].assign(answer=np.arange(len(answers)))
    found = np.full(len(answers), -1, dtype=np.int64)
    for keys in (["example_id", "row"], ["example_id"]):  # a file that was put in another order keeps its answers
        left = asked[found[asked["answer"].to_numpy()] < 0]
        pairs = left.merge(examples, on=keys, how="inner")
        fits = [same_tail(str(a), str(b)) for a, b in zip(pairs["dataset"], pairs["file"], strict=True)]
        pairs = pairs[np.array(fits, dtype=bool)]
        if len(keys) == 1:
            taken = set(found[found >= 0].tolist())
            pairs = pairs[~pairs["at"].isin(taken)].drop_duplicates("at")
        pairs = pairs.drop_duplicates("answer")
        found[pairs["answer"].to_numpy()] = pairs["at"].to_numpy()
    return found


def _one_each(records: Iterable[SetRecord], slug: str) -> list[SetRecord]:
    """Of a source that was imported for several datasets, what was imported for this very one; else all of it."""
    by_source: dict[str, list[SetRecord]] = defaultdict(list)
    for record in records:
        by_source[record.info.id].append(record)
    return [record for group in by_source.values() for record in ([r for r in group if r.slug == slug] or group)]


def _whole(parts: Sequence[Scores]) -> list[Scores]:
    """Parts that answer different examples put together; a part that overlaps with those before stays by itself."""
    wholes: list[list[Scores]] = []
    for part in parts:
        there = pd.notna(part.status)
        for whole in wholes:
            if not any((pd.notna(other.status) & there).any() for other in whole):
                whole.append(part)
                break
        else:
            wholes.append([part])
    return [_together(whole) for whole in wholes]


def _together(parts: Sequence[Scores]) -> Scores:
    if len(parts) == 1:
        return parts[0]
    merged = {name: getattr(parts[0], name).copy() for name in ("status", "answer", "matches", "p", "mass", "counted", "bounded")}
    for part in parts[1:]:
        there = pd.notna(part.status)
        for name, values in merged.items():
            values[there] = getattr(part, name)[there]
    id = hashlib.sha256("/".join(sorted(part.id for part in parts)).encode()).hexdigest()[:16]
    files = ", ".join(dict.fromkeys(part.info.source_file for part in parts))
    notes = tuple(f"{part.info.source_file}: {note}" for part in parts for note in part.notes)
    return replace(parts[0], id=id, info=replace(parts[0].info, source_file=files), notes=notes, claims={}, **merged)


def _told_apart(scores: list[Scores]) -> list[Scores]:
    """Labels made unique: by what differs between the sets of one label, else by their ids."""
    by_label: dict[str, list[Scores]] = defaultdict(list)
    for one in scores:
        by_label[one.label].append(one)
    found = []
    for one in scores:
        twins = by_label[one.label]
        found.append(one if len(twins) == 1 else replace(one, label=f"{one.label} ({_difference(one, twins)})"))
    return found


def _difference(one: Scores, twins: Sequence[Scores]) -> str:
    def told(info: AnswerSetInfo, name: str) -> str:
        value = getattr(info, name)
        return f"T = {value:g}" if name == "temperature" and value is not None else str(value or "")[:40]

    for name in _DISTINGUISHING:
        values = [told(twin.info, name) for twin in twins]
        if len(set(values)) == len(values) and told(one.info, name):
            return told(one.info, name)
    return one.id[:6]
