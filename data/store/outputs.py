"""Files that a command leaves where the user says: checked before the work, then all written or none."""

import contextlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from evalmap.data.errors import DatasetError
from evalmap.data.store.atomic import replace_together, staged
from evalmap.data.store.private_names import sweep


def check_outputs(paths: Mapping[str, Path | None], inputs: Sequence[str]) -> None:
    """Refuse what cannot be written, before any work is done.

    Parameters
    ----------
    paths : the setting → where its file goes
    inputs : what is read, which is never written over

    Raises
    ------
    DatasetError : a folder or a device, no folder to write in, no permission, an input, or one file for two outputs
    """
    read = {os.path.realpath(os.path.expanduser(path)) for path in inputs}
    seen: dict[str, str] = {}
    for setting, path in paths.items():
        if path is None:
            continue
        real, name = os.path.realpath(path), setting.replace("_", " ")
        if path.is_dir():
            raise DatasetError(f"{name} {path}: is a folder. Name a file.", setting)
        if path.exists() and not path.is_file():
            raise DatasetError(f"{name} {path}: is no plain file. Name one, or leave {name} out.", setting)
        if not path.parent.is_dir():
            raise DatasetError(f"{name} {path}: there is no folder {path.parent}. Make it first.", setting)
        if not os.access(path.parent, os.W_OK | os.X_OK) or (path.exists() and not os.access(path, os.W_OK)):
            raise DatasetError(f"{name} {path}: cannot be written (permission denied). Name a file in another folder.", setting)
        if real in read:
            raise DatasetError(f"{name} {path}: is the file that is read. Name another one.", setting)
        if real in seen:
            raise DatasetError(f"{name} {path}: {seen[real]} names the same file. Name another one.", setting)
        seen[real] = name


def write_together(files: Mapping[Path, bytes]) -> None:
    """Write files so that either all are there, each whole, or none has changed.

    Each goes to a private name beside its place and is synced; only then are all renamed, as `replace_together` does. What a
    process that was killed at this left there goes.

    Raises
    ------
    DiskError : one of them cannot be written
    """
    sweep({Path(os.path.realpath(path)).parent for path in files}, aged=False)
    with contextlib.ExitStack() as temporary:
        moves: dict[Path, Path] = {}
        for path, content in files.items():
            place = Path(os.path.realpath(path))
            moves[place] = temporary.enter_context(staged(place, content, private=False))
        replace_together(moves)
