"""evalmap write of a plan of kind winogenerated: sentences with a blank for a pronoun, stage by stage."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from evalmap.cli import terminal
from evalmap.cli.model_command import asking_job, gently
from evalmap.cli.progress import Bars
from evalmap.cli.write_target import chosen_model, target_of
from evalmap.data.errors import DatasetError

if TYPE_CHECKING:
    from evalmap.writing.model_choice import ModelChoice
    from evalmap.writing.schemas.schema_run import Asking, StageEstimate
    from evalmap.writing.schemas.schema_stages import Stage


StageOption = Annotated[
    Literal["titles", "people", "sentences", "checks", "vote"] | None,
    typer.Option(help="Of a plan of kind winogenerated: go no further than this stage (default: vote, the last)."),
]


def refuse_options(plan: Path, given: Mapping[str, object]) -> None:
    """Refuse options that such a plan does not read.

    Raises
    ------
    DatasetError : one of them is given
    """
    if used := [name for name, value in given.items() if value is not None]:
        what = "a behaviour" if used[0] == "behaviour" else f"--{used[0].replace('_', '-')}"
        raise DatasetError(f"{plan}: {what} is not for plans of kind winogenerated. Leave it out.")


def init_schemas(output: Path, chosen: "ModelChoice") -> None:
    """Make a plan, and beside it a list of occupations; files that are there are left alone."""
    from evalmap.data.store.outputs import check_outputs, write_together
    from evalmap.writing.plan_files import format_of
    from evalmap.writing.schemas.schema_plan import SHIPPED_LIST, schema_plan_text

    listed = output.parent / SHIPPED_LIST.name
    check_outputs({"output": output, "occupations": listed}, [])
    if output.exists():
        raise DatasetError(f"{output}: is there already. Name another file.", "output")
    files = {output: schema_plan_text(chosen, format_of(output)).encode()}
    if not listed.exists():
        files[listed] = SHIPPED_LIST.read_bytes()
    write_together(files)
    terminal.print_line(f"{output}: sentences with a blank for a pronoun, for the occupations in {listed}. Edit both, then:")
    terminal.print_line(f"  evalmap write {output} --dry-run")


def run_schemas(
    plan: Path,
    content: bytes,
    *,
    output: Path | None,
    stage: "Stage",
    named: Mapping[str, Any],
    voter: Mapping[str, Any],
    max_requests: int | None,
    dry_run: bool,
    as_json: bool,
    workspace: Path | None,
    extra: Mapping[str, Any],
    how: Mapping[str, Any],
) -> None:
    """Take a plan through its stages, up to `stage`, and write what there is.

    Parameters
    ----------
    content : what the plan's file holds
    named, voter : model, base_url and gguf of whom to ask instead of the plan's [model], and for the vote instead of [vote.model];
        where nobody is named for the vote, who writes votes
    how : concurrency, timeout, retries and api_key_env, as `choose_target` takes them
    """
    from evalmap.answers.asking.run_job import write_job_location
    from evalmap.embeddings import pipeline
    from evalmap.embeddings.encoder import DEFAULT_MODEL
    from evalmap.embeddings.vectors import embed_few
    from evalmap.writing.model_choice import ModelChoice
    from evalmap.writing.plan_files import format_of
    from evalmap.writing.schemas.schema_plan import KIND, parse_schema_plan
    from evalmap.writing.schemas.schema_results import check_schema_folder, check_sentences_replaced, write_schemas
    from evalmap.writing.schemas.schema_run import ask_stages, estimate_stages, once, plan_asking, read_schemas
    from evalmap.writing.schemas.schema_table import schema_figures, table_lines

    planned = parse_schema_plan(content, plan)
    folder = output if output is not None else plan.parent / KIND
    check_schema_folder(folder, planned, plan)
    space = terminal.open_workspace(workspace)
    writes = chosen_model(planned.model, plan, **named)
    votes = chosen_model(planned.vote.model or ModelChoice(), plan, **voter)
    if votes.name and not (votes.base_url or votes.gguf):  # another model of the same server
        votes = replace(votes, base_url=writes.base_url)
    own = votes != ModelChoice()
    writer = target_of(writes, plan, extra=extra, text_tokens=planned.sampling.max_tokens, **how)
    voting = target_of(votes if own else writes, plan, extra={} if own else extra, **how)
    asking = plan_asking(
        planned,
        writer=(writer.model, writer.server),
        voter=(voting.model, voting.server),
        extra=extra,
        vote_extra={} if own else extra,
    )
    if dry_run:
        _show_estimate(asking, estimate_stages(asking, space, most=max_requests), as_json)
        return
    encoder = pipeline.SentenceEncoder(DEFAULT_MODEL)
    embed = once(lambda texts: embed_few(texts, encoder))
    with asking_job(space, write_job_location(plan), f"writing sentences for {planned.list_name}") as job, Bars() as bars, gently():

        def on_progress(stage: str, done: int, total: int) -> None:
            job.progress(stage, done, total)
            bars.progress(stage, done, total)

        asked = ask_stages(
            asking, writer.answerer, voting.answerer, space, last=stage, most=max_requests, embed=embed, progress=on_progress
        )
        schemas = read_schemas(asking, space, embed=embed)
        check_sentences_replaced(folder, schemas, asked.stopped, asked.settings)
        listed = plan.parent / Path(planned.list_name).expanduser()
        paths = write_schemas(folder, schemas, content, listed, format=format_of(plan))
        if asked.stopped:
            job.finish("cancelled" if asked.interrupted else "failed", error=asked.stopped)
    told = schema_figures(schemas)
    if as_json:
        now = {
            "stage": stage,
            "asked_now": asked.n_asked,
            "usage": {"prompt_tokens": asked.prompt_tokens, "completion_tokens": asked.completion_tokens},
            "stopped": asked.stopped,
            "files": {name: str(path) for name, path in paths.items()},
        }
        terminal.print_json({**told, **now})
    else:
        by = writer.model if voting.model == writer.model else f"{writer.model}, vote by {voting.model}"
        terminal.print_line(f"{planned.list_name} · {by}: {asked.n_asked:,} requests asked now")
        terminal.print_lines(table_lines(told["table"]))
        terminal.print_lines(f"  {path}" for path in paths.values())
    if asked.stopped:
        sentence = f"{asked.stopped} What was answered is kept; the same command goes on."
        if asked.interrupted:
            terminal.print_error(sentence)
            raise typer.Exit(130)
        raise DatasetError(sentence, *asked.settings)


def _show_estimate(asking: "Asking", counted: "dict[str, StageEstimate]", as_json: bool) -> None:
    if as_json:
        stages = {stage: asdict(one) for stage, one in counted.items()}
        total = {name: sum(one[name] for one in stages.values()) for name in next(iter(stages.values()))}
        terminal.print_json({"plan": asking.plan.hash, **total, "stages": stages})
        return
    to_ask = sum(one.to_ask for one in counted.values())
    terminal.print_line(f"{asking.plan.list_name} · {asking.writer['model']}: at most {to_ask:,} requests to ask now")
    for stage, one in counted.items():
        terminal.print_line(
            f"  {stage.ljust(10)} {one.requests:,} requests, {one.answered:,} answered already, {one.to_ask:,} to ask; about "
            f"{one.prompt_tokens:,} prompt tokens, at most {one.most_completion_tokens:,} tokens of replies"
        )
    terminal.print_line("a title or person that is refused is asked for again; what fails the checks comes to no vote")
    terminal.print_line("nothing was asked (--dry-run)")
