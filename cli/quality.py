"""evalmap quality: how good a built dataset is, as a table or JSON."""

from typing import TYPE_CHECKING, Annotated

import typer

from evalmap.cli import terminal
from evalmap.cli.progress import Bars
from evalmap.cli.terminal import DatasetArgument, WorkspaceOption

if TYPE_CHECKING:
    from evalmap.screening.quality.report import QualityReport


def quality(
    dataset: DatasetArgument,
    workspace: WorkspaceOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say how varied a built dataset is, and whether more rows would be new."""
    from evalmap.embeddings.built_map import load_map
    from evalmap.screening.default_screening import default_screening
    from evalmap.screening.pairs.pair_store import pairs_of
    from evalmap.screening.quality.report import quality as measure

    space = terminal.open_workspace(workspace)
    built = load_map(space, space.find(dataset))
    with Bars() as bars:
        pairs = pairs_of(built, space, progress=lambda done, total: bars.progress("pairs", done, total))
        screening = default_screening(built, space, pairs=pairs)
        report = measure(built, pairs, screening=screening, progress=lambda done, total: bars.progress("scorecard", done, total))
    if as_json:
        terminal.print_json(report.as_dict())
    else:
        _print_report(built.manifest.name, report)


def _print_report(name: str, report: "QualityReport") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, markup=False, emoji=False)
    console = console if console.is_terminal else Console(highlight=False, markup=False, emoji=False, width=200)
    saturation, scorecard = report.saturation, report.scorecard
    terminal.print_line(f"{name}: {saturation.n:,} rows behave like {scorecard.vendi:,.1f} wholly different ones (Vendi score)")
    terminal.print_line(f"{saturation.distinct:,} are distinct. {saturation.sentence}")
    if not saturation.reason:
        total = saturation.total
        terminal.print_line(f"At least {total.value:,.0f} distinct rows in all ({total.low:,.0f} to {total.high:,.0f}; Chao1).")
    with terminal.printing():
        for part in scorecard.parts:
            title = f"{part.kind} {terminal.printable(part.name)}: {part.size:,} rows"
            if part.reason:
                terminal.print_line(f"{title}: no figures ({part.reason})")
                continue
            table = Table(title=Text(f"{title}, samples of {part.n}"), title_justify="left", box=None, pad_edge=False)
            for column in ("statistic", "value", "95 % interval", "random sample"):
                table.add_column(column, justify="left" if column == "statistic" else "right")
            for statistic, found in part.statistics.items():
                interval = f"{found.low:.3f} to {found.high:.3f}"
                table.add_row(statistic, f"{found.value:.3f}", interval, f"{part.baseline[statistic].value:.3f}")
            console.print(table)
