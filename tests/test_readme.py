"""The README's commands do what it says: those in blocks marked <!-- runs --> run here, on the samples, in a new workspace.

Its Python runs beside a stranger's folders that are named like ours.
"""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from evalmap.tests.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"<!-- runs -->\n```python\n(.*?)```", README, re.DOTALL)
CONSOLE = re.compile(r"(<!-- runs -->\n)?```console\n(.*?)```", re.DOTALL)


def commands(*, marked: bool) -> list[list[str]]:
    """The commands of each console block, block by block."""
    blocks = [lines for mark, lines in CONSOLE.findall(README) if bool(mark) is marked]
    return [[line.removeprefix("$ ") for line in lines.splitlines() if line.startswith("$ ")] for lines in blocks]


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.parametrize("block", commands(marked=True), ids=lambda block: block[0])
def test_marked_commands_run(block: list[str], tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to(ROOT / "data")
    environment = {**os.environ, "EVALMAP_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "1"}
    for line in block:
        program, *arguments = shlex.split(line)
        assert program == "evalmap"
        command = [sys.executable, "-m", "evalmap.cli", *arguments]
        result = subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
        assert result.returncode == 0, f"{line}\n{result.stdout}\n{result.stderr}"
        assert result.stdout.strip(), line


@pytest.mark.model
@pytest.mark.slow
@pytest.mark.parametrize("block", PYTHON, ids=range(len(PYTHON)))
def test_python_runs_beside_a_strangers_folders_of_the_same_names(block: str, tmp_path: Path) -> None:
    for name in ("data/__init__.py", "pages/__init__.py", "cli.py", "screening.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("raise RuntimeError('a stranger')\n")
    (tmp_path / "data" / "samples").symlink_to(ROOT / "data" / "samples")
    environment = {**os.environ, "EVALMAP_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", block]
    result = subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip()


def test_every_python_block_runs() -> None:
    assert len(PYTHON) == README.count("```python")


@pytest.mark.parametrize("line", [line for block in commands(marked=False) for line in block])
def test_other_commands_name_what_exists(line: str) -> None:
    program, *arguments = shlex.split(line)
    assert program == "evalmap"
    command = [
        sys.executable,
        "-m",
        "evalmap.cli",
        *arguments[: 2 if arguments[0] in ("answers", "write") or arguments[:2] == ["quality", "judge"] else 1],
        "--help",
    ]
    environment = {**os.environ, "COLUMNS": "200"}
    result = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert [option for option in arguments if option.startswith("--") and option not in result.stdout] == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_named_exists(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"^ {4}make ([a-z-]+)|`make ([a-z-]+)`", text, re.MULTILINE))
    assert named
    assert {indented or quoted for indented, quoted in named} <= targets


def test_contributing_names_files_that_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(
        re.findall(
            r"\b(?:tests|data|embeddings|screening|answers|pages|docs)/[\w./]*\w(?![\w<])/?", text.replace("../shared/data", "")
        )
    )
    assert len(named) > 10
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_the_map_of_the_house_names_files_that_exist() -> None:
    """The first column names a room; files behind it stand in that room, or are told from the root with their room."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms, count, changes = re.split(r"## (\w+) changes", text, maxsplit=1)
    missing = []
    for room, named in re.findall(r"^\| `([\w/.]+)` \| [^|]* \| ([^|]*)\|$", rooms, re.MULTILINE):
        assert (ROOT / room).exists(), room
        missing += [f"{room}{name}" for name in re.findall(r"`([\w./]+)`", named) if not (ROOT / room / name).exists()]
    table = changes.partition("## A build")[0]
    for line in re.findall(r"^\| an? [^|]*\| ([^|]*)\|$", table, re.MULTILINE):
        names = re.findall(r"`([\w./<>]+)`( \(new\))?", line)
        assert 1 <= len(names) <= 3, line
        missing += [name for name, new in names if not new and not (ROOT / name).exists()]
    assert table.count("\n| a") == {"Sixteen": 16, "Seventeen": 17, "Eighteen": 18, "Nineteen": 19}[count]
    assert missing == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_every_local_link_leads_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]+)[^)]*\)", (ROOT / page).read_text(encoding="utf-8"))
    assert [link for link in links if not (ROOT / link).exists()] == []
