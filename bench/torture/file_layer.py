"""A layer between this process and its files: it counts what is done to them, and at a chosen operation refuses it or kills.

It stands in the place of `open` and of what `os` does to files, below folders that are named. What C code writes by itself is not
seen; so what `open` gives is no file that numpy or Arrow would take for one, and they write through it. The project itself has no
hook for this: whoever installs the layer is a test.
"""

import builtins
import contextlib
import errno
import fcntl
import io
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NEED_ROOM = frozenset({"open", "write", "fsync", "mkdir", "link"})  # what a full disk refuses
CHANGE = NEED_ROOM | {"rename", "unlink", "rmdir", "truncate"}  # what a read-only one refuses
TAKE_A_HANDLE = frozenset({"open", "read", "list"})  # what fails where too many files are open
ALL = CHANGE | TAKE_A_HANDLE


@dataclass(frozen=True)
class Fault:
    """What goes wrong.

    Attributes
    ----------
    kinds : of operations that it concerns
    number : the error; None kills the process with SIGKILL instead
    once : only the operation that was chosen; else every one from there on
    """

    kinds: frozenset[str]
    number: int | None = None
    once: bool = False


FAULTS = {
    "kill": Fault(CHANGE),
    "ENOSPC": Fault(NEED_ROOM, errno.ENOSPC),
    "EDQUOT": Fault(NEED_ROOM, errno.EDQUOT),
    "EROFS": Fault(CHANGE, errno.EROFS),
    "EACCES": Fault(CHANGE, errno.EACCES),
    "EIO": Fault(CHANGE, errno.EIO, once=True),
    "EIO-read": Fault(frozenset({"read", "list"}), errno.EIO, once=True),
    "EMFILE": Fault(TAKE_A_HANDLE, errno.EMFILE, once=True),
}


@dataclass
class FileLayer:
    """Counts the operations of `fault.kinds` on files below `roots`, and lets the fault happen at the `at`-th (from 1).

    Attributes
    ----------
    at : None only counts
    seen : (kind, path) of every operation that counted
    """

    roots: tuple[Path, ...]
    fault: Fault
    at: int | None = None
    seen: list[tuple[str, str]] = field(default_factory=list)

    def step(self, kind: str, path: str, half: Callable[[], object] | None = None) -> None:
        """An operation is about to be done; `half` does half of it, where there is a half.

        Raises
        ------
        OSError : the fault
        """
        if kind not in self.fault.kinds or not any(path == root or path.startswith(f"{root}{os.sep}") for root in self._roots):
            return
        self.seen.append((kind, path))
        if self.at is None or len(self.seen) < self.at or (self.fault.once and len(self.seen) > self.at):
            return
        if self.fault.number is None:
            if half:
                half()
            os.kill(os.getpid(), signal.SIGKILL)
        else:
            if half and self.fault.number == errno.ENOSPC and len(self.seen) == self.at:
                half()  # a disk takes what it has room for
            raise OSError(self.fault.number, os.strerror(self.fault.number), path)

    @contextlib.contextmanager
    def installed(self) -> Iterator["FileLayer"]:
        """This process goes through the layer until the block ends."""
        self._roots = tuple(os.path.realpath(root) for root in self.roots)
        before = {(place, name): getattr(place, name) for place, name in _REPLACED if hasattr(place, name)}
        for (place, name), real in before.items():
            wrapper = (_os_open if place is os else _open) if name == "open" else _WRAPPERS[name]
            setattr(place, name, wrapper(self, real))
        try:
            yield self
        finally:
            for (place, name), real in before.items():
                setattr(place, name, real)


def _absolute(path: Any, folder: int | None = None) -> str:
    if isinstance(path, int):
        return _path_of(path)
    written = os.path.abspath(os.path.join(_path_of(folder), os.fsdecode(path)) if folder is not None else os.fsdecode(path))
    return os.path.join(os.path.realpath(os.path.dirname(written)), os.path.basename(written))


def _path_of(descriptor: int) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        with contextlib.suppress(OSError):
            return os.fsdecode(fcntl.fcntl(descriptor, 50, bytes(1024)).rstrip(b"\0"))  # F_GETPATH of macOS
        return ""


class _Raw(io.FileIO):
    layer: FileLayer
    place: str

    def write(self, content: Any) -> int:
        data = memoryview(content).cast("B")
        self.layer.step("write", self.place, lambda: super(_Raw, self).write(data[: len(data) // 2]))
        return super().write(data)

    def truncate(self, size: int | None = None) -> int:
        self.layer.step("truncate", self.place)
        return super().truncate(size)


class _Buffered:
    """A buffered file that is no instance of Python's own, so that C code goes through its methods."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def __enter__(self) -> "_Buffered":
        return self

    def __exit__(self, *error: object) -> None:
        self._inner.close()

    def __iter__(self) -> Any:
        return iter(self._inner)


def _open(layer: FileLayer, real: Callable[..., Any]) -> Callable[..., Any]:
    def opened(
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        if opener is not None or not isinstance(file, (str, bytes, os.PathLike, int)):
            return real(file, mode, buffering, encoding, errors, newline, closefd, opener)
        place = _absolute(file)
        writes = any(letter in mode for letter in "wax+")
        if not isinstance(file, int):
            layer.step("open" if writes else "read", place)
        if not writes or not any(place.startswith(f"{root}{os.sep}") for root in layer._roots):
            return real(file, mode, buffering, encoding, errors, newline, closefd, opener)
        raw = _Raw(file, mode.replace("b", "").replace("t", ""), closefd)
        raw.layer, raw.place = layer, place
        buffered = _Buffered(io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw))
        return buffered if "b" in mode else io.TextIOWrapper(buffered, encoding, errors, newline)  # type: ignore[arg-type]

    return opened


def _os_open(layer: FileLayer, real: Callable[..., int]) -> Callable[..., int]:
    def opened(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        layer.step("open" if writes else "read", _absolute(path, dir_fd))
        return real(path, flags, mode, dir_fd=dir_fd)

    return opened


def _os_write(layer: FileLayer, real: Callable[..., int]) -> Callable[..., int]:
    def written(descriptor: int, data: Any) -> int:
        layer.step("write", _path_of(descriptor), lambda: real(descriptor, bytes(data)[: len(data) // 2]))
        return real(descriptor, data)

    return written


def _on(kind: str, at: int = 0) -> Callable[[FileLayer, Callable[..., Any]], Callable[..., Any]]:
    """A function of `os` that does something to the path, or the descriptor, that is its `at`-th argument."""

    def wrap(layer: FileLayer, real: Callable[..., Any]) -> Callable[..., Any]:
        def done(*arguments: Any, **named: Any) -> Any:
            path = arguments[at] if len(arguments) > at else "."
            layer.step(kind, _absolute(path, named.get("dir_fd")))
            return real(*arguments, **named)

        return done

    return wrap


_WRAPPERS: dict[str, Callable[[FileLayer, Callable[..., Any]], Callable[..., Any]]] = {
    "mkdir": _on("mkdir"),
    "rename": _on("rename", 1),
    "replace": _on("rename", 1),
    "link": _on("link", 1),
    "unlink": _on("unlink"),
    "remove": _on("unlink"),
    "rmdir": _on("rmdir"),
    "fsync": _on("fsync"),
    "ftruncate": _on("truncate"),
    "truncate": _on("truncate"),
    "sendfile": _on("write"),
    "listdir": _on("list"),
    "scandir": _on("list"),
    "write": _os_write,
}
_REPLACED: list[tuple[Any, str]] = [*((os, name) for name in _WRAPPERS), (os, "open"), (io, "open"), (builtins, "open")]
