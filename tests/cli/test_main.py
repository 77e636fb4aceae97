"""The command line: how it ends, and its help."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from evalmap.cli import main
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import load_map
from evalmap.tests.command import Command, left, rows
from evalmap.tests.fakes import write_rows
from evalmap.tests.paths import ROOT

PERSONA = ROOT / "data" / "samples" / "persona" / "prefers-careful-planning.jsonl"


@pytest.mark.parametrize(
    "arguments",
    [
        ("build",),
        ("build", "a.jsonl", "--k", "0"),
        ("build", "a.jsonl", "--k", "ten"),
        ("build", "a.jsonl", "--seed", "-1"),
        ("build", "a.jsonl", "--seed", str(2**32)),
        ("build", "a.jsonl", "--n-neighbors", "1"),
        ("build", "a.jsonl", "--min-dist", "1"),
        ("build", "a.jsonl", "--part", "half"),
        ("build", "a.jsonl", "b.jsonl", "--name", "both"),
        ("build", "a.jsonl", "--nonsense"),
        ("info",),
        ("fetch", "anthropic-evals", "--group", "nope"),
        ("serve", "--port", "0"),
        ("nonsense",),
    ],
)
def test_bad_usage_ends_with_2_and_builds_nothing(evalmap: Command, arguments: tuple[str, ...]):
    write_rows(Path("a.jsonl"), rows(6))
    found = evalmap(*arguments)
    assert found.code == 2
    assert "Usage:" in found.err
    assert "Traceback" not in found.err
    assert not evalmap.home.exists() or left(evalmap.home) == []


def test_help_names_every_command():
    result = CliRunner().invoke(main.app, ["--help"])
    assert result.exit_code == 0
    for command in ("build", "info", "list", "remove", "fetch", "serve"):
        assert re.search(rf"^  {command} ", result.stdout, re.MULTILINE)


# As a process of its own


def process(*arguments: str | Path, home: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "EVALMAP_HOME": str(home), "HF_HUB_OFFLINE": "1", "EVALMAP_PROGRESS": "off"}
    command = [sys.executable, "-m", "evalmap.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)


def test_process_ends_with_0_1_and_2(tmp_path: Path):
    (tmp_path / "empty.csv").touch()
    listed = process("list", home=tmp_path / "home", folder=tmp_path)
    assert (listed.returncode, listed.stdout, listed.stderr) == (0, "", "")
    bad = process("build", "empty.csv", home=tmp_path / "home", folder=tmp_path)
    assert (bad.returncode, bad.stdout) == (1, "")
    assert bad.stderr == "empty.csv: the file is empty. Expected at least one row.\n"
    assert left(tmp_path / "home") == []
    wrong = process("build", home=tmp_path / "home", folder=tmp_path)
    assert wrong.returncode == 2
    assert "Traceback" not in wrong.stderr


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_process_builds_a_sample_with_the_real_model_and_a_clean_stderr(tmp_path: Path):
    home = tmp_path / "home"
    statement = process("build", PERSONA, home=home, folder=tmp_path)
    assert (statement.returncode, statement.stderr) == (0, "")
    workspace = Workspace(home)
    before = np.array(load_map(workspace, workspace.find(str(PERSONA))).vectors)
    question = process("build", PERSONA, "--text", "question", home=home, folder=tmp_path)
    assert (question.returncode, question.stderr) == (0, "")
    info = json.loads(process("info", PERSONA, "--json", home=home, folder=tmp_path).stdout)
    assert (info["rows"], info["labels"], len(info["boilerplate"]["prefix"])) == (200, {"No": 100, "Yes": 100}, 53)
    assert np.array_equal(load_map(workspace, info["slug"]).vectors, before)
    offline = process("build", PERSONA, "--model", "no-such/model", home=home, folder=tmp_path)
    assert offline.returncode == 1
    assert re.fullmatch(
        r"model no-such/model: could not be loaded as a sentence-transformers model .* \(--model\)\.\n", offline.stderr
    )
