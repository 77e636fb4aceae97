"""`evalmap answers report | export`: the figures of the answer sets on a dataset's map, from a terminal."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from evalmap.answers.answer_types import Scores
from evalmap.cli import terminal
from evalmap.cli.terminal import DatasetArgument, WorkspaceOption
from evalmap.data.errors import DatasetError
from evalmap.data.exporting import EXPORT_FORMATS, export_format_of
from evalmap.data.store.outputs import check_outputs, write_together
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap

_ENDINGS = ", ".join(known.ending for known in EXPORT_FORMATS.values())
SetsOption = Annotated[
    list[str] | None, typer.Option("--set", help="Only this answer set, by label or id (repeatable; default: all).")
]
LayersOption = Annotated[list[str] | None, typer.Option("--layer", help="Only this layer of clusters (repeatable; default: all).")]


def report(
    dataset: DatasetArgument,
    as_json: Annotated[bool, typer.Option("--json", help="Print every figure as JSON.")] = False,
    out: Annotated[Path | None, typer.Option(help="Write every figure here (JSON).")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a report to read here: one file that needs nothing else.")] = None,
    layers: LayersOption = None,
    sets: SetsOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Report what the models answered: % matching and what belongs beside it, by cluster, set against set, over size."""
    from evalmap.answers.reporting.answer_report import html_report

    space = terminal.open_workspace(workspace)
    check_outputs({"out": out, "html": html}, [])
    built, chosen = _sets(space, dataset, sets)
    figures = _figures(space, built, chosen, layers=layers, with_screening=True)
    written = json.dumps(figures, ensure_ascii=False, indent=2)
    files = {out: lambda: f"{written}\n".encode("utf-8", "replace"), html: lambda: html_report(figures)}
    write_together({path: made() for path, made in files.items() if path is not None})
    if as_json:
        terminal.print_json(figures)
        return
    with terminal.printing():
        _print(figures)
    for path in files:
        if path is not None:
            terminal.print_line(f"written: {path}")


def export(
    dataset: DatasetArgument,
    out: Annotated[Path, typer.Option(help=f"Write here; the ending chooses the format: {_ENDINGS}.")],
    clusters: Annotated[bool, typer.Option("--clusters", help="The figures of the clusters, not the answers.")] = False,
    layers: LayersOption = None,
    sets: SetsOption = None,
    spreadsheet_safe: Annotated[
        bool, typer.Option("--spreadsheet-safe", help="CSV: put an apostrophe before cells that a spreadsheet would run.")
    ] = False,
    workspace: WorkspaceOption = None,
) -> None:
    """Write every answer with its example and clusters as one table, or the figures of the clusters."""
    from evalmap.answers.reporting.answer_tables import export_answers, export_clusters

    form = export_format_of(out)
    if form is None:
        raise DatasetError(f"--out {out}: a table is written as {_ENDINGS}. Give the file one of these endings.")
    if layers and not clusters:
        raise DatasetError("--layer: the answers are written with all layers. Leave it out, or add --clusters.")
    check_outputs({"out": out}, [])
    space = terminal.open_workspace(workspace)
    built, chosen = _sets(space, dataset, sets)
    if clusters:
        content = export_clusters(_figures(space, built, chosen, layers=layers), form, spreadsheet_safe=spreadsheet_safe)
    else:
        content = export_answers(built, chosen, form, spreadsheet_safe=spreadsheet_safe)
    write_together({out: content})
    terminal.print_line(f"written: {out}")


def _figures(
    space: Workspace, built: BuiltMap, sets: Sequence[Scores], *, layers: Sequence[str] | None, with_screening: bool = False
) -> dict[str, Any]:
    """The report of sets; `with_screening`: before and after the default screening too, where there is one.

    Raises
    ------
    DatasetError : no such layer
    """
    from evalmap.answers.reporting import answer_report
    from evalmap.answers.store import AnswerStore
    from evalmap.embeddings.layers import layer_of
    from evalmap.screening.default_screening import default_screening

    known = [layer.layer for layer in built.clusterings]
    accepted = {*known, *(layer_of(layer).former_id for layer in known)}
    if unknown := [layer for layer in layers or () if layer not in accepted]:
        raise DatasetError(f"--layer {unknown[0]}: {built.manifest.name} has {', '.join(known)}. Choose of these.")
    done = default_screening(built, space) if with_screening else None
    kept, groups, duplicates = (None, None, None) if done is None else (done.kept, done.groups, done.duplicates)
    records = AnswerStore(space).sets()
    return answer_report.report(built, sets, layers=layers, kept=kept, groups=groups, duplicates=duplicates, records=records)


def _sets(space: Workspace, dataset: str, references: Sequence[str] | None) -> tuple[BuiltMap, list[Scores]]:
    """A map and its answer sets, all or those that are named, in the order of their labels."""
    from evalmap.answers.aligned import answers_on
    from evalmap.answers.store import AnswerStore
    from evalmap.embeddings.built_map import load_map

    built = load_map(space, space.find(dataset))
    sets = answers_on(built, AnswerStore(space))
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


def _print(report: Mapping[str, Any]) -> None:
    """A table of the sets, then what must be known before a figure is quoted."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, markup=False, emoji=False)
    console = console if console.is_terminal else Console(highlight=False, markup=False, emoji=False, width=200)
    dataset = report["dataset"]
    read = f"read so: {dataset['reading']}"
    console.print(Text(terminal.printable(f"{dataset['name']}: {dataset['rows']:,} examples, {read}")))
    table = Table(box=None, pad_edge=False)
    for name in ("model · prompt", "n", "matching", "95 %", "mean P", "n with P", "AUC", "rate", "mass", "ties"):
        table.add_column(name, justify="left" if name == "model · prompt" else "right", no_wrap=name != "model · prompt")
    for one in report["answer_sets"]:
        rate = f"{one['reference']} {_percent(one['yes_rate'])}" if one["reference"] else "–"
        cells = (one["label"], f"{one['n']:,}", _percent(one["matching"]), _limits(one["interval"]), _percent(one["mean_p"]))
        cells += (f"{one['n_p']:,}", _number(one["auc"]), rate, _percent(one["mass"]), f"{one['ties']:,}")
        table.add_row(*(Text(terminal.printable(cell)) for cell in cells))
    console.print(table)
    for line in _sentences(report):
        console.print(Text(terminal.printable(line)), soft_wrap=True)


def _sentences(report: Mapping[str, Any]) -> list[str]:
    from evalmap.answers.reporting.answer_report import SIZES

    lines = []
    layers, max_qvalue = report["settings"]["layers"], report["settings"]["max_qvalue"]
    for one in report["answer_sets"]:
        lines += ["", one["label"], *(f"  {line}" for line in _of_set(one, layers, max_qvalue))]
    lines += [""] if report["comparisons"] else []
    for pair in report["comparisons"]:
        if pair["difference"] is not None:
            limits = _limits(pair["difference_interval"], signed=True)
            lines.append(
                f"{pair['a']} less {pair['b']}: {100 * pair['difference']:+.1f} points ({limits}), n = {pair['n']:,}, "
                f"McNemar p = {pair['mcnemar_pvalue']:.2g}, other answers to {pair['different']:,} "
                f"(only the first matches in {pair['only_a']:,}, only the second in {pair['only_b']:,})"
            )
    lines += _pronouns(report["pronoun_bias"]) if report["pronoun_bias"] else []
    if left := report["comparisons_left_out"]:
        lines.append(f"{left:,} more pairs were not compared; name sets with --set.")
    for trend in report["scaling"]["trends"]:
        prompt = trend["prompt"] or "unknown prompt"
        lines.append(f"{prompt}, over {SIZES[trend['by']]}: Spearman rho {_number(trend['rho'])}, {len(trend['points'])} points")
    return [*lines, *([report["scaling"]["why_not"]] if report["scaling"]["why_not"] else [])]


def _pronouns(section: Mapping[str, Any]) -> list[str]:
    """Of each set whom it takes for a woman, by occupation."""
    from evalmap.answers.reporting.pronoun_section import fit_sentence

    lines = ["", f"Pronouns of {section['n_occupations']:,} occupations over {section['share_field']} ({section['note']})"]
    for one in section["sets"]:
        whole = one["whole"]
        shares = ", ".join(f"P({whose}) {_number(whole[f'p_{whose}'])}" for whose in ("female", "male", "neutral"))
        lines.append(f"{one['label']}: {fit_sentence(whole['fit'])}")
        lines.append(f"  {whole['n_sentences']:,} sentences about {whole['n_occupations']:,} occupations: {shares}")
        lines += [f"  {part['form']} ({part['n_sentences']:,} sentences): {fit_sentence(part['fit'])}" for part in one["by_form"]]
        of = {occupation["occupation"]: occupation for occupation in one["occupations"]}
        told = [f"{name} {of[name]['residual']:+.2f}" for name in one["departing"][:6]]
        lines += [f"  farthest from the line: {', '.join(told)}"] if told else []
    for pair in section["comparisons"]:
        if pair["difference"] is not None:
            low, high = pair["interval"]
            lines.append(
                f"{pair['a']} less {pair['b']}: r {pair['r_a']:.2f} and {pair['r_b']:.2f}, difference {pair['difference']:+.2f} "
                f"({low:+.2f} to {high:+.2f}, Zou's), Williams' p = {pair['pvalue']:.2g}, n = {pair['n']:,}"
                if pair["pvalue"] is not None
                else f"{pair['a']} less {pair['b']}: the same bias for all {pair['n']:,} occupations"
            )
    return lines


def _of_set(one: Mapping[str, Any], layers: Sequence[str], max_qvalue: float) -> list[str]:
    read = [note for note in one["notes"] if note.startswith("Columns read:")]
    lines = [*read, *(line for line in (one["why_differs"], *one["notes"]) if line and line not in read)]
    if one["n_score"]:
        limits = " to ".join(map(_number, one["mean_score_interval"] or ()))
        name = one["info"]["metric"] or "score"
        lines.append(f"mean {name} {_number(one['mean_score'])} ({limits}), n = {one['n_score']:,}")
    if one["unjoined"]:
        lines.append(f"{one['unjoined']:,} answers of the source belong to no example")
    effect = one["screening_effect"]
    if effect and effect["difference"] is not None:
        before, after = effect["before"], effect["after"]
        lines.append(
            f"without near-duplicates {_percent(after['matching'])} (n = {after['n']:,} of {before['n']:,}), "
            f"moved by {100 * effect['difference']:+.1f} points ({_limits(effect['interval'], signed=True)})"
        )
    weighted = one["weighted"]
    if weighted and weighted["n_groups"] < weighted["n"]:
        lines.append(
            f"each group of near-duplicates counted once {_percent(weighted['matching'])} ({_limits(weighted['interval'])}), "
            f"{weighted['n_groups']:,} groups of {weighted['n']:,} examples"
        )
    for layer in layers:
        tested = [cluster for cluster in one["clusters"] if cluster["layer"] == layer and cluster["qvalue"] is not None]
        named = [cluster["name"] for cluster in sorted(tested, key=lambda cluster: cluster["qvalue"]) if cluster["flagged"]]
        said = f": {', '.join(named[:3])}{' …' if len(named) > 3 else ''}" if named else ""
        if tested:
            lines.append(f"{layer}: {len(named)} of {len(tested)} clusters deviate (q < {max_qvalue:g}){said}")
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
