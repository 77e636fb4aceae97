"""`evalmap answers import | list | remove` from a terminal."""

import os
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from evalmap.answers.store import AnswerStore
from evalmap.cli.main import app
from evalmap.data.store.workspace import Workspace
from evalmap.tests.answers.maps import built, rows
from evalmap.tests.fakes import write_rows

ROWS = rows(20)
EVIL = "m\x1b]0;owned\x07\x1b[2J\nid forged\u202e"


def test_errors_that_name_hostile_files_do_not_steer_the_terminal(tmp_path: Path):
    environment = {**os.environ, "EVALMAP_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "evalmap.cli", "answers", "import", str(tmp_path / "a\x1b[31m.jsonl")]
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "no such file or folder" in done.stderr
    assert "\x1b" not in done.stderr


def test_names_from_files_do_not_steer_the_terminal(tmp_path: Path):
    space = Workspace(tmp_path / "home")
    built(space, tmp_path / "asked.jsonl", ROWS)
    said = [{"question": row["text"], "answer": "Yes", "model": EVIL} for row in (*ROWS, {"text": "never\x1b[2J\nasked"})]
    file = write_rows(tmp_path / "said.jsonl", said)
    home = ["--workspace", str(space.root)]
    for arguments in (["import", str(file)], ["import", str(file)], ["list"]):
        result = CliRunner().invoke(app, ["answers", *arguments, *home])
        assert result.exit_code == 0, result.output
        assert all(char.isprintable() or char == "\n" for char in result.output)
        assert not any(line.startswith("id forged") for line in result.output.splitlines())
    (record,) = AnswerStore(space).sets()
    assert record.info.model == EVIL  # kept as it is told
    result = CliRunner().invoke(app, ["answers", "remove", record.id[:6], *home])
    assert (result.exit_code, AnswerStore(space).sets()) == (0, [])


def test_columns_are_named_on_the_command_line(tmp_path: Path):
    space = Workspace(tmp_path / "home")
    built(space, tmp_path / "asked.jsonl", ROWS)
    home = ["--workspace", str(space.root)]
    strange = write_rows(tmp_path / "strange.jsonl", [{"asked": row["text"], "spoken": "Yes"} for row in ROWS])
    result = CliRunner().invoke(app, ["answers", "import", str(strange), "--columns", "answer=spoken,question=asked", *home])
    assert result.exit_code == 0, result.output
    assert "Columns read: asked as question, spoken as answer." in result.output
    gold = write_rows(tmp_path / "gold.jsonl", [{"question": row["text"], "answer": row["label"]} for row in ROWS])
    refused = CliRunner().invoke(app, ["answers", "import", str(gold), *home])
    assert refused.exit_code != 0
    named = CliRunner().invoke(app, ["answers", "import", str(gold), "--answer-field", "answer", *home])
    assert named.exit_code == 0, named.output
