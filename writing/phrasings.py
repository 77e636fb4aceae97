"""One behaviour, two phrasings: what each yields, how varied it is, whether they are told apart, and how a model answers them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.answers.statistics.independent import mean_difference, mean_interval, ratio_difference
from evalmap.answers.statistics.summary import Interval, wilson
from evalmap.answers.store import AnswerStore
from evalmap.data.errors import DatasetError
from evalmap.embeddings.array_types import Progress, Vectors, no_progress
from evalmap.screening.coverage.coverage import find_nearest, share_interval
from evalmap.screening.coverage.separability import draw_equal, measure_separability
from evalmap.screening.pairs.semantic import find_similar_pairs
from evalmap.screening.quality.diversity import mean_nearest_similarity, vendi_score
from evalmap.screening.quality.scorecard import MAX_SAMPLE, MIN_SAMPLE, Statistic, sample_statistics, word_statistics
from evalmap.screening.quality.section_store import without_nan
from evalmap.writing.phrasing_answers import compare_answers
from evalmap.writing.plan_templates import PlanTemplate
from evalmap.writing.result_reading import WrittenResult, read_result, result_folders

FEWEST, MOST = 2, 8
SIMILARITY = 0.6  # a row is covered where the other phrasing has one at least so alike
THRESHOLD = 0.95  # rows from there on are near-duplicates: they lie in one fold, and count once in an interval
BINS = 10  # of the label confidence, from 0 to 1


def compare_phrasings(
    results: Sequence[Path],
    *,
    embed: Callable[[Sequence[str]], Vectors],
    answers: Sequence[str | Path] = (),
    store: AnswerStore | None = None,
    similarity: float = SIMILARITY,
    seed: int = 0,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Set the results of phrasings side by side. Nothing is asked and nothing written; what cannot be said is None.

    Parameters
    ----------
    results : folders that `evalmap write` made, two to eight; one whose plan has several templates stands for all of these
    embed : texts → (m, n_dims) float32, unit norm
    answers : files of answers to the rows, or answer sets of `store` (by id or label)
    similarity : cosine from which a row is covered by one of the other phrasing, 0–1
    seed : of samples, folds and shuffles
    progress : called with (steps done, steps)

    Returns
    -------
    {
      "similarity", "seed": as given,
      "phrasings": [{name, folder, behaviour, kind, templates, models, rows, pieces, reasons: {reason: pieces},
          yields: {label or "all": {kept, pieces, value, low, high}},
          diversity: {n, statistics: {name: {value, low, high}}, reason},
          confidence: {n, mean, low, high, quartiles: [3], histogram: [10 counts]} or None}],
      "pairs": [{a, b (places in phrasings),
          yield: {value, low, high, pvalue} (a − b; so the other differences),
          separability: {auc, low, high, control_auc, n, reason},
          coverage: {a_by_b: {value, low, high}, b_by_a: …},
          shared: rows of a with a near-duplicate in b,
          confidence: {value, low, high, pvalue} or None}],
      "answers": as of `evalmap.writing.phrasing_answers.compare_answers`, a difference for each of "pairs",
      "notes": sentences
    }
    Ratios and intervals are 0–1, intervals 95 %. Yields: Wilson, and Newcombe with Fisher's exact test for the difference; rows
    are taken as independent. Diversity: samples of as many rows of each (`evalmap.screening.quality.scorecard`).

    Raises
    ------
    DatasetError : fewer than two results or more than eight, one twice, of different kinds, or a folder that holds none
    """
    folders = result_folders(results)
    _check(folders)
    named = _named([read_result(folder) for folder in folders])
    couples = list(combinations(range(len(named)), 2))
    steps, done = 2 * len(named) + len(couples) + 1, 0

    def step() -> None:
        nonlocal done
        done += 1
        progress(done, steps)

    progress(0, steps)
    vectors = []
    for one in named:
        vectors.append(embed(one.texts) if one.texts else None)
        step()
    groups = _groups(vectors)
    smallest = min(len(one.rows) for one in named)
    n = min(MAX_SAMPLE, smallest // 2) if smallest >= 2 * MIN_SAMPLE else 0
    phrasings = []
    for one, own in zip(named, vectors, strict=True):
        phrasings.append(_phrasing(one, own, n, smallest, seed))
        step()
    pairs = []
    for a, b in couples:
        pairs.append({"a": a, "b": b, **_pair(named, vectors, groups, a, b, similarity, seed)})
        step()
    answered = compare_answers(answers, named, couples, store) if answers else []
    step()
    return without_nan(
        {
            "similarity": similarity,
            "seed": seed,
            "phrasings": phrasings,
            "pairs": pairs,
            "answers": answered,
            "notes": [*_notes(named, smallest), *_answer_notes(named, answered)],
        }
    )


def _check(folders: Sequence[Path]) -> None:
    if not FEWEST <= len(folders) <= MOST:
        what = "1 result was" if len(folders) == 1 else f"{len(folders)} results were"
        raise DatasetError(
            f"{what} given; a comparison takes {FEWEST} to {MOST}. Name two folders, or one whose plan has several templates."
        )
    seen: set[Path] = set()
    for folder in folders:
        if folder.resolve() in seen:
            raise DatasetError(f"{folder} was given twice; name different results.")
        seen.add(folder.resolve())


def _named(found: list[WrittenResult]) -> list[WrittenResult]:
    """The results, called by their templates where these differ, else by their folders."""
    if other := next((one for one in found if one.kind != found[0].kind), None):
        raise DatasetError(
            f"{found[0].folder} holds rows of kind {found[0].kind} and {other.folder} of kind {other.kind}; compare one kind."
        )
    for names in (
        [PlanTemplate(one.templates[0], "").id if one.templates else "" for one in found],
        [one.folder.name for one in found],
    ):
        if all(names) and len(set(names)) == len(names):
            return [replace(one, name=name) for one, name in zip(found, names, strict=True)]
    return [replace(one, name=str(one.folder)) for one in found]


def _groups(vectors: Sequence[Vectors | None]) -> list[NDArray[np.int64]]:
    """Of each phrasing the group of every row: rows that hang together as near-duplicates share a number, across phrasings too."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    sizes = [0 if own is None else len(own) for own in vectors]
    there = [own for own in vectors if own is not None]
    total = sum(sizes)
    left = right = np.zeros(0, dtype=np.int64)
    if total > 1:
        found = find_similar_pairs(np.concatenate(there), floor=THRESHOLD)
        left, right = found.left.astype(np.int64), found.right.astype(np.int64)
    labels = connected_components(coo_array((np.ones(len(left), bool), (left, right)), shape=(total, total)), directed=False)[1]
    return [own.astype(np.int64) for own in np.split(labels, np.cumsum(sizes)[:-1])]


def _phrasing(one: WrittenResult, vectors: Vectors | None, n: int, smallest: int, seed: int) -> dict[str, Any]:
    yields = {
        label: {"kept": kept, "pieces": pieces, **_told(kept / pieces if pieces else np.nan, wilson(kept, pieces))}
        for label, (kept, pieces) in one.yields().items()
    }
    return {
        "name": one.name,
        "folder": str(one.folder),
        "behaviour": one.behaviour,
        "kind": one.kind,
        "templates": one.templates,
        "models": one.models,
        "rows": len(one.rows),
        "pieces": len(one.rows) + len(one.rejected),
        "reasons": one.reasons,
        "yields": yields,
        "diversity": _diversity(one.texts, vectors, n, smallest, seed),
        "confidence": _confidence(one.confidences()),
    }


def _diversity(texts: Sequence[str], vectors: Vectors | None, n: int, smallest: int, seed: int) -> dict[str, Any]:
    if not n or vectors is None:
        reason = f"one phrasing has {smallest} {'row' if smallest == 1 else 'rows'}, at least {2 * MIN_SAMPLE} are needed"
        return {"n": 0, "statistics": {}, "reason": reason}
    from threadpoolctl import threadpool_limits

    measures: dict[str, Statistic] = {
        "vendi": lambda rows: vendi_score(vectors[rows]),
        "nearest_similarity": lambda rows: mean_nearest_similarity(vectors[rows]),
        **word_statistics(texts),
    }
    with threadpool_limits(1):  # the matrices of samples are small: threads would wait for each other
        found = sample_statistics(np.arange(len(texts)), n, measures, seed=seed)
    return {"n": n, "statistics": {name: asdict(value) for name, value in found.items()}, "reason": ""}


def _confidence(values: NDArray[np.float64]) -> dict[str, Any] | None:
    if not len(values):
        return None
    mean, interval = mean_interval(values)
    return {
        "n": len(values),
        "mean": mean,
        "low": interval.low,
        "high": interval.high,
        "quartiles": np.quantile(values, (0.25, 0.5, 0.75)).tolist(),
        "histogram": np.histogram(values, bins=BINS, range=(0, 1))[0].tolist(),
    }


def _pair(
    named: Sequence[WrittenResult],
    vectors: Sequence[Vectors | None],
    groups: Sequence[NDArray[np.int64]],
    a: int,
    b: int,
    similarity: float,
    seed: int,
) -> dict[str, Any]:
    (kept_a, of_a), (kept_b, of_b) = (named[place].yields()["all"] for place in (a, b))
    confidence = [named[place].confidences() for place in (a, b)]
    found: dict[str, Any] = {
        "yield": _difference(ratio_difference(kept_a, of_a, kept_b, of_b)),
        "shared": int(np.isin(groups[a], groups[b]).sum()),
        "confidence": _difference(mean_difference(*confidence)) if all(map(len, confidence)) else None,
    }
    own_a, own_b = vectors[a], vectors[b]
    if own_a is None or own_b is None:
        nothing = {"value": np.nan, "low": np.nan, "high": np.nan}
        apart = {"auc": np.nan, "low": np.nan, "high": np.nan, "control_auc": np.nan, "n": 0, "reason": "one phrasing has no rows"}
        return found | {"separability": apart, "coverage": {"a_by_b": nothing, "b_by_a": nothing}}
    rows_a, rows_b = draw_equal(len(own_a), len(own_b), seed=seed)
    drawn = np.concatenate([groups[a][rows_a], groups[b][rows_b]])
    apart = asdict(measure_separability(own_a[rows_a], own_b[rows_b], groups=drawn, seed=seed))
    del apart["stripped_auc"]
    nearest = find_nearest(own_a, own_b)
    sides = {"a_by_b": (nearest.a_similarities, groups[a]), "b_by_a": (nearest.b_similarities, groups[b])}
    coverage = {}
    for side, (cosines, of) in sides.items():
        value, low, high = share_interval(cosines >= similarity, groups=of)
        coverage[side] = {"value": value, "low": low, "high": high}
    return found | {"separability": apart, "coverage": coverage}


def _notes(named: Sequence[WrittenResult], smallest: int) -> list[str]:
    notes = []
    if len({one.behaviour for one in named}) > 1:
        notes.append(f"The behaviours differ: {'; '.join(f'{one.name}: {one.behaviour}' for one in named)}.")
    models = [one.models[0] if one.models else "none" for one in named]
    if len(set(models)) > 1:
        notes.append(f"The models differ: {'; '.join(f'{one.name}: {model}' for one, model in zip(named, models, strict=True))}.")
    pieces = [len(one.rows) + len(one.rejected) for one in named]
    if min(pieces) < 0.9 * max(pieces):
        told = ", ".join(f"{one.name} {n:,}" for one, n in zip(named, pieces, strict=True))
        notes.append(f"The numbers of pieces differ ({told}): a yield falls as more is written, since more of it repeats.")
    if smallest < 2 * MIN_SAMPLE:
        notes.append(f"One phrasing has {smallest:,} rows: figures of diversity need {2 * MIN_SAMPLE} of each.")
    return notes


def _answer_notes(named: Sequence[WrittenResult], answered: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        f"{one['label']} has no answer to a row of {phrasing.name}."
        for one in answered
        for phrasing, own in zip(named, one["phrasings"], strict=True)
        if not own["n"]
    ]


def _told(value: float, interval: Interval) -> dict[str, float]:
    return {"value": value, "low": interval.low, "high": interval.high}


def _difference(one: Any) -> dict[str, float]:
    return {**_told(one.value, one.interval), "pvalue": one.pvalue}
