"""From files to rows: one module a format, chosen by the file's ending (`formats`)."""

import os
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from evalmap.data.errors import DatasetError
from evalmap.data.readers import content, formats, splits
from evalmap.data.readers.table import index_columns, index_notes
from evalmap.data.records import FileRows, ReadOptions

__all__ = ["first_row", "passed_over", "read_file", "read_files", "readable_files", "with_splits"]

_METADATA = frozenset(
    {"dataset_infos", "dataset_info", "dataset_dict", "state", "croissant", "metadata", "meta", "info", "citation", "codemeta"}
    | {"config", "package", "package-lock", "tsconfig", "generation_config"}
)


def read_file(path: Path, *, name: str | None = None, source: str | None = None, options: ReadOptions | None = None) -> FileRows:
    """Read one file, by its ending.

    Parameters
    ----------
    name : what the dataset is called; without it, the file's name without its ending
    source : what error sentences call the file; without it, the path as given
    options : of them, what is about files: `encoding`, `header`

    Raises
    ------
    DatasetError : an ending that is not in `formats`; whatever the reader of the format raises
    """
    path = Path(path)
    source = _printable(source or str(path))
    known = formats.format_of(path.name)
    if known is None:
        if path.is_dir():
            raise DatasetError(f"{source}: a folder, expected a file. Open it as a collection.")
        raise DatasetError(f"{source}: {_unknown(path)}. Expected {formats.expected()}.")
    settings = {setting: getattr(options, setting) for setting in known.settings} if options else {}
    rows = known.read(path, name=_printable(name or _stem(path.name) or path.name), source=source, **settings)
    if index := index_columns(
        {str(key): rows.fields[key] for key in rows.fields}
    ):  # of JSON; the readers of tables leave it out of `raw` too
        rows = replace(rows, fields=rows.fields.drop(columns=index), notes=(*rows.notes, *index_notes(index)))
    return rows


def first_row(path: Path) -> dict[str, Any] | None:
    """The fields of a file and the first row's values, as `Format.first_row` says; None for a file that is not read at all.

    Raises
    ------
    Exception : whatever reading the beginning of a broken file raises
    """
    known = formats.format_of(path.name)
    if known is None or not path.is_file():
        return None
    if known.first_row:
        return known.first_row(path)
    fields = known.read(path, name=path.name, source=str(path)).fields
    return {str(name): fields[name].iloc[0] for name in fields.columns}


def read_files(path: Path, *, options: ReadOptions | None = None) -> Iterator[FileRows]:
    """Read a folder as a collection: every file of data below it, sorted by its path.

    The name of each is its posix path below the folder without the ending; files that would share one name keep their endings.
    Where the names of all files are those of splits (`data/train-00000-of-00002`), the field `split` says which a row is of.
    Which files are read is told in `readable_files`.

    Raises
    ------
    DatasetError : at once: not a folder, or no readable file in it; while reading: the first file that cannot be read, by name
    """
    path = Path(path)
    found = readable_files(path)
    names = _names([file.relative_to(path) for file in found])
    files = (read_file(file, name=name, options=options) for file, name in zip(found, names, strict=True))
    return with_splits(files, names)


def with_splits(files: Iterable[FileRows], names: list[str]) -> Iterator[FileRows]:
    """The files, each with the split that its name says as the field `split`, where all names do and the rows have none."""
    of = splits.of_files([_stem(name) for name in names]) or [None] * len(names)
    for file, split in zip(files, of, strict=True):
        yield file if split is None or "split" in file.fields else replace(file, fields=file.fields.assign(split=split))


def readable_files(path: Path) -> list[Path]:
    """The files of a folder that `read_files` reads, in its order.

    Files with other endings, hidden files and folders, and `*.part` files are passed over; links to folders are not followed.
    So are, where other files hold the data, those that only tell of it: a JSON object of a known name (`dataset_infos.json`),
    what `evalmap write` leaves beside its rows, and formats whose files mostly do (`Format.in_folders`).

    Raises
    ------
    DatasetError : not a folder, or no readable file in it
    """
    if not path.is_dir():
        raise DatasetError(f"{_printable(str(path))}: no such folder. Check the path.")
    found = [file for file in _files(path) if formats.format_of(file.name)]
    if not found:
        raise DatasetError(f"{_printable(str(path))}: no file that can be read. Expected {formats.expected()}.")
    return [file for file in found if not _tells_of_data(file)] or found


# What `evalmap write` leaves beside the rows.
_BESIDE_WRITTEN = frozenset(
    f"{name}.jsonl" for name in ("provenance", "rejected", "titles", "people", "sentences", "winogenerated_occupations")
) | {"table.json", "recipe.json"}


def passed_over(path: Path) -> str:
    """A sentence that names the files of a folder that are not read; "" where there are none."""
    read = set(readable_files(path))
    names = [_printable(file.relative_to(path).as_posix()) for file in _files(path) if file not in read and file.suffix != ".part"]
    more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
    return f"Passed over beside the data: {', '.join(names[:5])}{more}." if names else ""


def _files(folder: Path) -> list[Path]:
    found: list[Path] = []
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(parent, name) for name in files if not name.startswith(".")]
    return sorted(found, key=lambda file: file.relative_to(folder).as_posix())


def _tells_of_data(file: Path) -> bool:
    """Whether a file of a format that is read is about other files rather than rows itself."""
    if file.name in _BESIDE_WRITTEN and all((file.parent / name).is_file() for name in ("provenance.jsonl", "recipe.json")):
        return True
    known = formats.format_of(file.name)
    if known is None or known.in_folders == "alone":
        return True
    if known.ending != ".json" or _stem(file.name).lower() not in _METADATA:
        return False
    try:
        return content.beginning(file).lstrip().startswith("{")
    except (OSError, EOFError, zlib.error):
        return False  # reading it says what is wrong


def _names(paths: list[Path]) -> list[str]:
    """Names without endings; those that are not unique get theirs back, until all are."""
    names = [_stem(path.as_posix()) for path in paths]
    while shared := {name for name, count in Counter(names).items() if count > 1}:
        names = [path.as_posix() if name in shared else name for path, name in zip(paths, names, strict=True)]
    return names


def _stem(name: str) -> str:
    return name[: len(name) - len(formats.ending_of(name))]


def _unknown(path: Path) -> str:
    return f"{''.join(path.suffixes[-2:])} is no format that is read" if path.suffix else "a file without an ending"


def _printable(text: str) -> str:
    """A file name that is not UTF-8 arrives with lone surrogates, which no table can hold."""
    return text.encode("utf-8", "replace").decode("utf-8") if not text.isascii() else text
