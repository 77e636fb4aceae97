"""evalmap curate: delete or tag rows of a map, rename or merge its clusters, step by step, with undo."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from evalmap.cli import terminal
from evalmap.cli.terminal import DatasetArgument, WorkspaceOption
from evalmap.data.errors import DatasetError

if TYPE_CHECKING:
    from evalmap.data.store.workspace import Workspace
    from evalmap.embeddings.built_map import BuiltMap
    from evalmap.screening.curation.steps import CurationStep


def curate(
    dataset: DatasetArgument,
    action: Annotated[
        Literal["delete", "tag", "rename", "merge"] | None,
        typer.Argument(help="delete or tag rows (--where), rename or merge clusters (--layer, --cluster)."),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(help='Which rows, as in a link of the map page: "label is Yes", "text contains tax" (repeatable).'),
    ] = None,
    layer: Annotated[
        str, typer.Option(help="Whose clusters: kmeans, topics-coarse, topics-medium, topics-fine.")
    ] = "topics-coarse",
    cluster: Annotated[
        list[str] | None, typer.Option(help="A cluster by name or number; for merge several: the others go into the first.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The tag, or the cluster's new name.")] = None,
    list_steps: Annotated[bool, typer.Option("--list", help="List the steps (also without any ACTION).")] = False,
    undo: Annotated[bool, typer.Option("--undo", help="Take the last step back, or the one of --step.")] = False,
    redo: Annotated[bool, typer.Option("--redo", help="Do the step again that was undone last, or the one of --step.")] = False,
    step: Annotated[int | None, typer.Option(min=1, help="The number of a step, for --undo and --redo.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the steps as JSON.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Curate a map: what is deleted goes from the screened set (evalmap screen --by-hand), and every step can be undone.

    The dataset's own file is never touched. A recipe carries the steps along.
    """
    from evalmap.embeddings.built_map import load_map
    from evalmap.screening.curation import curation_actions as curating

    if sum((action is not None, undo, redo)) > 1:
        raise typer.BadParameter("one thing at a time: an ACTION, --undo or --redo.")
    _refuse_idle(action, where=where, cluster=cluster, name=name, step=None if undo or redo else step)
    space = terminal.open_workspace(workspace)
    manifest = space.find(dataset)
    if undo or redo:
        done = (curating.undo if undo else curating.redo)(space, manifest, step)
        terminal.print_line(f"{'undone' if undo else 'done again'}: step {done.number}, {done.sentence()}")
    elif action:
        done = _do(
            space, load_map(space, manifest), action, where=where or [], layer=layer, clusters=cluster or [], name=name or ""
        )
        terminal.print_line(f"step {done.number}: {done.sentence()}")
    if list_steps or as_json or not (undo or redo or action):
        curating.refresh(space, manifest.slug)
        _print_steps(space, manifest.source, as_json=as_json)


def _refuse_idle(action: str | None, *, where: object, cluster: list[str] | None, name: object, step: object) -> None:
    """An option that the action does not read would be passed over in silence: rows of a cluster that --where names, say."""
    given = {
        "--where is of delete and tag": where and action not in ("delete", "tag"),
        "--cluster is of rename and merge": cluster and action not in ("rename", "merge"),
        "--name is of tag and rename": name and action not in ("tag", "rename"),
        "--step is of --undo and --redo": step is not None,
        "rename takes one --cluster": action == "rename" and len(cluster or []) > 1,
    }
    if wrong := [sentence for sentence, idle in given.items() if idle]:
        raise typer.BadParameter(f"{wrong[0]}. Leave it away, or name another action.")


def _do(
    space: "Workspace", built: "BuiltMap", action: str, *, where: list[str], layer: str, clusters: list[str], name: str
) -> "CurationStep":
    from evalmap.screening.curation import curation_actions as curating
    from evalmap.screening.curation.choosing import cluster_of, rows_where
    from evalmap.screening.curation.curation_journal import read_curation
    from evalmap.screening.curation.replay import curated_rows

    if action in ("delete", "tag"):
        if not where:
            raise DatasetError(f"{action}: which rows? Say it as in a link of the map page: --where 'label is Yes'", "where")
        curated = curated_rows(read_curation(space, built.manifest.source).active, built.examples)
        rows, chosen = rows_where(built, where, curated)
        if action == "delete":
            return curating.delete(space, built, rows, chosen=chosen)
        return curating.tag(space, built, rows, name, chosen=chosen)
    if not clusters:
        raise DatasetError(f"{action}: which cluster? Name it, or give its number.", "cluster")
    found = [cluster_of(built, layer, one) for one in clusters]
    id, ids = found[0][0], [cluster for _, cluster in found]
    if action == "rename":
        return curating.rename(space, built, id, ids[0], name)
    return curating.merge(space, built, id, ids[1:], into=ids[0])


def _print_steps(space: "Workspace", source: str, *, as_json: bool) -> None:
    from evalmap.screening.curation.curation_journal import read_curation

    curation = read_curation(space, source)
    if as_json:
        steps: list[dict[str, Any]] = [{**step.as_dict(), "undone": step.number in curation.undone} for step in curation.steps]
        terminal.print_json({"steps": steps})
        return
    if not curation.steps:
        terminal.print_line("no steps yet")
    for step in curation.steps:
        undone = " (undone)" if step.number in curation.undone else ""
        terminal.print_line(f"{step.number:>4}  {step.at}  {step.sentence()}{undone}")
