"""Files and folders that appear whole or not at all: written under a private name beside their place, synced, renamed.

A name that begins with a dot is of one in the making; whoever lists a folder passes it over.
"""

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from evalmap.data.store.private_names import private_file, private_folder


def write_json(path: Path, value: object) -> None:
    """Write a JSON file so that a reader sees the old one or the new one, whole."""
    write_bytes(path, json.dumps(value, ensure_ascii=False, indent=1).encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, whole; folders above it are made."""
    with replacing(path) as file:
        file.write(content)


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file to write, which takes the place of `path` when the block ends without an error; folders above it are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _beside(path, 0o600) as (temporary, file):
        yield file
        _sync_file(file)
        file.close()
        os.replace(temporary, path)


@contextlib.contextmanager
def staged(path: Path, content: bytes, *, private: bool = True) -> Iterator[Path]:
    """A file with the content, on the disk, under a private name beside `path`: for several that are then moved together.

    It is gone when the block ends, unless it was moved.

    Parameters
    ----------
    private : for this user alone; False: as any file that this user makes
    """
    with _beside(path, 0o600 if private else 0o666) as (temporary, file):
        file.write(content)
        _sync_file(file)
        file.close()
        yield temporary


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A private folder to write files into; it becomes `path` when the block ends without an error.

    Where another process has made `path` meanwhile, that one stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = private_folder(path)
    temporary.mkdir(mode=0o700)
    try:
        yield temporary
        for inside in temporary.iterdir():
            sync(inside)
        sync(temporary)
        try:
            temporary.rename(path)
        except OSError:
            if not path.is_dir():  # not another process that finished the same first
                raise
        sync(path.parent)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def take_away(path: Path) -> Path:
    """Take a file or folder away at once, under a private name beside its place; what is there is then deleted at leisure.

    Whoever has it open goes on reading; whoever looks for it finds it gone, and never half of it.
    """
    aside = private_folder(path)
    path.rename(aside)
    return aside


def sync(path: Path) -> None:
    """Until a file, or a folder's list of names, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _beside(path: Path, mode: int) -> Iterator[tuple[Path, BinaryIO]]:
    temporary = private_file(path)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield temporary, file
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _sync_file(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())
