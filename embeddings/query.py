"""Search by meaning: one query at a time through an encoder that lives in a process of its own.

Loading the model takes seconds and its libraries hold the interpreter's lock while they load; the site must stay responsive.
The child writes READY, then reads one JSON text a line and answers with the vector in base64. It may die, hang or write anything:
the next query starts another one.
"""

import base64
import binascii
import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from typing import IO

import numpy as np

from evalmap.data.errors import DatasetError
from evalmap.embeddings.array_types import Vectors

READY = b"ready\n"
LOADING, ANSWERING = 300.0, 60.0  # seconds that the child gets; loading may fetch a model


class QueryEncoder:
    """Encodes single texts with the model that a map was built with. Safe to share between threads.

    Parameters
    ----------
    model : name or folder, as the map was built with
    dtype, model_key : what the map's vectors were made in and with; without them, what this machine takes, unchecked
    loading, answering : seconds after which the child counts as hung
    command : starts the child; default: this module
    """

    def __init__(
        self,
        model: str,
        *,
        dtype: str | None = None,
        model_key: str | None = None,
        loading: float = LOADING,
        answering: float = ANSWERING,
        command: Sequence[str] | None = None,
    ) -> None:
        self.model = model
        self._loading, self._answering = loading, answering
        own = (sys.executable, "-P", "-m", "evalmap.embeddings.query", model, dtype or "", model_key or "")
        self._command = tuple(command or own)
        self._lock = threading.Lock()
        self._child: _Child | None = None

    def warm(self) -> None:
        """Start loading the model without waiting for it."""
        if self._lock.acquire(blocking=False):
            try:
                self._running()
            finally:
                self._lock.release()

    def encode(self, text: str) -> Vectors:
        """(n_dims,) float32, unit norm. Half a surrogate pair, which no tokeniser takes, counts as a question mark.

        A child that was killed is replaced, and asked once more.

        Raises
        ------
        DatasetError : the model can't be loaded, or is another one than the map's; it hangs, dies again, or answers nonsense.
            The sentence holds the last line that the child wrote.
        """
        with self._lock:
            for last in (False, True):
                child = self._running()
                try:
                    if not child.ready:
                        child.wait_until_ready(self._loading)
                    return _vector(child.ask(text, self._answering))
                except _Died as died:
                    self.close()
                    if last or not died.was_ready:
                        raise self._error(died.was_ready, child.last_line()) from died
                except TimeoutError as error:
                    doing, seconds = ("answer", self._answering) if child.ready else ("load", self._loading)
                    self.close()
                    said = f" ({line})" if (line := child.last_line()) else ""
                    sentence = f"{self.model}: the model did not {doing} within {seconds:g} s{said}. It was stopped; search again."
                    raise DatasetError(sentence) from error
                except ValueError as error:
                    self.close()
                    raise DatasetError(f"{self.model}: the model's answer is no vector ({error}). Search again.") from error
        raise AssertionError("the second child has answered, or the error was raised")

    def close(self) -> None:
        """End the child."""
        if self._child:
            self._child.kill()
        self._child = None

    def _running(self) -> "_Child":
        if self._child is None or self._child.has_ended():
            self.close()
            self._child = _Child(self._command)
        return self._child

    def _error(self, was_ready: bool, line: str) -> DatasetError:
        said = f" ({line})" if line else ""
        if was_ready:
            return DatasetError(f"{self.model}: the model stopped twice while it searched{said}. Is there memory enough?")
        return DatasetError(f"{self.model}: the model could not be loaded to search with{said}. Build the map again.")


class _Died(Exception):
    """The child has ended; `was_ready`: it had loaded before."""

    def __init__(self, was_ready: bool) -> None:
        super().__init__()
        self.was_ready = was_ready


class _Child:
    """The process, and a thread that reads its lines so that waiting for one can end."""

    def __init__(self, command: Sequence[str]) -> None:
        self.ready = False
        self._errors: IO[bytes] = tempfile.TemporaryFile("a+b")  # noqa: SIM115 (closed by kill)
        self._said = ""
        self._process = subprocess.Popen(list(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors)
        self._lines: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def has_ended(self) -> bool:
        return self._process.poll() is not None

    def wait_until_ready(self, seconds: float) -> None:
        if (line := self._line(seconds)) != READY:
            raise ValueError(f"{line[:60]!r} where it should say that it is ready")
        self.ready = True

    def ask(self, text: str, seconds: float) -> bytes:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(text.encode("utf-8", "replace").decode()).encode() + b"\n")
            self._process.stdin.flush()
        except OSError as error:
            raise _Died(self.ready) from error
        return self._line(seconds)

    def last_line(self) -> str:
        """What it said last on stderr, at most 300 characters."""
        if not self._errors.closed:
            self._errors.seek(0, os.SEEK_END)
            self._errors.seek(max(0, self._errors.tell() - 4096))
            lines = [line for line in self._errors.read().decode("utf-8", "replace").splitlines() if line.strip()]
            self._said = lines[-1].strip()[:300].rstrip(".") if lines else ""
        return self._said

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        self.last_line()
        self._errors.close()
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def _line(self, seconds: float) -> bytes:
        """The next line; TimeoutError where none comes, _Died where none will."""
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            raise TimeoutError from None
        if not line.endswith(b"\n"):  # the end of its output, or half a line
            raise _Died(self.ready)
        return line

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as output:
            for line in output:
                self._lines.put(line)
        self._lines.put(b"")


def _vector(line: bytes) -> Vectors:
    """The vector of an answer; ValueError where it is none."""
    try:
        found = np.frombuffer(base64.b64decode(line.strip(), validate=True), dtype=np.float32)
    except (binascii.Error, ValueError):
        raise ValueError(f"{line[:60]!r}") from None
    if not len(found) or not abs(float(np.linalg.norm(found.astype(np.float64))) - 1) < 0.01:
        raise ValueError(f"{len(found)} numbers that are not of length 1")
    return found


def _serve(model: str, dtype: str, model_key: str) -> None:
    """The child: load, then answer line by line until the parent closes the pipe."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a library prints is no answer
    from evalmap.embeddings.encoder import SentenceEncoder

    try:
        encoder = SentenceEncoder(model, dtype=dtype or None)
        if model_key and encoder.model_key != model_key:
            raise DatasetError("its files, or its revision, are not those that the map was built with")
        list(encoder.encode(["warm"]))
    except DatasetError as error:
        sys.exit(str(error))
    answers.write(READY)
    for line in sys.stdin.buffer:
        (_, vectors, _) = next(iter(encoder.encode([json.loads(line)])))
        answers.write(base64.b64encode(vectors[0].tobytes()) + b"\n")


if __name__ == "__main__":
    _serve(*sys.argv[1:4])
