"""evalmap write of a plan of kind winogenerated: sentences with a blank for a pronoun, stage by stage."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from evalmap.cli import terminal
from evalmap.cli.model_command import choose_target, gently
from evalmap.cli.progress import Bars
from evalmap.data.errors import DatasetError

if TYPE_CHECKING:
    from evalmap.cli.model_command import Target
    from evalmap.writing.plans import ModelChoice
    from evalmap.writing.schemas.schema_run import Asking, StageEstimate
    from evalmap.writing.schemas.schema_stages import Stage


def init_schemas(output: Path, chosen: "ModelChoice") -> None:
    """Make a plan, and beside it a list of occupations; files that are there are left alone."""
    from evalmap.data.store.outputs import check_outputs, write_together
    from evalmap.writing.schemas.schema_plan import SHIPPED_LIST, schema_plan_toml

    listed = output.parent / SHIPPED_LIST.name
    check_outputs({"output": output, "occupations": listed}, [])
    if output.exists():
        raise DatasetError(f"{output}: is there already. Name another file.", "output")
    files = {output: schema_plan_toml(chosen).encode()}
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
    model: str | None,
    base_url: str | None,
    gguf: Path | None,
    max_requests: int | None,
    dry_run: bool,
    as_json: bool,
    workspace: Path | None,
    extra: dict[str, Any],
    **how: Any,
) -> None:
    """Take a plan through its stages, up to `stage`, and write what there is.

    Parameters
    ----------
    content : what the plan's file holds
    model, base_url, gguf : whom to ask instead of the plan's [model]; the vote asks the same where the plan has no [vote.model]
    how : concurrency, timeout, retries and api_key_env, as `choose_target` takes them
    """
    from evalmap.embeddings import pipeline
    from evalmap.embeddings.encoder import DEFAULT_MODEL
    from evalmap.embeddings.vectors import embed_few
    from evalmap.writing.schemas.schema_plan import KIND, parse_schema_plan
    from evalmap.writing.schemas.schema_results import check_schema_folder, write_schemas
    from evalmap.writing.schemas.schema_run import ask_stages, estimate_stages, plan_asking, read_schemas
    from evalmap.writing.schemas.schema_table import schema_table, table_lines

    planned = parse_schema_plan(content, plan)
    folder = output if output is not None else plan.parent / KIND
    check_schema_folder(folder, planned, plan)
    space = terminal.open_workspace(workspace)
    named = {"model": model, "base_url": base_url, "gguf": gguf}
    tokens = planned.sampling.max_tokens
    writer = _target(planned.model, named, plan, "[model]", text_tokens=tokens, extra=extra, **how)
    own = planned.vote.model
    voter = (
        _target(own, dict.fromkeys(named), plan, "[vote.model]", extra=extra, **how)
        if own is not None
        else _target(planned.model, named, plan, "[model]", extra=extra, **how)
    )
    asking = plan_asking(planned, writer=(writer.model, writer.server), voter=(voter.model, voter.server), extra=extra)
    if dry_run:
        _show_estimate(asking, estimate_stages(asking, space, most=max_requests), as_json)
        return
    encoder = pipeline.SentenceEncoder(DEFAULT_MODEL)

    def embed(texts: Any) -> Any:
        return embed_few(texts, encoder)

    with Bars() as bars, gently():
        asked = ask_stages(
            asking, writer.answerer, voter.answerer, space, last=stage, most=max_requests, embed=embed, progress=bars.progress
        )
    schemas = read_schemas(asking, space, embed=embed)
    paths = write_schemas(folder, schemas, content, plan.parent / Path(planned.list_name).expanduser())
    table = schema_table(schemas)
    if as_json:
        usage = {"prompt_tokens": asked.prompt_tokens, "completion_tokens": asked.completion_tokens}
        terminal.print_json(
            {
                "plan": planned.hash,
                "kind": KIND,
                "model": writer.model,
                "voter": voter.model,
                "stage": stage,
                "asked_now": asked.n_asked,
                "usage": usage,
                "stopped": asked.stopped,
                "table": table,
                "files": {name: str(path) for name, path in paths.items()},
            }
        )
    else:
        by = writer.model if voter.model == writer.model else f"{writer.model}, vote by {voter.model}"
        terminal.print_line(f"{planned.list_name} · {by}: {asked.n_asked:,} requests asked now")
        terminal.print_lines(table_lines(table))
        terminal.print_lines(f"  {path}" for path in paths.values())
    if asked.stopped:
        sentence = f"{asked.stopped} What was answered is kept; the same command goes on."
        if asked.interrupted:
            terminal.print_error(sentence)
            raise typer.Exit(130)
        raise DatasetError(sentence, *asked.settings)


def _target(chosen: "ModelChoice", named: dict[str, Any], path: Path, where: str, **how: Any) -> "Target":
    """Whom to ask: what the options name, else what the plan does. A model file lies beside the plan."""
    model, base_url, gguf = named["model"], named["base_url"], named["gguf"]
    if gguf is None and chosen.gguf and not (model or base_url):
        gguf = path.parent / Path(chosen.gguf).expanduser()
    if gguf is None:
        model, base_url = model or chosen.name, base_url or chosen.base_url
    if gguf is None and not base_url:
        raise DatasetError(
            f"{path}: {where} names nobody to ask. Give it a name and a base_url, or a gguf file.", "base_url", "gguf"
        )
    return choose_target(model=model, base_url=base_url, gguf=gguf, engine="xllamacpp", **how)


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
