"""evalmap quality: how good a built dataset is, as tables, JSON or one HTML file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from evalmap.cli import limits, terminal
from evalmap.cli.progress import Bars
from evalmap.cli.terminal import DatasetArgument, WorkspaceOption
from evalmap.data.errors import DatasetError

if TYPE_CHECKING:
    from evalmap.data.store.manifest import Manifest
    from evalmap.data.store.workspace import Workspace
    from evalmap.screening.quality.report import QualityReport
    from evalmap.screening.quality.report_tables import ReportTable


def quality(
    dataset: DatasetArgument,
    section: Annotated[
        str | None, typer.Option(metavar="NAME,…", help="Only these sections, such as flags,balance (a wrong name lists all).")
    ] = None,
    without: Annotated[
        str | None, typer.Option(metavar="NAME,…", help="All but these, such as shortcuts, which take longest.")
    ] = None,
    shuffle: Annotated[
        int | None, typer.Option(min=0, help="Shuffle the rows for the growth curve, with this seed (default: as they stand).")
    ] = None,
    few_shot: Annotated[
        str | None,
        typer.Option(
            "--few-shot", metavar="PATH", help="The examples that the writer was given: their copies are flagged (few_shot_copy)."
        ),
    ] = None,
    clusters: Annotated[
        bool, typer.Option("--clusters", help="Show also the tables of clusters, phrases and silent rules.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write a report to read here: one file, nothing else needed.")] = None,
    fail_over: Annotated[
        str | None,
        typer.Option(
            "--fail-over",
            metavar="NAME=LIMIT,…",
            help="End with 3 where a figure passes its limit: duplicates, repeats, flags, flags.RULE, shortcuts, "
            "shortcuts.PREDICTOR, balance. A limit of flags of 1 or more counts rows; all others are ratios, 0 to 1.",
        ),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Say how good a built dataset is: how varied, what is broken, what gives its labels away, and what to do about it."""
    from evalmap.data.opening import open_dataset
    from evalmap.data.store.jobs import JobFile
    from evalmap.data.store.outputs import check_outputs
    from evalmap.screening.quality.figures import figures, known_figures, section_of
    from evalmap.screening.quality.quality_job import IF_KILLED, job_location, job_shares
    from evalmap.screening.quality.report import quality as measure
    from evalmap.screening.quality.sections import QualitySettings, chosen

    prompts = () if few_shot is None else tuple(open_dataset(few_shot).examples["text"].astype(str))
    known = known_figures()
    wanted_limits = limits.parse_limits(fail_over, known, counts=[name for name in known if name.partition(".")[0] == "flags"])
    names, left_out = _names(section), _names(without) or []
    wanted = chosen(names, without=left_out)
    measured = {one.name for one in wanted}
    if missing := [name for name in wanted_limits if section_of(name) not in measured]:
        why = f"the section {section_of(missing[0])} is left out. Ask for it, or for no limit of it."
        raise DatasetError(f"--fail-over {missing[0]}: {why}")
    space = terminal.open_workspace(workspace)
    manifest = space.find(dataset)
    check_outputs({"html": html}, [manifest.location])
    job = JobFile(space, job_location(manifest.slug), f"quality of {manifest.name}", shares=job_shares(wanted), if_killed=IF_KILLED)
    with job.ended_if_stopped(), Bars() as bars:

        def on_progress(stage: str, done: int, total: int) -> None:
            job.progress(stage, done, total)
            bars.progress(stage, done, total)

        settings = QualitySettings(shuffle=shuffle, few_shot=prompts)
        report = measure(space, manifest, sections=names, without=left_out, settings=settings, progress=on_progress)
    job.finish("done", slug=manifest.slug)
    judged, people = (None, None) if names else _said(space, manifest)
    if html:
        _write_html(space, report, manifest, people, html)
    if as_json:
        terminal.print_json(report.as_dict() | ({"judge": judged} if judged else {}) | ({"people": people} if people else {}))
    else:
        _print_report(report, details=clusters)
        _print_judge(manifest.name, judged)
        _print_people(people, details=clusters)
    limits.end_over_limits(limits.exceeded(wanted_limits, figures(report, wanted_limits), known))


def _write_html(
    space: "Workspace", report: "QualityReport", manifest: "Manifest", people: "dict[str, Any] | None", path: Path
) -> None:
    from evalmap.data.store.outputs import write_together
    from evalmap.embeddings.built_map import load_map
    from evalmap.screening.quality.quality_html import quality_html
    from evalmap.writing.review.people_tables import PEOPLE, people_tables

    beside = {PEOPLE: people_tables(people)} if people else {}
    write_together({path: quality_html(report, load_map(space, manifest).examples, beside=beside)})


def _names(given: str | None) -> list[str] | None:
    return None if given is None else [name.strip() for name in given.split(",") if name.strip()]


def _said(space: "Workspace", manifest: "Manifest") -> "tuple[dict[str, Any] | None, dict[str, Any] | None]":
    """What a language model said of the rows, and what people did: beside the report, and in none of its figures."""
    from evalmap.answers.reporting.judge_section import judge_journals, judge_section
    from evalmap.embeddings.built_map import load_map
    from evalmap.writing.review.review_report import review_report
    from evalmap.writing.review.review_store import ReviewStore

    store = ReviewStore(space, manifest.source)
    journals = judge_journals(space, manifest.source)
    if not journals and not store.signature():
        return None, None
    built = load_map(space, manifest)
    reviews = store.on(built.examples)
    judged = judge_section(space, built, reviews=reviews) if journals else None
    people = review_report(built, reviews, settled=store.settled_on(built.examples), judge=judged) if reviews else None
    return judged, people


def _print_judge(name: str, judged: "dict[str, Any] | None") -> None:
    from evalmap.answers.reporting.judge_section import judge_lines

    if judged:
        terminal.print_lines(["", "A JUDGE (a language model; in no figure above)", *judge_lines(name, judged)])


def _print_people(people: "dict[str, Any] | None", *, details: bool) -> None:
    from evalmap.writing.review.people_tables import people_tables

    for table in people_tables(people) if people else ():
        if details or not table.detail:
            _print_table(f"People: {table.title}" if table.title else "People (in no figure above)", table)


def _print_report(report: "QualityReport", *, details: bool) -> None:
    """The headline, what is to be done, then each section as short tables."""
    from evalmap.screening.quality.report_tables import todo_table
    from evalmap.screening.quality.sections import of_names

    terminal.print_line(f"{report.facts.name}: {report.headline}")
    _print_table("To do", todo_table(report.todo))
    for section, value in of_names(report.sections):
        for table in section.tables(value, report.facts):
            if details or not table.detail:
                _print_table(f"{section.title}: {table.title}" if table.title else section.title, table)


def _print_table(title: str, table: "ReportTable") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from evalmap.screening.quality.report_tables import cell_text

    console = Console(highlight=False, markup=False, emoji=False)
    console = console if console.is_terminal else Console(highlight=False, markup=False, emoji=False, width=200)
    terminal.print_line("")
    terminal.print_line(title.upper())
    if table.lead:
        terminal.print_line(table.lead)
    if not table.rows:
        return
    drawn = Table(box=None, pad_edge=False)
    for column in table.columns:
        drawn.add_column(Text(terminal.printable(column.name)), justify="left" if column.kind == "text" else "right")
    for row in table.rows:
        cells = [cell_text(cell, column.kind) for cell, column in zip(row, table.columns, strict=True)]
        drawn.add_row(*(Text(terminal.printable(cell)) for cell in cells))
    with terminal.printing():
        console.print(drawn)
