"""The journal of curating a dataset: every step, and every undo and redo, on the disk before it counts.

    curation/<hash of the source>.jsonl    line 1: whose it is; then one line a step, an undo or a redo, in order

Lines are only ever appended, under a lock of the workspace, each synced before `append` returns; so two sessions at once lose
nothing, and a process that is killed leaves at most half a line, which counts for nothing and is cut off by the next. An undo names
its step: nobody takes back what another session has done meanwhile.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from evalmap.data.errors import DatasetError
from evalmap.data.locations import without_revision
from evalmap.data.store import atomic, disk
from evalmap.data.store.workspace import Workspace
from evalmap.screening.curation.steps import CurationStep, step_from

FORMAT = 1  # raise it when the meaning of the lines changes


@dataclass(frozen=True)
class Curation:
    """What was done to a dataset so far.

    steps : all, in order
    undone : the numbers of those that are undone, the last undone last
    redoable : whether something is undone and no step was made since
    """

    steps: tuple[CurationStep, ...] = ()
    undone: tuple[int, ...] = ()
    redoable: bool = False

    @property
    def active(self) -> tuple[CurationStep, ...]:
        """The steps that hold."""
        return tuple(step for step in self.steps if step.number not in self.undone)

    @property
    def to_undo(self) -> CurationStep | None:
        """The last step that holds."""
        return self.active[-1] if self.active else None

    @property
    def to_redo(self) -> CurationStep | None:
        """The step that was undone last; None once a step was made after it."""
        return next(step for step in self.steps if step.number == self.undone[-1]) if self.redoable else None


def journal_path(workspace: Workspace, source: str) -> Path:
    """The journal of a source; one for all revisions of a dataset of the hub, since rows are known by content."""
    return workspace.root / "curation" / f"{hashlib.sha256(without_revision(source).encode()).hexdigest()[:20]}.jsonl"


def read_curation(workspace: Workspace, source: str) -> Curation:
    """What was done to a source so far, as far as the journal is whole, also while another process writes it.

    Raises
    ------
    DatasetError : the journal is damaged, or of a later version
    """
    path = journal_path(workspace, source)
    return _curation(_records(path)[0], path)


def append(workspace: Workspace, source: str, step: CurationStep) -> CurationStep:
    """Put a step behind the others; it gets its number and its time.

    Raises
    ------
    DatasetError : the journal is damaged, or the disk refuses: nothing was done
    """
    done: list[CurationStep] = []

    def made(curation: Curation) -> dict[str, Any]:
        done.append(replace(step, number=len(curation.steps) + 1, at=_now()))
        return done[0].as_dict()

    _append(workspace, source, made)
    return done[0]


def undo(workspace: Workspace, source: str, number: int | None = None) -> CurationStep:
    """Take a step back: one by its number, else the last that holds.

    Raises
    ------
    DatasetError : there is none, or it is undone already
    """

    def chosen(curation: Curation) -> CurationStep:
        if number is None and curation.to_undo is None:
            raise DatasetError("There is no step to undo.")
        return curation.to_undo if number is None else _step(curation.active, number, "undo")  # type: ignore[return-value]

    return _turn(workspace, source, "undo", chosen)


def redo(workspace: Workspace, source: str, number: int | None = None) -> CurationStep:
    """Do an undone step again, at its old place among the others: one by its number, else the last undone.

    Raises
    ------
    DatasetError : there is none
    """

    def chosen(curation: Curation) -> CurationStep:
        if number is None and curation.to_redo is None:
            raise DatasetError("There is no step to redo: none was undone, or another was made since.")
        undone = [step for step in curation.steps if step.number in curation.undone]
        return curation.to_redo if number is None else _step(undone, number, "redo")  # type: ignore[return-value]

    return _turn(workspace, source, "redo", chosen)


def _turn(workspace: Workspace, source: str, what: str, chosen: Callable[[Curation], CurationStep]) -> CurationStep:
    done: list[CurationStep] = []

    def made(curation: Curation) -> dict[str, Any]:
        done.append(chosen(curation))
        return {what: done[0].number, "at": _now()}

    _append(workspace, source, made)
    return done[0]


def _step(steps: Sequence[CurationStep], number: int, what: str) -> CurationStep:
    found = next((step for step in steps if step.number == number), None)
    if found is None:
        there = ", ".join(str(step.number) for step in steps[-12:]) or "none"
        raise DatasetError(f"step {number}: there is no such step to {what} (there are: {there}).", "step")
    return found


def _curation(records: Sequence[Mapping[str, Any]], path: Path) -> Curation:
    steps: list[CurationStep] = []
    undone: list[int] = []
    redoable = False
    for record in records:
        if "undo" in record:
            undone.append(int(record["undo"]))
            redoable = True
        elif "redo" in record:
            undone.remove(int(record["redo"]))
            redoable = bool(undone)
        else:
            steps.append(step_from(record, where=f"{path} line {len(steps) + 2}"))
            redoable = False
    return Curation(tuple(steps), tuple(undone), redoable)


def _records(path: Path) -> tuple[list[dict[str, Any]], int]:
    """The whole lines behind the first, and the bytes up to the end of the last whole line."""
    try:
        with disk.reading(path):
            content = path.read_bytes()
    except FileNotFoundError:
        return [], 0
    size = content.rfind(b"\n") + 1
    lines = content[:size].split(b"\n")[:-1]
    try:
        found = [json.loads(line) for line in lines]
        if found and found[0]["format"] != FORMAT:
            raise DatasetError(f"{path}: written by another version of Evalmap (format {found[0]['format']}, expected {FORMAT}).")
        if not all(isinstance(one, dict) for one in found):
            raise ValueError("a line is no object")
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, DatasetError):
            raise
        raise DatasetError(f"{path}: the journal of a curation is damaged ({error}). Move the file away to start anew.") from error
    return found[1:], size


def _append(workspace: Workspace, source: str, made: Callable[[Curation], dict[str, Any]]) -> None:
    path = journal_path(workspace, source)
    with workspace.lock("curation"):
        records, whole = _records(path)
        record = made(_curation(records, path))
        lines = [record] if whole else [{"format": FORMAT, "source": source}, record]
        written = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines).encode("utf-8", "surrogatepass")
        atomic.append(path, written, after=whole)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
