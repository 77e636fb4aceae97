"""One door for whatever the user names: a file, a folder, an address, a dataset on the Hugging Face hub, rows in memory."""

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from evalmap.data.assembling import assemble
from evalmap.data.errors import DatasetError
from evalmap.data.readers import in_memory
from evalmap.data.readers.in_memory import Rows
from evalmap.data.records import Dataset, FileRows, ReadOptions

_HUB_ID = re.compile(r"(?:hf://datasets/)?[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(?:@[\w./-]+)?")

Progress = Callable[[int, int], None]


def open_dataset(
    location: str | Path | Rows,
    *,
    options: ReadOptions | None = None,
    name: str | None = None,
    downloads: Path | None = None,
    progress: Progress | None = None,
) -> Dataset:
    """Read a dataset from where the user says it is, or from rows that are in memory.

    Nothing is written but what is fetched, and no map is built: see `evalmap.build`.

    Parameters
    ----------
    location : a file, a folder of files (read as one collection), an https address, or a Hugging Face dataset id (`owner/name`,
        `owner/name@revision`). Formats are those of `evalmap.data.readers.formats`, by the files' endings. Or the rows
        themselves: a DataFrame, a list of texts, or a list of dicts.
    options : which field is the text, the label …; without it, all are detected
    name : what the dataset is called; without it, the file's name without its ending, the folder's name, the id's
        last part, or "rows" for rows in memory. Rows in memory are known by this name: other rows under it are the same dataset
        changed; without a name, by what they hold.
    downloads : the folder that fetched files are kept in (`Workspace.downloads`); needed for an address or an id
    progress : called with (rows read so far, 0) after each file

    Returns
    -------
    Dataset : the examples in the order of the files (sorted by path) and of the rows in them

    Raises
    ------
    AmbiguousReading : two fields may be the text with about equal right; `options` choose
    DatasetError : in one sentence, what is wrong with the location or a file, or that fewer than two examples are left
    ValueError : an address or an id without `downloads`
    """
    found = find_files(location, name=name, downloads=downloads, options=options)
    return assemble(_counted(found.files, progress), name=found.name, source=found.source, options=options, notes=found.notes)


@dataclass(frozen=True)
class Source:
    """What a location leads to: its `files`, read one after the other when they are asked for; what it is called; where it is.

    `notes` are sentences about the whole of it.
    """

    files: Iterator[FileRows]
    name: str
    source: str
    notes: tuple[str, ...] = ()


def find_files(
    location: str | Path | Rows, *, name: str | None = None, downloads: Path | None = None, options: ReadOptions | None = None
) -> Source:
    """The files of a location, fetched where they must be; parameters and errors as of `open_dataset`."""
    from evalmap.data.readers import passed_over, read_file, read_files, with_splits
    from evalmap.data.readers.formats import without_ending

    if not isinstance(location, (str, Path)):
        rows = in_memory.read(location, name=name or "rows")
        known_by = name or hashlib.sha256("\n".join(rows.raw).encode()).hexdigest()[:12]
        return Source(iter([rows]), rows.name, f"memory:{known_by}")
    text = str(location)
    kind = location_kind(text)
    if kind == "path":
        path = Path(os.path.expanduser(text))
        if not os.path.exists(path):
            raise DatasetError(f"{text}: no such file or folder. Check the path.")
        files = read_files(path, options=options) if path.is_dir() else iter([read_file(path, options=options)])
        called = name or (path.resolve().name if path.is_dir() else None)
        notes = (passed_over(path),) if path.is_dir() else ()
        return Source(files, called or without_ending(path.name), str(path.resolve()), tuple(filter(None, notes)))
    if downloads is None:
        raise ValueError("downloads is needed to open an address or a hub id")
    if kind == "url":
        from evalmap.data.remote.http import fetch_file

        rows = read_file(fetch_file(text, downloads), source=text, options=options)
        return Source(iter([rows]), name or rows.name, text)
    from evalmap.data.remote.hub import fetch_dataset

    found = fetch_dataset(text.removeprefix("hf://datasets/"), downloads)
    files = (read_file(path, source=f"{found.id}/{path.name}", options=options) for path in found.files)
    files = with_splits(files, [path.name for path in found.files])
    return Source(files, name or found.id.split("/")[-1], f"{found.id}@{found.revision}")


def location_kind(location: str) -> str:
    """What a location is: path, url or hub. What exists on disk or ends like a file that is read is a path; of addresses only https
    is opened.
    """
    from evalmap.data.readers.formats import format_of

    if "://" in location and not location.startswith("hf://datasets/"):
        if not location.startswith("https://"):
            raise DatasetError(f"{location}: only https addresses are opened. Use https://… or a file.")
        return "url"
    on_disk = os.path.exists(os.path.expanduser(location)) or format_of(location) is not None
    return "path" if on_disk or not _HUB_ID.fullmatch(location) else "hub"


def _counted(files: Iterable[FileRows], progress: Progress | None) -> Iterator[FileRows]:
    read = 0
    for file in files:
        read += len(file.lines)
        if progress:
            progress(read, 0)
        yield file
