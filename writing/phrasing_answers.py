"""How a model answers the rows of phrasings: agreement with the label, and how far it differs between them."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalmap.answers.answer_types import StagedSet
from evalmap.answers.statistics.independent import Difference, mean_difference, mean_interval, ratio_difference
from evalmap.answers.statistics.summary import wilson
from evalmap.answers.store import AnswerStore
from evalmap.data.errors import DatasetError
from evalmap.data.records import Dataset
from evalmap.writing.result_reading import WrittenResult

FEWEST_EXAMPLES = 2  # of a dataset that can be opened


@dataclass
class RowAnswers:
    """What one model answers to the rows of one phrasing: {row: its samples}; a tie is no match."""

    matches: dict[int, list[bool]] = field(default_factory=lambda: defaultdict(list))
    p_matching: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    options: Counter[str] = field(default_factory=Counter)

    def figures(self, labels: Sequence[str]) -> dict[str, Any]:
        """n, agreement with the label (all rows, and by label), mean P(matching) and the answers by frequency."""
        hits = self.hits()
        by_label = {}
        for label in dict.fromkeys(labels):
            own = [hit for row, hit in hits.items() if labels[row] == label]
            if label and own:
                by_label[label] = _agreement(sum(own), len(own))
        mean, interval = mean_interval(self.means())
        return {
            "n": len(hits),
            "agreement": _agreement(sum(hits.values()), len(hits)),
            "by_label": by_label,
            "p_matching": {"n": len(self.p_matching), "value": mean, "low": interval.low, "high": interval.high},
            "answers": dict(self.options.most_common()),
        }

    def hits(self) -> dict[int, bool]:
        """{row: whether more than half of its samples match}"""
        return {row: 2 * sum(samples) > len(samples) for row, samples in self.matches.items()}

    def means(self) -> np.ndarray:
        return np.array([float(np.mean(samples)) for samples in self.p_matching.values()])


def compare_answers(
    references: Sequence[str | Path],
    phrasings: Sequence[WrittenResult],
    pairs: Sequence[tuple[int, int]],
    store: AnswerStore | None = None,
) -> list[dict[str, Any]]:
    """The answers of files, or of sets of the store, to the rows of each phrasing; those of one model and prompt count as one.

    The rows of two phrasings are different questions, so the difference is that of independent samples.

    Parameters
    ----------
    references : files of any format that is imported, folders of them, or ids or labels of sets; of a label, all its sets
    pairs : places in `phrasings` that are set against each other

    Returns
    -------
    one dict for each model and prompt:
    {label, phrasings: [{n, agreement: {matching, value, low, high}, by_label: {label: the same}, p_matching: {n, value, low, high},
        answers: {option: rows}}], pairs: [{a, b, agreement: {value, low, high, pvalue}, p_matching: the same}] (a − b)}

    Raises
    ------
    DatasetError : neither a file nor a set, a file that cannot be read, or answers to none of the rows
    """
    opened = [_opened(one) for one in phrasings]
    found: dict[str, list[RowAnswers]] = {}
    for reference in references:
        joined = 0
        for label, source in _sources(reference, store):
            of = found.setdefault(label, [RowAnswers() for _ in phrasings])
            for own, dataset in zip(of, opened, strict=True):
                if dataset is not None:
                    joined += _join(source, dataset, own) if isinstance(source, StagedSet) else _take_stored(source, dataset, own)
        if not joined:
            raise DatasetError(
                f"answers {reference}: none of them belongs to a row of these results. Name answers to these.", "answers"
            )
    return [
        {
            "label": label,
            "phrasings": [own.figures(one.labels) for own, one in zip(of, phrasings, strict=True)],
            "pairs": [{"a": a, "b": b, **_differences(of[a], of[b])} for a, b in pairs],
        }
        for label, of in found.items()
    ]


def _sources(reference: str | Path, store: AnswerStore | None) -> Iterator[tuple[str, StagedSet | pd.DataFrame]]:
    """(model and prompt, its answers) of a file or of stored sets."""
    path = Path(reference).expanduser()
    if path.exists():
        from evalmap.answers.importers.answer_formats import stage

        yield from ((staged.info.label, staged) for staged in stage([path]))
    elif store is None:
        raise DatasetError(f"answers {reference}: no such file. Check the path.", "answers")
    else:
        sets = [record for record in store.sets() if record.info.label == str(reference)] or [store.find(str(reference))]
        yield from ((record.info.label, store.answers(record.id)) for record in sets)


def _opened(one: WrittenResult) -> Dataset | None:
    """The rows as a dataset; None where there are too few to be one."""
    from evalmap.data.opening import open_dataset

    return open_dataset(one.rows_path) if len(one.rows) >= FEWEST_EXAMPLES else None


def _join(staged: StagedSet, dataset: Dataset, own: RowAnswers) -> int:
    """Take the answers that belong to rows of a dataset, and say how many they are."""
    from evalmap.answers.reading.column_check import as_asked
    from evalmap.answers.reading.joining import REPEAT, Questions, join, tells_question
    from evalmap.answers.reading.options import example_options
    from evalmap.answers.reading.scoring import score

    options = example_options(dataset.examples, dataset.fields)
    keys = [dataset.roles.label] if dataset.roles.label else []
    questions = Questions(dataset.examples, dataset.fields, dataset.roles.text, options, keys)
    staged, joined = as_asked(staged, questions), 0
    for one in join(staged, questions)[0]:
        if one.how != REPEAT and tells_question(staged.answers[one.answer]):  # files of two phrasings have equal names and lines
            read = score(staged.answers[one.answer], questions.options[one.row])
            _take(own, int(dataset.examples["line"].iloc[one.row]) - 1, read.status, read.answer, read.matches, read.p_matching)
            joined += 1
    return joined


def _take_stored(table: pd.DataFrame, dataset: Dataset, own: RowAnswers) -> int:
    """`_join` of answers that are stored: they know their rows by the hash of their fields."""
    lines = dict(zip(dataset.examples["example_id"], (int(line) - 1 for line in dataset.examples["line"]), strict=True))
    known = table[table["example_id"].isin(list(lines)) & (table["joined"] != "repeat")]
    for id, status, answer, matches, p_matching in known[
        ["example_id", "status", "answer", "matches", "p_matching"]
    ].values.tolist():
        _take(own, lines[id], status, answer, None if pd.isna(matches) else bool(matches), float(p_matching))
    return len(known)


def _take(own: RowAnswers, line: int, status: str, answer: str | None, matches: bool | None, p_matching: float) -> None:
    if status not in ("ok", "tie") or matches is None:
        return
    own.matches[line].append(bool(matches))
    own.options["tie" if status == "tie" else str(answer)] += 1
    if np.isfinite(p_matching):
        own.p_matching[line].append(p_matching)


def _agreement(matching: int, n: int) -> dict[str, float]:
    interval = wilson(matching, n)
    return {"matching": matching, "value": matching / n if n else float("nan"), "low": interval.low, "high": interval.high}


def _differences(a: RowAnswers, b: RowAnswers) -> dict[str, Any]:
    hits = [list(one.hits().values()) for one in (a, b)]
    agreement = ratio_difference(sum(hits[0]), len(hits[0]), sum(hits[1]), len(hits[1]))
    return {"agreement": _told(agreement), "p_matching": _told(mean_difference(a.means(), b.means()))}


def _told(one: Difference) -> dict[str, float]:
    return {"value": one.value, "low": one.interval.low, "high": one.interval.high, "pvalue": one.pvalue}
