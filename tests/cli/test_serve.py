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


def test_serve_tells_a_mistyped_path_before_it_starts(evalmap: Command):
    found = evalmap("serve", "nothing-here.jsonl")
    assert (found.code, found.out) == (1, "")
    assert found.err == "nothing-here.jsonl: no such file or folder. Check the path.\n"
