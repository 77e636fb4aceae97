"""The journal: on disk before it counts, whole after a kill, one writer at a time."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.asking import journal as module
from evalmap.answers.asking.journal import Journal, journal_path, read_journal
from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace

HEADER = {"run": "r1", "model": "stub"}
ANSWERS = {
    "a": RawAnswer(top_logprobs=[{"Yes": -0.25, "\ud800": -3.0, "No": float("-inf")}], text="Yes", top_token="Yes"),
    "b": RawAnswer(error="the server refused it"),
    "c": RawAnswer(option_logprobs={" Yes": -1.5}, answer_mass=0.5, bounded=True, text='"\n\u2028{'),
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return journal_path(Workspace(tmp_path), "r1")


def written(path: Path, answers: dict[str, RawAnswer] = ANSWERS) -> bytes:
    with Journal(path, HEADER) as journal:
        for key, answer in answers.items():
            journal.append(key, answer)
    return path.read_bytes()


def test_answers_are_read_back_as_they_were_written(path: Path):
    written(path)
    held = read_journal(path)
    assert dict(held.answers) == ANSWERS
    assert list(held.times) == ["a", "b", "c"]
    assert held.header == {"format": 1, **HEADER}
    assert path == path.parents[2] / "answers" / "runs" / "r1.jsonl"
    assert read_journal(path.with_name("none.jsonl")).answers == {}


def test_numbers_of_numpy_are_written_as_numbers(path: Path):
    written(path, {"a": RawAnswer(answer_mass=np.float32(0.5), top_logprobs=({"Yes": np.float32(-1.0)},))})  # pyright: ignore
    assert read_journal(path).answers == {"a": RawAnswer(answer_mass=0.5, top_logprobs=[{"Yes": -1.0}])}


def test_answer_is_synced_before_append_returns(path: Path, monkeypatch: pytest.MonkeyPatch):
    synced: list[bytes] = []
    with Journal(path, HEADER) as journal:
        monkeypatch.setattr(module.os, "fsync", lambda file: synced.append(path.read_bytes()))
        journal.append("a", ANSWERS["a"])
        assert [content.count(b"\n") for content in synced] == [2]
        journal.append("b", ANSWERS["b"])
        assert [content.count(b"\n") for content in synced] == [2, 3]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cut=st.integers(min_value=0))
def test_cut_anywhere_loses_only_the_torn_line(path: Path, cut: int):
    path.unlink(missing_ok=True)
    whole = written(path)
    left = whole[: cut % (len(whole) + 1)]
    path.write_bytes(left)
    kept = max(0, left.count(b"\n") - 1)
    assert list(read_journal(path).answers) == list(ANSWERS)[:kept]
    with Journal(path, HEADER) as journal:
        assert list(journal.written.answers) == list(ANSWERS)[:kept]
        journal.append("d", ANSWERS["a"])
    assert list(read_journal(path).answers) == [*list(ANSWERS)[:kept], "d"]
    assert all(json.loads(line) for line in path.read_bytes().splitlines())


def test_later_line_of_a_key_counts_and_damaged_lines_are_counted(path: Path):
    written(path)
    with path.open("ab") as file:
        file.write(b"\0\0\0\0\n[1]\n{}\n")
    with Journal(path, HEADER) as journal:
        assert (list(journal.written.answers), journal.written.damaged) == (["a", "b", "c"], 3)
        journal.append("b", ANSWERS["a"])
    assert read_journal(path).answers["b"] == ANSWERS["a"]


def test_second_writer_is_refused_until_the_first_is_gone(path: Path):
    with Journal(path, HEADER), pytest.raises(DatasetError, match="already going on in another process"):
        Journal(path, HEADER)
    Journal(path, HEADER).close()


def test_lock_of_a_killed_process_is_free(path: Path):
    script = (
        "import sys, time; from pathlib import Path; from evalmap.answers.asking.journal import Journal; "
        f"held = Journal(Path({str(path)!r}), {HEADER!r}); print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == b"held\n"
    with pytest.raises(DatasetError, match="another process"):
        Journal(path, HEADER)
    process.kill()
    process.wait()
    process.stdout.close()
    Journal(path, HEADER).close()


def test_journal_of_another_run_or_version_is_left_alone(path: Path):
    content = written(path)
    with pytest.raises(DatasetError, match=r"the journal of another run \(r1\)"):
        Journal(path, {"run": "r2"})
    assert path.read_bytes() == content
    path.write_text('{"format": 99}\n')
    with pytest.raises(DatasetError, match="no journal of this version"):
        Journal(path, HEADER)
    assert path.read_text() == '{"format": 99}\n'


def test_full_disk_is_one_sentence_and_leaves_the_journal_whole(path: Path, monkeypatch: pytest.MonkeyPatch):
    content = written(path)
    real = os.write

    def full(file: int, data: bytes) -> int:
        if len(data) < 40:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(file, data[:30])

    with Journal(path, HEADER) as journal:
        monkeypatch.setattr(module.os, "write", full)
        with pytest.raises(DatasetError, match=r"cannot be written \(No space left on device; .* free\)\. Make room"):
            journal.append("d", ANSWERS["b"])
        monkeypatch.undo()
        assert path.read_bytes() == content
        journal.append("d", ANSWERS["b"])
    assert list(read_journal(path).answers) == ["a", "b", "c", "d"]
