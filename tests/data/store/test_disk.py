"""What the disk refuses is one sentence, and nothing that was refused looks whole."""

import errno
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalmap.bench.torture.file_layer import FAULTS, FileLayer
from evalmap.data.store import atomic, disk
from evalmap.data.store.disk import DiskError


def refusing(number: int, name: str | None = None) -> OSError:
    return OSError(number, os.strerror(number), name) if name else OSError(number, os.strerror(number))


@pytest.mark.parametrize(
    ("number", "mend"),
    [
        (errno.ENOSPC, "Make room on that disk, or choose another folder."),
        (errno.EDQUOT, "Remove files of yours from that disk, or choose another folder."),
        (errno.EROFS, "Make that disk writable, or choose another folder."),
        (errno.EACCES, "Mend the permissions, or choose another folder."),
        (errno.EIO, "Check that disk, or choose another folder."),
        (errno.EMFILE, "Allow more open files (ulimit -n), and try again."),
        (errno.EFBIG, "Check the folder "),
    ],
)
def test_every_refusal_says_what_where_why_and_what_to_do(tmp_path: Path, number: int, mend: str):
    with pytest.raises(DiskError) as raised, disk.writing(tmp_path / "a"):
        raise refusing(number)
    said = str(raised.value)
    assert said.startswith(f"{tmp_path / 'a'}: cannot be written ({os.strerror(number)}")
    assert mend in said
    assert ("B free)" in said) == (number in (errno.ENOSPC, errno.EDQUOT))


def test_an_error_without_a_number_tells_how_much_room_there_is(tmp_path: Path):
    said = r"a/b: cannot be written \(12 requested and 4 written; .* free\)\. Make room"
    with pytest.raises(DiskError, match=said), disk.writing(tmp_path / "a" / "b"):
        raise OSError("12 requested and 4 written")


def test_what_cannot_be_read_while_something_is_written_is_told_as_read(tmp_path: Path):
    said = r"other/vectors\.npy: cannot be read \(Input/output error\)\. Check that disk"
    with pytest.raises(DiskError, match=said), disk.writing(tmp_path / "entry"):
        raise refusing(errno.EIO, str(tmp_path.parent / "other" / "vectors.npy"))


def test_a_file_that_is_not_there_is_still_told_apart(tmp_path: Path):
    with pytest.raises(FileNotFoundError), disk.reading(tmp_path / "a"):
        (tmp_path / "a").read_bytes()


def test_a_file_that_was_there_a_moment_ago_was_removed_meanwhile(tmp_path: Path):
    said = r"a: cannot be read \(No such file or directory\)\. It was removed meanwhile; try again\."
    with pytest.raises(DiskError, match=said), disk.reading(tmp_path, is_there=True):
        (tmp_path / "a").read_bytes()


def test_an_error_goes_to_another_process_and_comes_back_the_same():
    error = pickle.loads(pickle.dumps(DiskError("full.", "out")))
    assert (type(error), str(error), error.settings) == (DiskError, "full.", ("out",))


def test_a_folder_that_cannot_be_listed_is_not_an_empty_one(tmp_path: Path):
    for name in ("b.json", "a.json", ".c.json", "d.txt"):
        (tmp_path / name).touch()
    assert disk.names(tmp_path, ".json") == ["a.json", "b.json"]
    assert disk.names(tmp_path / "none") == []
    with (
        FileLayer((tmp_path,), FAULTS["EMFILE"], at=1).installed(),
        pytest.raises(DiskError, match=r"cannot be read \(Too many open files\)"),
    ):
        disk.names(tmp_path)


@pytest.mark.parametrize("array", [np.arange(200), np.zeros((0, 3), dtype=np.float32), np.ones(7, dtype=bool), np.float64(2)])
def test_an_array_is_saved_with_the_bytes_of_numpy(tmp_path: Path, array: Any):
    np.save(tmp_path / "numpy.npy", array)
    disk.save_array(tmp_path / "ours.npy", array)
    assert (tmp_path / "ours.npy").read_bytes() == (tmp_path / "numpy.npy").read_bytes()


CUT = """
import resource, sys
import numpy as np
from pathlib import Path
from evalmap.data.store import atomic, disk
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    with atomic.new_folder(Path(sys.argv[1])) as folder:
        disk.save_array(folder / "a.npy", np.arange(int(sys.argv[2])))
except disk.DiskError as error:
    print(error)
"""


@pytest.mark.parametrize("size", [200, 100_000])
def test_an_array_that_the_system_cuts_off_is_never_published(tmp_path: Path, size: int):
    """The system's own refusal, not a made-up one: no file may grow beyond 1,000 bytes."""
    command = [sys.executable, "-c", CUT, str(tmp_path / "entry"), str(size)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert said.startswith(f"{tmp_path / 'entry'}: cannot be written (File too large")
    assert os.listdir(tmp_path) == []


def test_numpy_itself_does_not_tell(tmp_path: Path):
    """Why there is `save_array`: once this fails, `np.save` will do."""
    script = """
import os, resource, numpy as np
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
np.save("a.npy", np.arange(200))
print(os.path.getsize("a.npy"))
"""
    ended = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=False, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (0, "1000\n"), "numpy tells now of an array that is cut off"


def write_a_file(place: Path) -> None:
    atomic.write_bytes(place / "in" / "a", b"new" * 1000)


def write_a_folder(place: Path) -> None:
    with atomic.new_folder(place / "in" / "entry") as folder:
        disk.save_array(folder / "a.npy", np.arange(10))
        (folder / "b.json").write_text("{}")


def write_two(place: Path) -> None:
    (place / "in").mkdir(exist_ok=True)
    a, b = place / "in" / "a", place / "in" / "b"
    with atomic.staged(a, b"new a") as first, atomic.staged(b, b"new b") as second:
        atomic.replace_together({a: first, b: second})


def test_a_file_that_cannot_be_taken_back_keeps_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    a, b, c = (tmp_path / name for name in "abc")
    replace, unlink = os.replace, Path.unlink

    def refuse_c(source: Path, place: Path) -> None:
        if place == c:
            raise PermissionError(errno.EACCES, "Permission denied")
        replace(source, place)

    def keep_a(path: Path, missing_ok: bool = False) -> None:
        if path == a:
            raise PermissionError(errno.EACCES, "Permission denied")
        unlink(path, missing_ok=missing_ok)

    with atomic.staged(a, b"a") as first, atomic.staged(b, b"b") as second, atomic.staged(c, b"c") as third:
        monkeypatch.setattr(os, "replace", refuse_c)
        monkeypatch.setattr(Path, "unlink", keep_a)
        with pytest.raises(disk.DiskError):
            atomic.replace_together({a: first, b: second, c: third})
        monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def content(place: Path) -> dict[str, bytes]:
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", [name for name in FAULTS if name not in ("kill", "EIO-read")])
@pytest.mark.parametrize("write", [write_a_file, write_a_folder, write_two])
def test_whatever_is_refused_the_old_is_whole_and_nothing_else_is_there(tmp_path: Path, write: Callable[[Path], None], name: str):
    """Every operation in turn. Where files cannot be removed either, one of ours may stay under its private name."""

    def fresh(number: object) -> Path:
        place = tmp_path / str(number)
        (place / "in").mkdir(parents=True)
        (place / "in" / "a").write_bytes(b"old a")
        (place / "in" / "b").write_bytes(b"old b")
        return place

    place = fresh("counted")
    old = content(place)
    with FileLayer((place,), FAULTS[name]).installed() as layer:
        write(place)
    new = content(place)
    assert layer.seen
    assert new != old
    refused = []
    for at, (kind, _) in enumerate(layer.seen, 1):
        place = fresh(at)
        try:
            with FileLayer((place,), FAULTS[name], at).installed():
                write(place)
        except DiskError as error:
            refused.append((str(error), str(place)))
        left = content(place)
        if name in ("EROFS", "EACCES") or kind == "unlink":
            left = {path: data for path, data in left.items() if "/." not in path}
        missing = name in ("EROFS", "EACCES") and write is write_two and (left.items() < old.items() or left.items() < new.items())
        assert missing or left in (old, new), layer.seen[at - 1]
    assert refused
    assert [said for said, place in refused if place not in said or "\n" in said] == []
