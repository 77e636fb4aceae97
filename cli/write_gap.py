"""evalmap write gap: where a dataset is thin, and a plan that writes more rows there."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evalmap.cli import terminal
from evalmap.cli.model_command import BaseUrlOption, GgufOption, ModelOption
from evalmap.cli.progress import Bars
from evalmap.cli.terminal import DatasetArgument, WorkspaceOption
from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace

if TYPE_CHECKING:
    from evalmap.embeddings.built_map import BuiltMap
    from evalmap.writing.gap_places import GapPlace


def gap(
    dataset: DatasetArgument,
    cluster: Annotated[
        str | None, typer.Option(help="This cluster, by name or number; with --like, of what is uncovered.", metavar="NAME|N")
    ] = None,
    layer: Annotated[str, typer.Option(help="Whose clusters: kmeans, topics-coarse, topics-medium, topics-fine.")] = "kmeans",
    thin: Annotated[bool, typer.Option("--thin", help="The thinnest cluster: fewest rows that are no near-duplicates.")] = False,
    uneven: Annotated[bool, typer.Option("--uneven", help="The cluster whose labels deviate most surely.")] = False,
    like: Annotated[
        str | None, typer.Option(metavar="REFERENCE", help="What this built dataset has and DATASET does not cover.")
    ] = None,
    rows: Annotated[
        Path | None, typer.Option(help="The rows of this file: one a line, as in the dataset's file or by line number.")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(help='The rows that pass, as in a link of the map page: "label is Yes", "text contains tax" (repeatable).'),
    ] = None,
    label: Annotated[str | None, typer.Option(help="Write rows of this label alone (default: of those that are missing).")] = None,
    count: Annotated[
        int | None, typer.Option(min=1, help="Rows for each label (default: as many as even the gap out, else 50).")
    ] = None,
    behaviour: Annotated[
        str | None, typer.Option(help='What is tested, in words that go on from "a person who …" (default: of the plan beside).')
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The plan to make.")] = Path("plan.toml"),
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    gguf: GgufOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """List where a built dataset is thin or uneven; with a choice, make a plan that writes more rows there.

    The plan names the dataset: rows that repeat one of its own are set aside. `evalmap write plan.toml --onto-map` shows the new
    ones on its map, where the old ones stay.
    """
    from evalmap.data.store.outputs import check_outputs, write_together
    from evalmap.embeddings.built_map import load_map
    from evalmap.embeddings.layers import layer_of
    from evalmap.writing.gap_plan import behaviour_beside, gap_plan, labels_of_another, missing_labels
    from evalmap.writing.plan_text import plan_toml
    from evalmap.writing.plans import ModelChoice

    chosen = {"--thin": thin, "--uneven": uneven, "--rows": rows is not None, "--where": bool(where)}
    named = [
        option for option, here in {**chosen, "--cluster": cluster is not None and not like, "--like": bool(like)}.items() if here
    ]
    if len(named) > 1 and set(named) != {"--rows", "--where"}:
        raise typer.BadParameter(f"one choice at a time: {' or '.join(named)}.")
    try:
        layer = layer_of(layer).id
    except ValueError as error:
        raise DatasetError(f"{error}.", "layer") from None
    space = terminal.open_workspace(workspace)
    built = load_map(space, space.find(dataset))
    reference = load_map(space, space.find(like)) if like else None
    if reference is not None and reference.manifest.slug == built.manifest.slug:
        raise DatasetError(f"{built.manifest.name}: is the reference too. Name another dataset.", "like")
    places = _places(space, built, reference, layer, thin=thin, uneven=uneven, listed=not named or bool(like))
    if not named or (like and cluster is None and (label is None and count is None)):
        _print_places(built, places, as_json=as_json)
        return
    if like:
        place = _of_list(places, cluster)
    elif thin or uneven:
        if not places:
            what = (
                "no cluster has fewer distinct rows than half of the median one"
                if thin
                else "no cluster's labels deviate (q < .05)"
            )
            raise DatasetError(f"{built.manifest.name}: {what}. Name a cluster to write more of it.", "cluster")
        place = places[0]
    elif cluster is not None:
        place = _cluster(built, layer, cluster)
    else:
        place = _chosen(space, built, rows, where or [])
    found, why = (behaviour, "") if behaviour else behaviour_beside(built)
    if gguf is not None:
        model = base_url = None
    whom = ModelChoice(model, base_url, str(gguf.expanduser().resolve()) if gguf is not None else None)
    plan = gap_plan(place, built, behaviour=found, reference=reference, label=label, count=count, model=whom)
    check_outputs({"output": output}, [built.manifest.location])
    if output.exists():
        raise DatasetError(f"{output}: is there already. Name another file.", "output")
    write_together({output: plan_toml(plan).encode()})
    if as_json:
        told = {"plan": str(output), "hash": plan.hash, "behaviour": plan.behaviour, "topics": list(plan.topics)}
        terminal.print_json({**told, "count": dict(plan.count), "examples": len(plan.examples), "gap": place.as_dict()})
        return
    counts = " and ".join(f"{n:,} {one}" for one, n in plan.count.items())
    examples = "1 example" if len(plan.examples) == 1 else f"{len(plan.examples):,} examples"
    terminal.print_line(f"{output}: {counts} about “{place.name}” ({place.reason}), with {examples}")
    terminal.print_line(f"  behaviour: “{plan.behaviour}”" + (f" ({why})" if why else ""))
    if missing := missing_labels(plan):
        terminal.print_line(f"  no example is labelled {' or '.join(missing)} there: read the first rows with care")
    if note := labels_of_another(built, reference):
        terminal.print_line(f"  {note}")
    terminal.print_line("Edit it, then:")
    terminal.print_line(f"  evalmap write {output} --onto-map" + ("" if whom.base_url or whom.gguf else " --model … --base-url …"))


def _places(
    space: Workspace,
    built: "BuiltMap",
    reference: "BuiltMap | None",
    layer: str,
    *,
    thin: bool,
    uneven: bool,
    listed: bool,
) -> "list[GapPlace]":
    """What the options ask for: thin clusters, uneven ones, what is uncovered of the reference; both of the first in a list."""
    import numpy as np

    from evalmap.screening.default_screening import find_repeats
    from evalmap.screening.pairs.pair_store import pairs_of
    from evalmap.writing.gap_places import find_thin, find_uncovered, find_uneven

    found: list[GapPlace] = []
    if reference is not None:
        with Bars() as bars:
            return find_uncovered(_comparison(space, built, reference, bars), reference, by=built.manifest.name)
    if thin or listed:
        with Bars() as bars:
            pairs = pairs_of(built, space, progress=lambda done, total: bars.progress("pairs", done, total))
        found += find_thin(built, find_repeats(built, pairs) == np.arange(len(built)), layer=layer)
    if uneven or listed:
        found += find_uneven(built, layer=layer)
    return found


def _comparison(space: Workspace, built: "BuiltMap", reference: "BuiltMap", bars: Bars) -> "dict[str, Any]":
    """The comparison of both as the Compare page knows it; made and kept where there is none."""
    from evalmap.embeddings.pipeline import encoder_of
    from evalmap.screening.coverage import comparison_store, dataset_comparison

    maps = [built, reference]
    dataset_comparison.check_comparable(maps)
    if (found := comparison_store.stored_comparison(space, maps)) is not None:
        return found
    report = dataset_comparison.compare(maps, encoder=encoder_of(built.manifest), progress=bars.progress)
    comparison_store.write_comparison(space, maps, report)
    return report.as_dict()


def _of_list(places: "list[GapPlace]", cluster: str | None) -> "GapPlace":
    """Of what is uncovered the cluster that is named; the largest where none is."""
    if cluster is None:
        return places[0]
    for place in places:
        if cluster in (place.name, str(place.number)):
            return place
    listed = ", ".join(f"{place.number} {place.name}" for place in places[:8])
    raise DatasetError(f"{cluster}: nothing uncovered is called so (there are: {listed}).", "cluster")


def _cluster(built: "BuiltMap", layer: str, cluster: str) -> "GapPlace":
    """The cluster, with the rows that would even its labels out where they are uneven."""
    from evalmap.screening.curation.choosing import cluster_of
    from evalmap.writing.gap_places import cluster_place, find_uneven

    layer, number = cluster_of(built, layer, cluster)
    uneven = {place.number: place for place in find_uneven(built, layer=layer)}
    return uneven.get(number) or cluster_place(built, layer, number)


def _chosen(space: Workspace, built: "BuiltMap", rows: Path | None, where: list[str]) -> "GapPlace":
    """The rows of a file, those that pass the predicates, or those of both."""
    import numpy as np

    from evalmap.data.store import disk
    from evalmap.screening.curation.choosing import rows_where
    from evalmap.screening.curation.curation_journal import read_curation
    from evalmap.screening.curation.replay import curated_rows
    from evalmap.writing.gap_places import chosen_place, rows_listed

    found, words = np.arange(len(built)), []
    if rows is not None:
        try:
            with disk.reading(rows):
                content = rows.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            raise DatasetError(f"{rows}: no such file. Name one with a row on each line.", "rows") from None
        except UnicodeDecodeError:
            raise DatasetError(f"{rows}: is not UTF-8. Save it as UTF-8.", "rows") from None
        found = rows_listed(built, content, where=str(rows))
        words.append(f"of {rows.name}")
    if where:
        curated = curated_rows(read_curation(space, built.manifest.source).active, built.examples)
        passing, said = rows_where(built, where, curated)
        found = np.intersect1d(found, passing)
        words.append(said)
    return chosen_place(built, found, chosen=" and ".join(words))


def _print_places(built: "BuiltMap", places: "list[GapPlace]", *, as_json: bool) -> None:
    if as_json:
        terminal.print_json({"dataset": built.manifest.slug, "gaps": [place.as_dict() for place in places]})
        return
    if not places:
        terminal.print_line(f"{built.manifest.name}: no cluster is thin, and none has uneven labels.")
    for place in places:
        to_write = ", ".join(f"{n:,} {label}" for label, n in place.to_write.items())
        terminal.print_line(
            f"{place.kind:<9} {place.number:>3}  {place.name}: {place.reason}" + (f"; to write: {to_write}" if to_write else "")
        )
    if places:
        terminal.print_line("Choose one with --cluster and its number, or --thin, --uneven, --like; -o names the plan.")
