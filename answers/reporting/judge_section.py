"""What a language model judged of a dataset's rows, as one section of a report: its figures stand apart from all others."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.answers.asking.journal import read_journal
from evalmap.answers.asking.judge import KIND, journal_prompts, judged_rows
from evalmap.answers.reading.judgements import Judgements, Unread, read_judgements
from evalmap.answers.reading.reviews import Review, review_tables
from evalmap.answers.statistics.judge_agreement import agreement, fleiss, majority
from evalmap.answers.statistics.summary import bootstrap_mean, mean_of, wilson
from evalmap.data.store import disk
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap

LOWEST, UNREAD, TEXT = 20, 20, 400  # rows listed, unread answers listed, characters of a text


def judge_section(
    space: Workspace, built: BuiltMap, *, reviews: Sequence[tuple[int, Review]] = (), run: str | None = None
) -> dict[str, Any] | None:
    """What the last judge said of a map's rows; None where none was asked. What cannot be said is null.

    Ratios are 0 to 1 and scores 1 to 5; high is good in both. Rows that are equal count once.

    model, server, behaviour, run : who judged, where, what for (null: what each file is called), and the name of its journal
    n : rows judged; of : different rows of the dataset
    prompts : a phrasing each: relevance_mean, clarity_mean with BCa bootstrap intervals (…_low, …_high); agrees, low, high:
        share of labels that fit, of n_label, with its Wilson interval; unread: {why: answers that could not be read}, all kept
    prompt_agreement : of the two phrasings: label, relevance, clarity (scores rounded, quadratic weights), as `Agreement`
    people : beside reviews, null without any: label and relevance as `Agreement` of the first phrasing with the majority
        (the median) of people, kappa, low, high, n of the label; ties: rows without a majority, which are left out; among:
        Fleiss' kappa of people, and rows
    rows : the lowest rated, first those whose label does not fit; unread : the first answers that could not be read
    runs : all judges of this dataset, the last first

    Parameters
    ----------
    reviews : (row, review) of people
    run : of which journal; None: of the one that was written last

    Raises
    ------
    DatasetError : a journal cannot be read
    """
    journals = judge_journals(space, built.manifest.source)
    path = next((path for path, header in journals if run in (None, header["run"])), None)
    if path is None:
        return None
    written = read_journal(path)
    header = written.header
    rows = judged_rows(header, built.manifest, built.examples, built.fields)
    said = read_judgements(rows, journal_prompts(header), written.answers)
    found = {
        **{name: header.get(name) for name in ("run", "model", "server", "behaviour")},
        "n": len(said),
        "of": len(rows),
        "prompts": [_phrasing(said, at) for at in range(len(said.prompts))],
        "prompt_agreement": _between_prompts(said),
        "people": _with_people(said, reviews),
        "rows": [_row(said, built, column) for column in _lowest(said)],
        "unread": [_unread(built, one) for one in said.unread[:UNREAD]],
        "runs": [{"run": other["run"], "model": other["model"], "server": other["server"]} for _, other in journals],
        "templates": [{"name": one.name, "criterion": one.criterion, "template": one.template} for one in journal_prompts(header)],
    }
    return without_nan(found)


def without_nan(value: Any) -> Any:
    """The value with null in place of nan, as JSON has it."""
    if isinstance(value, dict):
        return {key: without_nan(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def judge_lines(name: str, section: Mapping[str, Any]) -> Iterator[str]:
    """A judge's section in a few lines for a person."""
    yield f"{name}: {section['n']:,} of {section['of']:,} different rows judged by {section['model']}"
    for one in section["prompts"]:
        yield (
            f"  {one['name']}: relevance {_score(one, 'relevance')}, clarity {_score(one, 'clarity')} (1 to 5); "
            f"labels that fit {_ratio(one['agrees'], one['low'], one['high'])} of {one['n_label']:,}"
        )
        if one["unread"]:
            counts = ", ".join(f"{count:,} {why}" for why, count in one["unread"].items())
            yield f"    answers that could not be read, kept and not counted: {counts}"
    if between := section["prompt_agreement"]:
        yield "  the two phrasings agree: " + "; ".join(f"{what} {_agreement(between[what])}" for what in between)
    if (people := section["people"]) is None:
        yield "  people: not reviewed (evalmap review, or give their judgements with --reviews)"
    else:
        label, relevance = _agreement(people["label"]), _agreement(people["relevance"])
        yield f"  with {people['reviewers']:,} people: label {label}; relevance {relevance}"
        if people["among"]["n"]:
            yield f"  among people: {_number(people['among']['kappa'])} (Fleiss' kappa of the label, {people['among']['n']:,} rows)"
    if section["rows"]:
        yield "  lowest rated:"
    for row in section["rows"][:5]:
        fits = "/".join("?" if fit is None else "yes" if fit else "no" for fit in row["fits"])
        scores = "/".join(_number(value, 1) for value in row["relevance"])
        yield f"    {row['dataset']} line {row['line']}: label fits {fits}, relevance {scores}: {row['text'][:100]}"


def judge_journals(space: Workspace, source: str) -> list[tuple[Path, Mapping[str, Any]]]:
    """(journal, its header) of each judge that was asked about a source, the one written last first.

    Raises
    ------
    DiskError : the disk does not give one
    """
    found = []
    folder = space.root / "answers" / "runs"
    for path in (folder / name for name in disk.names(folder, ".jsonl")):
        try:
            with disk.reading(path), path.open("rb") as file:
                header = json.loads(file.readline())
        except (ValueError, FileNotFoundError):
            continue  # half a line: nothing was asked yet; or removed meanwhile
        if isinstance(header, dict) and header.get("kind") == KIND and header["dataset"]["source"] == source:
            found.append((path, header))
    return sorted(found, key=lambda one: (-one[0].stat().st_mtime_ns, one[0].name))


def _phrasing(said: Judgements, at: int) -> dict[str, Any]:
    fits = said.fits[at][np.isfinite(said.fits[at])]
    share = wilson(int(fits.sum()), len(fits))
    found: dict[str, Any] = {"name": said.prompts[at]}
    for name, values in (("relevance", said.relevance[at]), ("clarity", said.clarity[at])):
        values = values[np.isfinite(values)]
        limits = bootstrap_mean(values, random_state=42, n_resamples=1999)
        found |= {f"{name}_mean": mean_of(values), f"{name}_low": limits.low, f"{name}_high": limits.high, f"n_{name}": len(values)}
    return {
        **found,
        "agrees": mean_of(fits),
        "low": share.low,
        "high": share.high,
        "n_label": len(fits),
        "p_fits_mean": mean_of(said.p_fits[at]),
        "unread": said.unread_counts(said.prompts[at]),
    }


def _between_prompts(said: Judgements) -> dict[str, Any] | None:
    if len(said.prompts) < 2:
        return None
    scores = {name: np.round(values) - 1 for name, values in (("relevance", said.relevance), ("clarity", said.clarity))}
    found = {name: agreement(values[0], values[1], categories=5, weighted=True).as_dict() for name, values in scores.items()}
    return {"label": agreement(said.fits[0], said.fits[1], categories=2).as_dict(), **found}


def _with_people(said: Judgements, reviews: Sequence[tuple[int, Review]]) -> dict[str, Any] | None:
    """The first phrasing beside people; the second is there to show what the words of a question do."""
    if not reviews:
        return None
    fits, scores = review_tables(reviews)
    rows = sorted({place for place, _ in reviews})
    columns = {int(place): column for column, place in enumerate(said.places)}
    judged = [columns.get(place) for place in rows]
    most = majority(fits)
    label = agreement(_of(said.fits[0], judged), most, categories=2)
    relevance = agreement(np.round(_of(said.relevance[0], judged)) - 1, _median(scores), categories=5, weighted=True)
    among, among_rows = fleiss(fits, categories=2)
    return {
        "kappa": label.kappa,
        "low": label.kappa_low,
        "high": label.kappa_high,
        "n": label.n,
        "label": label.as_dict(),
        "relevance": relevance.as_dict(),
        "reviewers": fits.shape[1],
        "reviewed": len(rows),
        "ties": int((np.isfinite(fits).any(axis=1) & ~np.isfinite(most)).sum()),
        "among": {"kappa": among, "n": among_rows},
    }


def _of(values: NDArray[np.float64], columns: Sequence[int | None]) -> NDArray[np.float64]:
    return np.array([math.nan if column is None else values[column] for column in columns])


def _median(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """The lower median of each row's scores; nan where there is none."""
    found = np.full(len(scores), math.nan)
    for at, row in enumerate(scores):
        values = np.sort(row[np.isfinite(row)])
        if len(values):
            found[at] = values[(len(values) - 1) // 2]
    return found


def _lowest(said: Judgements) -> list[int]:
    """Columns by what both phrasings say on average: labels that fit least, then the least relevant, then the least clear."""
    sure = np.where(np.isfinite(said.p_fits), said.p_fits, said.fits)
    keys = [_mean(said.clarity), _mean(said.relevance), _mean(sure)]
    return [int(column) for column in np.lexsort([said.places, *keys])[:LOWEST]]


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each column over the phrasings; nan where neither said anything."""
    there = np.isfinite(values)
    n = there.sum(axis=0)
    return np.where(n > 0, np.where(there, values, 0.0).sum(axis=0) / np.maximum(n, 1), math.nan)


def _row(said: Judgements, built: BuiltMap, column: int) -> dict[str, Any]:
    place = int(said.places[column])
    prompts = range(len(said.prompts))
    return {
        **_identity(built, place),
        "relevance": [float(said.relevance[at, column]) for at in prompts],
        "clarity": [float(said.clarity[at, column]) for at in prompts],
        "fits": [None if math.isnan(said.fits[at, column]) else bool(said.fits[at, column]) for at in prompts],
        "p_fits": [float(said.p_fits[at, column]) for at in prompts],
        "text": built.text(place)[:TEXT],
    }


def _unread(built: BuiltMap, one: Unread) -> dict[str, Any]:
    told = {"prompt": one.prompt, "criterion": one.criterion, "why": one.status, "text": one.text[:TEXT]}
    return {**_identity(built, one.place), **told}


def _identity(built: BuiltMap, place: int) -> dict[str, Any]:
    dataset, line = built.identity(place)
    return {"row": place, "dataset": dataset, "line": line}


def _score(one: Mapping[str, Any], name: str) -> str:
    return _ratio(one[f"{name}_mean"], one[f"{name}_low"], one[f"{name}_high"])


def _agreement(one: Mapping[str, Any]) -> str:
    kappa = _ratio(one["kappa"], one["kappa_low"], one["kappa_high"])
    return f"{_ratio(one['agreement'], one['low'], one['high'])}, kappa {kappa} (n {one['n']:,})"


def _ratio(value: float | None, low: float | None, high: float | None) -> str:
    return _number(value) if value is None or low is None or high is None else f"{value:.2f} ({low:.2f} to {high:.2f})"


def _number(value: float | None, digits: int = 2) -> str:
    return "unknown" if value is None else f"{value:.{digits}f}"
