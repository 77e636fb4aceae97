"""What people said of a dataset's rows: kept by content in the workspace, whoever writes at the same time, whatever is killed.

    reviews/<hash of the source>.sqlite    judgements and settlements: lines are added, and marked as taken back

A line is on the disk before `add` returns (WAL, synchronous=FULL). Rows are known by content, as for decisions by hand.
"""

import hashlib
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from evalmap.answers.reading.reviews import Review
from evalmap.data.errors import DatasetError
from evalmap.data.locations import without_revision
from evalmap.data.store import disk
from evalmap.data.store.workspace import Workspace
from evalmap.screening.keep.by_hand import RowKey, among, find_rows

FORMAT = 1  # raise it when the meaning of the tables changes
WAIT = 60  # seconds for whoever writes at the moment
COPIES = 20  # attempts to copy a store that others write to
_KEY = ("dataset", "example_id", "occurrence")
_SAID = tuple(field.name for field in fields(Review))
_TABLES = """
CREATE TABLE IF NOT EXISTS judgements (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    dataset TEXT NOT NULL, example_id TEXT NOT NULL, occurrence INTEGER NOT NULL,
    reviewer TEXT NOT NULL, label_fits INTEGER, relevance INTEGER, ambiguous INTEGER, comment TEXT NOT NULL,
    sample TEXT NOT NULL, at TEXT NOT NULL, taken_back INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS settlements (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    dataset TEXT NOT NULL, example_id TEXT NOT NULL, occurrence INTEGER NOT NULL,
    label_fits INTEGER, at TEXT NOT NULL
);
"""

Judgement = tuple[RowKey, Review]


class ReviewStore:
    """The reviews of one source; every map of it has them, and all revisions of a dataset of the hub.

    Raises
    ------
    DatasetError : by each method, where the file is damaged, of a later version, or the disk refuses
    """

    def __init__(self, workspace: Workspace, source: str) -> None:
        self.workspace = workspace
        name = hashlib.sha256(without_revision(source).encode()).hexdigest()[:20]
        self.path = workspace.root / "reviews" / f"{name}.sqlite"

    def add(self, judgements: Iterable[Judgement]) -> int:
        """Keep judgements; one by the same person of the same row replaces the earlier. Returns how many were new.

        What stands there already is not added again; a judgement without a time is as of now, and one that is older than what the
        person said since is left out.
        """
        with self._writing() as connection:
            current = {(key, said.reviewer): said for key, said in _current(connection)}
            added = 0
            for key, said in judgements:
                said = _clean(said)
                before = current.get((key, said.reviewer))
                if before is not None and (replace(said, at=before.at) == before or "" < said.at < before.at):
                    continue
                said = replace(said, at=said.at or now())
                columns = (*_KEY, *_SAID)
                connection.execute(
                    f"INSERT INTO judgements ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
                    (*astuple(key), *astuple(said)),
                )
                current[key, said.reviewer] = said
                added += 1
        return added

    def take_back(self, reviewer: str, *, row: RowKey | None = None) -> Judgement | None:
        """Take the last judgement of a person back and return it; what they said of that row before holds again.

        None : there is none

        Parameters
        ----------
        row : the last of this row, whatever the person said of others since, as in another window
        """
        where, of = "reviewer = ? AND NOT taken_back", [_encodable(reviewer)]
        if row is not None:
            where, of = f"{where} AND {' AND '.join(f'{name} = ?' for name in _KEY)}", [*of, *astuple(row)]
        with self._writing() as connection:
            found = connection.execute(
                f"SELECT number, {', '.join((*_KEY, *_SAID))} FROM judgements WHERE {where} ORDER BY number DESC LIMIT 1", of
            ).fetchone()
            if found is None:
                return None
            connection.execute("UPDATE judgements SET taken_back = 1 WHERE number = ?", (found[0],))
            return _judgement(found[1:])

    def settle(self, row: RowKey, label_fits: bool | None) -> None:
        """Decide by hand whether a row's label fits, whatever the reviewers say; None lifts the decision."""
        with self._writing() as connection:
            connection.execute(
                f"INSERT INTO settlements ({', '.join(_KEY)}, label_fits, at) VALUES (?, ?, ?, ?, ?)",
                (*astuple(row), label_fits, now()),
            )

    def judgements(self) -> list[Judgement]:
        """What each person said last of each row, in the order in which it was said."""
        with self._reading() as connection:
            return _current(connection) if connection else []

    def settled(self) -> dict[RowKey, bool]:
        """The rows that were decided by hand."""
        with self._reading() as connection:
            if connection is None:
                return {}
            found = connection.execute(f"SELECT {', '.join(_KEY)}, label_fits FROM settlements ORDER BY number").fetchall()
        last = {RowKey(*key): fits for *key, fits in found}
        return {key: bool(fits) for key, fits in last.items() if fits is not None}

    def signature(self) -> str:
        """Another text once something was said, taken back or settled; "" where nothing ever was."""
        with self._reading() as connection:
            if connection is None:
                return ""
            taken = connection.execute("SELECT sum(taken_back) FROM judgements").fetchone()
            last = [
                connection.execute(f"SELECT number, at FROM {table} ORDER BY number DESC LIMIT 1").fetchone()
                for table in ("judgements", "settlements")
            ]
        return hashlib.sha256(repr((taken, last)).encode()).hexdigest()[:16]

    def on(self, examples: pd.DataFrame) -> list[tuple[int, Review]]:
        """(place, review) of the judgements whose row the dataset holds as it was judged; the others rest."""
        return placed(self.judgements(), examples)

    def settled_on(self, examples: pd.DataFrame) -> dict[int, bool]:
        """{place: label fits} of the rows that were decided by hand and that the dataset holds."""
        settled = self.settled()
        rows = find_rows(examples, settled) if settled else {}
        return {rows[key]: fits for key, fits in settled.items() if key in rows}

    def placed(self, places: Mapping[RowKey, int]) -> tuple[list[tuple[int, Review]], dict[int, bool]]:
        """`on` and `settled_on` where the places of all rows are known."""
        said, settled = self.judgements(), self.settled()
        rows = among(places, {*(key for key, _ in said), *settled})
        reviews = [(rows[key], one) for key, one in said if key in rows]
        return reviews, {rows[key]: fits for key, fits in settled.items() if key in rows}

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with disk.writing(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """None where nothing was ever said. Where we may not write, a copy is read: SQLite needs files of its own beside a WAL."""
        with disk.reading(self.path):
            there = self.path.exists()
        if not there:
            yield None
            return
        with tempfile.TemporaryDirectory() as folder:
            may_write = all(os.access(path, os.W_OK) for path in (self.path, self.path.parent))
            with self._open(None if may_write else self._copied(Path(folder)), begins=False) as connection:
                yield connection if connection.execute("PRAGMA user_version").fetchone()[0] else None

    def _copied(self, folder: Path) -> Path:
        """The store and what of it is not yet in its place, copied between two writes of others."""
        with disk.reading(self.path):
            for _ in range(COPIES):
                before = _state(self.path)
                for path in _files(self.path):
                    shutil.copyfile(path, folder / path.name)
                if _state(self.path) == before:
                    return folder / self.path.name
                for path in _files(folder / self.path.name):
                    path.unlink()
        raise DatasetError(f"{self.path}: the reviews change all the time, and cannot be copied to be read. Try again later.")

    @contextmanager
    def _open(self, path: Path | None = None, *, begins: bool = True) -> Iterator[sqlite3.Connection]:
        """The store, or its copy at `path`; where it `begins`, its tables are made if they are not there."""
        connection = None
        try:
            connection = sqlite3.connect(path or self.path, timeout=WAIT, isolation_level=None)
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > FORMAT:
                raise DatasetError(f"{self.path}: reviews of a later version of Evalmap. Read them with that version.")
            connection.execute("PRAGMA synchronous = FULL")
            if version < FORMAT and begins:
                with self.workspace.lock("reviews"):  # SQLite does not wait for its turn to change the way of writing
                    connection.execute("PRAGMA journal_mode = WAL")
                    connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {FORMAT}; COMMIT;")
            yield connection
        except sqlite3.Error as error:
            raise DatasetError(
                f"{self.path}: the reviews cannot be read or written ({error}). Free the disk, or move the file away to start anew."
            ) from error
        finally:
            if connection is not None:
                connection.close()


def _files(path: Path) -> list[Path]:
    """A store's file, and that of what was written and is not yet in its place."""
    return [one for one in (path, path.with_name(f"{path.name}-wal")) if one.exists()]


def _state(path: Path) -> list[tuple[str, int, int]]:
    """(name, when it was changed, size) of a store's files."""
    return [(one.name, one.stat().st_mtime_ns, one.stat().st_size) for one in _files(path)]


def placed(judgements: Sequence[Judgement], examples: pd.DataFrame) -> list[tuple[int, Review]]:
    """(place, review) of the judgements whose row is among the examples."""
    if not judgements:
        return []
    rows = find_rows(examples, {key for key, _ in judgements})
    return [(rows[key], said) for key, said in judgements if key in rows]


def now() -> str:
    """The time, as a judgement has it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _current(connection: sqlite3.Connection) -> list[Judgement]:
    """The last line of each person and row that was not taken back; which of equal times came last is the number's to say."""
    lines = connection.execute(f"SELECT {', '.join((*_KEY, *_SAID))} FROM judgements WHERE NOT taken_back ORDER BY number")
    found: dict[tuple[RowKey, str], Judgement] = {}
    for line in lines:
        key, said = _judgement(line)
        found.pop((key, said.reviewer), None)
        found[key, said.reviewer] = key, said
    return list(found.values())


def _judgement(line: Sequence) -> Judgement:
    said = Review(*line[len(_KEY) :])
    fits, ambiguous = (None if one is None else bool(one) for one in (said.label_fits, said.ambiguous))
    return RowKey(*line[: len(_KEY)]), replace(said, label_fits=fits, ambiguous=ambiguous)


def _clean(said: Review) -> Review:
    return replace(said, reviewer=_encodable(said.reviewer), comment=_encodable(said.comment))


def _encodable(text: str) -> str:
    """Half a surrogate, which a terminal may hand over, cannot be kept; trailing spaces say nothing."""
    return text.encode("utf-8", "replace").decode().strip()
