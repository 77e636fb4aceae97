"""What the commands that ask a model share: whom to ask, what else goes into every request, and the job of asking."""

import json
import re
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace

if TYPE_CHECKING:
    from evalmap.answers.asking.protocol import Answerer
    from evalmap.data.store.jobs import JobFile

_SECRET = re.compile(r"api.?key|secret|password|authorization|bearer|(?:access|auth|hf).?token", re.IGNORECASE)
Engine = Literal["xllamacpp", "transformers"]
ModelOption = Annotated[str | None, typer.Option(help="The model, as the server names it.")]
BaseUrlOption = Annotated[
    str | None,
    typer.Option(envvar="OPENAI_BASE_URL", help="Address of an OpenAI-compatible API, such as http://127.0.0.1:8000/v1."),
]
GgufOption = Annotated[Path | None, typer.Option(help="Ask this model file on this machine instead of a server.")]
EngineOption = Annotated[Engine, typer.Option(help="What runs the model file.")]
ConcurrencyOption = Annotated[
    int | None, typer.Option(min=1, max=256, help="Questions at a time (default: 8; 1 for a model file).")
]
TimeoutOption = Annotated[
    float | None, typer.Option(min=0.1, help="Seconds that one request may take (default: 60; 600 for a model file).")
]
RetriesOption = Annotated[int, typer.Option(min=0, max=100, help="How often a failed request is tried again.")]
ApiKeyOption = Annotated[str | None, typer.Option(help="The environment variable that holds the key (default: OPENAI_API_KEY).")]
ExtraOption = Annotated[str | None, typer.Option(help="JSON to put into every request, for servers that want it.")]


@dataclass(frozen=True)
class Target:
    """Whom to ask: `server` is an address, or what identifies a file; `answerer` makes what asks."""

    model: str
    server: str
    answerer: "Callable[[], Answerer]"


def choose_target(
    *,
    model: str | None,
    base_url: str | None,
    gguf: Path | None,
    engine: Engine,
    concurrency: int | None,
    timeout: float | None,
    retries: int,
    api_key_env: str | None,
    extra: Mapping[str, Any],
    text: bool = False,
    text_tokens: int | None = None,
) -> Target:
    """The server or the model file that the options name.

    Parameters
    ----------
    text : read the words of the answers; text_tokens : have so many written, and read those

    Raises
    ------
    DatasetError : neither is named, or what is named cannot be asked
    """
    if gguf is not None:
        given = [name for name, here in (("--text", text), ("--extra", extra), ("--model", model)) if here]
        if given:
            raise DatasetError(f"{given[0]} is for servers and --gguf asks a file on this machine. Leave one of them out.")
        return _file(gguf, engine, concurrency=concurrency or 1, timeout=timeout or 600.0, text_tokens=text_tokens)
    bounds = {"concurrency": concurrency or 8, "timeout": timeout or 60.0, "retries": retries, "extra": extra}
    return _server(base_url, model, key_name=api_key_env, bounds=bounds, text=text, text_tokens=text_tokens)


def _server(
    base_url: str | None,
    model: str | None,
    *,
    key_name: str | None,
    bounds: Mapping[str, Any],
    text: bool,
    text_tokens: int | None,
) -> Target:
    from evalmap.answers.asking.endpoint import key_for, server_address
    from evalmap.answers.asking.protocol import RunOptions
    from evalmap.answers.asking.server import ServerAnswerer

    if not base_url:
        raise DatasetError("Whom to ask? Name a server with --base-url (or OPENAI_BASE_URL), or a model file with --gguf.")
    if not model:
        raise DatasetError("Which model? Name it with --model, as the server calls it.")
    address = server_address(base_url)
    key = key_for(address, key_name)
    words: dict[str, Any] = {"text": True, "text_tokens": text_tokens} if text_tokens else {"text": text}
    return Target(model, address, lambda: ServerAnswerer(address, model, options=RunOptions(**bounds), key=key, **words))


def _file(path: Path, engine: Engine, *, concurrency: int, timeout: float, text_tokens: int | None) -> Target:
    from evalmap.answers.asking.endpoint import file_address

    if not path.is_file() and not (path.is_dir() and any(path.rglob("*"))):
        raise DatasetError(f"{path}: no such file. Give a .gguf file.")
    words: dict[str, Any] = {"text_tokens": text_tokens} if text_tokens else {}

    def answerer() -> "Answerer":
        if engine == "transformers":
            from evalmap.answers.asking.local_transformers import TransformersAnswerer

            return TransformersAnswerer(path, **words)
        from evalmap.answers.asking.local_gguf import GgufAnswerer

        return GgufAnswerer(path, parallel=concurrency, timeout=timeout, **words)

    return Target(path.stem if path.is_file() else path.resolve().name, file_address(path, engine), answerer)


def extra_fields(written: str | None) -> dict[str, Any]:
    """What --extra holds; DatasetError where that is no JSON object, or holds a secret."""
    if written is None:
        return {}
    try:
        value = json.loads(written)
    except ValueError as error:
        raise DatasetError(f'--extra: not JSON ({error}). Expected an object such as {{"seed": 7}}.') from None
    if not isinstance(value, dict):
        raise DatasetError(f'--extra: a JSON {type(value).__name__}. Expected an object such as {{"seed": 7}}.')
    if secret := next((name for name in _names(value) if _SECRET.search(name)), None):
        raise DatasetError(f"--extra holds {secret}, and what is given here is written down. Put a key into OPENAI_API_KEY.")
    return value


def _names(value: object) -> Iterator[str]:
    """The names of all fields, at any depth."""
    inside = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    yield from value if isinstance(value, dict) else ()
    for one in inside:
        yield from _names(one)


@contextmanager
def asking_job(space: Workspace, location: str, name: str, *, slug: str | None = None) -> "Iterator[JobFile]":
    """The job's file, from its beginning to how it ended; refused while another process is at the same.

    Parameters
    ----------
    slug : the map that it is about, if any
    """
    from evalmap.answers.asking.run_job import IF_KILLED
    from evalmap.data.store.jobs import JobFile

    job = JobFile(space, location, name, if_killed=IF_KILLED)
    if not job.filed:
        raise DatasetError(f"{name} is being asked already. Wait until that ends, or stop it: its answers are kept.")
    try:
        yield job
    except DatasetError as error:
        job.finish("failed", slug=slug, error=str(error))
        raise
    except (typer.Exit, KeyboardInterrupt):
        job.finish("cancelled", slug=slug)
        raise
    except BaseException as error:
        job.finish("failed", slug=slug, error=f"{type(error).__name__}: the log tells more.")
        raise
    job.finish("done", slug=slug)


@contextmanager
def gently() -> Iterator[None]:
    """What asks this process to end (the site's Cancel) is answered as Ctrl+C is: what was answered is kept before it ends."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
