"""evalmap answers run: put a dataset's questions to a model, from a terminal or as a job of the site."""

import json
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from evalmap.cli import terminal
from evalmap.cli.progress import Bars
from evalmap.cli.terminal import DatasetArgument, WorkspaceOption
from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace

if TYPE_CHECKING:
    from evalmap.answers.asking.model_run import RunOutcome
    from evalmap.answers.asking.protocol import Answerer
    from evalmap.answers.asking.run_estimate import Estimate
    from evalmap.answers.asking.run_plan import Plan
    from evalmap.answers.import_pipeline import AnswerImport
    from evalmap.data.store.jobs import JobFile

STAGE = "answers"
_SECRET = re.compile(r"api.?key|secret|password|authorization|bearer|(?:access|auth|hf).?token", re.IGNORECASE)
Engine = Literal["xllamacpp", "transformers"]


def run(
    dataset: DatasetArgument,
    model: Annotated[str | None, typer.Option(help="The model, as the server names it.")] = None,
    base_url: Annotated[
        str | None,
        typer.Option(envvar="OPENAI_BASE_URL", help="Address of an OpenAI-compatible API, such as http://127.0.0.1:8000/v1."),
    ] = None,
    gguf: Annotated[Path | None, typer.Option(help="Ask this model file on this machine instead of a server.")] = None,
    engine: Annotated[Engine, typer.Option(help="What runs the model file.")] = "xllamacpp",
    prompt: Annotated[
        str, typer.Option(help="chat-yesno, hhh (Human/Assistant), raw, or a Jinja file of yours with {{ question }}.")
    ] = "chat-yesno",
    prompt_kind: Annotated[
        Literal["chat", "completion"] | None, typer.Option(help="How a prompt of yours is put (default: chat).")
    ] = None,
    system: Annotated[str | None, typer.Option(help="A system message, for chat prompts.")] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=0, help="Have this many answers at most, those from before among them, spread over the dataset."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Ask nothing: count questions and tokens.")] = False,
    text: Annotated[
        bool, typer.Option("--text", help="Read the words of the answers, for servers without log-probabilities.")
    ] = False,
    concurrency: Annotated[
        int | None, typer.Option(min=1, max=256, help="Questions at a time (default: 8; 1 for a model file).")
    ] = None,
    timeout: Annotated[
        float | None, typer.Option(min=0.1, help="Seconds that one request may take (default: 60; 600 for a model file).")
    ] = None,
    retries: Annotated[int, typer.Option(min=0, max=100, help="How often a failed request is tried again.")] = 6,
    api_key_env: Annotated[
        str | None, typer.Option(help="The environment variable that holds the key (default: OPENAI_API_KEY).")
    ] = None,
    extra: Annotated[str | None, typer.Option(help="JSON to put into every request, for servers that want it.")] = None,
    label: Annotated[str | None, typer.Option(help="What the model is called here (default: as the server names it).")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Ask a model a dataset's questions and keep its answers.

    Each answer is on the disk before it counts: stop or kill it, and the same command goes on from there.
    """
    from evalmap.answers.asking.model_run import run as run_plan
    from evalmap.answers.asking.prompts import prompt as prompt_of
    from evalmap.answers.asking.run_estimate import estimate
    from evalmap.answers.asking.run_job import job_location
    from evalmap.answers.asking.run_plan import plan
    from evalmap.answers.import_pipeline import keep_staged
    from evalmap.answers.reading.dataset_match import read_examples

    space = terminal.open_workspace(workspace)
    manifest = space.find(dataset)
    chosen = prompt_of(prompt, kind=prompt_kind, system=system)
    more = _extra(extra)
    if gguf is not None:
        target = _file(gguf, engine, concurrency=concurrency or 1, timeout=timeout or 600.0, model=model, text=text, extra=more)
    else:
        bounds = {"concurrency": concurrency or 8, "timeout": timeout or 60.0, "retries": retries, "extra": more}
        target = _server(base_url, model, key_name=api_key_env, text=text, bounds=bounds)
    examples = read_examples(space, manifest)
    about = {"model": target.model, "server": target.server, "text": text, "extra": more}
    if dry_run:
        asking = plan(manifest, examples.table, examples.fields, chosen, **about)
        terminal.print_lines(_estimated(asking, estimate(asking, space, limit=limit)))
        return
    location = job_location(manifest.slug, target.model, chosen.id)
    with _job(space, location, f"{target.model} on {manifest.name}", slug=manifest.slug) as job:
        asking = plan(manifest, examples.table, examples.fields, chosen, **about)
        with Bars() as bars, _gently():

            def on_progress(done: int, total: int) -> None:
                job.progress(STAGE, done, total)
                bars.progress(STAGE, done, total)

            outcome = run_plan(asking, target.answerer(), space, limit=limit, label=label, progress=on_progress)
        kept = keep_staged(space, manifest, outcome.staged) if outcome.staged else None
        terminal.print_lines(_outcome(asking, outcome, kept))
        if outcome.interrupted:
            terminal.print_error(outcome.stopped or "")
            raise typer.Exit(130)
        if outcome.stopped:
            raise DatasetError(outcome.stopped, *outcome.settings)


@dataclass(frozen=True)
class Target:
    """Whom to ask: `server` is an address, or what identifies a file; `answerer` makes what asks."""

    model: str
    server: str
    answerer: "Callable[[], Answerer]"


def _server(base_url: str | None, model: str | None, *, key_name: str | None, text: bool, bounds: Mapping[str, Any]) -> Target:
    from evalmap.answers.asking.endpoint import key_for, server_address
    from evalmap.answers.asking.protocol import RunOptions
    from evalmap.answers.asking.server import ServerAnswerer

    if not base_url:
        raise DatasetError("Whom to ask? Name a server with --base-url (or OPENAI_BASE_URL), or a model file with --gguf.")
    if not model:
        raise DatasetError("Which model? Name it with --model, as the server calls it.")
    address = server_address(base_url)
    key = key_for(address, key_name)
    return Target(model, address, lambda: ServerAnswerer(address, model, options=RunOptions(**bounds), key=key, text=text))


def _file(
    path: Path, engine: Engine, *, concurrency: int, timeout: float, model: str | None, text: bool, extra: Mapping[str, Any]
) -> Target:
    given = [name for name, here in (("--text", text), ("--extra", extra), ("--model", model)) if here]
    if given:
        raise DatasetError(f"{given[0]} is for servers and --gguf asks a file on this machine. Leave one of them out.")
    files = [path] if path.is_file() else sorted(path.rglob("*")) if path.is_dir() else []
    if not files:
        raise DatasetError(f"{path}: no such file. Give a .gguf file.")

    def answerer() -> "Answerer":
        if engine == "transformers":
            from evalmap.answers.asking.local_transformers import TransformersAnswerer

            return TransformersAnswerer(path)
        from evalmap.answers.asking.local_gguf import GgufAnswerer

        return GgufAnswerer(path, parallel=concurrency, timeout=timeout)

    size = sum(file.stat().st_size for file in files if file.is_file())
    return Target(path.stem if path.is_file() else path.resolve().name, f"{engine}:{path.name}:{size}", answerer)


def _extra(written: str | None) -> dict[str, Any]:
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
def _job(space: Workspace, location: str, name: str, *, slug: str) -> "Iterator[JobFile]":
    """The job's file, from its beginning to how it ended; refused while another process is at the same."""
    from evalmap.answers.asking.run_job import IF_KILLED
    from evalmap.data.store.jobs import JobFile, find

    other = find(space, location)
    if other and other.state == "running" and other.pid != os.getpid():
        raise DatasetError(f"{name} is being asked already. Wait until that ends, or stop it: its answers are kept.")
    job = JobFile(space, location, name, if_killed=IF_KILLED)
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
def _gently() -> Iterator[None]:
    """What asks this process to end (the site's Cancel) is answered as Ctrl+C is: what was answered is kept before it ends."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _estimated(run_plan: "Plan", counted: "Estimate") -> list[str]:
    """What a run would ask, in a few lines for a person."""
    first = run_plan.requests[0].text
    shown = terminal.printable(json.dumps(first, ensure_ascii=False))
    lines = [
        f"{run_plan.name} · {run_plan.header['model']} · {run_plan.prompt.id}: "
        f"{counted.questions:,} questions ({counted.rows:,} rows)",
        f"  {counted.answered:,} answered already, {counted.to_ask:,} to ask",
        f"  about {counted.prompt_tokens:,} prompt tokens ({counted.characters:,} characters; {counted.how})",
        f"  at most {counted.most_completion_tokens:,} tokens of answers",
        f"  for example: {shown[:400]}{' …' if len(shown) > 400 else ''}",
    ]
    if run_plan.without_options:
        lines.append(f"  {run_plan.without_options:,} rows have no answer options and are left out")
    return [*lines, "  nothing was asked (--dry-run)"]


def _outcome(run_plan: "Plan", outcome: "RunOutcome", kept: "AnswerImport | None") -> list[str]:
    """What a run did, in a few lines for a person."""
    lines = [
        f"{run_plan.name} · {run_plan.header['model']} · {run_plan.prompt.id}: "
        f"{outcome.n_answered:,} of {outcome.n_expected:,} questions answered ({outcome.n_asked:,} now)"
    ]
    if outcome.n_failed:
        lines.append(f"  {outcome.n_failed:,} could not be answered; the same command asks them again")
    if outcome.usage.prompt_tokens:
        lines.append(
            f"  tokens of this run: {outcome.usage.prompt_tokens:,} of prompts, {outcome.usage.completion_tokens:,} of answers"
        )
    if kept is not None:
        statuses = ", ".join(f"{count:,} {status}" for status, count in kept.record.statuses.items())
        lines.append(f"  kept as {kept.record.id}: {kept.record.n_ok:,} of {kept.record.n_expected:,} rows ({statuses})")
        lines += [f"  note: {note}" for note in kept.record.notes]
    return lines
