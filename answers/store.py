"""The two tables of the workspace: answers, and the sets that they belong to.

    answers/answers/<set id>.parquet      one row an (example, sample): `ANSWER_COLUMNS`
    answers/answer_sets/<set id>.parquet  one row: who answered, how, from which file, and how many answers joined

Each is a table in parts, one part a set, so that two imports at once cannot lose each other's rows; read either folder as one
Parquet dataset. The set's part is written last: a set is there when its answers are.
"""

import io
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import pandas as pd

from evalmap.answers.answer_types import ANSWER_COLUMNS, PRONOUN_COLUMNS, AnswerSetInfo
from evalmap.data.errors import DatasetError
from evalmap.data.store import disk
from evalmap.data.store.atomic import replace_together, staged
from evalmap.data.store.workspace import Workspace

MOST_LISTED = 200  # unjoined answers that are kept by name; all are counted


@dataclass(frozen=True)
class SetRecord:
    """What the table of sets holds of one.

    Attributes
    ----------
    id : of this set on this dataset
    info : who answered, and how
    slug : of the dataset in the workspace that it was joined with
    datasets : the files of the dataset that it has answers to
    n_expected, n_ok, n_missing : questions asked (as told, else those of the files), answers decided or tied, the difference
    statuses : {status: answers}
    unjoined, unjoined_rows : how many answers belong to no example, and which [{"what", "why"}], the first 200
    notes, claims : as in `StagedSet`
    """

    id: str
    info: AnswerSetInfo
    slug: str
    datasets: tuple[str, ...]
    n_expected: int
    n_ok: int
    n_missing: int
    statuses: Mapping[str, int]
    unjoined: int = 0
    unjoined_rows: tuple[Mapping[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    claims: Mapping[str, float] = field(default_factory=dict)


class AnswerStore:
    """The answers of a workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self.root = workspace.root / "answers"

    def put(self, record: SetRecord, answers: pd.DataFrame) -> bool:
        """Store a set with its answers; False where exactly these are there already.

        Raises
        ------
        DiskError : the disk refuses; what was there of the set stays
        """
        table = answers.loc[:, list(ANSWER_COLUMNS)].reset_index(drop=True).astype(_ANSWER_TYPES)
        content, row = _parquet(table), _parquet(_row(record))
        self.workspace.sweep()
        there = self._answers(record.id), self._set(record.id)
        with self.workspace.lock("answers"):  # no set beside the answers of another import that ends at the same time
            return self._put(there, content, row)

    def _put(self, there: tuple[Path, Path], content: bytes, row: bytes) -> bool:
        if _holds(there[0], content) and _holds(there[1], row):
            return False
        with disk.writing(there[0]):
            for path in there:
                path.parent.mkdir(parents=True, exist_ok=True)
            with staged(there[0], content) as new_answers, staged(there[1], row) as new_set:  # all the room that is needed
                replace_together({there[0]: new_answers, there[1]: new_set})
        return True

    def sets(self) -> list[SetRecord]:
        """Every set, by label and id."""
        found = []
        for name in disk.names(self.root / "answer_sets", ".parquet"):
            path = self.root / "answer_sets" / name
            with suppress(FileNotFoundError), disk.reading(path):  # removed meanwhile
                found.append(_record(pd.read_parquet(path).iloc[0]))
        return sorted(found, key=lambda record: (record.info.label, record.id))

    def answers(self, id: str) -> pd.DataFrame:
        """The answers of a set, columns `ANSWER_COLUMNS`.

        Raises
        ------
        DatasetError : no such set
        """
        path = self._answers(id)
        try:
            with disk.reading(path):
                return pd.read_parquet(path)
        except FileNotFoundError as error:
            gone = f"{id}: no such answer set in {self.workspace.root}. See them with: evalmap answers list"
            raise DatasetError(gone) from error

    def find(self, reference: str) -> SetRecord:
        """A set by its id, the beginning of its id, or its label.

        Raises
        ------
        DatasetError : none, or several, answer to the reference
        """
        sets = self.sets()
        found = [s for s in sets if s.id == reference] or [
            s for s in sets if s.info.label == reference or (len(reference) >= 4 and s.id.startswith(reference))
        ]
        if len(found) != 1:
            known = ", ".join(f"{s.id[:6]} {s.info.label}" for s in (found or sets)[:8]) or "none yet"
            what = f"{len(found)} answer sets are called so" if found else "no such answer set"
            raise DatasetError(f"{reference}: {what} (there: {known}). Use an id from: evalmap answers list")
        return found[0]

    def remove(self, id: str) -> None:
        """Forget a set. The file that it came from is not touched."""
        with self.workspace.lock("answers"):
            for path in (self._set(id), self._answers(id)):
                with disk.writing(path):
                    path.unlink(missing_ok=True)

    def signature(self) -> tuple[tuple[str, int], ...]:
        """Changes when a set comes, goes or changes, or `models.toml` does: what a cache of scores is kept under."""
        sets = self.root / "answer_sets"
        paths = [*(sets / name for name in disk.names(sets, ".parquet")), self.workspace.root / "models.toml"]
        found = []
        for path in paths:
            with suppress(FileNotFoundError):
                found.append((path.name, path.stat().st_mtime_ns))
        return tuple(found)

    def _answers(self, id: str) -> Path:
        return self.root / "answers" / f"{_plain(id)}.parquet"

    def _set(self, id: str) -> Path:
        return self.root / "answer_sets" / f"{_plain(id)}.parquet"


def _holds(path: Path, content: bytes) -> bool:
    try:
        with disk.reading(path):
            return path.read_bytes() == content
    except FileNotFoundError:
        return False


def _plain(id: str) -> str:
    if not (id.isalnum() and id.isascii()):
        raise DatasetError(f"{id!r} is no id of an answer set. See them with: evalmap answers list")
    return id


def _parquet(table: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.to_parquet(buffer, index=False)
    return buffer.getvalue()


# Every part of a table has the same types, whatever is missing in it.
_ANSWER_TYPES = {
    **dict.fromkeys(("dataset", "example_id", "answer_set_id", "status", "answer", "raw_text", "top_token", "joined"), "string"),
    **dict.fromkeys(("row", "sample"), "int64"),
    **dict.fromkeys(
        ("p_matching", "logprob_matching", "logprob_not_matching", "answer_mass", "score", *PRONOUN_COLUMNS), "float64"
    ),
    **{"matches": "boolean", "bounded": "bool"},
}
_NESTED = ("datasets", "statuses", "unjoined_rows", "notes", "claims")
_NUMBERS = {"params": "float64", "temperature": "float64", "rlhf_steps": "Int64", "n_shot": "Int64"}
_COUNTS = ("n_expected", "n_ok", "n_missing", "unjoined")


def _row(record: SetRecord) -> pd.DataFrame:
    """One flat row; what is nested is JSON."""
    flat: dict[str, Any] = {"answer_set_id": record.id, "label": record.info.label, "prompt_hash": record.info.prompt_hash}
    flat |= asdict(record.info) | {"slug": record.slug}
    flat |= {name: getattr(record, name) for name in _COUNTS}
    flat |= {name: json.dumps(_plain_value(getattr(record, name)), sort_keys=True) for name in _NESTED}
    types = {name: _NUMBERS.get(name, "int64" if name in _COUNTS else "string") for name in flat}
    return pd.DataFrame([flat]).astype(types)


def _plain_value(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else [_plain_value(v) for v in value] if isinstance(value, tuple) else value


def _record(row: pd.Series) -> SetRecord:
    def value_of(name: str) -> Any:
        value = row.get(name)  # a part that an earlier version wrote may lack it
        if pd.isna(value):
            return None
        return int(value) if _NUMBERS.get(name) == "Int64" else value

    info: dict[str, Any] = {f.name: value_of(f.name) for f in fields(AnswerSetInfo)}
    info |= {name: info[name] or "" for name in ("prompt_id", "prompt_template", "source_file", "source_sha256")}
    return SetRecord(
        id=str(row["answer_set_id"]),
        info=AnswerSetInfo(**info),
        slug=str(row["slug"]),
        datasets=tuple(json.loads(row["datasets"])),
        statuses=json.loads(row["statuses"]),
        unjoined_rows=tuple(json.loads(row["unjoined_rows"])),
        notes=tuple(json.loads(row["notes"])),
        claims=json.loads(row["claims"]),
        **{name: int(row[name]) for name in _COUNTS},
    )
