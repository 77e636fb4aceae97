"""evalmap name: have a language model name the clusters of a map."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

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
    from evalmap.embeddings.model_names import ModelName

STAGE = "names"


def name(
    dataset: DatasetArgument,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    gguf: GgufOption = None,
    engine: EngineOption = "xllamacpp",
    terms: Annotated[bool, typer.Option("--terms", help="Ask nothing: show the names made of terms again.")] = False,
    limit: Annotated[int | None, typer.Option(min=0, help="Have this many names at most, those from before among them.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Ask nothing: count, and show one prompt.")] = False,
    concurrency: ConcurrencyOption = None,
    timeout: TimeoutOption = None,
    retries: RetriesOption = 6,
    api_key_env: ApiKeyOption = None,
    extra: ExtraOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Have a language model name the clusters of a map.

    A name is taken where, embedded, it tells its cluster from its siblings at least as well as the terms do. Answers are kept: stop
    or kill it, and the same command goes on from there.
    """
    import numpy as np

    from evalmap.answers.asking.cluster_names import NAME_TOKENS, PROMPT, PROMPT_VERSION, plan_names
    from evalmap.answers.asking.journal import journal_path, read_journal
    from evalmap.answers.asking.journaled import ask, still_to_ask
    from evalmap.answers.asking.run_job import name_job_location
    from evalmap.embeddings import cluster_edits, model_names
    from evalmap.embeddings.built_map import load_map
    from evalmap.embeddings.pipeline import encoder_of
    from evalmap.embeddings.vectors import embed_few

    space = terminal.open_workspace(workspace)
    manifest = cluster_edits.as_built(model_names.by_terms(space.find(dataset)))
    if terms:
        model_names.drop(space, manifest)
        terminal.print_line(f"{manifest.name}: clusters are named by their terms.")
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
        text_tokens=NAME_TOKENS,
    )
    built = load_map(space, manifest)
    asking = plan_names(built, model=target.model, server=target.server, extra=more)
    if dry_run:
        known = read_journal(journal_path(space, asking.run_id)).answers
        to_ask = still_to_ask(asking.requests, {key: known[key] for key in asking.clusters if key in known}, limit)
        characters = sum(len(request.text) for request in to_ask)
        terminal.print_lines(
            [
                f"{manifest.name} · {target.model}: {len(asking.requests):,} clusters to name, {len(to_ask):,} to ask for, "
                f"about {characters // 4:,} prompt tokens",
                *asking.requests[0].text.splitlines(),
                "nothing was asked (--dry-run)",
            ]
        )
        return
    location = name_job_location(manifest.slug, target.model)
    with asking_job(space, location, f"Names for {manifest.name} by {target.model}", slug=manifest.slug) as job:
        with Bars() as bars, gently():

            def on_progress(done: int, total: int) -> None:
                job.progress(STAGE, done, total)
                bars.progress(STAGE, done, total)

            asked = ask(PROMPT, asking.requests, target.answerer(), space, header=asking.header, limit=limit, progress=on_progress)
        proposals = asking.proposals(asked.answers)
        encoder = encoder_of(manifest)
        names = model_names.judge(
            proposals, built.names, built.clusterings, np.asarray(built.vectors), embed=lambda texts: embed_few(texts, encoder)
        )
        if names:
            kept = model_names.ModelNames(target.model, target.server, PROMPT.template, PROMPT_VERSION, names)
            model_names.keep(space, manifest, kept)
        terminal.print_line(
            f"{manifest.name} · {target.model}: "
            f"{asked.n_answered:,} of {asked.n_expected:,} prompts answered ({asked.n_asked:,} now)"
        )
        terminal.print_lines(_taken(names, [layer.layer for layer in built.clusterings]))
        if asked.stopped:
            sentence = f"{asked.stopped} {asked.n_answered:,} of {asked.n_expected:,} answers are kept; the same command goes on."
            if asked.interrupted:
                terminal.print_error(sentence)
                raise typer.Exit(130)
            raise DatasetError(sentence, *asked.settings)


def _taken(names: "Sequence[ModelName]", layers: Sequence[str]) -> Iterator[str]:
    """A line a layer: how many names are taken."""
    of, taken = Counter(one.layer for one in names), Counter(one.layer for one in names if one.refused is None)
    for layer in layers:
        if of[layer]:
            yield f"  {layer}: {taken[layer]:,} of {of[layer]:,} names tell their cluster as well as its terms do, and are shown"
