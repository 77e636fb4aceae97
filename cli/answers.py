"""`evalmap answers import | list | remove | run | report | export`."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from evalmap.data.store.workspace import Workspace

DatasetArgument = Annotated[str, typer.Argument(help="The path that was built, or the dataset's name in the workspace.")]
WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", help="Folder of results (default: EVALMAP_HOME, else the platform's data folder)."),
]


def register(
    app: typer.Typer, *, workspace: Callable[[Path | None], Workspace], bars: Callable[[], Any], screened: Callable[..., Any]
) -> None:
    """Add the commands to the command line.

    Parameters
    ----------
    workspace : opens the workspace that an option names
    bars : makes progress bars, a context manager with `progress(stage, done, total)`
    screened : (built, workspace) → the standard screening (kept, groups) or None; from outside, as this room knows no screening
    """
    from evalmap.cli.answers_report import register_report
    from evalmap.cli.answers_run import register_run

    group = typer.Typer(
        help="Model answers: import them, make them, report them.",
        no_args_is_help=True,
        rich_markup_mode=None,
        add_completion=False,
    )
    app.add_typer(group, name="answers")

    @group.command("import")
    def import_command(
        files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Files or folders of answers; the format is detected.")],
        dataset: Annotated[
            str | None, typer.Option(help="The built dataset that was asked, by path or name (default: found by the questions).")
        ] = None,
        workspace_folder: WorkspaceOption = None,
    ) -> None:
        """Import model answers: lm-evaluation-harness samples, Inspect logs, OpenAI Batch files, or tables."""
        from evalmap.answers.import_pipeline import import_answers

        for done in import_answers(files, workspace(workspace_folder), dataset=dataset):
            record = done.record
            statuses = ", ".join(f"{count:,} {status}" for status, count in record.statuses.items())
            _say(f"{record.info.label}: {sum(record.statuses.values()):,} answers to {record.slug} ({statuses})")
            _say(f"  answered {record.n_ok:,} of {record.n_expected:,} questions · id {record.id}")
            for note in record.notes:
                _say(f"  note: {note}")
            if done.unjoined:
                _say(f"  {len(done.unjoined):,} answers belong to no example:")
                for one in done.unjoined[:5]:
                    _say(f"    {one.what}: {one.why}")
                if len(done.unjoined) > 5:
                    _say(f"    … and {len(done.unjoined) - 5:,} more (all on the answers page, under Answer sets)")
            if not done.changed:
                _say("  was there already: nothing changed")

    @group.command("list")
    def list_sets(workspace_folder: WorkspaceOption = None) -> None:
        """List the answer sets in the workspace."""
        from evalmap.answers.store import AnswerStore

        for record in AnswerStore(workspace(workspace_folder)).sets():
            _say(f"{record.id}  {record.n_ok:>7,} answers  {record.slug:<32} {record.info.label}  ({record.info.source_file})")

    @group.command("remove")
    def remove_set(
        answer_set: Annotated[str, typer.Argument(help="Its id, the beginning of it, or its label.")],
        workspace_folder: WorkspaceOption = None,
    ) -> None:
        """Remove an answer set from the workspace. The file that it came from is not touched."""
        from evalmap.answers.store import AnswerStore

        store = AnswerStore(workspace(workspace_folder))
        store.remove(store.find(answer_set).id)

    register_run(group, workspace=workspace, bars=bars)
    register_report(group, workspace=workspace, screened=screened)


def _say(line: str) -> None:
    """Print a line that holds words from files: without the characters that would steer a terminal or break the line."""
    typer.echo("".join(char if char.isprintable() else " " for char in line))
