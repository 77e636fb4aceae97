"""Shortcuts: how well the labels are guessed from what should not tell them.

A predictor sees one trivial thing of a row (its first two words, its length, where its options stand …) and guesses the label. What
it gets right beyond the commonest label is what a model can get right without reading.
"""

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.text.normalization import normalize
from evalmap.embeddings.array_types import Progress, no_progress
from evalmap.screening.example_table import example_table
from evalmap.screening.quality.flags.flag_rules import FlagInput
from evalmap.screening.quality.shortcut_predictors import NUMBERS, PREDICTORS, Tokens

FOLDS = 5
FEWEST = 20  # labelled rows
FEWEST_OF_A_PART = 50
MAX_ROWS_OF_A_PART = 2_000  # there may be a hundred parts
MAX_ROWS = 10_000  # measured; more make no figure surer that a reader sees
PHRASES = 10  # told of each predictor, at most
LEAST_ROWS = 5  # that a phrase stands in, to be told
ALPHA = 0.05  # of all phrases of a predictor together


@dataclass(frozen=True)
class GiveAway:
    """Something that rows with one label bear more often than chance lets expect.

    text : a word, two words, or a number with what it counts
    rows : how many labelled rows bear it
    label : the commonest label of these
    share : ratio of these rows that bear the label, 0–1
    """

    text: str
    rows: int
    label: str
    share: float


@dataclass(frozen=True)
class Shortcut:
    """How well one trivial predictor guesses the labels.

    Attributes
    ----------
    predictor : its name, of `shortcut_predictors.PREDICTORS`
    accuracy : cross-validated, ratio of labelled rows guessed right, 0–1; near `chance` is good. nan with a `reason`
    chance : ratio of the commonest label, 0–1
    control : accuracy of the same predictor on labels that are shuffled inside each fold, 0–1, the mean of some shuffles; far from
        chance means that the measurement is at fault
    phrases : what gives labels away, the most telling first
    remaining : accuracy when the worst rows are removed, cross-validated anew with other folds; nan where too few are left. It is
        optimistic, since the rows were chosen by what their labels gave away: compare it with `remaining_control`
    remaining_control : the same, of one shuffle of the labels: what removing rows does where nothing tells the labels
    worst : the rows removed for it, ascending: those that the predictor, trained without them, was right and surest about
    measured : how many labelled rows were looked at
    sampled_from : how many there are, where only a random sample was measured; None where all were
    reason : why nothing was measured; "" where it was
    """

    predictor: str
    accuracy: float
    chance: float
    control: float
    phrases: tuple[GiveAway, ...] = ()
    remaining: float = np.nan
    worst: tuple[int, ...] = ()
    reason: str = ""
    remaining_control: float = np.nan
    measured: int = 0
    sampled_from: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """As JSON-able values; nan is null."""
        numbers = {name: getattr(self, name) for name in ("accuracy", "chance", "control", "remaining", "remaining_control")}
        plain = {name: None if np.isnan(value) else value for name, value in numbers.items()}
        listed = [{"text": one.text, "rows": one.rows, "label": one.label, "share": one.share} for one in self.phrases]
        told = {"predictor": self.predictor, **plain, "removed": len(self.worst), "phrases": listed, "measured": self.measured}
        if self.sampled_from is not None:
            told["sampled_from"] = self.sampled_from
        return {**told, **({"reason": self.reason} if self.reason else {})}


def find_shortcuts(
    examples: pd.DataFrame | Sequence[str],
    *,
    groups: NDArray[np.integer] | None = None,
    predictors: Sequence[str] = tuple(PREDICTORS),
    remove: int | None = None,
    shuffles: int = 3,
    max_rows: int = MAX_ROWS,
    random_state: int = 42,
    progress: Progress = no_progress,
) -> list[Shortcut]:
    """Measure trivial predictors of the label by stratified cross-validation that keeps groups of near-duplicates in one fold.

    Parameters
    ----------
    examples : n rows with labels, as `evalmap.screening.example_table.example_table` reads them; rows without a label are left out
    groups : (n,) rows of one group share a number, and never stand in training and test at once; None: rows whose texts are equal
        under the alphanumeric normalization are a group
    predictors : which, of `PREDICTORS`
    remove : how many of the worst rows are removed for `remaining`; None: a tenth of those with a label; 0: it is not measured
    shuffles : how many times labels are shuffled for the control
    max_rows : of more labelled rows, a random sample of so many is measured
    random_state : of folds, shuffles and the sample

    Returns
    -------
    one `Shortcut` a predictor; without accuracy, and with a reason, where no row has a label or all have the same, fewer than 20
    rows or 5 groups have one, or options are needed that no row has

    Raises
    ------
    DatasetError : the table has no text; there is no predictor of that name
    ValueError : groups of another number of rows

    Source: scikit-learn's StratifiedGroupKFold, LogisticRegression and DecisionTreeClassifier (depth 3, for lengths).
    """
    table = example_table(examples)
    _check_predictors(predictors)
    groups = _groups(table, groups)
    given = FlagInput(table)
    labelled = np.flatnonzero(table["label"].notna().to_numpy())
    settings = _Settings(tuple(predictors), remove, shuffles, max_rows, random_state)
    return _measure(given, labelled, groups, settings, progress)


@dataclass(frozen=True)
class PartShortcuts:
    """The shortcuts of a part of a dataset.

    Attributes
    ----------
    kind, name, size : such as "dataset" or "cluster", how it is called, its labelled rows
    shortcuts : one a predictor, with reasons where nothing could be measured; `remaining` is not measured
    """

    kind: str
    name: str
    size: int
    shortcuts: tuple[Shortcut, ...]

    def as_dict(self) -> dict[str, Any]:
        """As JSON-able values."""
        told = {"kind": self.kind, "name": self.name, "size": self.size}
        return {**told, "shortcuts": [one.as_dict() for one in self.shortcuts]}


def find_shortcuts_of_parts(
    examples: pd.DataFrame | Sequence[str],
    parts: Mapping[tuple[str, str], NDArray[np.integer]],
    *,
    groups: NDArray[np.integer] | None = None,
    predictors: Sequence[str] = tuple(PREDICTORS),
    shuffles: int = 1,
    max_rows: int = MAX_ROWS_OF_A_PART,
    random_state: int = 42,
    progress: Progress = no_progress,
) -> list[PartShortcuts]:
    """Measure trivial predictors inside each part, trained on that part alone: files of a collection, clusters of a map.

    Parameters
    ----------
    parts : (kind, name) → its rows
    examples, groups, predictors, shuffles, max_rows, random_state : as for `find_shortcuts`

    Returns
    -------
    one `PartShortcuts` for each part with at least 50 labelled rows and two labels, in the order of `parts`

    Raises
    ------
    DatasetError, ValueError : as `find_shortcuts`
    """
    table = example_table(examples)
    _check_predictors(predictors)
    groups = _groups(table, groups)
    given, labels = FlagInput(table), table["label"]
    settings = _Settings(tuple(predictors), 0, shuffles, max_rows, random_state)
    found = []
    for done, ((kind, name), rows) in enumerate(parts.items()):
        progress(done, len(parts))
        own = labels.iloc[np.sort(rows)]
        labelled = np.sort(rows)[own.notna().to_numpy()]
        if len(labelled) >= FEWEST_OF_A_PART and own.nunique() > 1:
            found.append(PartShortcuts(kind, name, len(labelled), tuple(_measure(given, labelled, groups, settings, no_progress))))
    progress(len(parts), len(parts))
    return found


@dataclass(frozen=True)
class _Settings:
    predictors: tuple[str, ...]
    remove: int | None
    shuffles: int
    max_rows: int
    random_state: int


def _check_predictors(predictors: Sequence[str]) -> None:
    if unknown := [name for name in predictors if name not in PREDICTORS]:
        raise DatasetError(f"there is no predictor {unknown[0]!r}; choose from {', '.join(PREDICTORS)}.")


def _groups(table: pd.DataFrame, groups: NDArray[np.integer] | None) -> NDArray[np.integer]:
    if groups is None:
        return pd.factorize(pd.Series([normalize(text, "alphanumeric") for text in table["text"]]))[0]
    if len(groups) != len(table):
        raise ValueError(f"groups of {len(groups):,} rows for {len(table):,} examples")
    return np.asarray(groups)


def _measure(
    given: FlagInput, labelled: NDArray[np.integer], groups: NDArray[np.integer], settings: _Settings, progress: Progress
) -> list[Shortcut]:
    from threadpoolctl import threadpool_limits

    generator, rows = np.random.default_rng(settings.random_state), labelled
    if len(labelled) > settings.max_rows:
        rows = np.sort(generator.choice(labelled, settings.max_rows, replace=False))
    labels, own = given.labels.to_numpy(dtype=object)[rows].astype(str), groups[rows]
    chance = float(np.unique(labels, return_counts=True)[1].max() / len(rows)) if len(rows) else np.nan
    if reason := _reason(labels, own):
        return [Shortcut(name, np.nan, chance, np.nan, reason=reason) for name in settings.predictors]
    # Folds are dealt out once for all predictors: that takes as long as the training
    first = fold_groups(labels, own, settings.random_state)
    fresh = first if settings.remove == 0 else fold_groups(labels, own, settings.random_state + 1)
    shuffled = tuple(_shuffle_within(labels, first, generator) for _ in range(settings.shuffles))
    trial = _Trial(labels, own, first, fresh, shuffled, len(rows) // 10 if settings.remove is None else settings.remove)
    has_options = any(given.options[row] for row in rows.tolist())
    found = []
    for done, name in enumerate(settings.predictors):
        progress(done, len(settings.predictors))
        sees, needs_options = PREDICTORS[name]
        if needs_options and not has_options:
            found.append(Shortcut(name, np.nan, chance, np.nan, reason="no row has options."))
            continue
        tokens = [sees(given.stems[row], given.options[row]) for row in rows.tolist()]
        with threadpool_limits(1):  # the matrices are small: threads would wait for each other, twenty times as long on busy cores
            one = trial.measure(name, _Guesses(tokens, name in NUMBERS, settings.random_state))
        phrases = () if name in NUMBERS else give_aways(tokens, labels)
        worst = tuple(rows[np.array(one.worst, dtype=np.int64)].tolist())
        sampled_from = len(labelled) if len(rows) < len(labelled) else None
        found.append(replace(one, chance=chance, phrases=phrases, worst=worst, measured=len(rows), sampled_from=sampled_from))
    progress(len(settings.predictors), len(settings.predictors))
    return found


@dataclass(frozen=True)
class _Trial:
    """What all predictors of some rows share.

    labels, groups : (n,) of the rows
    first, fresh : (n,) the fold of each row; `fresh` for what remains
    shuffled : labels shuffled inside the first folds
    remove : how many of the worst rows
    """

    labels: NDArray[np.str_]
    groups: NDArray[np.integer]
    first: NDArray[np.int64]
    fresh: NDArray[np.int64]
    shuffled: tuple[NDArray[np.str_], ...]
    remove: int

    def measure(self, name: str, guesses: "_Guesses") -> Shortcut:
        """The figures of one predictor; `worst` are numbers of these rows."""
        right = guesses.right(self.labels, self.first)
        controls = [guesses.right(labels, self.first) for labels in self.shuffled]
        return Shortcut(
            predictor=name,
            accuracy=_ratio(right),
            chance=np.nan,
            control=float(np.mean([_ratio(one) for one in controls])) if controls else np.nan,
            remaining=self._remaining(guesses, self.labels, right),
            worst=tuple(self._worst(right).tolist()),
            remaining_control=self._remaining(guesses, self.shuffled[0], controls[0]) if controls else np.nan,
        )

    def _worst(self, right: NDArray[np.float64]) -> NDArray[np.int64]:
        worst = np.argsort(-right, kind="stable")[: self.remove]
        return np.sort(worst[right[worst] > 0])

    def _remaining(self, guesses: "_Guesses", labels: NDArray[np.str_], right: NDArray[np.float64]) -> float:
        left = np.setdiff1d(np.arange(len(labels)), self._worst(right))
        if not self.remove or _reason(labels[left], self.groups[left]):
            return np.nan
        return _ratio(guesses.of(left).right(labels[left], self.fresh[left]))


def _ratio(right: NDArray[np.float64]) -> float:
    return float((right > 0).mean())


def fold_groups(labels: NDArray[np.str_], groups: NDArray[np.integer], random_state: int) -> NDArray[np.int64]:
    """(n,) the fold of each row, 0 to 4: rows of a group in one, labels in each as among all rows, as far as groups allow."""
    from sklearn.model_selection import StratifiedGroupKFold

    folds = np.empty(len(labels), dtype=np.int64)
    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=random_state)
    with warnings.catch_warnings():  # a label with fewer rows than folds is missing in some, which is all that it warns of
        warnings.simplefilter("ignore", UserWarning)
        for fold, (_, test) in enumerate(splitter.split(np.zeros(len(labels)), labels, groups)):
            folds[test] = fold
    return folds


def _shuffle_within(labels: NDArray[np.str_], folds: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.str_]:
    """Labels shuffled inside each fold; shuffled over all rows, a label that is rare in training would be common in test."""
    shuffled = labels.copy()
    for fold in range(FOLDS):
        inside = np.flatnonzero(folds == fold)
        shuffled[inside] = labels[generator.permutation(inside)]
    return shuffled


def give_aways(tokens: Sequence[Tokens], labels: NDArray[np.str_]) -> tuple[GiveAway, ...]:
    """What stands in at least 5 rows of which more than chance lets expect bear one label; at most 10, the least likely first.

    The test is binomial, one-sided, against the label's share among all rows, at .05 after Bonferroni over all that was tested.
    """
    from scipy.stats import binom

    counts: dict[str, Counter[str]] = {}
    for seen, label in zip(tokens, labels.tolist(), strict=True):
        for token in seen:
            counts.setdefault(token, Counter())[label] += 1
    overall = Counter(labels.tolist())
    tested = [
        (token, label, by_label.total(), count)
        for token, by_label in counts.items()
        for label, count in by_label.items()
        if by_label.total() >= LEAST_ROWS
    ]
    if not tested:
        return ()
    rows, hits = (np.array([one[at] for one in tested]) for at in (2, 3))
    pvalues = binom.sf(hits - 1, rows, np.array([overall[one[1]] / len(labels) for one in tested]))
    order = sorted(np.flatnonzero(pvalues < ALPHA / len(tested)).tolist(), key=lambda at: (pvalues[at], tested[at][:2]))
    return tuple(GiveAway(token, n, label, count / n) for token, label, n, count in (tested[at] for at in order[:PHRASES]))


def leave_one_out_majority(keys: Sequence[str], labels: Sequence[str]) -> float:
    """Ratio of rows, 0–1, whose label is the commonest one among all other rows with the same key; nan without rows. Where m labels
    are equally common there (all, where no other row has the key), a right one among them counts as 1/m.

    Pure counting, in one pass: what the first two words alone give away of a large file.
    """
    if not len(labels):
        return float("nan")
    counts: dict[str, Counter[str]] = {}
    for key, label in zip(keys, labels, strict=True):
        counts.setdefault(key, Counter())[label] += 1
    every = sorted(set(labels))
    right = 0.0
    for by_label in counts.values():
        for label, times in by_label.items():
            others = {one: by_label[one] - (one == label) for one in every}
            most = max(others.values())
            ties = [one for one, count in others.items() if count == most]
            right += times * (label in ties) / len(ties)
    return right / len(labels)


class _Guesses:
    """One predictor's guesses, each row by a model that was trained without its fold."""

    def __init__(self, tokens: Sequence[Tokens], numbers: bool, random_state: int) -> None:
        from sklearn.feature_extraction import DictVectorizer

        self._seen: Any = DictVectorizer(sparse=not numbers).fit_transform(tokens)
        self._numbers, self._random_state = numbers, random_state

    def of(self, rows: NDArray[np.integer]) -> "_Guesses":
        """The same of some of the rows."""
        some = copy(self)
        some._seen = self._seen[rows]
        return some

    def right(self, labels: NDArray[np.str_], folds: NDArray[np.int64]) -> NDArray[np.float64]:
        """(n,) how sure the right label was where it was guessed, 0–1; −1 where another one was."""
        sure = np.full(len(labels), -1.0)
        for fold in range(FOLDS):
            train, test = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
            if not len(test):
                continue
            seen = self._seen[train]
            tells = seen.shape[1] > 0 and bool(seen.any() if self._numbers else seen.nnz) and len(np.unique(labels[train])) > 1
            model = self._model(tells, two=len(np.unique(labels[train])) == 2).fit(seen, labels[train])
            chances = model.predict_proba(self._seen[test])
            best = chances.argmax(axis=1)
            hit = np.asarray(model.classes_)[best] == labels[test]
            sure[test[hit]] = chances[hit, best[hit]]
        return sure

    def _model(self, tells: bool, *, two: bool) -> Any:
        """A model to train; where nothing is seen, or one label only, it knows the commonest label."""
        from sklearn.dummy import DummyClassifier
        from sklearn.linear_model import LogisticRegression
        from sklearn.tree import DecisionTreeClassifier

        if not tells:
            return DummyClassifier()
        if self._numbers:
            return DecisionTreeClassifier(max_depth=3, min_samples_leaf=5, random_state=self._random_state)
        return LogisticRegression(max_iter=500, solver="liblinear" if two else "lbfgs")  # liblinear: a third of the time


def _reason(labels: NDArray[np.str_], groups: NDArray[np.integer]) -> str:
    """Why the labels cannot be guessed; "" where they can."""
    if not len(labels):
        return "no row has a label."
    if len(set(labels.tolist())) < 2:
        return f"all {len(labels):,} rows with a label bear {labels[0]}."
    if len(labels) < FEWEST:
        return f"only {len(labels)} rows have a label; at least {FEWEST} are needed."
    if (own := len(np.unique(groups))) < FOLDS:
        return f"the rows with a label are {own} groups of near-duplicates; at least {FOLDS} are needed."
    if np.unique(labels, return_counts=True)[1].max() < FOLDS:
        return f"no label has {FOLDS} rows."
    return ""
