"""`evalmap answers import | list | remove | run | report | export`."""

from pathlib import Path
from typing import Annotated

import typer

from evalmap.cli import terminal
from evalmap.cli.answers_report import export, report
from evalmap.cli.answers_run import run
from evalmap.cli.progress import Bars
from evalmap.cli.terminal import WorkspaceOption

app = typer.Typer(
    help="Model answers: import them, make them, report them.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)


@app.command("import")
def import_answers(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Files or folders of answers; the format is detected.")],
    dataset: Annotated[
        str | None, typer.Option(help="The built dataset that was asked, by path or name (default: found by the questions).")
    ] = None,
    columns: Annotated[
        str | None, typer.Option(metavar="ROLE=COLUMN,…", help="What a table's columns are: answer=said,question=asked.")
    ] = None,
    answer_field: Annotated[str | None, typer.Option(help="Column of a table that holds the model's answers.")] = None,
    metric: Annotated[str | None, typer.Option(help="Which of a log's metrics or scorers is shown (default: the first).")] = None,
    filter: Annotated[str | None, typer.Option(help="Which filter of an lm-evaluation-harness log is read.")] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Import model answers: logs of evaluation tools, batch files, or tables (the documentation lists them)."""
    from evalmap.answers import import_pipeline
    from evalmap.answers.importers.import_options import ImportOptions, parse_columns

    chosen = parse_columns(columns) | ({"answer": answer_field} if answer_field else {})
    options = ImportOptions(columns=chosen, metric=metric, filter=filter)
    space = terminal.open_workspace(workspace)
    with Bars() as bars:
        imports = import_pipeline.import_answers(files, space, dataset=dataset, options=options, progress=bars.progress)
    for done in imports:
        record = done.record
        statuses = ", ".join(f"{count:,} {status}" for status, count in record.statuses.items())
        terminal.print_line(f"{record.info.label}: {sum(record.statuses.values()):,} answers to {record.slug} ({statuses})")
        terminal.print_line(f"  answered {record.n_ok:,} of {record.n_expected:,} questions · id {record.id}")
        for note in record.notes:
            terminal.print_line(f"  note: {note}")
        if done.unjoined:
            terminal.print_line(f"  {len(done.unjoined):,} answers belong to no example:")
            for one in done.unjoined[:5]:
                terminal.print_line(f"    {one.what}: {one.why}")
            if len(done.unjoined) > 5:
                terminal.print_line(f"    … and {len(done.unjoined) - 5:,} more (all on the answers page, under Answer sets)")
        if not done.changed:
            terminal.print_line("  was there already: nothing changed")


@app.command("list")
def list_sets(workspace: WorkspaceOption = None) -> None:
    """List the answer sets in the workspace."""
    from evalmap.answers.store import AnswerStore

    for record in AnswerStore(terminal.open_workspace(workspace)).sets():
        terminal.print_line(
            f"{record.id}  {record.n_ok:>7,} answers  {record.slug:<32} {record.info.label}  ({record.info.source_file})"
        )


@app.command("remove")
def remove_set(
    answer_set: Annotated[str, typer.Argument(help="Its id, the beginning of it, or its label.")],
    workspace: WorkspaceOption = None,
) -> None:
    """Remove an answer set from the workspace. The file that it came from is not touched."""
    from evalmap.answers.store import AnswerStore

    store = AnswerStore(terminal.open_workspace(workspace))
    store.remove(store.find(answer_set).id)


app.command("run")(run)
app.command("report")(report)
app.command("export")(export)
