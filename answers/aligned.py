"""The stored answers as a map sees them: arrays with one value an example.

An answer finds its example again by the hash of its source fields, its line and the tail of its file's name; so what was imported
for one file is there on the map of a whole collection too, and after the map was built again with other settings.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.answers.answer_types import PRONOUN_COLUMNS, AnswerSetInfo, Scores
from evalmap.answers.model_facts import read_models, with_facts
from evalmap.answers.reading.joining import REPEAT, same_tail
from evalmap.answers.store import AnswerStore, SetRecord
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap

# What tells two sets of one label apart, the first that differs
_DISTINGUISHING = (
    *("runtime", "quantisation", "dtype", "revision", "source_format", "temperature", "mode", "system_prompt"),
    *("metric", "prompt_hash", "source_file"),
)


def answers_on(built: BuiltMap, store: AnswerStore | Workspace) -> list[Scores]:
    """Every answer set that has answers to examples of a map, by label; sets that are parts of one evaluation (one model, one
    prompt, different files) as one.

    Parameters
    ----------
    built : a map
    store : of the answers, or the workspace that holds it

    Returns
    -------
    scores : one an answer set; row i of its arrays is row i of the map

    Raises
    ------
    DatasetError : models.toml cannot be read
    """
    store = AnswerStore(store) if isinstance(store, Workspace) else store
    models = read_models(store.workspace)
    files = tuple(dict.fromkeys(str(name) for name in built.examples["dataset"]))
    parts: dict[str, list[Scores]] = defaultdict(list)
    for record in _one_each(store.sets(), built.manifest.slug):
        if not any(same_tail(name, file) for name in record.datasets for file in files):
            continue
        scores = score_arrays(built, record, store.answers(record.id))
        if any(status is not None for status in scores.status):
            parts[record.info.variant].append(replace(scores, info=with_facts(record.info, models)))
    found = [scores for group in parts.values() for scores in _whole(_one_a_source(group))]
    return _distinct_labels(sorted(found, key=lambda scores: (scores.label, scores.id)))


def score_arrays(built: BuiltMap, record: SetRecord, answers: pd.DataFrame) -> Scores:
    """One stored set on a map."""
    n = len(built)
    at = _rows_of(built, answers, own=record.slug == built.manifest.slug)
    known = at >= 0
    table = answers[known].assign(at=at[known])
    counted = np.zeros(n, dtype=bool)
    counted[table["at"][table["joined"] != REPEAT].to_numpy(dtype=np.int64)] = True
    status, answer = np.full(n, None, dtype=object), np.full(n, None, dtype=object)
    matches, p_matching, mass = (np.full(n, np.nan) for _ in range(3))
    bounded = np.zeros(n, dtype=bool)
    graded = np.full(n, np.nan)
    several = table["at"].duplicated(keep=False).to_numpy()
    single = table[~several]
    rows = single["at"].to_numpy(dtype=np.int64)
    status[rows] = single["status"].to_numpy(dtype=object)
    answer[rows] = [None if pd.isna(value) else str(value) for value in single["answer"]]
    matches[rows] = single["matches"].to_numpy(dtype=np.float64, na_value=np.nan)
    p_matching[rows], mass[rows] = single["p_matching"].to_numpy(), single["answer_mass"].to_numpy()
    bounded[rows] = single["bounded"].to_numpy(dtype=bool)
    pronouns = np.full((n, len(PRONOUN_COLUMNS)), np.nan)
    if PRONOUN_COLUMNS[0] in table:  # tables of earlier versions have none
        means = table.groupby("at")[list(PRONOUN_COLUMNS)].mean()
        pronouns[means.index.to_numpy(dtype=np.int64)] = means.to_numpy()
    if "score" in table:  # tables of earlier versions have none
        for row, value in table.groupby("at")["score"].mean().items():
            graded[int(row)] = value  # type: ignore[call-overload]
    for row, samples in table[several].groupby("at"):
        i = int(row)  # type: ignore[call-overload]
        status[i], answer[i], matches[i], p_matching[i], mass[i] = _of_samples(samples)
        bounded[i] = bool(samples["bounded"].any())
    return Scores(
        id=record.id,
        label=record.info.label,
        info=record.info,
        status=status,
        answer=answer,
        matches=matches,
        p_matching=p_matching,
        mass=mass,
        counted=counted,
        bounded=bounded,
        notes=record.notes,
        claims=record.claims,
        score=graded if np.isfinite(graded).any() else None,
        pronouns=pronouns if np.isfinite(pronouns).any() else None,
    )


def _of_samples(samples: pd.DataFrame) -> tuple[str, str | None, float, float, float]:
    """Several samples of one question as one: the answer of most of them (undecided where two have as many), the mean of P."""
    read = samples[samples["status"].isin(("ok", "tie"))]
    if not len(read):
        return str(samples["status"].iloc[0]), None, float("nan"), float("nan"), float("nan")
    p_matching, mass = _mean(read["p_matching"].to_numpy()), _mean(read["answer_mass"].to_numpy())
    votes: Counter[tuple[str, str | None, bool | None]] = Counter()
    for status, answer, flag in zip(read["status"], read["answer"], read["matches"], strict=True):
        # The flag beside the answer: a source may tell whether it matched and not what was answered.
        votes[status, None if pd.isna(answer) else str(answer), None if pd.isna(flag) else bool(flag)] += 1
    ((won, answer, flag), count), *others = votes.most_common()
    if won == "ok" and (not others or others[0][1] < count):
        return "ok", answer, float("nan") if flag is None else float(flag), p_matching, mass
    return "tie", None, float("nan") if read["matches"].isna().all() else 0.0, p_matching, mass


def _mean(values: NDArray[np.float64]) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


def _rows_of(built: BuiltMap, answers: pd.DataFrame, *, own: bool) -> NDArray[np.int64]:
    """(n_answers,) the map's row of each stored answer, -1 where the map has no such example.

    own : the answers were given to this very dataset; to those of another one, an equal row in another line is no question asked:
        a file of the same name may share rows with it
    """
    examples = pd.DataFrame(
        {
            "example_id": built.examples["example_id"].astype("string"),
            "row": built.examples["line"].to_numpy() - 1,
            "file": built.examples["dataset"].astype(str),
            "at": np.arange(len(built)),
        }
    )
    keys = ["example_id", "row", "dataset"]
    keyed = answers.drop_duplicates(keys)[keys].reset_index(drop=True)  # not the samples: they share their example
    found = np.full(len(keyed), -1, dtype=np.int64)
    pairs = keyed.assign(keyed=np.arange(len(keyed))).merge(examples, on=["example_id", "row"], how="inner")
    fits = [same_tail(str(a), str(b)) for a, b in zip(pairs["dataset"], pairs["file"], strict=True)]
    pairs = pairs[np.array(fits, dtype=bool)].drop_duplicates("keyed")
    found[pairs["keyed"].to_numpy()] = pairs["at"].to_numpy()
    # A file that was put in another order keeps its answers: equal examples take theirs in turn.
    taken = set(found.tolist())
    left = examples[examples["example_id"].isin(keyed["example_id"][found < 0]) & ~examples["at"].isin(taken)]
    free: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for id, file, at in zip(left["example_id"], left["file"], left["at"], strict=True):
        free[id].append((file, at))
    for place in np.flatnonzero(found < 0) if own else ():
        candidates = free[keyed["example_id"].iloc[place]]
        name = str(keyed["dataset"].iloc[place])
        if (chosen := next((one for one in candidates if same_tail(name, one[0])), None)) is not None:
            candidates.remove(chosen)
            found[place] = chosen[1]
    at_of = pd.Series(found, index=pd.MultiIndex.from_frame(keyed))
    return at_of.reindex(pd.MultiIndex.from_frame(answers[keys])).to_numpy(dtype=np.int64)


def _one_each(records: Iterable[SetRecord], slug: str) -> list[SetRecord]:
    """Of a source that was imported for several datasets, what was imported for this very one; else all of it."""
    by_source: dict[str, list[SetRecord]] = defaultdict(list)
    for record in records:
        by_source[record.info.id].append(record)
    return [record for group in by_source.values() for record in ([r for r in group if r.slug == slug] or group)]


def _one_a_source(parts: Sequence[Scores]) -> list[Scores]:
    """What one source gave when it was imported for several other datasets: the largest part, and what the others add."""
    by_source: dict[str, list[Scores]] = defaultdict(list)
    for part in sorted(parts, key=lambda part: (-int(pd.notna(part.status).sum()), part.id)):
        by_source[part.info.id].append(part)
    found = []
    for group in by_source.values():
        there, adding = np.zeros(len(group[0]), dtype=bool), []
        for part in group:
            if (pd.notna(part.status) & ~there).any():
                adding.append(part)
                there |= pd.notna(part.status)
        found.append(_together(adding))
    return found


def _whole(parts: Sequence[Scores]) -> list[Scores]:
    """Parts that answer different examples put together; a part that overlaps with those before stays by itself."""
    wholes: list[list[Scores]] = []
    for part in sorted(parts, key=lambda part: part.id):
        there = pd.notna(part.status)
        for whole in wholes:
            if not any((pd.notna(other.status) & there).any() for other in whole):
                whole.append(part)
                break
        else:
            wholes.append([part])
    return [_together(whole) for whole in wholes]


def _together(parts: Sequence[Scores]) -> Scores:
    """Parts as one set; an example that several answer keeps the first's."""
    if len(parts) == 1:
        return parts[0]
    names = ("status", "answer", "matches", "p_matching", "mass", "counted", "bounded")
    merged = {name: getattr(parts[0], name).copy() for name in names}
    if any(part.score is not None for part in parts):
        merged["graded"] = parts[0].graded.copy()
    if any(part.pronouns is not None for part in parts):
        merged["p_pronouns"] = parts[0].p_pronouns.copy()
    for part in parts[1:]:
        there = pd.notna(part.status) & pd.isna(merged["status"])
        for name, values in merged.items():
            values[there] = getattr(part, name)[there]
    id = hashlib.sha256("/".join(sorted(part.id for part in parts)).encode()).hexdigest()[:16]
    files = ", ".join(dict.fromkeys(part.info.source_file for part in parts))
    notes = tuple(dict.fromkeys(f"{part.info.source_file}: {note}" for part in parts for note in part.notes))
    claims = parts[0].claims if len({part.info.id for part in parts}) == 1 else {}
    score, pronouns = merged.pop("graded", None), merged.pop("p_pronouns", None)
    info = replace(parts[0].info, source_file=files)
    ids = tuple(part.id for part in parts)
    told = {"notes": notes, "claims": claims, "parts": ids, "score": score, "pronouns": pronouns}
    return replace(parts[0], id=id, info=info, **told, **merged)


def _distinct_labels(scores: list[Scores]) -> list[Scores]:
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
    def value_of(info: AnswerSetInfo, name: str) -> str:
        value = getattr(info, name)
        if name == "temperature":
            return "" if value is None else f"T = {value:g}"
        return f"prompt {value[:6]}" if name == "prompt_hash" else str(value or "")[:40]

    for name in _DISTINGUISHING:
        values = [value_of(twin.info, name) for twin in twins]
        if len(set(values)) == len(values) and value_of(one.info, name):
            return value_of(one.info, name)
    return one.id[:6]
