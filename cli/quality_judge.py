"""evalmap quality: the report by itself, and beside it `evalmap quality judge`, which has a language model judge the rows."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evalmap.cli import quality_command, terminal
from evalmap.cli.default_command import DefaultCommand
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
    from evalmap.answers.asking.judge import JudgePlan
    from evalmap.answers.asking.run_estimate import Estimate
    from evalmap.data.store.workspace import Workspace
    from evalmap.embeddings.built_map import BuiltMap

REPORT = "report"
STAGE = "judge"


class ReportOrJudge(DefaultCommand):
    """`evalmap quality DATASET` is `evalmap quality report DATASET`.

    A dataset that is called "judge" is reached by `evalmap quality -- judge`, by `evalmap quality report judge` or by its path
    (`./judge`).
    """

    default = REPORT


app = typer.Typer(cls=ReportOrJudge, help=quality_command.quality.__doc__, rich_markup_mode=None)
app.command(REPORT, hidden=True, epilog="Have a language model judge the rows: evalmap quality judge --help")(
    quality_command.quality
)


@app.command("judge")
def judge(
    dataset: DatasetArgument,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    gguf: GgufOption = None,
    engine: EngineOption = "xllamacpp",
    behaviour: Annotated[
        str | None, typer.Option(help="What the dataset tests for, in words (default: what each file is called).")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Rows to judge at most, those from before among them, spread over the dataset.")
    ] = None,
    reviews: Annotated[
        Path | None,
        typer.Option(
            help="People's judgements, kept as by evalmap review: a CSV or JSONL file (row, reviewer, label_fits, relevance)."
        ),
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
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Have a language model judge a dataset's rows: relevance, clarity, and whether the label fits.

    Each is asked in two phrasings, so a row costs six questions. Answers are kept: stop or kill it, and the same command goes on
    from there. Without a model, what was judged before is shown. A dataset called "judge" has its report at
    evalmap quality -- judge
    """
    from evalmap.answers.asking.journaled import ask
    from evalmap.answers.asking.judge import plan_judge
    from evalmap.answers.asking.run_estimate import estimate
    from evalmap.answers.asking.run_job import judge_job_location
    from evalmap.answers.reporting.judge_section import judge_journals
    from evalmap.embeddings.built_map import load_map
    from evalmap.writing.review.review_store import ReviewStore
    from evalmap.writing.review.review_table import read_reviews

    space = terminal.open_workspace(workspace)
    manifest = space.find(dataset)
    built = load_map(space, manifest)
    store = ReviewStore(space, manifest.source)
    given = read_reviews(reviews, built.examples) if reviews is not None else None
    if model is None and gguf is None and judge_journals(space, manifest.source):
        if given is not None and not dry_run:
            store.add(given)
        _show(space, built, as_json)
        return
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
    about: dict[str, Any] = {"model": target.model, "server": target.server, "text": text, "extra": more}
    plan = plan_judge(manifest, built.examples, built.fields, behaviour=behaviour, limit=limit, **about)
    if dry_run:
        terminal.print_lines(_estimated(plan, estimate(plan.asking, space)))
        return
    if given is not None:
        store.add(given)
    location = judge_job_location(manifest.slug, target.model)
    with asking_job(space, location, f"{target.model} judges {manifest.name}", slug=manifest.slug) as job:
        with Bars() as bars, gently():

            def on_progress(done: int, total: int) -> None:
                job.progress(STAGE, done, total)
                bars.progress(STAGE, done, total)

            asking = plan.asking
            asked = ask(asking.prompt, asking.requests, target.answerer(), space, header=asking.header, progress=on_progress)
        if asked.answers:
            line = f"{asked.n_answered:,} of {asked.n_expected:,} questions answered ({asked.n_asked:,} now)"
            _show(space, built, as_json, run=asking.run_id, before=line)
        if asked.stopped:
            sentence = f"{asked.stopped} {asked.n_answered:,} of {asked.n_expected:,} answers are kept; the same command goes on."
            if asked.interrupted:
                terminal.print_error(sentence)
                raise typer.Exit(130)
            raise DatasetError(sentence, *asked.settings)


def _show(space: "Workspace", built: "BuiltMap", as_json: bool, *, run: str | None = None, before: str = "") -> None:
    from evalmap.answers.reporting.judge_section import judge_lines, judge_section
    from evalmap.writing.review.review_store import ReviewStore

    section = judge_section(space, built, reviews=ReviewStore(space, built.manifest.source).on(built.examples), run=run)
    if section is None:
        return
    if as_json:
        terminal.print_json(section)
        return
    if before:
        terminal.print_line(f"{built.manifest.name} · {section['model']}: {before}")
    terminal.print_lines(judge_lines(built.manifest.name, section))


def _estimated(plan: "JudgePlan", counted: "Estimate") -> list[str]:
    first = plan.asking.requests[0].text
    return [
        f"{plan.asking.name} · {plan.asking.header['model']}: {len(plan.rows):,} of {plan.n_distinct:,} different rows, "
        f"{counted.questions:,} questions",
        f"  {counted.answered:,} answered already, {counted.to_ask:,} to ask",
        f"  about {counted.prompt_tokens:,} prompt tokens ({counted.characters:,} characters; {counted.how})",
        f"  at most {counted.most_completion_tokens:,} tokens of answers",
        *(f"  {line}" for line in first.splitlines()),
        "  nothing was asked (--dry-run)",
    ]
