"""One door for whatever the user names: a file, a folder, an address, a dataset on the Hugging Face hub, rows in memory."""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from evalmap.data.assembling import assemble
from evalmap.data.locations import hub_id, location_kind, not_found
from evalmap.data.readers import in_memory
from evalmap.data.readers.in_memory import Rows
from evalmap.data.records import Dataset, FileRows, ReadOptions

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
    location : a file, a folder of files (read as one collection), an https address, or a dataset of the Hugging Face hub
        (`hf://owner/name`, `hf://owner/name@revision`). Formats are those of `evalmap.data.readers.formats`, by the files'
        endings. Or the rows themselves: a DataFrame, a list of texts, or a list of dicts.
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
    files = _counted(found.files, progress)
    dataset = assemble(files, name=found.name, source=found.source, options=options, notes=found.notes)
    return replace(dataset, name_given=bool(name))


@dataclass(frozen=True)
class Source:
    """What a location leads to.

    Attributes
    ----------
    files : read one after the other when they are asked for
    name, source : how it is called, and where it is
    notes : sentences about the whole of it: files passed over, a kept file that stands in for one that can't be reached
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
            raise not_found(text)
        files = read_files(path, options=options) if path.is_dir() else iter([read_file(path, options=options)])
        called = name or (path.resolve().name if path.is_dir() else None)
        notes = _present(passed_over(path) if path.is_dir() else None)
        return Source(files, called or without_ending(path.name), str(path.resolve()), notes)
    if downloads is None:
        raise ValueError("downloads is needed to open an address or a hub id")
    if kind == "url":
        from evalmap.data.remote.http import fetch_file

        fetched = fetch_file(text, downloads)
        rows = read_file(fetched.path, source=text, options=options)
        return Source(iter([rows]), name or rows.name, text, _present(fetched.note))
    from evalmap.data.remote.hub import fetch_dataset

    found = fetch_dataset(hub_id(text), downloads)
    files = (read_file(path, source=f"{found.id}/{path.name}", options=options) for path in found.files)
    files = with_splits(files, [path.name for path in found.files])
    return Source(files, name or found.id.split("/")[-1], f"{found.id}@{found.revision}", _present(found.note))


def _present(note: str | None) -> tuple[str, ...]:
    return (note,) if note else ()


def _counted(files: Iterable[FileRows], progress: Progress | None) -> Iterator[FileRows]:
    read = 0
    for file in files:
        read += len(file.lines)
        if progress:
            progress(read, 0)
        yield file
