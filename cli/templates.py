"""evalmap templates: rows of a built dataset that are equal but for short slots, as tables or JSON."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from evalmap.cli import terminal
from evalmap.cli.progress import Bars
from evalmap.cli.terminal import DatasetArgument, WorkspaceOption

if TYPE_CHECKING:
    import pandas as pd

    from evalmap.screening.templates.find_templates import Template

SHOWN = 20  # rows of a template; --json has all


def templates(
    dataset: DatasetArgument,
    workspace: WorkspaceOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with every row.")] = False,
) -> None:
    """List the templates of a built dataset: what their rows share, and what fills each slot of each row."""
    from evalmap.embeddings.built_map import load_map
    from evalmap.screening.pairs.pair_store import pairs_of
    from evalmap.screening.templates.find_templates import find_templates

    space = terminal.open_workspace(workspace)
    built = load_map(space, space.find(dataset))
    with Bars() as bars:
        pairs = pairs_of(built, space, progress=lambda done, total: bars.progress("pairs", done, total))
        found = find_templates(
            built.examples["embedded_text"].tolist(), pairs, progress=lambda done, total: bars.progress("templates", done, total)
        )
    if as_json:
        payload = found.as_dict()
        payload["templates"] = [_with_places(one, built.examples) for one in payload["templates"]]
        terminal.print_json({"dataset": built.manifest.name, **payload})
        return
    some = "template" if len(found) == 1 else "templates"
    count = f"{found.rows:,} of {found.n:,} rows are of {len(found):,} {some}"
    none = f"no template: of {found.n:,} rows, none are equal but for a name, a number or another short slot"
    terminal.print_line(f"{built.manifest.name}: {count if len(found) else none}")
    if found.left_out:
        terminal.print_line(f"{found.aligned:,} pairs were aligned, the {found.left_out:,} least alike were not")
    with terminal.printing():
        for template in found.templates:
            _print_template(template, built.examples)


def _with_places(template: dict[str, Any], examples: "pd.DataFrame") -> dict[str, Any]:
    """A template with where each row stands in its source, and its label."""
    of_row = examples[["dataset", "line", "label"]]
    rows = []
    for one in template["rows"]:
        place = of_row.iloc[one["row"]]
        label = place["label"] if isinstance(place["label"], str) else None
        rows.append({**one, "dataset": str(place["dataset"]), "line": int(place["line"]), "label": label})
    return {**template, "rows": rows}


def _print_template(template: "Template", examples: "pd.DataFrame") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, markup=False, emoji=False)
    console = console if console.is_terminal else Console(highlight=False, markup=False, emoji=False, width=200)
    terminal.print_line("")
    terminal.print_line(f"{template.id}  {len(template.rows):,} rows: {template.skeleton}")
    table = Table(box=None, pad_edge=False)
    for name in ("row", *(f"{{{number}}} {slot.kind}" for number, slot in enumerate(template.slots, start=1)), "label"):
        table.add_column(name, justify="left")
    for row, filling in list(zip(template.rows, template.fillings(), strict=True))[:SHOWN]:
        example = examples.iloc[row]
        label = example["label"] if isinstance(example["label"], str) else ""
        cells = (f"{example['dataset']}:{example['line']}", *filling, label)
        table.add_row(*(Text(terminal.printable(cell)) for cell in cells))
    console.print(table)
    if len(template.rows) > SHOWN:
        terminal.print_line(f"… and {len(template.rows) - SHOWN:,} more rows (--json has all)")
