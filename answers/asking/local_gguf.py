"""Ask a GGUF file on this machine with xllamacpp, llama.cpp's own server in this process.

The weights stay packed, so that a model needs the memory its file has, and its numbers are those of llama.cpp's kernels: they
differ from de-quantised weights (local_transformers.py) by a few hundredths of P. The server listens on a free port of
this machine behind a key of its own, and is asked like any other (server.py).
"""

import importlib.util
import os
import secrets
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from evalmap.answers.asking.model_files import model_name, quantisation
from evalmap.answers.asking.protocol import OnAnswer, Prompt, Request, RunOptions, Usage
from evalmap.answers.asking.server import ServerAnswerer
from evalmap.data.errors import DatasetError

TOP = 100  # top tokens asked for; a server on this machine has no limit, and further down an option is only bounded
CONTEXT = 4096  # tokens that a question and its answer may have
_STRING = 8  # the type of a value in a GGUF header


class GgufAnswerer:
    """A server over a GGUF file, from the first question (or `about()`) on until `close()`, or the end of a with statement.

    Parameters
    ----------
    path : a .gguf file
    parallel : questions computed at the same time; each has a context of its own
    context : tokens that one question and its answer may have; a longer question gets an error
    threads : None for all cores but one: llama.cpp's threads wait for one another, and a busy core holds all of them up
        (two cores under load: 3.8 questions/s with one thread, 0.6 to 2.8 with two)
    timeout : seconds that one question may take
    text_tokens : have so many tokens written and read as words, instead of log-probabilities; None for those

    Raises
    ------
    DatasetError : no such file, no GGUF file, or xllamacpp is missing. At the first use: the file cannot be served
    """

    def __init__(
        self,
        path: Path,
        *,
        parallel: int = 1,
        context: int = CONTEXT,
        threads: int | None = None,
        timeout: float = 600.0,
        text_tokens: int | None = None,
    ) -> None:
        self.text_tokens = text_tokens
        self.path = Path(path).expanduser()
        self.parallel, self.context, self.timeout = parallel, context, timeout
        self.threads = threads or max(1, (os.cpu_count() or 1) - 1)
        self._server: Any = None
        self._key = secrets.token_urlsafe(24)
        _check(self.path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def address(self) -> str:
        """Where the server answers; it is started first where it does not run."""
        if self._server is None:
            self._server = self._start()
        return f"{self._server.listening_address}/v1"

    def close(self) -> None:
        """Stop the server. A later question starts it again."""
        self._server = None  # its destructor ends its threads and closes the port

    def about(self) -> Mapping[str, Any]:
        """model (the file's name), family, params, runtime, runtime_version, quantisation. Starts the server."""
        import xllamacpp

        meta = self._meta()
        return {
            "model": model_name(self.path),
            "family": architecture(self.path),
            "params": float(meta["n_params"]) if "n_params" in meta else None,
            "runtime": "xllamacpp",
            "runtime_version": xllamacpp.__version__,
            "quantisation": quantisation(self.path) or meta.get("ftype") or None,
        }

    def answer(self, prompt: Prompt, requests: Sequence[Request], *, on_answer: OnAnswer) -> Usage:
        """Ask all, as `ServerAnswerer` does, with the top 100 tokens of every position.

        Raises
        ------
        DatasetError : the file cannot be served, or the server fails several times in a row
        """
        top = {"top_logprobs": TOP} if prompt.kind == "chat" else {"logprobs": TOP}
        options = RunOptions(concurrency=self.parallel, timeout=self.timeout, retries=1, extra={} if self.text_tokens else top)
        words = {"text": True, "text_tokens": self.text_tokens} if self.text_tokens else {}
        asking = ServerAnswerer(self.address, model_name(self.path), options=options, key=self._key, **words)
        return asking.answer(prompt, requests, on_answer=on_answer)

    def _start(self) -> Any:
        import xllamacpp

        library: Any = xllamacpp  # a compiled module without stubs
        settings = library.CommonParams()
        settings.model.path = str(self.path)
        settings.hostnames = ["127.0.0.1"]
        settings.port = 0  # a free one
        settings.api_keys = [self._key]  # other programs of this machine reach the port too
        settings.cors_origins = ""
        settings.ui = False
        settings.offline = True
        settings.endpoint_slots = False
        settings.n_parallel = self.parallel
        settings.n_ctx = self.context * self.parallel
        settings.verbosity = -1
        settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = self.threads
        try:
            return library.Server(settings)
        except RuntimeError as error:
            raise DatasetError(
                f"{self.path}: llama.cpp cannot serve this file ({str(error).strip().rstrip('.')}). "
                f"Give a GGUF file of a kind that xllamacpp {xllamacpp.__version__} knows."
            ) from error

    def _meta(self) -> Mapping[str, Any]:
        import httpx

        reply = httpx.get(f"{self.address}/models", headers={"Authorization": f"Bearer {self._key}"}, timeout=60, trust_env=False)
        models = reply.json().get("data") or [{}]
        return models[0].get("meta") or {}


def architecture(path: Path) -> str | None:
    """The model's architecture ("llama"): the first entry of a GGUF header; None where it is another one."""
    try:
        with path.open("rb") as file:
            file.seek(24)  # magic, version, number of tensors, number of entries
            (length,) = struct.unpack("<Q", file.read(8))
            if length != len("general.architecture") or file.read(length) != b"general.architecture":
                return None
            kind, length = struct.unpack("<IQ", file.read(12))
            return file.read(length).decode() if kind == _STRING and length < 100 else None
    except (struct.error, UnicodeDecodeError):
        return None


def _check(path: Path) -> None:
    if not path.is_file():
        raise DatasetError(f"{path}: no such file. Give a .gguf file.")
    with path.open("rb") as file:
        if file.read(4) != b"GGUF":
            raise DatasetError(f"{path}: not a GGUF file (it does not begin with GGUF). Give a .gguf file.")
    if importlib.util.find_spec("xllamacpp") is None:
        raise DatasetError(f"{path}: serving a GGUF file needs xllamacpp. Install with: pip install 'evalmap[local]'")
