"""The formats that are read: one entry each. Whoever asks what a file is, or what may be uploaded, asks here."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from evalmap.data.readers import delimited, json_array, jsonl, parquet, plain_text, workbook, yaml_cases
from evalmap.data.records import FileRows

_PACKED = (".gz", ".zst")
Setting = Literal["encoding", "header"]


@dataclass(frozen=True)
class Format:
    """One format of rows.

    Attributes
    ----------
    name : what a person calls it
    ending : of its files, with the dot, in lower case; capitals do not matter
    read : all rows of a file: (path, name=, source=), and by keyword what `settings` name, None where the user says nothing
    first_row : the fields of a file, with the first row's values where they are cheap to have (else None), or None where the file
        does not hold rows; reads the beginning only, and raises what comes. Without it, all of the file is read.
    packed : whether its files may be packed, with `.gz` or `.zst` behind the ending
    counts : what a row's number in a file is the number of
    settings : of `ReadOptions`, those that its reader takes
    in_folders : whether such a file in a folder is data; "alone": only where no other data is in it (a .txt beside a .jsonl is
        about the data)
    """

    name: str
    ending: str
    read: Callable[..., FileRows]
    first_row: Callable[[Path], dict[str, Any] | None] | None = None
    packed: bool = True
    counts: Literal["line", "record"] = "record"
    settings: tuple[Setting, ...] = ()
    in_folders: Literal["data", "alone"] = "data"

    @property
    def endings(self) -> tuple[str, ...]:
        return (self.ending, *(self.ending + packed for packed in _PACKED)) if self.packed else (self.ending,)


FORMATS: tuple[Format, ...] = (
    Format("JSONL", ".jsonl", jsonl.read, jsonl.first_row, counts="line", settings=("encoding",)),
    Format("NDJSON", ".ndjson", jsonl.read, jsonl.first_row, counts="line", settings=("encoding",)),
    Format("JSON", ".json", json_array.read, json_array.first_row, settings=("encoding", "header")),
    Format("CSV", ".csv", delimited.read_csv, delimited.csv_header, settings=("encoding", "header")),
    Format("TSV", ".tsv", delimited.read_tsv, delimited.tsv_header, settings=("encoding", "header")),
    Format("Parquet", ".parquet", parquet.read, parquet.column_names, packed=False),
    Format("XLSX", ".xlsx", workbook.read, packed=False, settings=("header",)),
    Format("YAML", ".yaml", yaml_cases.read, settings=("encoding", "header"), in_folders="alone"),
    Format("YAML", ".yml", yaml_cases.read, settings=("encoding", "header"), in_folders="alone"),
    Format("text", ".txt", plain_text.read, lambda path: None, counts="line", settings=("encoding",), in_folders="alone"),
)


def format_of(name: str) -> Format | None:
    """The format of a file, by the ending of its name or path; None for one that is not read."""
    name = name.lower()
    return next((known for known in FORMATS if name.endswith(known.endings)), None)


def ending_of(name: str) -> str:
    """The ending of a file that is read, as it stands in the name; "" for another."""
    return next((name[-len(ending) :] for ending in endings() if name.lower().endswith(ending)), "")


def without_ending(name: str) -> str:
    """The name without the ending of a format and without `.gz` or `.zst` behind it; other names stay as they are."""
    packed = next((ending for ending in _PACKED if name.lower().endswith(ending)), "")
    plain = name.removesuffix(name[-len(packed) :]) if packed else name
    ending = ending_of(plain)
    return plain[: -len(ending)] if ending else name


def endings() -> tuple[str, ...]:
    """Every ending that is read, the packed ones too."""
    return tuple(ending for known in FORMATS for ending in known.endings)


def upload_endings() -> list[str]:
    """What a file chooser lets through, without the dot: it looks at what stands behind the last one."""
    packed = [ending.removeprefix(".") for ending in _PACKED] if any(known.packed for known in FORMATS) else []
    return [*(known.ending.removeprefix(".") for known in FORMATS), *packed]


def expected() -> str:
    """For an error sentence: the endings that are read."""
    but = _but([known.ending for known in FORMATS if not known.packed])
    return f"{', '.join(known.ending for known in FORMATS)} (all{but} also as .gz or .zst)"


def names() -> str:
    """For a label: the formats that are read."""
    *most, last = dict.fromkeys(known.name for known in FORMATS)
    return f"{', '.join(most)} or {last}; all{_but([k.name for k in FORMATS if not k.packed])} also packed (.gz, .zst)"


def _but(exceptions: list[str]) -> str:
    *most, last = exceptions or [""]
    return f" but {', '.join(most)} and {last}" if most else f" but {last}" if last else ""
