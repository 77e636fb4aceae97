"""How a model answers the rows of phrasings: agreement with the label, and how far it differs between them."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

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
    reference: str | Path, phrasings: Sequence[WrittenResult], pairs: Sequence[tuple[int, int]], store: AnswerStore | None = None
) -> list[dict[str, Any]]:
    """The answers of a file, or of a set of the store, to the rows of each phrasing.

    The rows of two phrasings are different questions, so the difference is that of independent samples.

    Parameters
    ----------
    reference : a file of any format that is imported, a folder of them, or the id or label of a set
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
    path = Path(reference).expanduser()
    if path.exists():
        from evalmap.answers.importers.answer_formats import stage

        for staged in stage([path]):
            of = found.setdefault(staged.info.label, [RowAnswers() for _ in phrasings])
            for own, dataset in zip(of, opened, strict=True):
                if dataset is not None:
                    _join(staged, dataset, own)
    elif store is None:
        raise DatasetError(f"answers {reference}: no such file. Check the path.", "answers")
    else:
        record = store.find(str(reference))
        of = found.setdefault(record.info.label, [RowAnswers() for _ in phrasings])
        for own, dataset in zip(of, opened, strict=True):
            if dataset is not None:
                _take_stored(store.answers(record.id), dataset, own)
    if not any(own.matches for of in found.values() for own in of):
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


def _opened(one: WrittenResult) -> Dataset | None:
    """The rows as a dataset; None where there are too few to be one."""
    from evalmap.data.opening import open_dataset

    return open_dataset(one.rows_path) if len(one.rows) >= FEWEST_EXAMPLES else None


def _join(staged: StagedSet, dataset: Dataset, own: RowAnswers) -> None:
    from evalmap.answers.reading.column_check import as_asked
    from evalmap.answers.reading.joining import REPEAT, Questions, join, tells_question
    from evalmap.answers.reading.options import example_options
    from evalmap.answers.reading.scoring import score

    options = example_options(dataset.examples, dataset.fields)
    keys = [dataset.roles.label] if dataset.roles.label else []
    questions = Questions(dataset.examples, dataset.fields, dataset.roles.text, options, keys)
    staged = as_asked(staged, questions)
    for one in join(staged, questions)[0]:
        if one.how != REPEAT and tells_question(staged.answers[one.answer]):  # files of two phrasings have equal names and lines
            read = score(staged.answers[one.answer], questions.options[one.row])
            line = int(dataset.examples["line"].iloc[one.row]) - 1
            _take(own, line, read.status, read.answer, read.matches, read.p_matching)


def _take_stored(table: Any, dataset: Dataset, own: RowAnswers) -> None:
    lines = dict(zip(dataset.examples["example_id"], (int(line) - 1 for line in dataset.examples["line"]), strict=True))
    for one in table.itertuples():
        if one.example_id in lines and one.joined != "repeat":
            matches = None if one.matches is None or one.matches != one.matches else bool(one.matches)
            _take(own, lines[one.example_id], one.status, one.answer, matches, float(one.p_matching))


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
