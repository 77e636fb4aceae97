"""`evalmap answers report | export`: the figures of the answer sets on a dataset's map, from a terminal."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from evalmap.answers.answer_types import Scores
from evalmap.data.errors import DatasetError
from evalmap.data.store.outputs import check_outputs, write_together
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap

FORMS = {".csv": "csv", ".parquet": "parquet", ".jsonl": "jsonl"}
DatasetArgument = Annotated[str, typer.Argument(help="The path that was built, or the dataset's name in the workspace.")]
SetsOption = Annotated[
    list[str] | None, typer.Option("--set", help="Only this answer set, by label or id (repeatable; default: all).")
]
LayersOption = Annotated[list[str] | None, typer.Option("--layer", help="Only this layer of clusters (repeatable; default: all).")]
WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", help="Folder of results (default: EVALMAP_HOME, else the platform's data folder)."),
]


def register_report(app: typer.Typer, *, workspace: Callable[[Path | None], Workspace], screened: Callable[..., Any]) -> None:
    """Add the commands to the group.

    Parameters
    ----------
    workspace : opens the workspace that an option names
    screened : (built, workspace) → the standard screening (kept, groups) or None; from outside, as this room knows no screening
    """

    @app.command("report")
    def report_command(
        dataset: DatasetArgument,
        as_json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
        out: Annotated[Path | None, typer.Option(help="Write every figure here (JSON).")] = None,
        html: Annotated[Path | None, typer.Option(help="Write a report to read here: one file that needs nothing else.")] = None,
        layers: LayersOption = None,
        sets: SetsOption = None,
        workspace_folder: WorkspaceOption = None,
    ) -> None:
        """Report what the models answered: % matching and what belongs beside it, by cluster, set against set, over size."""
        from evalmap.answers.reporting.answer_report import html_report

        space = workspace(workspace_folder)
        check_outputs({"out": out, "html": html}, [])
        built, chosen = _sets(space, dataset, sets)
        told = told_of(space, built, chosen, layers=layers, screened=screened)
        written = json.dumps(told, ensure_ascii=False, indent=2)
        files = {out: lambda: f"{written}\n".encode("utf-8", "replace"), html: lambda: html_report(told)}
        write_together({path: made() for path, made in files.items() if path is not None})
        if as_json:
            typer.echo(written)
            return
        _print(told)
        for path in files:
            if path is not None:
                typer.echo(f"written: {path}")

    @app.command("export")
    def export_command(
        dataset: DatasetArgument,
        out: Annotated[Path, typer.Option(help="Write here; the ending chooses the format: .csv, .parquet or .jsonl.")],
        clusters: Annotated[bool, typer.Option("--clusters", help="The figures of the clusters, not the answers.")] = False,
        layers: LayersOption = None,
        sets: SetsOption = None,
        spreadsheet_safe: Annotated[
            bool, typer.Option("--spreadsheet-safe", help="CSV: put an apostrophe before cells that a spreadsheet would run.")
        ] = False,
        workspace_folder: WorkspaceOption = None,
    ) -> None:
        """Write every answer with its example and clusters as one table, or the figures of the clusters."""
        from evalmap.answers.reporting.answer_tables import export_answers, export_clusters

        form = FORMS.get(out.suffix.lower())
        if form is None:
            raise DatasetError(f"--out {out}: a table is written as {', '.join(FORMS)}. Give the file one of these endings.")
        if layers and not clusters:
            raise DatasetError("--layer: the answers are written with all layers. Leave it out, or add --clusters.")
        check_outputs({"out": out}, [])
        space = workspace(workspace_folder)
        built, chosen = _sets(space, dataset, sets)
        if clusters:
            content = export_clusters(told_of(space, built, chosen, layers=layers), form, spreadsheet_safe=spreadsheet_safe)
        else:
            content = export_answers(built, chosen, form, spreadsheet_safe=spreadsheet_safe)
        write_together({out: content})
        typer.echo(f"written: {out}")


def told_of(
    space: Workspace,
    built: BuiltMap,
    sets: Sequence[Scores],
    *,
    layers: Sequence[str] | None = None,
    screened: Callable[..., Any] = lambda built, space: None,
) -> dict[str, Any]:
    """The report of sets, with the standard screening where there is one.

    Raises
    ------
    DatasetError : no such layer
    """
    from evalmap.answers.reporting.answer_report import report
    from evalmap.answers.store import AnswerStore

    known = [layer.layer for layer in built.clusterings]
    if unknown := [layer for layer in layers or () if layer not in known]:
        raise DatasetError(f"--layer {unknown[0]}: {built.manifest.name} has {', '.join(known)}. Choose of these.")
    done = screened(built, space)
    kept, groups = (None, None) if done is None else (done.kept, done.groups)
    return report(built, sets, layers=layers, kept=kept, groups=groups, records=AnswerStore(space).sets())


def _sets(space: Workspace, dataset: str, references: Sequence[str] | None) -> tuple[BuiltMap, list[Scores]]:
    """A map and its answer sets, all or those that are named, in the order of their labels."""
    from evalmap.answers.aligned import scores_on
    from evalmap.answers.store import AnswerStore
    from evalmap.embeddings.built_map import load_map

    built = load_map(space, space.find(dataset))
    sets = scores_on(built, AnswerStore(space))
    name = built.manifest.name
    if not sets:
        raise DatasetError(f"{name}: no answer set has answers to its examples. Import one: evalmap answers import FILE")
    wanted = {_named(reference, sets, name) for reference in references or ()}
    return built, [scores for scores in sets if scores.id in wanted or not wanted]


def _named(reference: str, sets: Sequence[Scores], name: str) -> str:
    found = [s.id for s in sets if reference in (s.id, s.label)] or [
        s.id for s in sets if len(reference) >= 4 and s.id.startswith(reference)
    ]
    if len(found) != 1:
        there = ", ".join(f"{s.id[:6]} {s.label}" for s in sets[:8]) + (" …" if len(sets) > 8 else "")
        what = f"{len(found)} answer sets are called so" if found else "no such answer set"
        raise DatasetError(f"--set {reference}: {what} on {name} (there: {there}).")
    return found[0]


def _print(told: Mapping[str, Any]) -> None:
    """A table of the sets, then what must be known before a figure is quoted."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, markup=False, emoji=False)
    console = console if console.is_terminal else Console(highlight=False, markup=False, emoji=False, width=200)
    dataset = told["dataset"]
    console.print(Text(_shown(f"{dataset['name']}: {dataset['rows']:,} examples")))
    table = Table(box=None, pad_edge=False)
    for name in ("model · prompt", "n", "matching", "95 %", "mean P", "n with P", "AUC", "rate", "mass", "ties"):
        table.add_column(name, justify="left" if name == "model · prompt" else "right", no_wrap=name != "model · prompt")
    for one in told["answer_sets"]:
        rate = f"{one['reference']} {_percent(one['yes_rate'])}" if one["reference"] else "–"
        cells = (one["label"], f"{one['n']:,}", _percent(one["matching"]), _limits(one["interval"]), _percent(one["mean_p"]))
        cells += (f"{one['n_p']:,}", _number(one["auc"]), rate, _percent(one["mass"]), f"{one['ties']:,}")
        table.add_row(*(Text(_shown(cell)) for cell in cells))
    console.print(table)
    for line in _sentences(told):
        console.print(Text(_shown(line)), soft_wrap=True)


def _sentences(told: Mapping[str, Any]) -> list[str]:
    from evalmap.answers.reporting.answer_report import SIZES

    lines = []
    for one in told["answer_sets"]:
        lines += ["", one["label"], *(f"  {line}" for line in _of_set(one, told["settings"]["layers"], told["settings"]["q"]))]
    lines += [""] if told["comparisons"] else []
    for pair in told["comparisons"]:
        if pair["difference"] is not None:
            limits = _limits(pair["difference_interval"], signed=True)
            lines.append(
                f"{pair['a']} less {pair['b']}: {100 * pair['difference']:+.1f} points ({limits}), n = {pair['n']:,}, "
                f"McNemar p = {pair['mcnemar_p']:.2g}, other answers to {pair['different']:,}"
            )
    if left := told["comparisons_left_out"]:
        lines.append(f"{left:,} more pairs were not compared; name sets with --set.")
    for trend in told["scaling"]["trends"]:
        prompt = trend["prompt"] or "unknown prompt"
        lines.append(f"{prompt}, over {SIZES[trend['by']]}: Spearman rho {_number(trend['rho'])}, {len(trend['points'])} points")
    return [*lines, *([told["scaling"]["why_not"]] if told["scaling"]["why_not"] else [])]


def _of_set(one: Mapping[str, Any], layers: Sequence[str], q: float) -> list[str]:
    lines = [line for line in (one["why_differs"], *one["notes"]) if line]
    if one["unjoined"]:
        lines.append(f"{one['unjoined']:,} answers of the source belong to no example")
    moved = one["headline"]
    if moved and moved["difference"] is not None:
        before, after = moved["before"], moved["after"]
        lines.append(
            f"without near-duplicates {_percent(after['matching'])} (n = {after['n']:,} of {before['n']:,}), "
            f"moved by {100 * moved['difference']:+.1f} points ({_limits(moved['interval'], signed=True)})"
        )
    for layer in layers:
        tested = [cluster for cluster in one["clusters"] if cluster["layer"] == layer and cluster["q"] is not None]
        named = [cluster["name"] for cluster in sorted(tested, key=lambda cluster: cluster["q"]) if cluster["flagged"]]
        said = f": {', '.join(named[:3])}{' …' if len(named) > 3 else ''}" if named else ""
        if tested:
            lines.append(f"{layer}: {len(named)} of {len(tested)} clusters deviate (q < {q:g}){said}")
    return lines


def _percent(ratio: float | None) -> str:
    return "–" if ratio is None else f"{100 * ratio:.1f} %"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _limits(interval: Sequence[float] | None, *, signed: bool = False) -> str:
    if interval is None:
        return "no interval"
    low, high = (100 * limit for limit in interval)
    return f"{low:+.1f} to {high:+.1f}" if signed else f"{low:.1f}–{high:.1f}"


def _shown(text: str) -> str:
    """What comes from files, without the characters that would steer a terminal."""
    return "".join(char if char.isprintable() else " " for char in text)
