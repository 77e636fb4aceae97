"""Who is at work in a workspace: short locks for what only one may do at a time, and leases for entries that must stay meanwhile.

    locks/<name>.lock       held for moments; whoever only reads takes none
    locks/leases/<uuid>     the entries that one piece of work found or made, held locked as long as it lasts

All are locks of the operating system on an open file (flock): they end with the process that holds them, however it ends.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, lock_descriptor

from evalmap.data.store import disk

Entry = tuple[str, str]  # (stage, key)
_READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)


@contextmanager
def lock(root: Path, name: str) -> Iterator[None]:
    """A lock of a workspace, to be held for moments: `with lock(root, "entries")`. The thread that holds it may take it again.

    Raises
    ------
    DiskError : the file of the lock can't be made
    """
    folder = root / "locks"
    with disk.writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        held = FileLock(folder / f"{name}.lock", is_singleton=True, poll_interval=0.01)
        held.acquire()
    try:
        yield
    finally:
        held.release()


class Lease:
    """The entries that a piece of work needs: as long as it lasts, nobody removes them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._entries: set[Entry] = set()
        folder = root / "locks" / "leases"
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / uuid4().hex
        with lock(root, "entries"):  # until it is held, whoever looks would take it for one of a process that is gone
            leased_entries(root)  # clears away what killed processes left
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            lock_descriptor(self._file)

    def note(self, stage: str, key: str) -> None:
        """Have an entry stay: one that is there when this returns is there until the lease ends."""
        if (stage, key) in self._entries:
            return
        with lock(self._root, "entries"), disk.writing(self._path):
            os.write(self._file, f"{stage}/{key}\n".encode())
        self._entries.add((stage, key))

    def end(self) -> None:
        """Let go of the entries."""
        with suppress(OSError):  # then it is cleared away when the next work begins
            self._path.unlink(missing_ok=True)
        os.close(self._file)  # gives the lock back


@contextmanager
def lease(root: Path) -> Iterator[Lease | None]:
    """A lease for the block; None where nothing can be written: whoever may not note an entry may not make one either."""
    try:
        held = Lease(root)
    except (OSError, disk.DiskError) as error:
        refusal = error if isinstance(error, OSError) else error.__cause__
        if not isinstance(refusal, OSError):
            raise
        if refusal.errno not in _READ_ONLY:
            raise disk.refused(refusal, root, "written") from error
        held = None
    try:
        yield held
    finally:
        if held:
            held.end()


def leased_entries(root: Path) -> set[Entry]:
    """The entries that must stay, of all work under way in any process; call it with the lock "entries" held.

    Leases of processes that are gone are cleared away.
    """
    found: set[Entry] = set()
    folder = root / "locks" / "leases"
    for path in (folder / name for name in disk.names(folder)):
        with suppress(FileNotFoundError):  # it has ended meanwhile
            descriptor = os.open(path, os.O_RDWR)
            try:
                if lock_descriptor(descriptor, blocking=False):
                    path.unlink(missing_ok=True)
                    continue
                lines = os.pread(descriptor, os.fstat(descriptor).st_size, 0).decode().splitlines()
            finally:
                os.close(descriptor)
            found.update((stage, key) for stage, _, key in (line.partition("/") for line in lines))
    return found
