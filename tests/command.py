"""The command line in this process, with a fake encoder in place of the real one."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from evalmap.cli import main
from evalmap.data.store.jobs import NO_PROGRESS
from evalmap.tests.fakes import sentences


@dataclass(frozen=True)
class Result:
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        assert self.code == 0, self.err
        return json.loads(self.out)


@dataclass(frozen=True)
class Command:
    """`evalmap("build", "a.jsonl")`, as `cli.main` runs it, exit status and all; `home` is its workspace."""

    home: Path
    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def __call__(self, *arguments: str | Path) -> Result:
        self.monkeypatch.setenv(NO_PROGRESS, "off")  # a busy machine would tell of its progress on stderr
        self.monkeypatch.setattr(sys, "argv", ["evalmap", *map(str, arguments)])
        self.capsys.readouterr()
        code: Any = 0
        try:
            main.main()
        except SystemExit as error:
            code = error.code
        captured = self.capsys.readouterr()
        return Result(int(code or 0), captured.out, captured.err)


def rows(n: int = 60) -> list[dict[str, Any]]:
    return [{"text": text, "label": ["Yes", "No"][i % 2], "kept": i} for i, text in enumerate(sentences(n))]


def texts(*lines: object) -> bytes:
    """One JSON text a line."""
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def left(home: Path) -> list[str]:
    """What a command left in the workspace, the notes about builds and the locks aside."""
    files = (path.relative_to(home) for path in home.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in files if path.parts[0] not in ("jobs", "locks"))
