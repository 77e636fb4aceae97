"""The files of a known collection onto this disk, from the web or from a copy that is already here."""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from evalmap.data.errors import DatasetError
from evalmap.data.remote import http
from evalmap.data.remote.collections import Collection, SourceFile
from evalmap.data.remote.partial import PartialFile
from evalmap.data.store import disk

State = Literal["loaded", "not loaded"]
FileProgress = Callable[[int, int], None]

_TAIL = 1 << 20


class Download(Protocol):
    """`http.download`, or what stands in for it."""

    def __call__(self, url: str, target: Path, *, sha256: str | None = None) -> Path: ...


@dataclass(frozen=True)
class Failure:
    """A file that could not be had, and the sentence that says why."""

    file: SourceFile
    reason: str


@dataclass(frozen=True)
class FetchResult:
    """What became of each file that was asked for; each is in exactly one of the four.

    Attributes
    ----------
    fetched : new on this disk, whole
    already : were there, whole
    missing : not in the folder to copy from
    failed : could not be downloaded or copied, or have other content than the pinned revision
    """

    fetched: tuple[SourceFile, ...] = ()
    already: tuple[SourceFile, ...] = ()
    missing: tuple[SourceFile, ...] = ()
    failed: tuple[Failure, ...] = ()


def fetch(
    collection: Collection,
    into: Path,
    *,
    files: Iterable[str] | None = None,
    from_dir: Path | None = None,
    progress: FileProgress | None = None,
    download: Download = http.download,
) -> FetchResult:
    """Bring the files of a collection below `into`, in their upstream layout; what is there whole stays as it is.

    Parameters
    ----------
    files : names or upstream paths; without them, all
    from_dir : copy from here instead: a clone of the repository, or one of its folders
    progress : called with (files done, files)

    Raises
    ------
    DatasetError : a name that the collection does not have; from_dir is no folder, or holds none of the files. A file that fails
        is reported in the result, and the others go on.
    """
    wanted = _wanted(collection, files)
    if from_dir is not None:
        _check_copy(from_dir, wanted, collection)
    fetched: list[SourceFile] = []
    already: list[SourceFile] = []
    missing: list[SourceFile] = []
    failed: list[Failure] = []
    for done, file in enumerate(wanted):
        if progress:
            progress(done, len(wanted))
        target = into / file.path
        try:
            if is_whole(target, file):
                already.append(file)
            elif from_dir is None:
                download(file.url, target, sha256=file.sha256)
                fetched.append(file)
            elif (copy := _find(from_dir, file)) is None:
                missing.append(file)
            else:
                _copy(copy, target, file)
                fetched.append(file)
        except DatasetError as error:
            failed.append(Failure(file, str(error)))
    if progress:
        progress(len(wanted), len(wanted))
    return FetchResult(tuple(fetched), tuple(already), tuple(missing), tuple(failed))


def job_location(collection: str) -> str:
    """What the job of fetching a collection is filed under; `collection` is its id."""
    return f"fetch:{collection}"


def state(collection: Collection, root: Path) -> dict[str, State]:
    """Which files lie whole below `root`, by name."""
    return {file.name: "loaded" if is_whole(root / file.path, file) else "not loaded" for file in collection.files}


def is_whole(path: Path, file: SourceFile) -> bool:
    """Whether the file at `path` is all of it: by its checksum, or, where none is known, by a last line that is an object."""
    if not path.is_file():
        return False
    with disk.reading(path), path.open("rb") as opened:
        if file.sha256 is not None:
            return hashlib.file_digest(opened, "sha256").hexdigest() == file.sha256
        opened.seek(max(0, path.stat().st_size - _TAIL))
        lines = opened.read().rstrip().rsplit(b"\n", 1)
    try:
        return isinstance(json.loads(lines[-1]), dict)
    except (ValueError, RecursionError):
        return False


def _wanted(collection: Collection, files: Iterable[str] | None) -> list[SourceFile]:
    if files is None:
        return list(collection.files)
    known = {key: file for file in collection.files for key in (file.name, file.path)}
    names = list(files)
    if unknown := [name for name in names if name not in known]:
        raise DatasetError(f"{unknown[0]}: no file of {collection.id}. Names are such as {collection.files[0].name}.")
    return list(dict.fromkeys(known[name] for name in names))


def _check_copy(from_dir: Path, wanted: list[SourceFile], collection: Collection) -> None:
    if not from_dir.is_dir():
        raise DatasetError(f"{from_dir}: no such folder. Name a copy of {collection.homepage}.")
    if wanted and not any(_find(from_dir, file) for file in wanted):
        raise DatasetError(
            f"{from_dir}: holds none of the {len(wanted):,} files of {collection.id} that were asked for, "
            f"such as {wanted[0].path}. Name a copy of {collection.homepage}."
        )


def _find(from_dir: Path, file: SourceFile) -> Path | None:
    """The file in a copy, where `from_dir` is the copy's root or a folder of it, such as …/evals/persona."""
    parts = Path(file.path).parts
    above = from_dir.resolve().parts
    for level in range(len(parts)):
        found = from_dir.joinpath(*parts[level:])
        if (level == 0 or above[-level:] == parts[:level]) and found.is_file():
            return found
    return None


def _copy(source: Path, target: Path, file: SourceFile) -> None:
    if not is_whole(source, file):
        how = "has other content than the pinned revision" if file.sha256 else "does not end in a whole line"
        raise DatasetError(f"{source}: {how}. Take a fresh copy, or fetch it from the web.")
    try:
        with PartialFile(target) as part, source.open("rb") as opened:
            part.empty()
            while chunk := opened.read(_TAIL):
                part.append(chunk)
            part.publish()
    except OSError as error:
        raise disk.refused(error, target, f"copied from {source}") from error
