"""Commands whose own files are refused: one sentence, nothing half written, and what was acknowledged is kept."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from evalmap.answers.asking.journal import journal_path, read_journal
from evalmap.answers.store import AnswerStore
from evalmap.bench.torture.file_layer import FAULTS, FileLayer
from evalmap.data.store.workspace import Workspace
from evalmap.tests.answers import maps, report_map
from evalmap.tests.answers.stub_server import StubServer
from evalmap.tests.command import Command, Result, rows
from evalmap.tests.fakes import write_rows

REFUSED = ("ENOSPC", "EDQUOT", "EROFS", "EACCES", "EIO", "EMFILE")


def is_a_sentence(result: Result) -> bool:
    return result.code == 1 and result.err.count("\n") == 1 and "Traceback" not in result.err


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(roots: tuple[Path, ...], name: str, do: Callable[[], Result]) -> tuple[Result, str]:
    """Do it with the error at the middle of the operations that it can meet, and say which that was."""
    with FileLayer(roots, FAULTS[name]).installed() as counted:
        do()
    at = len(counted.seen) // 2 + 1
    with FileLayer(roots, FAULTS[name], at).installed() as layer:
        return do(), f"{name} at {layer.seen[at - 1] if len(layer.seen) >= at else '?'}"


@pytest.mark.parametrize("name", REFUSED)
def test_a_report_and_an_export_are_written_whole_or_not_at_all(evalmap: Command, tmp_path: Path, name: str):
    report_map.home(tmp_path)
    out = tmp_path / "out"
    for command in (
        ("answers", "report", "asked", "--out", out / "r.json", "--html", out / "r.html"),
        ("answers", "export", "asked", "--out", out / "answers.csv"),
        ("answers", "export", "asked", "--clusters", "--out", out / "clusters.parquet"),
    ):
        out.mkdir()
        result, where = refused((out,), name, lambda command=command: evalmap(*command))
        whole = content(out)
        assert is_a_sentence(result), (where, result)
        assert str(out) in result.err
        assert not [path for path in whole if path.startswith(".")] or name in ("EROFS", "EACCES"), where
        for path in [*out.iterdir()]:
            path.unlink()
        out.rmdir()


def test_a_run_that_meets_a_full_disk_keeps_what_was_acknowledged(
    evalmap: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in [name for name in os.environ if name.startswith("OPENAI")]:
        monkeypatch.delenv(name)
    space = Workspace(evalmap.home)
    maps.built(space, tmp_path / "likes.jsonl", maps.rows(40))
    runs = space.root / "answers" / "runs"
    with StubServer() as server:
        ask = ("answers", "run", "likes", "--base-url", server.url, "--model", "stub-1", "--concurrency", "4")
        for at in (1, 7, 24, 41):
            with FileLayer((runs,), FAULTS["ENOSPC"], at).installed():
                stopped = evalmap(*ask)
            assert is_a_sentence(stopped), stopped
            assert "No space left on device" in stopped.err
            paths = list(runs.glob("*.jsonl"))
            held = [len(read_journal(path).answers) for path in paths]
            assert [read_journal(path).damaged for path in paths] == [0] * len(paths)
        asked = len(server.asked)
        assert evalmap(*ask).code == 0
        assert len(server.asked) - asked == 40 - held[0]
    (record,) = AnswerStore(space).sets()
    assert record.n_ok == 40


def test_half_a_line_that_cannot_be_cut_off_spoils_no_later_answer(tmp_path: Path):
    from evalmap.answers.answer_types import RawAnswer
    from evalmap.answers.asking.journal import Journal

    path = journal_path(Workspace(tmp_path), "r")
    with Journal(path, {"run": "r"}) as journal:
        journal.append("a", RawAnswer(answer="Yes"))
        real = os.write
        with pytest.MonkeyPatch.context() as patch:

            def half(file: int, data: bytes) -> int:
                if len(data) < 30:
                    raise OSError(5, "Input/output error")
                return real(file, data[:-20])

            def refuses(file: int, size: int) -> None:
                raise OSError(5, "Input/output error")

            patch.setattr(os, "write", half)
            patch.setattr(os, "ftruncate", refuses)
            with pytest.raises(ValueError, match="Input/output error"):
                journal.append("b", RawAnswer(answer="No"))
        journal.append("c", RawAnswer(answer="No"))
    found = read_journal(path)
    assert (list(found.answers), found.damaged) == (["a", "c"], 0)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_output_that_goes_to_a_full_disk_is_one_sentence(evalmap: Command):
    write_rows(Path("set.jsonl"), rows())
    assert evalmap("build", "set.jsonl", "--k", "4").code == 0
    for command in (("list",), ("info", "set"), ("info", "set", "--json")):
        with open("/dev/full", "w") as full:
            line = [sys.executable, "-m", "evalmap.cli", *command, "--workspace", str(evalmap.home)]
            ended = subprocess.run(line, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert (ended.returncode, ended.stderr.count("\n")) == (1, 1), ended.stderr
        assert ended.stderr.startswith("standard output: cannot be written (No space left on device")


@pytest.mark.parametrize("name", ["EIO-read", "EMFILE"])
def test_what_cannot_be_read_is_one_sentence(evalmap: Command, name: str):
    """A dataset, a manifest, an entry: at every look in turn, for each command that reads."""
    write_rows(Path("set.jsonl"), rows())
    assert evalmap("build", "set.jsonl", "--k", "4").code == 0
    for command in (("list",), ("info", "set"), ("build", "set.jsonl", "--k", "4"), ("screen", "set.jsonl")):
        roots = (evalmap.home, Path.cwd())
        with FileLayer(roots, FAULTS[name]).installed() as counted:
            assert evalmap(*command).code == 0
        for at in range(1, len(counted.seen) + 1, max(1, len(counted.seen) // 12)):
            with FileLayer(roots, FAULTS[name], at).installed() as layer:
                result = evalmap(*command)
            told = command == ("list",) and result.code == 0 and result.err.count("\n") <= 1
            assert told or result.code == 0 or is_a_sentence(result), (command, layer.seen[at - 1], result)
