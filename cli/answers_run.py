"""evalmap answers run: put a dataset's questions to a model, from a terminal or as a job of the site."""

import json
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evalmap.cli import terminal
from evalmap.cli.model_command import (
    ApiKeyOption,
    BaseUrlOption,
    ConcurrencyOption,
    EngineOption,
    ExtraOption,
    GgufOption,
    ModelOption,
    RetriesOption,
    TimeoutOption,
    asking_job,
    choose_target,
    extra_fields,
    gently,
)
from evalmap.cli.progress import Bars
from evalmap.cli.terminal import DatasetArgument, WorkspaceOption
from evalmap.data.errors import DatasetError

if TYPE_CHECKING:
    from evalmap.answers.asking.model_run import RunOutcome
    from evalmap.answers.asking.run_estimate import Estimate
    from evalmap.answers.asking.run_plan import Plan
    from evalmap.answers.import_pipeline import AnswerImport

STAGE = "answers"
TRANSFORMERS = "Filled sentences are scored with transformers: llama.cpp's server gives no log-probabilities of a given text."


def run(
    dataset: DatasetArgument,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    gguf: GgufOption = None,
    engine: EngineOption = "xllamacpp",
    prompt: Annotated[
        str | None,
        typer.Option(
            help="chat-yesno, hhh (Human/Assistant), raw, blank (a sentence's blank is filled with each option), or a Jinja file "
            "of yours with {{ question }} (default: blank for sentences with a blank and pronouns, else chat-yesno)."
        ),
    ] = None,
    prompt_kind: Annotated[
        Literal["chat", "completion", "blank"] | None, typer.Option(help="How a prompt of yours is put (default: chat).")
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
    concurrency: ConcurrencyOption = None,
    timeout: TimeoutOption = None,
    retries: RetriesOption = 6,
    api_key_env: ApiKeyOption = None,
    extra: ExtraOption = None,
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
    from evalmap.answers.asking.run_plan import fills_blanks, plan
    from evalmap.answers.import_pipeline import keep_staged
    from evalmap.answers.reading.dataset_match import read_examples

    space = terminal.open_workspace(workspace)
    manifest = space.find(dataset)
    examples = read_examples(space, manifest)
    if prompt is None:
        prompt = "blank" if fills_blanks(examples.table, examples.fields) else "chat-yesno"
    chosen = prompt_of(prompt, kind=prompt_kind, system=system)
    if chosen.kind == "blank" and gguf is not None and engine == "xllamacpp":
        engine = "transformers"
        terminal.print_line(TRANSFORMERS)
    more = extra_fields(extra)
    target = choose_target(
        model=model,
        base_url=base_url,
        gguf=gguf,
        engine=engine,
        concurrency=concurrency,
        timeout=timeout,
        retries=retries,
        api_key_env=api_key_env,
        extra=more,
        text=text,
    )
    about = {"model": target.model, "server": target.server, "text": text, "extra": more}
    if dry_run:
        asking = plan(manifest, examples.table, examples.fields, chosen, **about)
        terminal.print_lines(_estimated(asking, estimate(asking, space, limit=limit)))
        return
    location = job_location(manifest.slug, target.model, chosen.id)
    with asking_job(space, location, f"{target.model} on {manifest.name}", slug=manifest.slug) as job:
        asking = plan(manifest, examples.table, examples.fields, chosen, **about)
        with Bars() as bars, gently():

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
    if run_plan.without_blank:
        lines.append(f"  {run_plan.without_blank:,} rows do not have exactly one blank and are left out")
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
