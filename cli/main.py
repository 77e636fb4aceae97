"""The site's jobs from a terminal: evalmap look | build | info | list | remove | gc | fetch | name | serve | screen | curate | …"""

import sys

import typer

from evalmap.cli import (
    answer_commands,
    card,
    compare_command,
    curate,
    datasets,
    look,
    name,
    quality_judge,
    review,
    screen,
    serve,
    templates,
    terminal,
    threshold,
    write,
)
from evalmap.data.errors import DatasetError

app = typer.Typer(
    help="See what an evaluation dataset really contains.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("look")(look.look)
app.command("build")(datasets.build)
app.command("info")(datasets.info)
app.command("list")(datasets.list_datasets)
app.command("remove")(datasets.remove)
app.command("gc")(datasets.gc)
app.command("fetch")(datasets.fetch)
app.command("pairs")(datasets.pairs)
app.command("name")(name.name)
app.command("serve")(serve.serve)
app.command("screen")(screen.screen)
app.command("card")(card.card)
app.command("compare")(compare_command.compare)
app.command("templates")(templates.templates)
app.command("curate")(curate.curate)
app.command("threshold")(threshold.threshold)
app.command("review")(review.review)
app.add_typer(answer_commands.app, name="answers")
app.add_typer(quality_judge.app, name="quality")
app.add_typer(write.app, name="write")


def main() -> None:
    """Run the command line.

    It ends with 0, with 1 for bad input (one sentence on stderr), with 2 for bad usage, and with 3 where a figure passes its limit
    (`--fail-over`; a sentence for each on stderr).
    """
    try:
        app()
    except DatasetError as error:
        terminal.print_error(terminal.sentence(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
