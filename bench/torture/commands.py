"""The commands of the terminal, each in a fork of this process: all is loaded and compiled once, and every run starts afresh."""

import contextlib
import io
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from evalmap.bench.torture.file_layer import FileLayer

PATIENCE = 120.0  # seconds


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes
    ----------
    code : its exit status; minus the signal that ended it; None where it hung and was killed
    err : what it printed to stderr
    operations : those that the file layer counted, as (kind, path)
    """

    code: int | None
    err: str
    operations: tuple[tuple[str, str], ...] = ()

    @property
    def sentence(self) -> bool:
        """Whether it ended as a person can read: status 1 and one line."""
        return self.code == 1 and self.err.count("\n") == 1 and "Traceback" not in self.err


class Running:
    """A command under way in a fork; `wait` says how it ended."""

    def __init__(self, arguments: Sequence[str | Path], folder: Path, layer: FileLayer | None = None) -> None:
        self._notes = Path(tempfile.mkdtemp(prefix="torture-"))
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            _be_the_command([str(argument) for argument in arguments], folder, layer, self._notes)

    def wait(self) -> Ended:
        until = time.monotonic() + PATIENCE
        status = None
        while status is None:
            done, found = os.waitpid(self.pid, os.WNOHANG)
            if done:
                status = os.waitstatus_to_exitcode(found)
            elif time.monotonic() > until:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
                break
            else:
                time.sleep(0.002)
        err = (self._notes / "err").read_text("utf-8", "replace")
        seen = self._notes / "seen.json"
        operations = tuple((kind, path) for kind, path in json.loads(seen.read_text())) if seen.exists() else ()
        shutil.rmtree(self._notes)
        return Ended(status, err, operations)


def run(arguments: Sequence[str | Path], folder: Path, layer: FileLayer | None = None) -> Ended:
    """Run `evalmap ARGUMENTS` in a folder, to its end."""
    return Running(arguments, folder, layer).wait()


def _be_the_command(arguments: list[str], folder: Path, layer: FileLayer | None, notes: Path) -> None:
    code = 70
    try:
        for number, name in ((1, "out"), (2, "err")):
            descriptor = os.open(notes / name, os.O_WRONLY | os.O_CREAT, 0o600)
            os.dup2(descriptor, number)
        os.chdir(folder)
        code = _main(arguments, layer)
        if layer:
            (notes / "seen.json").write_text(json.dumps(layer.seen))
    finally:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _main(arguments: list[str], layer: FileLayer | None) -> int:
    import traceback

    from evalmap.cli import main

    sys.argv = ["evalmap", *arguments]
    with layer.installed() if layer else contextlib.nullcontext():
        try:
            main.main()
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        except BaseException:
            traceback.print_exc()
            return 99
    return 0


def prepare() -> None:
    """Load and compile in this process what the forks then have: a small build, a screening, with a small encoder.

    Threads do not survive a fork, so all libraries are told to use one; see `__main__`.
    """
    from evalmap.embeddings import pipeline, vectors
    from evalmap.tests.fakes import FakeEncoder, sentences, write_rows

    pipeline.SentenceEncoder = lambda model: FakeEncoder()  # type: ignore[assignment,misc]
    vectors.SHARD_SECONDS = 0.0  # every batch leaves a shard
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        write_rows(Path("set.jsonl"), [{"text": text, "label": ("Yes", "No")[i % 2]} for i, text in enumerate(sentences(48))])
        Path("said.csv").write_text(
            "".join(["question,answer\n", *(f'"{text}",Yes\n' for text in sentences(48))]), encoding="utf-8"
        )
        for line in ("build set.jsonl --k 4", "screen set.jsonl --html out.html", "answers import said.csv", "list"):
            if _main([*line.split(), "--workspace", "home"], None):
                raise RuntimeError(f"{line}: did not go well before anything was tried")
