"""Files and folders that appear whole or not at all, whatever happens in between."""

import errno
import os
import re
from pathlib import Path

import pytest

from evalmap.data.store import atomic
from evalmap.data.store.disk import DiskError
from evalmap.tests.paths import ROOT


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_when_the_block_ends_and_not_before(tmp_path: Path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with atomic.replacing(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
        (beside,) = set(names(tmp_path)) - {"a"}
        assert beside.startswith(".")
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["a"]


def test_an_error_in_the_block_leaves_the_old_file_and_nothing_else(tmp_path: Path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(TypeError), atomic.replacing(path) as file:
        file.write("no bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "a"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskError, match=r"a: cannot be written \(No space left on device; .* free\)\. Make room on that disk"):
        atomic.write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_staged_files_are_gone_unless_they_were_moved(tmp_path: Path):
    with atomic.staged(tmp_path / "a", b"1") as first, atomic.staged(tmp_path / "b", b"2", private=False) as second:
        assert names(tmp_path) == sorted([first.name, second.name])
        assert first.stat().st_mode & 0o777 == 0o600
        os.replace(second, tmp_path / "b")
    assert names(tmp_path) == ["b"]
    (tmp_path / "c").touch()
    assert (tmp_path / "b").stat().st_mode == (tmp_path / "c").stat().st_mode


def test_a_folder_appears_whole_and_the_first_of_two_stays(tmp_path: Path):
    with atomic.new_folder(tmp_path / "in" / "a") as slow:
        with atomic.new_folder(tmp_path / "in" / "a") as fast:
            (fast / "x").write_text("fast")
            assert not (tmp_path / "in" / "a").exists()
        (slow / "x").write_text("slow")
    assert (tmp_path / "in" / "a" / "x").read_text() == "fast"
    assert names(tmp_path / "in") == ["a"]


def test_an_error_leaves_no_folder(tmp_path: Path):
    with pytest.raises(TypeError), atomic.new_folder(tmp_path / "a") as folder:
        (folder / "x").write_text(b"no text")  # type: ignore[arg-type]
    assert names(tmp_path) == []


def test_what_is_appended_follows_the_whole_lines_and_half_a_line_goes(tmp_path: Path):
    path = tmp_path / "folder" / "journal.jsonl"
    atomic.append(path, b"one\n", after=0)
    path.write_bytes(b"one\ntw")  # killed in the middle
    atomic.append(path, b"two\n", after=4)
    assert path.read_bytes() == b"one\ntwo\n"


def test_what_cannot_be_appended_whole_is_cut_off_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "journal.jsonl"
    atomic.append(path, b"one\n", after=0)

    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DiskError, match="journal"):
        atomic.append(path, b"two\n", after=4)
    assert path.read_bytes() == b"one\n"


def test_the_disk_is_synced_in_one_place():
    """Beside it: a file that grows while it is fetched, and a journal that is only ever appended to."""
    rooms = ("data", "embeddings", "screening", "answers", "pages", "cli")
    ours = [path for room in rooms for path in (ROOT / room).rglob("*.py")]
    syncing = {path.relative_to(ROOT).as_posix() for path in ours if re.search(r"\bos\.fsync\(", path.read_text("utf-8"))}
    assert syncing == {"data/store/atomic.py", "data/remote/partial.py", "answers/asking/journal.py"}
