"""What a hand decided about single rows, kept by content so that it holds after a restart and a rebuild."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from evalmap.data.errors import DatasetError
from evalmap.data.locations import without_revision
from evalmap.data.store import disk
from evalmap.data.store.atomic import write_json
from evalmap.data.store.workspace import Workspace

Action = Literal["keep", "keep both", "remove"]
ACTIONS: tuple[Action, ...] = ("keep", "keep both", "remove")


@dataclass(frozen=True)
class Decisions:
    """The rows that a hand keeps and those that it removes, by position; no row is in both.

    deleted : rows deleted on the map, each with the step that did it, in words; they go before anything else is asked, also where
        another decision keeps or removes them
    """

    kept: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()
    deleted: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RowKey:
    """A row by its content: the hash of its fields, its dataset, and which of the equal rows there it is (0 for the first)."""

    dataset: str
    example_id: str
    occurrence: int = 0


@dataclass(frozen=True)
class Step:
    """One decision; `rows` are a kept row and the one it replaces, rows kept side by side, or removed rows."""

    action: Action
    rows: tuple[RowKey, ...]


@dataclass
class DecisionLog:
    """The decisions about a dataset, in the order in which they were made; later ones override earlier ones row by row."""

    steps: list[Step] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.steps)

    def keep(self, row: RowKey, *, instead_of: RowKey | None = None) -> None:
        """Keep a row; a decision to keep the row it replaces is lifted."""
        self.steps.append(Step("keep", (row, instead_of) if instead_of else (row,)))

    def keep_both(self, *rows: RowKey) -> None:
        """Keep rows although they are alike."""
        self.steps.append(Step("keep both", rows))

    def remove(self, *rows: RowKey) -> None:
        """Remove rows although nothing that is kept is like them."""
        self.steps.append(Step("remove", rows))

    def undo(self) -> Step | None:
        """Take the last decision back and return it; None where there is none."""
        return self.steps.pop() if self.steps else None

    def rows(self, examples: pd.DataFrame) -> Decisions:
        """The decisions by position; those about rows that the dataset no longer holds rest until it holds them again.

        A dataset of one file has the rows that were decided on whatever that file is called now: a link to it bears another name.
        """
        state: dict[RowKey, str | None] = {}
        for step in self.steps:
            if step.action == "keep":
                state[step.rows[0]] = "kept"
                for replaced in step.rows[1:]:
                    state[replaced] = None
            else:
                state.update(dict.fromkeys(step.rows, "removed" if step.action == "remove" else "kept"))
        if not any(state.values()):
            return Decisions()
        found = find_rows(examples, state)
        kept = sorted(found[key] for key, what in state.items() if what == "kept" and key in found)
        removed = sorted(found[key] for key, what in state.items() if what == "removed" and key in found)
        return Decisions(tuple(kept), tuple(removed))

    def as_list(self) -> list[dict[str, Any]]:
        """For JSON and YAML; `from_list` reads it back."""
        return [{"action": step.action, "rows": [asdict(key) for key in step.rows]} for step in self.steps]

    @classmethod
    def from_list(cls, steps: Sequence[dict[str, Any]], *, where: str = "decisions") -> "DecisionLog":
        """Read what `as_list` wrote.

        Raises
        ------
        DatasetError : it is something else
        """
        try:
            read = [Step(step["action"], tuple(_key(row) for row in step["rows"])) for step in steps]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise DatasetError(f"{where}: not a list of decisions, each with action and rows.") from error
        for step in read:
            if step.action not in ACTIONS:
                raise DatasetError(f"{where}: action {step.action!r} is unknown; choose one of {', '.join(ACTIONS)}.")
            if not step.rows:
                raise DatasetError(f"{where}: a decision to {step.action} names no row.")
        return cls(read)

    @classmethod
    @contextmanager
    def changing(cls, workspace: Workspace, source: str) -> "Iterator[DecisionLog]":
        """The decisions about a source, to be changed in the block and written at its end; one change at a time.

        Raises
        ------
        DatasetError : the stored file is damaged; nothing is written
        """
        with workspace.lock("decisions"):
            log = cls.load(workspace, source)
            yield log
            log.save(workspace, source)

    def save(self, workspace: Workspace, source: str) -> None:
        """Write the decisions about a source, durably, whatever was there; `changing` loses none that are made meanwhile."""
        write_json(decisions_path(workspace, source), {"source": source, "steps": self.as_list()})

    @classmethod
    def load(cls, workspace: Workspace, source: str) -> "DecisionLog":
        """The decisions about a source, or about any revision of a dataset of the hub; an empty log where none were made.

        Raises
        ------
        DatasetError : the stored file is damaged
        """
        path = decisions_path(workspace, source)
        if not path.exists():
            return cls([step for earlier in _of_revisions(workspace, source) for step in cls._read(earlier).steps])
        return cls._read(path)

    @classmethod
    def _read(cls, path: Path) -> "DecisionLog":
        try:
            with disk.reading(path):
                stored = json.loads(path.read_text(encoding="utf-8"))
            return cls.from_list(stored["steps"], where=str(path))
        except FileNotFoundError:
            return cls()
        except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
            hint = "Move the file away to start anew."
            raise DatasetError(f"{path}: the stored decisions cannot be read ({error}). {hint}") from error


def find_rows(examples: pd.DataFrame, keys: Collection[RowKey]) -> dict[RowKey, int]:
    """Where the rows of some keys stand; a dataset of one file has those of one file, whatever either is called."""
    return among(row_places(examples), keys)


def row_places(examples: pd.DataFrame) -> dict[RowKey, int]:
    """Where each row stands."""
    return {key: row for row, key in enumerate(row_keys(examples))}


def among(places: Mapping[RowKey, int], keys: Collection[RowKey]) -> dict[RowKey, int]:
    """`find_rows` where the places of all rows are known."""
    names, wanted = {key.dataset for key in places}, {key.dataset for key in keys}
    if len(names) == len(wanted) == 1 and names != wanted:
        name = next(iter(names))
        called = {key: replace(key, dataset=name) for key in keys}
    else:
        called = {key: key for key in keys}
    return {key: places[own] for key, own in called.items() if own in places}


def row_keys(examples: pd.DataFrame) -> list[RowKey]:
    """The key of each row; equal rows of one dataset are counted by line."""
    names, ids, lines = (examples[column].tolist() for column in ("dataset", "example_id", "line"))
    keys: list[RowKey | None] = [None] * len(names)
    seen: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in _by_line(lines):
        content = (names[row], ids[row])
        keys[row] = RowKey(*content, seen[content])
        seen[content] += 1
    return [key for key in keys if key]


def _key(row: dict[str, Any]) -> RowKey:
    return RowKey(str(row["dataset"]), str(row["example_id"]), int(row.get("occurrence", 0)))


def _by_line(lines: Sequence[int]) -> Iterable[int]:
    return sorted(range(len(lines)), key=lines.__getitem__)


def decisions_path(workspace: Workspace, source: str) -> Path:
    """The file of the decisions about a source; one for all revisions of a dataset of the hub, since rows are known by content."""
    return workspace.root / "decisions" / f"{hashlib.sha256(without_revision(source).encode()).hexdigest()[:20]}.json"


def _of_revisions(workspace: Workspace, source: str) -> list[Path]:
    """Where Evalmap 0.1 kept the decisions about a dataset of the hub: a file for each revision, the latest one last."""
    if (dataset := without_revision(source)) == source:
        return []
    kept: list[Path] = []
    for path in (workspace.root / "decisions").glob("*.json"):
        try:
            of = json.loads(path.read_text(encoding="utf-8"))["source"]
        except (OSError, ValueError, KeyError, TypeError):
            continue  # damaged: whose decisions they are is not known
        if without_revision(str(of)) == dataset:
            kept.append(path)
    return sorted(kept, key=lambda path: path.stat().st_mtime_ns)
