"""What a reader said of pairs of rows: the same, different, or nothing. Kept by content, so that it holds after a rebuild."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.locations import without_revision
from evalmap.data.store import disk
from evalmap.data.store.atomic import write_json
from evalmap.data.store.workspace import Workspace
from evalmap.screening.groups.duplicate_groups import pair_positions
from evalmap.screening.keep.by_hand import RowKey, find_rows
from evalmap.screening.pair_types import Method, Pairs
from evalmap.screening.pairs.likeness import strength
from evalmap.screening.threshold_by_example import ThresholdEstimate, estimate_threshold, next_pair
from evalmap.screening.variants.variants import Differences, bits_of

Verdict = Literal["same", "different", "skipped"]
MOST_PAIRS = 20_000  # that a next one is chosen from
VERDICTS: tuple[Verdict, ...] = ("same", "different", "skipped")


@dataclass(frozen=True)
class PairJudgement:
    """What a reader said of two rows; `at` is when, ISO 8601 in UTC."""

    one: RowKey
    other: RowKey
    verdict: Verdict
    at: str = ""


@dataclass
class PairJudgements:
    """The judgements about a dataset, in order; a later one about the same two rows replaces the earlier."""

    made: list[PairJudgement] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.made)

    def judge(self, one: RowKey, other: RowKey, verdict: Verdict) -> None:
        """Add a judgement, as of now."""
        self.add([PairJudgement(one, other, verdict, datetime.now(UTC).isoformat(timespec="seconds"))])

    def add(self, judgements: Sequence[PairJudgement]) -> None:
        """Add judgements behind the others."""
        new = {frozenset((one.one, one.other)): one for one in judgements}
        self.made = [one for one in self.made if frozenset((one.one, one.other)) not in new] + list(new.values())

    def undo(self) -> PairJudgement | None:
        """Take the last judgement back and return it; None where there is none."""
        return self.made.pop() if self.made else None

    def as_list(self) -> list[dict[str, Any]]:
        """For JSON and YAML; `from_list` reads it back."""
        return [{"rows": [asdict(one.one), asdict(one.other)], "verdict": one.verdict, "at": one.at} for one in self.made]

    @classmethod
    def from_list(cls, judgements: object, *, where: str) -> "PairJudgements":
        """Read what `as_list` wrote.

        Raises
        ------
        DatasetError : it is something else
        """
        expected = "expected a list of judgements, each with two rows and a verdict. Name a file that evalmap threshold wrote."
        if not isinstance(judgements, list):
            raise DatasetError(f"{where}: no list; {expected}")
        made = []
        for number, one in enumerate(judgements, start=1):
            try:
                left, right = map(_key, one["rows"])
                made.append(PairJudgement(left, right, one["verdict"], str(one.get("at", ""))))
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise DatasetError(f"{where}: entry {number} is no judgement; {expected}") from error
        for one in made:
            if one.verdict not in VERDICTS:
                raise DatasetError(f"{where}: verdict {one.verdict!r} is unknown; choose one of {', '.join(VERDICTS)}.")
        return cls(made)

    @classmethod
    @contextmanager
    def changing(cls, workspace: Workspace, source: str) -> "Iterator[PairJudgements]":
        """The judgements about a source, to be changed in the block and written at its end; one change at a time.

        Raises
        ------
        DatasetError : the stored file is damaged; nothing is written
        """
        with workspace.lock("judgements"):
            found = cls.load(workspace, source)
            yield found
            write_json(judgements_path(workspace, source), {"source": source, "judgements": found.as_list()})

    @classmethod
    def load(cls, workspace: Workspace, source: str) -> "PairJudgements":
        """The judgements about a source; none where none were made.

        Raises
        ------
        DatasetError : the stored file is damaged
        """
        path = judgements_path(workspace, source)
        try:
            with disk.reading(path):
                stored = json.loads(path.read_text(encoding="utf-8"))
            return cls.from_list(stored["judgements"], where=str(path))
        except FileNotFoundError:
            return cls()
        except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
            hint = "Move the file away to start anew."
            raise DatasetError(f"{path}: the stored judgements cannot be read ({error}). {hint}") from error


@dataclass(frozen=True)
class JudgedThreshold:
    """What a recipe keeps of a threshold that was found by reading: the judgements and what followed from them.

    threshold, low, high, agreed, n : as in `ThresholdEstimate`; nan, and 0, where nothing followed
    """

    judgements: PairJudgements
    threshold: float
    low: float
    high: float
    agreed: int
    n: int

    def as_dict(self) -> dict[str, Any]:
        """For JSON and YAML; `judged_from` reads it back."""
        return {**self.figures(), "judgements": self.judgements.as_list()}

    def figures(self) -> dict[str, Any]:
        """Less the judgements, for a report; null where nothing followed."""
        numbers = {name: getattr(self, name) for name in ("threshold", "low", "high")}
        plain = {name: round(value, 6) if math.isfinite(value) else None for name, value in numbers.items()}
        return {**plain, "agreed": self.agreed, "n": self.n}


def judged_from(values: Any, *, where: str) -> JudgedThreshold:
    """Read what `JudgedThreshold.as_dict` wrote.

    Raises
    ------
    DatasetError : it is something else
    """
    try:
        numbers = [math.nan if values[name] is None else float(values[name]) for name in ("threshold", "low", "high")]
        judgements = PairJudgements.from_list(values["judgements"], where=where)
        return JudgedThreshold(judgements, *numbers, agreed=int(values["agreed"]), n=int(values["n"]))
    except (KeyError, TypeError, ValueError) as error:
        if isinstance(error, DatasetError):
            raise
        raise DatasetError(f"{where}: not a threshold with its judgements. Write the recipe anew (--write-recipe).") from error


@dataclass(frozen=True)
class Reading:
    """How far a reader is with the pairs of a dataset.

    positions : of the pairs that were called the same or different, in the list of pairs
    judged : their similarity, and whether they were called the same, in the same order
    next : position of the pair to read next; None where none is left
    readable : how many pairs can be read at all: not those with equal texts, nor those that are kept apart whatever the threshold
    estimate : what follows
    """

    positions: tuple[int, ...]
    judged: tuple[tuple[float, bool], ...]
    next: int | None
    readable: int
    estimate: ThresholdEstimate | None

    def kept(self, judgements: PairJudgements) -> JudgedThreshold | None:
        """What a recipe keeps of it; None where nothing was judged."""
        if (found := self.estimate) is None:
            return None
        numbers = (round(value, 6) for value in (found.threshold, found.low, found.high))
        return JudgedThreshold(judgements, *numbers, agreed=found.agreed, n=found.n)


def read_on(
    pairs: Pairs,
    judgements: PairJudgements,
    examples: pd.DataFrame,
    *,
    method: Method,
    normalization: str = "typographic",
    differences: Differences | None = None,
    merge: Sequence[str] = (),
    seed: int = 42,
) -> Reading:
    """What was read so far, and what to read next.

    Pairs that are variants (and not merged) are not asked about: no threshold decides on them. Judgements about rows or pairs that
    the dataset does not hold now rest.

    Parameters
    ----------
    pairs : of the examples
    method, normalization, merge : of the screening; see `evalmap.screening.keep.select.select`
    """
    numbers = strength(pairs, method=method, normalization=normalization)
    where, verdicts = _found(pairs, judgements, examples)
    readable = _readable(pairs, numbers, method, differences, merge, judged=where)
    if not len(readable):
        return Reading((), (), None, 0, None)
    place = np.full(len(pairs), -1, dtype=np.int64)
    place[readable] = np.arange(len(readable))
    known = [(int(at), verdict) for at, verdict in zip(where.tolist(), verdicts, strict=True) if place[at] >= 0]
    passed = np.zeros(len(readable), dtype=bool)
    passed[place[[at for at, _ in known]]] = True
    seen = np.zeros(pairs.n, dtype=bool)
    for at, _ in known:
        seen[[pairs.left[at], pairs.right[at]]] = True
    told = [(at, verdict == "same") for at, verdict in known if verdict != "skipped"]
    judged = tuple((float(numbers[at]), same) for at, same in told)
    own = numbers[readable].astype(np.float64)
    following = next_pair(
        own, judged=judged, passed=passed, discouraged=seen[pairs.left[readable]] | seen[pairs.right[readable]], seed=seed
    )
    lowest, highest = float(own.min()), float(own.max())
    estimate = None
    if judged and highest > lowest:
        estimate = estimate_threshold([s for s, _ in judged], [same for _, same in judged], lowest=lowest, highest=highest)
    next_at = None if following is None else int(readable[following])
    return Reading(tuple(at for at, _ in told), judged, next_at, len(readable), estimate)


def _readable(
    pairs: Pairs,
    numbers: NDArray[np.float32],
    method: Method,
    differences: Differences | None,
    merge: Sequence[str],
    *,
    judged: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The positions of the pairs that can be read; of very many, some at all similarities, and those that were judged."""
    if method == "exact":
        return np.empty(0, dtype=np.int64)
    floor = pairs.floors.get(method, 0.0) if method != "all" else max(pairs.floors.values(), default=0.0)
    usable = (pairs.exact > 0) & (numbers >= floor) & (numbers < 1)
    found = np.flatnonzero(usable)
    if len(found) > MOST_PAIRS:
        by_number = found[np.argsort(numbers[found], kind="stable")]
        spread = by_number[np.linspace(0, len(by_number) - 1, MOST_PAIRS).astype(np.int64)]
        found = np.union1d(spread, judged[usable[judged]])
    if differences is not None and len(found):
        apart = differences.kinds(pairs.left[found], pairs.right[found]) & ~np.uint8(bits_of(tuple(merge)))
        found = found[apart == 0]
    return found


def _found(pairs: Pairs, judgements: PairJudgements, examples: pd.DataFrame) -> tuple[NDArray[np.int64], list[Verdict]]:
    """The positions of the pairs that were judged and are there, and the verdicts."""
    if not judgements.made:
        return np.empty(0, dtype=np.int64), []
    rows = find_rows(examples, {key for one in judgements.made for key in (one.one, one.other)})
    there = [one for one in judgements.made if one.one in rows and one.other in rows]
    left = np.array([rows[one.one] for one in there], dtype=np.int64)
    right = np.array([rows[one.other] for one in there], dtype=np.int64)
    at = pair_positions(pairs, left, right)
    return at[at >= 0], [one.verdict for one, place in zip(there, at.tolist(), strict=True) if place >= 0]


def judgements_path(workspace: Workspace, source: str) -> Path:
    """The file of the judgements about a source; one for all revisions of a dataset of the hub."""
    return workspace.root / "judgements" / f"{hashlib.sha256(without_revision(source).encode()).hexdigest()[:20]}.json"


def _key(row: Mapping[str, Any]) -> RowKey:
    return RowKey(str(row["dataset"]), str(row["example_id"]), int(row.get("occurrence", 0)))
