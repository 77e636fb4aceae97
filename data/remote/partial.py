"""A file in the making: `target.part` until it is whole, then `target`."""

import contextlib
import hashlib
import json
import os
from pathlib import Path
from types import TracebackType

from evalmap.data.errors import DatasetError
from evalmap.data.store import atomic

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


class PartialFile:
    """Bytes that become `target` only by `publish`; what was there before stays until then.

    The part is held by one process at a time. It outlives a failed attempt, and `target.origin.part` remembers which state of
    which address it is the beginning of. Leaving the context without `publish` keeps the part, unless it is empty.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(target.name + ".part")
        self._origin = target.with_name(target.name + ".origin.part")
        self._published = False

    def __enter__(self) -> "PartialFile":
        """Open the part for writing at its end.

        Raises
        ------
        DatasetError : another process is at it
        OSError : the folder cannot be made or written
        """
        self.target.parent.mkdir(parents=True, exist_ok=True)
        while True:
            self._file = open(self.path, "a+b")
            if fcntl is None:
                return self
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                self._file.close()
                raise DatasetError(f"{self.target.name}: is being fetched already. Wait until that is done.") from None
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(self._file.fileno()), os.stat(self.path)):
                    return self
            self._file.close()  # whoever held it has published or removed it meanwhile: open the next one

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if not self._published and self.size() == 0:
            self.path.unlink(missing_ok=True)
        self._file.close()

    def size(self) -> int:
        self._file.flush()
        return os.fstat(self._file.fileno()).st_size

    def validator(self, url: str) -> str | None:
        """What the server must still say (ETag or date) for the part to be a beginning of the file at `url`; None if unknown."""
        try:
            origin = json.loads(self._origin.read_text("utf-8"))
            return origin["validator"] if origin["url"] == url else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def restart(self, url: str, etag: str | None, modified: str | None) -> None:
        """Begin anew with the file at `url`; a weak ETag vouches for no bytes (RFC 9110, 13.1.5)."""
        self.empty()
        validator = etag if etag and not etag.startswith("W/") else modified
        if validator:
            self._origin.write_text(json.dumps({"url": url, "validator": validator}), "utf-8")

    def append(self, chunk: bytes) -> None:
        self._file.write(chunk)

    def digest(self) -> str:
        """SHA-256 of what is there, in hex."""
        self._file.flush()
        with open(self.path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def empty(self) -> None:
        self._file.flush()
        self._file.truncate(0)
        self._origin.unlink(missing_ok=True)

    def publish(self) -> None:
        """Make the part the target, durably."""
        self._file.flush()
        os.fsync(self._file.fileno())
        if fcntl is None:
            self._file.close()  # Windows renames no open file
        os.replace(self.path, self.target)
        self._published = True
        self._origin.unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # Windows opens no folders
            atomic.sync(self.target.parent)
