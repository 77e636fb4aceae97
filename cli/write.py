"""evalmap write: have a language model write a dataset from a plan, and keep what says something new."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from evalmap.cli import terminal
from evalmap.cli.default_command import DefaultCommand
from evalmap.cli.model_command import (
    ApiKeyOption,
    BaseUrlOption,
    ConcurrencyOption,
    ExtraOption,
    GgufOption,
    ModelOption,
    RetriesOption,
    TimeoutOption,
    choose_target,
    extra_fields,
    gently,
)
from evalmap.cli.progress import Bars
from evalmap.cli.terminal import WorkspaceOption
from evalmap.cli.write_schemas import init_schemas, run_schemas
from evalmap.data.errors import DatasetError

if TYPE_CHECKING:
    from evalmap.cli.model_command import Target
    from evalmap.writing.plans import WritePlan
    from evalmap.writing.write_run import WriteAsking, WriteEstimate

STAGE = "write"
RUN = "run"


class RunOrInit(DefaultCommand):
    """`evalmap write plan.toml` is `evalmap write run plan.toml`."""

    default = RUN


app = typer.Typer(
    cls=RunOrInit,
    help="Have a language model write a dataset: evalmap write init 'wants to be …', then evalmap write plan.toml",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("init")
def init(
    behaviour: Annotated[
        str, typer.Argument(help='What is tested, in words that go on from "a person who …": "wants to be …".', show_default=False)
    ] = "",
    output: Annotated[Path, typer.Option("--output", "-o", help="The plan to make.")] = Path("plan.toml"),
    kind: Annotated[
        Literal["yes_no", "a_b", "winogenerated"],
        typer.Option(
            help="Statements (yes_no), questions with two answers (a_b), or sentences with a blank for a pronoun, of a list of "
            "occupations (winogenerated, which needs no behaviour)."
        ),
    ] = "yes_no",
    count: Annotated[int, typer.Option(min=1, help="Rows to ask for, for each label.")] = 50,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    gguf: GgufOption = None,
) -> None:
    """Make a plan to edit. A file that is there is left alone."""
    from evalmap.data.store.outputs import check_outputs, write_together
    from evalmap.writing.plans import ModelChoice, new_plan, plan_toml

    if gguf is not None:
        model = base_url = None
    chosen = ModelChoice(model, base_url, str(gguf.expanduser().resolve()) if gguf is not None else None)
    if kind == "winogenerated":
        return init_schemas(output, chosen)
    plan = new_plan(behaviour, kind, count=count, model=chosen)
    check_outputs({"output": output}, [])
    if output.exists():
        raise DatasetError(f"{output}: is there already. Name another file.", "output")
    write_together({output: plan_toml(plan).encode()})
    terminal.print_line(f"{output}: {count:,} rows of each of {' and '.join(plan.labels)} for “{plan.behaviour}”. Edit it, then:")
    terminal.print_line(f"  evalmap write {output} --dry-run")


@app.command(RUN)
def run(
    plan: Annotated[Path, typer.Argument(help="The plan: a TOML file, as evalmap write init makes one.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of the results (default: beside the plan, named by the behaviour)."),
    ] = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    gguf: GgufOption = None,
    max_requests: Annotated[
        int | None,
        typer.Option("--max-requests", min=0, help="Ask so many requests now at most, retries aside; 0: read what is there."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Ask nothing: count requests and tokens, and show a prompt a label.")
    ] = False,
    stage: Annotated[
        Literal["titles", "people", "sentences", "checks", "vote"] | None,
        typer.Option(help="Of a plan of kind winogenerated: go no further than this stage (default: vote, the last)."),
    ] = None,
    concurrency: ConcurrencyOption = None,
    timeout: TimeoutOption = None,
    retries: RetriesOption = 6,
    api_key_env: ApiKeyOption = None,
    extra: ExtraOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Have a model write the rows of a plan, and keep those that say something new.

    Replies are kept as they come: stop or kill it, and the same command goes on from there and asks nothing twice. What is no row,
    what repeats another row and what copies an example goes to rejected.jsonl with its reason.
    """
    from evalmap.embeddings import pipeline
    from evalmap.embeddings.encoder import DEFAULT_MODEL
    from evalmap.embeddings.vectors import embed_few
    from evalmap.writing.plan_files import file_values
    from evalmap.writing.plans import parse_plan, plan_content
    from evalmap.writing.result_files import check_folder, dataset_name, write_results
    from evalmap.writing.schemas.schema_plan import is_schema_plan
    from evalmap.writing.write_run import estimate_write, plan_write, read_written, write

    content = plan_content(plan)
    if is_schema_plan(file_values(content, plan)):
        how = {"concurrency": concurrency, "timeout": timeout, "retries": retries, "api_key_env": api_key_env}
        named = {"model": model, "base_url": base_url, "gguf": gguf}
        return run_schemas(
            plan,
            content,
            output=output,
            stage=stage or "vote",
            max_requests=max_requests,
            dry_run=dry_run,
            as_json=as_json,
            workspace=workspace,
            extra=extra_fields(extra),
            **named,
            **how,
        )
    if stage is not None:
        raise DatasetError(f"{plan}: --stage is for plans of kind winogenerated. Leave it out.")
    planned = parse_plan(content, plan)
    folder = output if output is not None else plan.parent / dataset_name(planned)
    check_folder(folder, planned, plan)
    space = terminal.open_workspace(workspace)
    more = extra_fields(extra)
    target = _target(
        planned,
        plan,
        model=model,
        base_url=base_url,
        gguf=gguf,
        concurrency=concurrency,
        timeout=timeout,
        retries=retries,
        api_key_env=api_key_env,
        extra=more,
    )
    asking = plan_write(planned, model=target.model, server=target.server, extra=more)
    if dry_run:
        _show_estimate(asking, estimate_write(asking, space, most=max_requests), as_json)
        return
    with Bars() as bars, gently():
        asked = write(asking, target.answerer(), space, most=max_requests, progress=lambda *at: bars.progress(STAGE, *at))
    encoder = pipeline.SentenceEncoder(DEFAULT_MODEL)
    written = read_written(asking, space, embed=lambda texts: embed_few(texts, encoder))
    paths = write_results(folder, written, content)
    table = written.table()
    if as_json:
        terminal.print_json(
            {
                "plan": planned.hash,
                "behaviour": planned.behaviour,
                "model": target.model,
                "asked_now": asked.n_asked,
                "usage": asdict(asked.usage),
                "stopped": asked.stopped,
                "table": table,
                "files": {name: str(path) for name, path in paths.items()},
            }
        )
    else:
        terminal.print_line(f"“{planned.behaviour}” · {target.model}: {asked.n_asked:,} requests asked now")
        terminal.print_lines(_table_lines(table))
        terminal.print_lines(f"  {path}" for path in paths.values())
    if asked.stopped:
        sentence = f"{asked.stopped} {asked.n_answered:,} of {asked.n_expected:,} replies are kept; the same command goes on."
        if asked.interrupted:
            terminal.print_error(sentence)
            raise typer.Exit(130)
        raise DatasetError(sentence, *asked.settings)


def _target(plan: "WritePlan", path: Path, *, model: str | None, base_url: str | None, gguf: Path | None, **how: Any) -> "Target":
    """Whom to ask: what the options name, else what the plan does. A model file lies beside the plan."""
    chosen = plan.model
    if gguf is None and chosen.gguf and not (model or base_url):
        gguf = path.parent / Path(chosen.gguf).expanduser()
    if gguf is None:
        model, base_url = model or chosen.name, base_url or chosen.base_url
    if gguf is None and not base_url:
        raise DatasetError(
            f"{path}: [model] names nobody to ask. Give it a name and a base_url, or a gguf file.", "base_url", "gguf"
        )
    return choose_target(model=model, base_url=base_url, gguf=gguf, engine="xllamacpp", text_tokens=plan.sampling.max_tokens, **how)


def _show_estimate(asking: "WriteAsking", counted: "WriteEstimate", as_json: bool) -> None:
    shown: dict[str, str] = {}
    for request in asking.requests:
        shown.setdefault(asking.wanted[request.key].label, request.text)
    if as_json:
        terminal.print_json({"plan": asking.plan.hash, **asdict(counted), "prompts": shown})
        return
    terminal.print_lines(
        [
            f"“{asking.plan.behaviour}” · {asking.header['model']}: {counted.requests:,} requests, "
            f"{counted.answered:,} answered already, {counted.to_ask:,} to ask now",
            f"  about {counted.prompt_tokens:,} prompt tokens, at most {counted.most_completion_tokens:,} tokens of replies",
            *(line for label, text in shown.items() for line in (f"label {label}:", *(f"  {one}" for one in text.splitlines()))),
            "nothing was asked (--dry-run)",
        ]
    )


COLUMNS = ("requests", "replies", "failed", "not_asked", "pieces", "unparsed", "parsed", "set_aside", "kept")


def _table_lines(table: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """The counts of each label, then why pieces were set aside."""
    heads = [name.replace("_", " ") for name in COLUMNS]
    yield "  " + " ".join(["label".ljust(6), *(head.rjust(max(9, len(head))) for head in heads)])
    for label, counts in table.items():
        cells = [f"{counts[name]:,}".rjust(max(9, len(head))) for name, head in zip(COLUMNS, heads, strict=True)]
        yield "  " + " ".join([label.ljust(6), *cells])
    for name, words in (("unparsed_reasons", "unparsed"), ("set_aside_reasons", "set aside"), ("removed", "taken off rows")):
        if told := table["all"][name]:
            yield f"  {words}: {', '.join(f'{reason} {n:,}' for reason, n in told.items())}"
