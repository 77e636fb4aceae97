"""`evalmap serve`: the site as a process that a terminal starts and ends."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from evalmap.data.store.workspace import Workspace
from evalmap.tests.command import Command
from evalmap.tools.server import free_port, started, wait_for_answer


@contextlib.contextmanager
def serving(tmp_path: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], str, Path]]:
    port = free_port()
    log = tmp_path / "serve.log"
    environment = {**os.environ, "EVALMAP_HOME": str(tmp_path / "home"), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "evalmap.cli", "serve", *arguments, "--port", str(port)]
    with log.open("wb") as output, started(command, cwd=tmp_path, environment=environment, output=output) as server:
        yield server, f"http://127.0.0.1:{port}", log


@pytest.mark.slow
def test_serve_prints_its_address_and_answers(tmp_path: Path):
    with serving(tmp_path) as (server, url, log):
        wait_for_answer(f"{url}/healthz", server, log)
        assert log.read_text().splitlines()[0] == f"Evalmap: {url}"
        server.terminate()  # the command alone, not its group: the site must end with it
        server.wait(20)
        with pytest.raises(RuntimeError, match="ended with exit status"):
            wait_for_answer(f"{url}/healthz", server, log, 3)
        with socket.socket() as asked:
            assert asked.connect_ex(("127.0.0.1", int(url.rsplit(":", 1)[1]))) != 0
    assert len(Workspace(tmp_path / "home").slugs()) >= 5


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The command lines that `serve` would become; it stays what it is, and its environment and folder go back."""
    lines: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, line: lines.append(line))
    monkeypatch.setattr(os, "chdir", lambda _: None)
    for name in ("EVALMAP_ALLOWED_HOSTS", "EVALMAP_WRITABLE", "EVALMAP_HOME"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    return lines


READ_ONLY = "Read-only: whoever reaches the site can look at all maps and change nothing.\n"
WARNING = "Warning: there is no log-in, and --writable lets whoever reaches the site change what is in it.\n"


@pytest.mark.parametrize(
    ("arguments", "address", "told", "warned"),
    [
        ((), "127.0.0.1:8501", "", ""),
        (("--host", "localhost"), "localhost:8501", "", ""),
        (("--host", "::1"), "[::1]:8501", "", ""),
        (("--allowed-host", "localhost:9000"), "127.0.0.1:8501", "", ""),
        (("--writable",), "127.0.0.1:8501", "", ""),
        (("--host", "0.0.0.0"), "127.0.0.1:8501", READ_ONLY, ""),
        (("--host", "::"), "[::1]:8501", READ_ONLY, ""),
        (("--allowed-host", "maps.example.org"), "127.0.0.1:8501", READ_ONLY, ""),
        (("--host", "0.0.0.0", "--writable"), "127.0.0.1:8501", "", WARNING),
    ],
)
def test_serve_says_what_visitors_may_do(
    arguments: tuple[str, ...], address: str, told: str, warned: str, evalmap: Command, executed: list[list[str]]
):
    found = evalmap("serve", *arguments)
    assert (found.code, found.out, found.err) == (0, f"Evalmap: http://{address}\n{told}", warned)
    assert len(executed) == 1


def test_serve_hands_its_settings_on(evalmap: Command, executed: list[list[str]]):
    evalmap("serve", "--allowed-host", "Maps.example.org", "--allowed-host", "localhost:9000", "--writable")
    assert os.environ["EVALMAP_ALLOWED_HOSTS"] == "maps.example.org,localhost:9000"
    assert os.environ["EVALMAP_WRITABLE"] == "1"


def test_serve_tells_a_mistyped_path_before_it_starts(evalmap: Command):
    found = evalmap("serve", "nothing-here.jsonl")
    assert (found.code, found.out) == (1, "")
    assert found.err == "nothing-here.jsonl: no such file or folder. Check the path.\n"
