"""The formats that are read: one entry each. Whoever asks what a file is, or what may be uploaded, asks here."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from evalmap.data.readers import delimited, json_array, jsonl, parquet
from evalmap.data.records import FileRows

_GZIP = ".gz"


class Reader(Protocol):
    def __call__(self, path: Path, *, name: str, source: str) -> FileRows: ...


@dataclass(frozen=True)
class Format:
    """One format of rows.

    Attributes
    ----------
    name : what a person calls it
    ending : of its files, with the dot, in lower case; capitals do not matter
    read : all rows of a file
    first_row : the fields of a file, with the first row's values where they are cheap to have (else None), or None where the file
        does not hold rows; reads the beginning only, and raises what comes. Without it, all of the file is read.
    gzip : whether its files may be gzipped, with `.gz` behind the ending
    counts : what a row's number in a file is the number of
    """

    name: str
    ending: str
    read: Reader
    first_row: Callable[[Path], dict[str, Any] | None] | None = None
    gzip: bool = True
    counts: Literal["line", "record"] = "record"

    @property
    def endings(self) -> tuple[str, ...]:
        return (self.ending, self.ending + _GZIP) if self.gzip else (self.ending,)


FORMATS: tuple[Format, ...] = (
    Format("JSONL", ".jsonl", jsonl.read, jsonl.first_row, counts="line"),
    Format("JSON", ".json", json_array.read, json_array.first_row),
    Format("CSV", ".csv", delimited.read_csv, delimited.csv_header),
    Format("TSV", ".tsv", delimited.read_tsv, delimited.tsv_header),
    Format("Parquet", ".parquet", parquet.read, parquet.column_names, gzip=False),
)


def format_of(name: str) -> Format | None:
    """The format of a file, by the ending of its name or path; None for one that is not read."""
    name = name.lower()
    return next((known for known in FORMATS if name.endswith(known.endings)), None)


def ending_of(name: str) -> str:
    """The ending of a file that is read, as it stands in the name; "" for another."""
    return next((name[-len(ending) :] for ending in endings() if name.lower().endswith(ending)), "")


def without_ending(name: str) -> str:
    """The name without the ending of a format and without `.gz` behind it; other names stay as they are."""
    plain = name[: -len(_GZIP)] if name.lower().endswith(_GZIP) else name
    ending = ending_of(plain)
    return plain[: -len(ending)] if ending else name


def endings() -> tuple[str, ...]:
    """Every ending that is read, the packed ones too."""
    return tuple(ending for known in FORMATS for ending in known.endings)


def upload_endings() -> list[str]:
    """What a file chooser lets through, without the dot: it looks at what stands behind the last one."""
    return [*(known.ending.removeprefix(".") for known in FORMATS), *(["gz"] if any(known.gzip for known in FORMATS) else [])]


def expected() -> str:
    """For an error sentence: the endings that are read."""
    return f"{', '.join(known.ending for known in FORMATS)} (all{_but([k.ending for k in FORMATS if not k.gzip])} also as .gz)"


def names() -> str:
    """For a label: the formats that are read."""
    *most, last = (known.name for known in FORMATS)
    return f"{', '.join(most)} or {last}; all{_but([known.name for known in FORMATS if not known.gzip])} also gzipped"


def _but(exceptions: list[str]) -> str:
    return f" but {' and '.join(exceptions)}" if exceptions else ""
