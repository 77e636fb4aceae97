"""evalmap build | info | list | remove | gc | fetch | pairs: the datasets of a workspace, their maps and their pairs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evalmap.cli import terminal
from evalmap.cli.progress import Bars
from evalmap.cli.terminal import (
    MODEL,
    ChoicesOption,
    ConfidenceOption,
    DatasetArgument,
    EmbedOption,
    EncodingOption,
    GroupOption,
    HeaderOption,
    IdOption,
    LabelOption,
    PartOption,
    TextOption,
    TurnOption,
    WorkspaceOption,
    YesOption,
)
from evalmap.data.errors import DatasetError
from evalmap.data.records import ReadOptions
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace

if TYPE_CHECKING:
    from evalmap.embeddings.settings import Settings


def build(
    paths: Annotated[list[str], typer.Argument(metavar="PATH…", help="Files, folders, https addresses, hf://owner/name.")],
    text: TextOption = None,
    label: LabelOption = None,
    confidence: ConfidenceOption = None,
    choices: ChoicesOption = None,
    group: GroupOption = None,
    id: IdOption = None,
    part: PartOption = "whole",
    turn: TurnOption = None,
    embed: EmbedOption = None,
    yes: YesOption = None,
    encoding: EncodingOption = None,
    header: HeaderOption = None,
    model: Annotated[str, MODEL] = "all-MiniLM-L6-v2",
    k: Annotated[int, typer.Option(min=1, max=1000, help="Number of k-means clusters.")] = 10,
    n_neighbors: Annotated[int, typer.Option(min=2, max=200, help="UMAP: neighbours looked at.")] = 15,
    min_dist: Annotated[float, typer.Option(min=0.0, max=0.99, help="UMAP: how tightly points may lie.")] = 0.1,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Random state of the map and the clusters.")] = 42,
    name: Annotated[
        str | None, typer.Option(help="What the map is called (one PATH only; default: its file name). Two names are two maps.")
    ] = None,
    keep_layout: Annotated[
        bool,
        typer.Option("--keep-layout", help="Built again: rows whose text is unchanged stay where they are."),
    ] = False,
    keep_layout_of: Annotated[
        str | None,
        typer.Option(metavar="DATASET", help="Rows whose text is on this built map lie where they lie there; others among them."),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Embed, project and cluster datasets; each PATH becomes a map of its own."""
    from evalmap.embeddings.encoder import DEFAULT_MODEL
    from evalmap.embeddings.settings import Settings
    from evalmap.screening.curation.curation_actions import refresh

    if name and len(paths) > 1:
        raise typer.BadParameter("it names one dataset, and several PATHs were given.", param_hint="--name")
    space = terminal.open_workspace(workspace)
    fields = {"text": text, "label": label, "confidence": confidence, "choices": choices, "group": group, "id": id}
    options = terminal.read_options(**fields, part=part, turn=turn, embed=embed, yes=yes, encoding=encoding, header=header)
    model = model if model == DEFAULT_MODEL else terminal.absolute(model)
    settings = Settings(model=model, n_neighbors=n_neighbors, min_dist=min_dist, k=k, seed=seed)
    if keep_layout and keep_layout_of:
        raise typer.BadParameter("--keep-layout keeps that of the same map. Leave one of them out.", param_hint="--keep-layout-of")
    layout_of = space.find(keep_layout_of) if keep_layout_of else None
    failed = False
    for path, location in zip(paths, [terminal.absolute(path) for path in paths], strict=True):
        try:
            manifest = _build_one(
                space, path, location, name=name, options=options, settings=settings, keep_layout=keep_layout, layout_of=layout_of
            )
            refresh(space, manifest.slug)  # what a person made of the clusters of the map before
        except DatasetError as error:
            terminal.print_error(terminal.sentence(error))
            failed = True  # the other PATHs are still built
            continue
        terminal.print_lines(_built(manifest))
    if failed:
        raise typer.Exit(1)


def info(
    dataset: DatasetArgument,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Show what a built map holds: rows, roles, labels, boilerplate, clusters, settings, versions."""
    from evalmap.embeddings.built_map import load_map

    space = terminal.open_workspace(workspace)
    built = load_map(space, space.find(dataset))
    if as_json:
        terminal.print_json({**built.manifest.as_dict(), "clusters": built.clusters()})
        return
    terminal.print_lines(_built(built.manifest))
    for layer in built.clusterings:
        terminal.print_lines(["", f"{layer.layer}: {layer.n_clusters} clusters"])
        for cluster in [c for c in built.clusters() if c["layer"] == layer.layer][:12]:
            labels = ", ".join(f"{count} {label}" for label, count in list(cluster["labels"].items())[:3])
            terminal.print_line(f"  {cluster['size']:>6,}  {cluster['name']}" + (f"  ({labels})" if labels else ""))


def list_datasets(
    as_json: Annotated[bool, typer.Option("--json", help="Print slug, name, rows, source and bytes as JSON.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """List the datasets whose maps are in the workspace, with the bytes of each that no other map shares."""
    from evalmap.data.store.disk_space import map_sizes

    space = terminal.open_workspace(workspace)
    sizes = map_sizes(space)
    manifests, all_damaged = space.pointers()
    listed = [(manifest, sizes[manifest.slug]) for manifest in manifests if manifest.slug in sizes]
    if as_json:
        terminal.print_json(
            [
                {
                    **{name: getattr(manifest, name) for name in ("slug", "name", "rows", "source", "location", "built_at")},
                    "own_bytes": size.own,
                    "shared_bytes": size.shared,
                }
                for manifest, size in listed
            ]
        )
    for manifest, size in [] if as_json else listed:
        shared = f" + {_bytes(size.shared)} shared" if size.shared else ""
        rows = f"{manifest.slug:<40} {manifest.rows:>9,} rows"
        terminal.print_line(f"{rows}  {_bytes(size.own):>9}{shared:<19}  {manifest.source}")
    for damaged in all_damaged:
        terminal.print_error(f"{damaged.slug}: {damaged.reason}")


def remove(
    dataset: Annotated[str, typer.Argument(help="Path or name of a built dataset.")], workspace: WorkspaceOption = None
) -> None:
    """Remove a dataset's map from the workspace. The dataset's own files are not touched."""
    space = terminal.open_workspace(workspace)
    damaged = {one.slug for one in space.damaged()}
    space.remove(dataset if dataset in damaged else space.find(dataset).slug)


def gc(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Remove nothing: tell what would go.")] = False,
    downloads: Annotated[bool, typer.Option("--downloads", help="Also the downloads that no map was built of.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print each file or folder with its bytes as JSON.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Remove what no map needs any more: results of earlier settings, vectors of builds cut short, what killed processes left.

    What a build or screening under way uses stays.
    """
    from evalmap.data.store.disk_space import KINDS, collect, find_unneeded

    space = terminal.open_workspace(workspace)
    found = (find_unneeded if dry_run else collect)(space, downloads=downloads)
    total = sum(one.size for one in found)
    if as_json:
        listed = [{"kind": one.kind, "path": one.path.relative_to(space.root).as_posix(), "bytes": one.size} for one in found]
        terminal.print_json({"removed": not dry_run, "bytes": total, "unneeded": listed})
        return
    for kind, what in KINDS.items():
        sizes = [one.size for one in found if one.kind == kind]
        if sizes:
            terminal.print_line(f"  {len(sizes):>6,}  {_bytes(sum(sizes)):>9}  {what}")
    terminal.print_line(f"{_bytes(total)} {'would go (--dry-run: nothing was removed)' if dry_run else 'removed'}")


def fetch(
    collection: Annotated[str, typer.Argument(help="A known collection: anthropic-evals.")],
    from_dir: Annotated[Path | None, typer.Option("--from", help="Copy from this local clone instead of downloading.")] = None,
    group: Annotated[list[str] | None, typer.Option(help="Only this group of the collection (may be repeated).")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Fetch what is missing of a published collection; what is there whole stays as it is."""
    from evalmap.data.remote import collections
    from evalmap.data.remote.collections import fetching
    from evalmap.data.store.jobs import JobFile

    space = terminal.open_workspace(workspace)
    wanted = collections.collection(collection)
    groups = {known.id for known in wanted.groups}
    if unknown := set(group or ()) - groups:
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: choose of {', '.join(sorted(groups))}.", param_hint="--group")
    files = [file.name for file in wanted.files if not group or file.group in group]
    job = JobFile(space, fetching.job_location(collection), wanted.title)
    with job.ended_if_stopped(), Bars() as bars:

        def on_progress(done: int, total: int) -> None:
            job.progress("fetch", done, total)
            bars.progress("fetch", done, total)

        result = fetching.fetch(wanted, space.sources / collection, files=files, from_dir=from_dir, progress=on_progress)
    counts = f"{len(result.fetched)} fetched, {len(result.already)} there already, {len(result.missing)} not in the copy"
    terminal.print_line(f"{wanted.title}: {counts}, {len(result.failed)} failed; in {space.sources / collection}")
    if result.failed:
        first = result.failed[0]
        sentence = f"{len(result.failed)} of {len(files)} files could not be fetched; the first: {first.file.path}: {first.reason}"
        job.finish("failed", error=sentence)
        raise DatasetError(sentence)
    job.finish("done")


def pairs(
    dataset: DatasetArgument,
    workspace: WorkspaceOption = None,
) -> None:
    """Find the near-duplicates of a built dataset, which the duplicates page then reads."""
    from evalmap.data.store.jobs import JobFile
    from evalmap.embeddings.built_map import load_map
    from evalmap.screening.pairs import pairs_job
    from evalmap.screening.pairs.pair_store import pairs_of

    space = terminal.open_workspace(workspace)
    built = load_map(space, space.find(dataset))
    job = JobFile(space, pairs_job.job_location(built.manifest.slug), f"near-duplicates of {built.manifest.name}")
    with job.ended_if_stopped(), Bars() as bars:

        def on_progress(done: int, total: int) -> None:
            job.progress("pairs", done, total)
            bars.progress("pairs", done, total)

        found = pairs_of(built, space, progress=on_progress)
    job.finish("done", slug=built.manifest.slug)
    floors = ", ".join(f"{name} ≥ {floor:g}" for name, floor in found.floors.items())
    terminal.print_line(f"{built.manifest.name}: {len(found):,} pairs ({floors}) among {len(built):,} examples")


def _build_one(
    space: Workspace,
    path: str,
    location: str,
    *,
    name: str | None,
    options: ReadOptions,
    settings: "Settings",
    keep_layout: bool,
    layout_of: Manifest | None,
) -> Manifest:
    """Build one map, telling how far it is on the terminal and in the job's file; returns its manifest."""
    from evalmap.data.opening import open_dataset
    from evalmap.data.store.jobs import JobFile
    from evalmap.embeddings.build_job import job_location
    from evalmap.embeddings.pipeline import SHARES
    from evalmap.embeddings.pipeline import build as build_map

    job = JobFile(space, job_location(location, name), name or Path(path).name or path, shares=SHARES)
    try:
        with Bars() as bars:

            def on_progress(stage: str, done: int, total: int) -> None:
                job.progress(stage, done, total)
                bars.progress(stage, done, total)

            on_progress("records", 0, 0)
            dataset = open_dataset(
                path,
                options=options,
                name=name,
                downloads=space.downloads,
                progress=lambda done, _: on_progress("records", done, 0),
            )
            manifest = build_map(
                dataset,
                workspace=space,
                settings=settings,
                location=location,
                keep_layout=keep_layout,
                layout_of=layout_of,
                progress=on_progress,
            )
    except DatasetError as error:
        job.finish("failed", error=str(error))
        raise
    except BaseException as error:
        job.finish("failed" if isinstance(error, Exception) else "cancelled", error=f"{type(error).__name__}: {error}")
        raise
    job.finish("done", slug=manifest.slug)
    return manifest


def _bytes(size: int) -> str:
    """A number of bytes for a person, in powers of 1000."""
    for power, unit in ((9, "GB"), (6, "MB"), (3, "kB")):
        if size >= 10**power:
            return f"{size / 10**power:,.1f} {unit}"
    return f"{size} bytes"


def _built(manifest: Manifest) -> list[str]:
    """What a build made, in a few lines for a person."""
    lines = [f"{manifest.name}: {manifest.rows:,} examples from {manifest.source}"]
    if manifest.reading:
        lines.append(f"  read as {manifest.schema}:")
        lines += [f"  {line}" for line in terminal.reading_lines(manifest.reading)]
    else:  # built before readings were recorded
        roles = ", ".join(f"{role} = {field}" for role, field in manifest.roles.items())
        lines.append(f"  roles: {roles} ({manifest.schema})")
    if manifest.labels:
        counts = list(manifest.labels.items())
        lines.append(f"  labels: {', '.join(f'{count:,} {label}' for label, count in counts[:8])}{' …' if len(counts) > 8 else ''}")
    if manifest.boilerplate:
        lines.append(f"  boilerplate: {manifest.boilerplate.sentence()}")
    for count, what in ((manifest.set_aside, "rows set aside"), (manifest.truncated, "rows cut at the model's window")):
        if count:
            lines.append(f"  {count:,} {what}")
    lines += [f"  note: {note}" for note in manifest.notes]
    if kept := manifest.layout_line():
        lines.append(f"  {kept}")
    embedded = f"{manifest.embedded:,} texts embedded, {manifest.reused:,} reused"
    seconds = ", ".join(f"{s.name} {s.seconds:.1f} s" + (" (cached)" if s.cached else "") for s in manifest.stages)
    lines += [f"  {embedded}", f"  {seconds}", f"  name in the workspace: {manifest.slug}"]
    return lines
