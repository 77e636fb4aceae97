"""What the commands share: the workspace, paths, and how errors and names from files are printed."""

import os
from pathlib import Path

import pytest

from evalmap.cli import terminal
from evalmap.data.errors import DatasetError


def test_error_is_printed_with_the_options_that_mend_it(capsys: pytest.CaptureFixture[str]):
    terminal.print_error(terminal.sentence(DatasetError("a\x1b[2J.jsonl line 1: no text field.\nChoose it.", "text")))
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "a [2J.jsonl line 1: no text field. Choose it (--text).\n")


def test_line_with_words_from_files_stays_one_line(capsys: pytest.CaptureFixture[str]):
    terminal.print_line("m\x1b]0;owned\x07\nid forged\u202e")
    assert capsys.readouterr().out == "m ]0;owned  id forged \n"


def test_path_is_made_absolute_and_what_is_no_path_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.jsonl").touch()
    assert terminal.absolute("a.jsonl") == str(tmp_path / "a.jsonl")
    assert terminal.absolute("owner/name") == "owner/name"
    assert terminal.absolute("https://example.org/a.jsonl") == "https://example.org/a.jsonl"
    with pytest.raises(DatasetError, match=r"^caf\?\.jsonl: the name is not UTF-8\. Rename the file or folder\.$"):
        terminal.absolute(os.fsdecode(b"caf\xe9.jsonl"))


def test_workspace_must_be_a_folder(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match="not a folder"):
        terminal.open_workspace(tmp_path / "file")
    assert terminal.open_workspace(tmp_path / "new").root == tmp_path / "new"
