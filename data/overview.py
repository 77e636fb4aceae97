"""What a source holds, before anything is built: its rows, its fields, and how they would be read."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from evalmap.data.assembling import assemble
from evalmap.data.errors import AmbiguousReading, DatasetError, TextReading
from evalmap.data.inner_fields import with_inner_fields
from evalmap.data.opening import find_files
from evalmap.data.readers.in_memory import Rows
from evalmap.data.records import FileRows, Reading, ReadOptions
from evalmap.data.role_evidence import Kind, facts_of

EXAMPLE_LENGTH = 100  # characters that are shown of a value
TEXTS, TEXT_LENGTH = 3, 400  # of the first examples, and characters of each


@dataclass(frozen=True)
class FieldOverview:
    """One field of a source.

    Attributes
    ----------
    name, kind : as it stands; what its values are
    missing : the ratio, 0–1, of rows that have nothing there: no such field, null, an empty text
    distinct : how many different values it has, missing ones not counted
    example : its first value on one line, cut at `EXAMPLE_LENGTH` characters; "" where it has none
    """

    name: str
    kind: Kind
    missing: float
    distinct: int
    example: str


@dataclass(frozen=True)
class Overview:
    """What a source holds.

    Attributes
    ----------
    name, source : how it is called, and where it is
    rows, files : rows of all files; the files, by name, with their rows
    fields : in the order of first appearance, then those inside objects where a role needs them ("doc.question")
    reading : how they would be read; None where it is in doubt or there is no text
    readings : the readings that are in doubt; () where none is
    problem : why it can't be read as it stands, in one sentence; "" where it can
    examples : rows that would be examples; 0 where it can't be read
    texts : of the first examples, at most `TEXTS`, each cut at `TEXT_LENGTH` characters
    notes : about the reading of the rows
    """

    name: str
    source: str
    rows: int
    files: dict[str, int]
    fields: tuple[FieldOverview, ...]
    reading: Reading | None
    readings: tuple[TextReading, ...] = ()
    problem: str = ""
    examples: int = 0
    texts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As JSON-able values."""
        return asdict(self)


def overview(
    location: str | Path | Rows,
    *,
    options: ReadOptions | None = None,
    name: str | None = None,
    downloads: Path | None = None,
) -> Overview:
    """Look at a source; nothing is built, and nothing written but what is fetched.

    Parameters
    ----------
    location, options, name, downloads : as of `evalmap.open_dataset`

    Raises
    ------
    DatasetError : a file can't be read. That its text is in doubt, or missing, is no error here: `problem` says so.
    """
    found = find_files(location, name=name, downloads=downloads, options=options)
    files = [with_inner_fields(file, options or ReadOptions()) for file in found.files]
    reading, readings, problem, examples, texts = None, (), "", 0, ()
    notes = (*found.notes, *(note for file in files for note in file.notes))
    try:
        dataset = assemble(files, name=found.name, source=found.source, options=options, notes=found.notes)
        reading, examples, notes = dataset.reading, len(dataset), dataset.notes
        texts = tuple(text[:TEXT_LENGTH] for text in dataset.examples["text"].head(TEXTS))
    except AmbiguousReading as error:
        readings, problem = error.readings, str(error)
    except DatasetError as error:
        problem = str(error)
    return Overview(
        name=found.name,
        source=found.source,
        rows=sum(len(file.lines) for file in files),
        files={file.name: len(file.lines) for file in files},
        fields=_fields(files),
        reading=reading,
        readings=readings,
        problem=problem,
        examples=examples,
        texts=texts,
        notes=notes,
    )


def _fields(files: Sequence[FileRows]) -> tuple[FieldOverview, ...]:
    rows = sum(len(file.lines) for file in files)
    names = dict.fromkeys(str(name) for file in files for name in file.fields.columns)
    return tuple(_field(name, [file.fields[name] for file in files if name in file.fields.columns], rows) for name in names)


def _field(name: str, columns: Sequence[pd.Series], rows: int) -> FieldOverview:
    kinds: list[Kind] = [facts.kind for column in columns for facts in facts_of(column.to_frame()) if facts.kind != "empty"]
    present = [text for column in columns for value in column.tolist() if (text := _written(value)).strip()]
    kind: Kind = kinds[0] if len(set(kinds)) == 1 else "mixed" if kinds else "empty"
    return FieldOverview(name, kind, 1 - len(present) / rows if rows else 0.0, len(set(present)), _one_line(present))


def _written(value: object) -> str:
    if value is None or value is pd.NA or value != value:  # a NaN differs from itself
        return ""
    if isinstance(value, float) and value.is_integer():  # whole numbers among which some are missing
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _one_line(present: Sequence[str]) -> str:
    line = " ".join(present[0][: 4 * EXAMPLE_LENGTH].split()) if present else ""
    return line[: EXAMPLE_LENGTH - 1] + "…" if len(line) > EXAMPLE_LENGTH else line
