"""The names of files and folders in the making: they tell whose they are, so that what a killed process left is found and swept.

    .<place's name>-p<pid>-<when the process began>-<where it runs>-<random>     a folder
    .p<pid>-<when the process began>-<where it runs>-<random>.part               a file

"Where" is a hash of the machine's name and the pid namespace (a container has its own): elsewhere a process's number means nothing.
"""

import os
import platform
import re
import shutil
import time
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import psutil

DAY = 86_400.0  # seconds: so old must be what tells of no process here
SAME_BIRTH = 10.0  # seconds: when a process began is reckoned from the clock, which is put right now and then
_NAME = re.compile(r"\.(?:.*-)?p(?P<pid>\d+)-(?P<born>\d+)-(?P<where>[0-9a-f]{6})-[0-9a-f]{8}(?:\.part)?")
_EARLIER = re.compile(r"\.[0-9a-f]{32}\.part|\.[0-9a-f-]{20,}-[a-z0-9_]{8}")  # names of versions before, which tell of no process


def private_folder(path: Path) -> Path:
    """A name beside `path` for what is to become it, or was it."""
    return path.with_name(f".{path.name}-{_mark(os.getpid())}-{uuid4().hex[:8]}")


def private_file(path: Path) -> Path:
    """A name beside `path` for the file that is to take its place."""
    return path.with_name(f".{_mark(os.getpid())}-{uuid4().hex[:8]}.part")


def sweep(folders: Iterable[Path], *, aged: bool) -> list[Path]:
    """Delete what processes that are gone left in folders; returns what went.

    What this user's processes on this machine are writing stays, whichever process it is.

    Parameters
    ----------
    aged : also what was made elsewhere, by another user or by an earlier version, once it is a day old
    """
    left = [path for folder in folders for path in leftovers(folder, aged=aged)]
    for path in left:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):  # swept by another process meanwhile, or not ours to delete
                path.unlink()
    return left


def leftovers(folder: Path, *, aged: bool) -> list[Path]:
    """What processes that are gone left in a folder, as in `sweep`."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.startswith("."))
    except OSError:
        return []
    return [folder / name for name in names if _is_left(folder / name, aged)]


def _is_left(path: Path, aged: bool) -> bool:
    name = _NAME.fullmatch(path.name)
    if not name and not (aged and _EARLIER.fullmatch(path.name)):
        return False
    try:
        stat = path.lstat()
    except OSError:
        return False
    if name and name["where"] == _where() and stat.st_uid == os.getuid():
        return not _lives(int(name["pid"]), int(name["born"]))
    return aged and time.time() - stat.st_mtime > DAY


def _lives(pid: int, born: int) -> bool:
    try:
        process = psutil.Process(pid)
        ended = process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
        return not ended and abs(process.create_time() - born) < SAME_BIRTH
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:  # it may not be looked at: it is there
        return True


@lru_cache(maxsize=4)
def _mark(pid: int) -> str:
    return f"p{pid}-{int(psutil.Process(pid).create_time())}-{_where()}"


@lru_cache(maxsize=1)
def _where() -> str:
    try:
        namespace = os.stat("/proc/self/ns/pid").st_ino
    except OSError:  # not Linux
        namespace = 0
    return sha256(f"{platform.node()}/{namespace}".encode()).hexdigest()[:6]
