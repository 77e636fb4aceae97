"""evalmap card: a dataset card, filled in as far as it can be measured."""

from pathlib import Path
from typing import Annotated

import typer

from evalmap.cli import terminal
from evalmap.cli.progress import Bars
from evalmap.cli.terminal import DatasetArgument, WorkspaceOption


def card(
    dataset: DatasetArgument,
    as_json: Annotated[bool, typer.Option("--json", help="JSON in place of Markdown.")] = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write it to this file (default: print it).")] = None,
    without: Annotated[
        str | None, typer.Option(metavar="NAME,…", help="Sections of the quality report to leave out, such as shortcuts.")
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Write a dataset card: what can be measured of the public checklists for evaluations, each line with its command.

    What no command can say is a line to fill in by hand. Sections of the quality report that are stored are not measured again.
    """
    from evalmap.answers.reporting.judge_section import judge_section
    from evalmap.data.store.outputs import check_outputs, write_together
    from evalmap.embeddings.built_map import load_map
    from evalmap.screening.output.dataset_card import dataset_card
    from evalmap.screening.quality.report import quality
    from evalmap.writing.review.review_report import review_report
    from evalmap.writing.review.review_store import ReviewStore

    space = terminal.open_workspace(workspace)
    manifest = space.find(dataset)
    check_outputs({"output": output}, [manifest.location])
    left_out = [name.strip() for name in (without or "").split(",") if name.strip()]
    with Bars() as bars:
        report = quality(space, manifest, without=left_out, progress=bars.progress)
    built = load_map(space, manifest)
    store = ReviewStore(space, manifest.source)
    reviews = store.on(built.examples)
    judge = judge_section(space, built, reviews=reviews)
    people = review_report(built, reviews, settled=store.settled_on(built.examples)) if reviews else None
    made = dataset_card(manifest, built.examples, report.as_dict(), judge=judge, people=people)
    if output is not None:
        import json

        written = json.dumps(made.as_dict(), ensure_ascii=False, indent=2) + "\n" if as_json else made.markdown()
        write_together({output: written.encode("utf-8", "replace")})
    elif as_json:
        terminal.print_json(made.as_dict())
    else:
        terminal.print_lines(made.markdown().splitlines())
