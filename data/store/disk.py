"""What the disk refuses, in one sentence: the one door from an error of the operating system to one that a person can mend."""

import contextlib
import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError

_ELSEWHERE = "or choose another folder"
_MENDS = {
    errno.ENOSPC: f"Make room on that disk, {_ELSEWHERE}",
    errno.EDQUOT: f"Remove files of yours from that disk, {_ELSEWHERE}",
    errno.EROFS: f"Make that disk writable, {_ELSEWHERE}",
    errno.EACCES: f"Mend the permissions, {_ELSEWHERE}",
    errno.EPERM: f"Mend the permissions, {_ELSEWHERE}",
    errno.EIO: f"Check that disk, {_ELSEWHERE}",
    errno.EMFILE: "Allow more open files (ulimit -n), and try again",
    errno.ENFILE: "End other programs, and try again",
}


class DiskError(DatasetError):
    """The disk, or the system, refused to write or to read; `str(error)` says what, why, and what to do."""


@contextlib.contextmanager
def writing(place: Path) -> Iterator[None]:
    """What the disk refuses within the block is an error about `place`, or about the file outside it that could not be read.

    Raises
    ------
    DiskError : in place of any OSError
    """
    try:
        yield
    except OSError as error:
        at_fault = _named(error) or place
        if place.parent in (at_fault, *at_fault.parents) or at_fault in place.parents:
            raise refused(error, place, "written") from error
        raise refused(error, at_fault, "read") from error


@contextlib.contextmanager
def reading(place: Path, *, is_there: bool = False) -> Iterator[None]:
    """What the disk refuses within the block is an error about the file that could not be read, else about `place`.

    Parameters
    ----------
    is_there : it was there a moment ago; else a file that is not there is FileNotFoundError still

    Raises
    ------
    DiskError : in place of any other OSError
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not is_there:
            raise
        raise refused(error, _named(error) or place, "read") from error


def _named(error: OSError) -> Path | None:
    return Path(os.fsdecode(error.filename)) if isinstance(error.filename, (str, bytes)) else None


def refused(error: OSError, place: Path | str, what: str) -> DiskError:
    """The sentence for an error: `place` cannot be written, read … (`what`), why, how much room there is, what to do."""
    why = error.strerror or str(error) or type(error).__name__
    room = ""
    if what == "written" and error.errno in (errno.ENOSPC, errno.EDQUOT, None):
        room = free(Path(place))
    mend = _MENDS.get(error.errno or errno.ENOSPC, f"Check the folder {Path(place).parent}, {_ELSEWHERE}")
    if what == "read" and error.errno == errno.ENOENT:
        mend = "It was removed meanwhile; try again"
    elif what == "read" and error.errno not in (errno.EMFILE, errno.ENFILE):
        mend = "Check that disk and the permissions there, and try again"
    return DiskError(f"{place}: cannot be {what} ({why}{room}). {mend}.")


def free(place: Path) -> str:
    """How much room the disk of a place has, behind what else is said of it: "; 1.2 GB free"; "" where it can't be told."""
    for folder in (place, *place.parents):
        with contextlib.suppress(OSError):
            megabytes = shutil.disk_usage(folder).free / 1e6
            return f"; {megabytes:,.1f} MB free" if megabytes < 1000 else f"; {megabytes / 1000:,.1f} GB free"
    return ""


def names(folder: Path, ending: str = "") -> list[str]:
    """The names in a folder that end so, sorted, without those that begin with a dot; [] where there is no folder.

    `Path.glob` will not do: from Python 3.13 on, a folder that can't be listed is to it an empty one.

    Raises
    ------
    DiskError : the folder can't be listed
    """
    try:
        with reading(folder):
            return sorted(name for name in os.listdir(folder) if name.endswith(ending) and not name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return []


def save_array(path: Path, array: NDArray[Any]) -> None:
    """Write an array as `np.save` does, and no less: the same bytes, or an error.

    `np.save` hands a file to C's buffered output and does not ask how closing it went: on a full disk it returns as if all were
    well, with the end of the array missing (numpy 2.4; arrays under 4 KiB are the likeliest). Python's own file tells.

    Raises
    ------
    OSError : not all of it could be written
    """
    with path.open("wb") as file:
        # what numpy does not take for a real file gets all of its bytes by `write`
        np.lib.format.write_array(SimpleNamespace(write=file.write), np.asanyarray(array), allow_pickle=False)  # type: ignore[arg-type]
