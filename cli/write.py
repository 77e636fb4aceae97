"""evalmap write: have a language model write a dataset from a plan, and keep what says something new."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from evalmap.cli import onto_map, terminal, write_gap
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
    asking_job,
    extra_fields,
    gently,
)
from evalmap.cli.progress import Bars
from evalmap.cli.terminal import WorkspaceOption
from evalmap.cli.write_compare import compare
from evalmap.cli.write_lines import axis_lines, figure_lines, table_lines
from evalmap.cli.write_schemas import StageOption, init_schemas, refuse_options, run_schemas
from evalmap.cli.write_target import chosen_model, target_of
from evalmap.data.errors import DatasetError

if TYPE_CHECKING:
    from evalmap.data.store.jobs import JobFile
    from evalmap.writing.label_confidence import FilterAsking
    from evalmap.writing.plans import WritePlan
    from evalmap.writing.write_requests import WriteAsking
    from evalmap.writing.write_run import WriteEstimate, WriteOutcome

STAGE = "write"
RUN = "run"
COUNT = 50
BESIDE = (
    "Also: evalmap write init (make a plan), evalmap write gap (a plan for where a dataset is thin), evalmap write compare "
    "(two results side by side); each has --help."
)
NOBODY = "nobody named yet"  # whom a plan without a model asks


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
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The plan to make: TOML, or YAML where the name ends with .yaml.")
    ] = Path("plan.toml"),
    kind: Annotated[
        Literal["yes_no", "a_b", "free", "winogenerated"],
        typer.Option(
            help="Statements (yes_no), questions with two answers (a_b), any text with labels of your own (free), or sentences "
            "with a blank for a pronoun, of a list of occupations (winogenerated, which needs no behaviour)."
        ),
    ] = "yes_no",
    label: Annotated[
        list[str] | None, typer.Option("--label", help="A label of your own, for kind free; several times for more.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, help="Rows to ask for, for each label.")] = COUNT,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    gguf: GgufOption = None,
) -> None:
    """Make a plan to edit. A file that is there is left alone."""
    from evalmap.data.store.outputs import check_outputs, write_together
    from evalmap.writing.plan_files import format_of
    from evalmap.writing.plan_text import new_plan, plan_text
    from evalmap.writing.plans import NO_LABEL, ModelChoice

    if gguf is not None:
        model = base_url = None
    chosen = ModelChoice(model, base_url, str(gguf.expanduser().resolve()) if gguf is not None else None)
    if kind == "winogenerated":
        refuse_options(output, {"behaviour": behaviour or None, "label": label, "count": None if count == COUNT else count})
        return init_schemas(output, chosen)
    plan = new_plan(behaviour, kind, count=count, labels=label or (), model=chosen)
    check_outputs({"output": output}, [])
    if output.exists():
        raise DatasetError(f"{output}: is there already. Name another file.", "output")
    write_together({output: plan_text(plan, format_of(output)).encode()})
    of_each = "" if plan.labels == (NO_LABEL,) else f" of each of {' and '.join(plan.labels)}"
    terminal.print_line(f"{output}: {count:,} rows{of_each} for “{plan.behaviour}”. Edit it, then:")
    terminal.print_line(f"  evalmap write {output} --dry-run")


app.command("gap")(write_gap.gap)
app.command("compare")(compare)


@app.command(RUN, epilog=BESIDE)
def run(
    plan: Annotated[Path, typer.Argument(help="The plan: a TOML or YAML file, as evalmap write init makes one.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder of the results (default: beside the plan, named by the behaviour)."),
    ] = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    gguf: GgufOption = None,
    filter_model: Annotated[
        str | None, typer.Option(help="The model that filters, as its server names it (default: the plan's, else the writer).")
    ] = None,
    filter_base_url: Annotated[str | None, typer.Option(help="Address of the server of the model that filters.")] = None,
    filter_gguf: Annotated[Path | None, typer.Option(help="Filter with this model file on this machine.")] = None,
    until_new: Annotated[
        int | None,
        typer.Option(min=1, help="Go on, beyond the plan's count where need be, until so many rows are kept."),
    ] = None,
    min_yield: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="With --until-new: stop where a batch keeps less than this ratio of its pieces."),
    ] = None,
    max_requests: Annotated[
        int | None,
        typer.Option(
            "--max-requests",
            min=0,
            help="Ask so many requests now at most, of writer and filter together, retries aside; 0: read what is there.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Ask nothing: count requests and tokens, and show a prompt a label.")
    ] = False,
    show_on_map: Annotated[
        bool, typer.Option("--onto-map", help="Show the new rows on the map of the dataset that the plan adds to, marked.")
    ] = False,
    reviews: Annotated[
        Path | None,
        typer.Option(help="People's judgements of the rows that are there, kept as by evalmap review: a CSV or JSONL file."),
    ] = None,
    stage: StageOption = None,
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
    what repeats another row and what copies an example goes to rejected.jsonl with its reason, and so does what a filter refuses.
    """
    from evalmap.answers.asking.run_job import write_job_location
    from evalmap.data.store.outputs import write_together
    from evalmap.writing.plan_files import file_values, format_of, plan_content
    from evalmap.writing.plan_text import plan_text
    from evalmap.writing.plans import check_growth, parse_plan
    from evalmap.writing.result_files import check_folder, check_phrasings, dataset_name, top_plan
    from evalmap.writing.schemas.schema_plan import is_schema_plan

    content = plan_content(plan)
    if is_schema_plan(file_values(content, plan).told):
        refuse_options(plan, {"until_new": until_new, "min_yield": min_yield, "reviews": reviews, "onto_map": show_on_map or None})
        return run_schemas(
            plan,
            content,
            output=output,
            stage=stage or "vote",
            named={"model": model, "base_url": base_url, "gguf": gguf},
            voter={"model": filter_model, "base_url": filter_base_url, "gguf": filter_gguf},
            max_requests=max_requests,
            dry_run=dry_run,
            as_json=as_json,
            workspace=workspace,
            extra=extra_fields(extra),
            how={"concurrency": concurrency, "timeout": timeout, "retries": retries, "api_key_env": api_key_env},
        )
    if stage is not None:
        raise DatasetError(f"{plan}: --stage is for plans of kind winogenerated. Leave it out.")
    planned = parse_plan(content, plan)
    planned = replace(
        planned,
        until_new=planned.until_new if until_new is None else until_new,
        min_yield=planned.min_yield if min_yield is None else min_yield,
    )
    check_growth(planned, plan)
    own = dataset_name(planned) if planned.extends is None else f"{dataset_name(planned)}-{plan.stem}"  # there may be several gaps
    folder = output if output is not None else plan.parent / own
    check_folder(folder, planned, plan)
    options: dict[str, Any] = {"model": model, "base_url": base_url, "gguf": gguf, "max_requests": max_requests, "dry_run": dry_run}
    options |= {"filter_model": filter_model, "filter_base_url": filter_base_url, "filter_gguf": filter_gguf}
    options |= {"show_on_map": show_on_map, "reviews": reviews, "extra": extra, "workspace": workspace}
    options |= {"concurrency": concurrency, "timeout": timeout, "retries": retries, "api_key_env": api_key_env}
    location, name = write_job_location(plan), f"writing “{planned.behaviour}”"
    with nullcontext() if dry_run else asking_job(terminal.open_workspace(workspace), location, name) as job:
        options["job"] = job
        if not planned.templates:
            part = _write_part(planned, content, plan, folder, **options)
            _show(part.told, part.lines, as_json=as_json)
            part.end()
            return
        check_phrasings(folder, planned, plan, show_on_map=show_on_map)
        parts: dict[str, _Part] = {}
        for one, phrasing in zip(planned.templates, planned.phrasings(), strict=True):
            own = plan_text(phrasing, format_of(plan)).encode()
            parts[one.id] = _write_part(phrasing, own, plan, folder / one.id, **options)
            if max_requests is not None:
                options["max_requests"] = max(0, options["max_requests"] - parts[one.id].n_asked)
            if parts[one.id].stopped:
                break
        if not dry_run:
            write_together({top_plan(folder, format_of(plan)): content})
        told = {"plan": planned.hash, "behaviour": planned.behaviour, "phrasings": {id: part.told for id, part in parts.items()}}
        lines = [line for id, part in parts.items() for line in (f"template {id}", *part.lines)]
        if not dry_run:
            lines.append(f"Side by side: evalmap write compare {folder}")
        _show(told, lines, as_json=as_json)
        for part in parts.values():
            part.end()


@dataclass(frozen=True)
class _Part:
    """What one template comes to: as JSON, as lines, and how it ended (None: nothing was asked)."""

    told: dict[str, Any]
    lines: list[str]
    outcome: "WriteOutcome | None" = None

    @property
    def n_asked(self) -> int:
        return 0 if self.outcome is None else self.outcome.n_asked + self.outcome.n_filter_asked

    @property
    def stopped(self) -> bool:
        return self.outcome is not None and self.outcome.stopped is not None

    def end(self) -> None:
        """End the command where the asking stopped before all was asked."""
        if self.outcome is None or not self.outcome.stopped:
            return
        everything = self.told["table"]["all"]
        sentence = (
            f"{self.outcome.stopped} {everything['replies']:,} of {everything['requests']:,} replies are kept; "
            "the same command goes on."
        )
        if self.outcome.interrupted:
            terminal.print_error(sentence)
            raise typer.Exit(130)
        raise DatasetError(sentence, *self.outcome.settings)


def _show(told: Mapping[str, Any], lines: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        terminal.print_json(told)
    else:
        terminal.print_lines(lines)


def _write_part(
    planned: "WritePlan",
    content: bytes,
    plan: Path,
    folder: Path,
    *,
    model: str | None,
    base_url: str | None,
    gguf: Path | None,
    filter_model: str | None,
    filter_base_url: str | None,
    filter_gguf: Path | None,
    max_requests: int | None,
    dry_run: bool,
    show_on_map: bool,
    reviews: Path | None,
    extra: str | None,
    workspace: Path | None,
    job: "JobFile | None",
    **how: Any,
) -> _Part:
    """Write the rows of a plan with one template into a folder; `content` is the plan that lies beside them."""
    from evalmap.embeddings import pipeline
    from evalmap.embeddings.encoder import DEFAULT_MODEL
    from evalmap.embeddings.vectors import embed_few
    from evalmap.writing.label_confidence import plan_filter
    from evalmap.writing.plan_files import format_of
    from evalmap.writing.result_files import check_folder, check_replaced, possible_rows, result_paths, write_results
    from evalmap.writing.review.reviewed_labels import keep_reviews, reviewed_labels
    from evalmap.writing.write_outcome import figures
    from evalmap.writing.write_requests import plan_write
    from evalmap.writing.write_run import estimate_write, write

    check_folder(folder, planned, plan)
    space = terminal.open_workspace(workspace)
    extended = onto_map.extended_dataset(planned, plan, space, folder=folder, onto_map=show_on_map)
    more = extra_fields(extra)
    writer = chosen_model(planned.model, plan, model=model, base_url=base_url, gguf=gguf)
    if dry_run and not (writer.gguf or writer.base_url):  # a plan can be looked at before it is known who writes
        asking = plan_write(planned, model=NOBODY, server=NOBODY, extra=more)
        return _estimated(asking, None, estimate_write(asking, space, most=max_requests))
    target = target_of(writer, plan, extra=more, text_tokens=planned.sampling.max_tokens, **how)
    asking = plan_write(planned, model=target.model, server=target.server, extra=more)
    filtering, filter_target = None, None
    named = {"model": filter_model, "base_url": filter_base_url, "gguf": filter_gguf}
    if planned.filter is not None:
        other = chosen_model(planned.filter.model, plan, **named)
        if other.name and not (other.base_url or other.gguf):  # another model of the same server
            other = replace(other, base_url=writer.base_url)
        own = other.name or other.base_url or other.gguf
        filter_target = target_of(other if own else writer, plan, extra={} if own else more, **how)
        filtering = plan_filter(planned, model=filter_target.model, server=filter_target.server, extra={} if own else more)
    elif any(named.values()):
        raise DatasetError(f"{plan}: has no [filter], and a model for it is named. Add [filter] to the plan.", "filter_model")
    if dry_run:
        return _estimated(asking, filtering, estimate_write(asking, space, filter=filtering, most=max_requests))
    rows = result_paths(folder, planned)["rows"]
    if reviews is not None:
        keep_reviews(space, rows, reviews)
    encoder = pipeline.SentenceEncoder(DEFAULT_MODEL)
    with Bars() as bars, gently():

        def on_progress(done: int, total: int) -> None:
            bars.progress(STAGE, done, total)
            if job is not None:
                job.progress(STAGE, done, total)

        outcome = write(
            asking,
            None if max_requests == 0 else target.answerer(),
            space,
            embed=onto_map.embedding(extended, space, lambda texts: embed_few(texts, encoder)),
            existing=extended.compared(planned.kind) if extended else ((), ()),
            filter=filtering,
            filter_answerer=None if filter_target is None or max_requests == 0 else filter_target.answerer(),
            most=max_requests,
            progress=on_progress,
        )
    written = outcome.written
    check_replaced(folder, written, outcome.stopped, outcome.settings)
    verdicts = reviewed_labels(space, rows, possible_rows(written))
    paths = write_results(folder, written, content, format=format_of(plan), encoder=encoder.description, verdicts=verdicts)
    grown = None
    if extended and show_on_map and written.kept:
        grown = onto_map.put_onto_map(extended, paths["rows"], space, folder=folder, plan_hash=planned.hash)
    told = figures(written, verdicts)
    now = {
        "asked_now": outcome.n_asked,
        "filter_asked_now": outcome.n_filter_asked,
        "usage": asdict(outcome.usage),
        "filter_usage": asdict(outcome.filter_usage),
        "stopped": outcome.stopped,
        "grown": onto_map.as_json(grown) if grown else None,
        "files": {name: str(path) for name, path in paths.items()},
    }
    also = f", {outcome.n_filter_asked:,} of the filter" if filtering else ""
    lines = [
        f"“{planned.behaviour}” · {target.model}: {outcome.n_asked:,} requests asked now{also}",
        *table_lines(told["table"], filtered=filtering is not None),
        *figure_lines(told),
        *axis_lines(told["axes"]),
        *(f"  {path}" for path in paths.values()),
        *(onto_map.lines(grown) if grown else [onto_map.NOTHING_NEW] if show_on_map else []),
    ]
    return _Part({**told, **now}, lines, outcome)


def _estimated(asking: "WriteAsking", filtering: "FilterAsking | None", counted: "WriteEstimate") -> _Part:
    """What would be asked, and a prompt for each label."""
    shown: dict[str, str] = {}
    for request in asking.requests:
        shown.setdefault(asking.wanted[request.key].label, request.text)
    lines = [
        f"“{asking.plan.behaviour}” · {asking.header['model']}: {counted.requests:,} requests, "
        f"{counted.answered:,} answered already, {counted.to_ask:,} to ask now",
        f"  about {counted.prompt_tokens:,} prompt tokens, at most {counted.most_completion_tokens:,} tokens of replies",
    ]
    if filtering is not None:
        lines.append(
            f"  filter · {filtering.header['model']}: {counted.filter_to_ask:,} rows to ask about, "
            f"at most {counted.filter_most:,} with those to come"
        )
    if (enough := asking.plan.until_new) is not None:
        lines.append(f"  until {enough:,} rows are kept: fewer requests may do, or more follow (bounded by --max-requests)")
    for label, text in shown.items():
        lines += [f"label {label}:" if label else "the first prompt:", *(f"  {one}" for one in text.splitlines())]
    told = {"plan": asking.plan.hash, **asdict(counted), "prompts": shown}
    return _Part(told, [*lines, "nothing was asked (--dry-run)"])
