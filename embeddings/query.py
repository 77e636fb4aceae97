"""Search by meaning: one query at a time through an encoder that lives in a process of its own.

Loading the model takes seconds and its libraries hold the interpreter's lock while they load; the site must stay responsive.
The child reads one JSON text a line and answers with the vector in base64.
"""

import base64
import json
import subprocess
import sys
import threading

import numpy as np

from evalmap.data.errors import DatasetError
from evalmap.embeddings.array_types import Vectors


class QueryEncoder:
    """Encodes single texts with the model that a map was built with. Safe to share between threads."""

    def __init__(self, model: str) -> None:
        self.model = model
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None

    def warm(self) -> None:
        """Start loading the model without waiting for it."""
        if self._lock.acquire(blocking=False):
            try:
                self._running()
            finally:
                self._lock.release()

    def encode(self, text: str) -> Vectors:
        """(n_dims,) float32, unit norm. Half a surrogate pair, which no tokeniser takes, counts as a question mark.

        Raises
        ------
        DatasetError : the model can't be loaded
        """
        with self._lock:
            child = self._running()
            assert child.stdin is not None
            assert child.stdout is not None
            try:
                child.stdin.write(json.dumps(text.encode("utf-8", "replace").decode()).encode() + b"\n")
                child.stdin.flush()
                answer = child.stdout.readline()
            except BrokenPipeError:
                answer = b""
            if not answer:
                child.kill()
                self._child = None
                raise DatasetError(f"{self.model}: the model could not be loaded to search with. Build the map again.")
        return np.frombuffer(base64.b64decode(answer), dtype=np.float32)

    def close(self) -> None:
        """End the child."""
        if self._child and self._child.poll() is None:
            self._child.terminate()
            self._child.wait()
        self._child = None

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self._child = subprocess.Popen(
                [sys.executable, "-P", "-m", "evalmap.embeddings.query", self.model],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            threading.Thread(target=self._child.wait, daemon=True).start()  # so that it leaves the system's table when it ends
        return self._child


def _serve(model: str) -> None:
    """The child: load, then answer line by line until the parent closes the pipe."""
    from evalmap.embeddings.encoder import SentenceEncoder

    encoder = SentenceEncoder(model)
    list(encoder.encode(["warm"]))
    for line in sys.stdin.buffer:
        (_, vectors, _) = next(iter(encoder.encode([json.loads(line)])))
        sys.stdout.buffer.write(base64.b64encode(vectors[0].tobytes()) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    _serve(sys.argv[1])
