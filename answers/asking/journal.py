"""The journal of a run: what was asked, and every answer, on disk before it counts.

    answers/runs/<run id>.jsonl    line 1: the header (what is asked of whom, no key); then one line an answer, in order of arrival

Lines are only ever appended, each synced to the disk before `append` returns. A process that is killed leaves at most half a line
at the end, which the next one cuts off. Two processes cannot write to one journal.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from evalmap.answers.answer_types import RawAnswer
from evalmap.data.errors import DatasetError
from evalmap.data.store import atomic, disk
from evalmap.data.store.workspace import Workspace

FORMAT = 1  # raise it when the meaning of the lines changes
_FIELDS = {f.name: f.default for f in fields(RawAnswer)}


@dataclass(frozen=True)
class JournalContent:
    """What a journal holds.

    Attributes
    ----------
    header : what was asked of whom; {} where there is no journal yet
    answers : {key: answer}, the last one of each key
    times : {key: when it came, ISO 8601}
    damaged : complete lines that are no answers (a damaged disk); their questions count as not asked
    size : bytes up to the end of the last complete line
    """

    header: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, RawAnswer] = field(default_factory=dict)
    times: Mapping[str, str] = field(default_factory=dict)
    damaged: int = 0
    size: int = 0


def journal_path(workspace: Workspace, run_id: str) -> Path:
    """Where the journal of a run lies."""
    return workspace.root / "answers" / "runs" / f"{run_id}.jsonl"


def read_journal(path: Path) -> JournalContent:
    """Read a journal as far as it is whole, also while another process writes it.

    Raises
    ------
    DatasetError : the first line is no header of ours
    """
    try:
        with disk.reading(path):
            content = path.read_bytes()
    except FileNotFoundError:
        return JournalContent()
    whole = content[: content.rfind(b"\n") + 1]
    lines = whole.splitlines()
    if not lines:
        return JournalContent()
    header = _object(lines[0])
    if header is None or header.get("format") != FORMAT:
        raise DatasetError(f"{path}: no journal of this version of Evalmap. Move it away; the run then begins anew.")
    answers: dict[str, RawAnswer] = {}
    times: dict[str, str] = {}
    damaged = 0
    for line in lines[1:]:
        entry = _object(line)
        if entry is None or not isinstance(entry.get("key"), str):
            damaged += 1
            continue
        answers[entry["key"]] = RawAnswer(**{name: value for name, value in entry.items() if name in _FIELDS})
        times[entry["key"]] = str(entry.get("at", ""))
    return JournalContent(header, answers, times, damaged, len(whole))


class Journal:
    """A journal open for writing, by this process alone: `with Journal(path, header) as journal`.

    Parameters
    ----------
    path : of the file; made where it is not there
    header : JSON-able, with "run": what a new journal begins with. That of a journal that is there stays, and must be of the
        same run.

    Attributes
    ----------
    written : what it held when it was opened

    Raises
    ------
    DatasetError : another process writes it, it belongs to another run, or the disk refuses
    """

    def __init__(self, path: Path, header: Mapping[str, Any]) -> None:
        self.path = path
        with disk.writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            self._lock()
            self.written = read_journal(path)
            self._whole = self.written.size
            with disk.writing(path):
                os.ftruncate(self._file, self._whole)
            if not self.written.header:
                self._write({"format": FORMAT, **header})
                with disk.writing(path):
                    atomic.sync(path.parent)
                self.written = read_journal(path)
            elif self.written.header.get("run") != header["run"]:
                raise DatasetError(f"{path}: the journal of another run ({self.written.header.get('run')}). Move it away.")
        except BaseException:
            self.close()
            raise

    def append(self, key: str, answer: RawAnswer) -> str:
        """Write an answer; it is on the disk when this returns, with the time that it bears (ISO 8601).

        Raises
        ------
        DatasetError : the disk refuses; the journal is as it was before
        """
        values = {name: value for name in _FIELDS if (value := getattr(answer, name)) != _FIELDS[name]}
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        self._write({"key": key, "at": at, **values})
        return at

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)  # gives the lock back
            self._file = -1

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DatasetError(
                "This run is already going on in another process. Wait until it ends, or stop it: its answers are kept."
            ) from None

    def _write(self, value: Mapping[str, Any]) -> None:
        left = json.dumps(value, separators=(",", ":"), default=_plain).encode() + b"\n"
        with disk.writing(self.path):
            try:
                if os.fstat(self._file).st_size > self._whole:  # half a line that could not be cut off when it was left
                    os.ftruncate(self._file, self._whole)
                added = len(left)
                while left:
                    left = left[os.write(self._file, left) :]
                os.fsync(self._file)
                self._whole += added
            except OSError:
                with contextlib.suppress(OSError):  # the next line tries again, and so does the next process
                    os.ftruncate(self._file, self._whole)
                raise


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _plain(value: object) -> object:
    """What json does not know: mappings of another kind, numbers of numpy."""
    if isinstance(value, Mapping):
        return dict(value)
    item = getattr(value, "item", None)
    return item() if callable(item) else str(value)
