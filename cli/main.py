"""The same jobs as the site, from a terminal: evalmap build | info | list | remove | screen | answers | fetch | serve."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from evalmap.cli import answers
from evalmap.cli import screen as screening
from evalmap.data.errors import DatasetError
from evalmap.data.records import ReadOptions
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace

if TYPE_CHECKING:
    from evalmap.embeddings.built_map import BuiltMap
    from evalmap.embeddings.settings import Settings
    from evalmap.screening.default_screening import DefaultScreening

app = typer.Typer(
    help="See what an evaluation dataset really contains.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
WorkspaceOption = Annotated[
    Path | None,
    typer.Option(help="Folder of results (default: EVALMAP_HOME, else the platform's data folder).", show_default=False),
]


@app.command()
def build(
    paths: Annotated[list[str], typer.Argument(metavar="PATH…", help="Files, folders, https addresses or hub ids.")],
    text: Annotated[str | None, typer.Option(help="Field that holds the text (default: detected).")] = None,
    label: Annotated[str | None, typer.Option(help='Field of the label; "" for none.')] = None,
    confidence: Annotated[str | None, typer.Option(help='Field of the label\'s confidence; "" for none.')] = None,
    choices: Annotated[str | None, typer.Option(help='Field of the answer options; "" for none.')] = None,
    group: Annotated[str | None, typer.Option(help='Field that groups rows; "" for none.')] = None,
    id: Annotated[str | None, typer.Option(help='Field of the rows\' own ids; "" for none.')] = None,
    part: Annotated[Literal["whole", "stem", "choices"], typer.Option(help="What of a multiple choice is embedded.")] = "whole",
    model: Annotated[str, typer.Option(help="sentence-transformers model, by name or folder.")] = "all-MiniLM-L6-v2",
    k: Annotated[int, typer.Option(min=1, max=1000, help="Number of k-means clusters.")] = 10,
    n_neighbors: Annotated[int, typer.Option(min=2, max=200, help="UMAP: neighbours looked at.")] = 15,
    min_dist: Annotated[float, typer.Option(min=0.0, max=0.99, help="UMAP: how tightly points may lie.")] = 0.1,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Random state of the map and the clusters.")] = 42,
    name: Annotated[str | None, typer.Option(help="What the dataset is called (one PATH only; default: its file name).")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Embed, project and cluster datasets; each PATH becomes a map of its own."""
    from evalmap.embeddings.encoder import DEFAULT_MODEL
    from evalmap.embeddings.settings import Settings

    if name and len(paths) > 1:
        raise typer.BadParameter("it names one dataset, and several PATHs were given.", param_hint="--name")
    space = _workspace(workspace)
    options = ReadOptions(text=text, label=label, confidence=confidence, choices=choices, group=group, id=id, part=part)
    model = model if model == DEFAULT_MODEL else _absolute(model)
    settings = Settings(model=model, n_neighbors=n_neighbors, min_dist=min_dist, k=k, seed=seed)
    failed = False
    for path, location in zip(paths, [_absolute(path) for path in paths], strict=True):
        try:
            manifest = _build_one(space, path, location, name=name, options=options, settings=settings)
        except DatasetError as error:
            typer.echo(sentence(error), err=True)
            failed = True  # the other PATHs are still built
            continue
        for line in _built(manifest):
            typer.echo(line)
    if failed:
        raise typer.Exit(1)


@app.command()
def info(
    dataset: Annotated[str, typer.Argument(help="The path that was built, or the dataset's name in the workspace.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Show what a built map holds: rows, roles, labels, boilerplate, clusters, settings, versions."""
    from evalmap.embeddings.built_map import load_map

    space = _workspace(workspace)
    built = load_map(space, space.find(dataset))
    if as_json:
        typer.echo(json.dumps({**built.manifest.as_dict(), "clusters": built.clusters()}, ensure_ascii=False, indent=2))
        return
    for line in _built(built.manifest):
        typer.echo(line)
    for layer in built.clusterings:
        typer.echo(f"\n{layer.layer}: {layer.n_clusters} clusters")
        for cluster in [c for c in built.clusters() if c["layer"] == layer.layer][:12]:
            labels = ", ".join(f"{count} {label}" for label, count in list(cluster["labels"].items())[:3])
            typer.echo(f"  {cluster['size']:>6,}  {cluster['name']}" + (f"  ({labels})" if labels else ""))


@app.command("list")
def list_datasets(workspace: WorkspaceOption = None) -> None:
    """List the datasets whose maps are in the workspace."""
    space = _workspace(workspace)
    for manifest in space.manifests():
        typer.echo(f"{manifest.slug:<40} {manifest.rows:>9,} rows  {manifest.source}")


@app.command()
def remove(
    dataset: Annotated[str, typer.Argument(help="Path or name of a built dataset.")], workspace: WorkspaceOption = None
) -> None:
    """Remove a dataset's map from the workspace. The dataset's own files are not touched."""
    space = _workspace(workspace)
    space.remove(space.find(dataset).slug)


@app.command()
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

    space = _workspace(workspace)
    wanted = collections.collection(collection)
    groups = {known.id for known in wanted.groups}
    if unknown := set(group or ()) - groups:
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: choose of {', '.join(sorted(groups))}.", param_hint="--group")
    files = [file.name for file in wanted.files if not group or file.group in group]
    job = JobFile(space, fetching.job_location(collection), wanted.title)
    try:
        with _Bars() as bars:

            def told(done: int, total: int) -> None:
                job.progress("fetch", done, total)
                bars.progress("fetch", done, total)

            result = fetching.fetch(wanted, space.sources / collection, files=files, from_dir=from_dir, progress=told)
    except DatasetError as error:
        job.finish("failed", error=str(error))
        raise
    counts = f"{len(result.fetched)} fetched, {len(result.already)} there already, {len(result.missing)} not in the copy"
    typer.echo(f"{wanted.title}: {counts}, {len(result.failed)} failed; in {space.sources / collection}")
    if result.failed:
        first = result.failed[0]
        sentence = f"{len(result.failed)} of {len(files)} files could not be fetched; the first: {first.file.path}: {first.reason}"
        job.finish("failed", error=sentence)
        raise DatasetError(sentence)
    job.finish("done")


@app.command()
def pairs(
    dataset: Annotated[str, typer.Argument(help="The path that was built, or the dataset's name in the workspace.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Find the near-duplicates of a built dataset, which the duplicates page then reads."""
    from evalmap.data.store.jobs import JobFile
    from evalmap.embeddings.built_map import load_map
    from evalmap.screening.pairs import pairs_job
    from evalmap.screening.pairs.pair_store import pairs_of

    space = Workspace.default(workspace)
    built = load_map(space, space.find(dataset))
    job = JobFile(space, pairs_job.job_location(built.manifest.slug), f"near-duplicates of {built.manifest.name}")
    try:
        with _Bars() as bars:

            def told(done: int, total: int) -> None:
                job.progress("pairs", done, total)
                bars.progress("pairs", done, total)

            found = pairs_of(built, space, progress=told)
    except DatasetError as error:
        job.finish("failed", error=str(error))
        raise
    job.finish("done", slug=built.manifest.slug)
    floors = ", ".join(f"{name} ≥ {floor:g}" for name, floor in found.floors.items())
    typer.echo(f"{built.manifest.name}: {len(found):,} pairs ({floors}) among {len(built):,} examples")


@app.command()
def serve(
    path: Annotated[str | None, typer.Argument(help="A file or folder to build and open.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; beyond 127.0.0.1, whoever reaches it may use it.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
    workspace: WorkspaceOption = None,
) -> None:
    """Open the site. With PATH, its map is built in the background and the library shows how far it is."""
    import os

    from evalmap.answers import sample_answers
    from evalmap.data.opening import location_kind
    from evalmap.data.store import jobs
    from evalmap.embeddings import sample_maps

    space = _workspace(workspace)
    sample_maps.install(space)
    sample_answers.install(space)
    if path:
        location = _absolute(path)
        if location_kind(path) == "path" and not Path(location).exists():
            raise DatasetError(f"{path}: no such file or folder. Check the path.")
        build = [sys.executable, "-P", "-m", "evalmap.cli", "build", "--workspace", str(space.root), "--", location]
        jobs.start(space, build, locations=[location])
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    typer.echo(f"Evalmap: http://{shown}:{port}")
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.address", host, "--server.port", str(port)]
    os.environ["EVALMAP_HOME"] = str(space.root)
    os.chdir(Path(__file__).resolve().parents[1])
    os.execv(sys.executable, [*command, "--server.headless", "true"])  # in this process's place: what ends it ends the site


def _build_one(
    space: Workspace, path: str, location: str, *, name: str | None, options: ReadOptions, settings: "Settings"
) -> Manifest:
    """Build one map, telling how far it is on the terminal and in the job's file; returns its manifest."""
    from evalmap.data.opening import open_dataset
    from evalmap.data.store.jobs import JobFile
    from evalmap.embeddings.pipeline import SHARES
    from evalmap.embeddings.pipeline import build as build_map

    job = JobFile(space, location, name or Path(path).name or path, shares=SHARES)
    try:
        with _Bars() as bars:

            def told(stage: str, done: int, total: int) -> None:
                job.progress(stage, done, total)
                bars.progress(stage, done, total)

            told("records", 0, 0)
            dataset = open_dataset(
                path, options=options, name=name, downloads=space.downloads, progress=lambda done, _: told("records", done, 0)
            )
            manifest = build_map(dataset, workspace=space, settings=settings, location=location, progress=told)
    except DatasetError as error:
        job.finish("failed", error=str(error))
        raise
    except BaseException as error:
        job.finish("failed" if isinstance(error, Exception) else "cancelled", error=f"{type(error).__name__}: {error}")
        raise
    job.finish("done", slug=manifest.slug)
    return manifest


def _workspace(root: Path | None) -> Workspace:
    space = Workspace.default(root)
    if space.root.exists() and not space.root.is_dir():
        raise DatasetError(f"{space.root}: not a folder. Name the folder of results with --workspace or EVALMAP_HOME.")
    return space


def _absolute(location: str) -> str:
    """A path that holds wherever the site's own builds run; what is no path here stays as it is."""
    path = Path(location).expanduser()
    if (shown := location.encode("utf-8", "replace").decode()) != location:
        raise DatasetError(f"{shown}: the name is not UTF-8. Rename the file or folder.")
    return str(path.resolve()) if path.exists() else location


class _Bars:
    """A progress bar a stage, on stderr; nothing where stderr is no terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        console = Console(stderr=True)
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        self._bars = Progress(TextColumn("{task.description:<11}"), *columns, console=console, disable=not console.is_terminal)
        self._tasks: dict[str, Any] = {}

    def __enter__(self) -> "_Bars":
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def progress(self, stage: str, done: int, total: int) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage, total=None)
        self._bars.update(self._tasks[stage], completed=done, total=total or None)


def _built(manifest: Manifest) -> list[str]:
    """What a build made, in a few lines for a person."""
    lines = [f"{manifest.name}: {manifest.rows:,} examples from {manifest.source}"]
    roles = ", ".join(f"{role} = {field}" for role, field in manifest.roles.items())
    lines.append(f"  roles: {roles} ({manifest.schema})")
    if manifest.labels:
        shown = list(manifest.labels.items())
        lines.append(f"  labels: {', '.join(f'{count:,} {label}' for label, count in shown[:8])}{' …' if len(shown) > 8 else ''}")
    if manifest.boilerplate:
        lines.append(f"  boilerplate: {manifest.boilerplate.sentence()}")
    for count, what in ((manifest.set_aside, "rows set aside"), (manifest.truncated, "rows cut at the model's window")):
        if count:
            lines.append(f"  {count:,} {what}")
    lines += [f"  note: {note}" for note in manifest.notes]
    embedded = f"{manifest.embedded:,} texts embedded, {manifest.reused:,} reused"
    seconds = ", ".join(f"{s.name} {s.seconds:.1f} s" + (" (cached)" if s.cached else "") for s in manifest.stages)
    lines += [f"  {embedded}", f"  {seconds}", f"  name in the workspace: {manifest.slug}"]
    return lines


def _default_screening(built: "BuiltMap", space: Workspace) -> "DefaultScreening | None":
    from evalmap.screening.default_screening import default_screening

    return default_screening(built, space)


screening.register(app, workspace=_workspace, bars=_Bars)
answers.register(app, workspace=_workspace, bars=_Bars, screened=_default_screening)


def sentence(error: DatasetError) -> str:
    """An error in the terminal's words: the settings that mend it are options here."""
    options = ", ".join(f"--{setting.replace('_', '-')}" for setting in error.settings)
    return f"{str(error).removesuffix('.')} ({options})." if options else str(error)


def main() -> None:
    """Run the command line: 0, 1 for bad input (one sentence on stderr), 2 for bad usage."""
    try:
        app()
    except DatasetError as error:
        typer.echo("".join(char if char.isprintable() else " " for char in sentence(error)), err=True)  # it may name a hostile file
        sys.exit(1)


if __name__ == "__main__":
    main()
