"""evalmap look: what a file holds and how it would be read, before anything is built."""

from typing import Annotated

import typer

from evalmap.cli import terminal
from evalmap.cli.terminal import (
    ChoicesOption,
    ConfidenceOption,
    EmbedOption,
    EncodingOption,
    GroupOption,
    HeaderOption,
    IdOption,
    LabelOption,
    TextOption,
    TurnOption,
    WorkspaceOption,
    YesOption,
)
from evalmap.data.errors import TextReading
from evalmap.data.overview import Overview, overview


def look(
    path: Annotated[str, typer.Argument(help="A file, a folder, an https address or a hub id.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    text: TextOption = None,
    label: LabelOption = None,
    confidence: ConfidenceOption = None,
    choices: ChoicesOption = None,
    group: GroupOption = None,
    id: IdOption = None,
    turn: TurnOption = None,
    embed: EmbedOption = None,
    yes: YesOption = None,
    encoding: EncodingOption = None,
    header: HeaderOption = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Show what is there and how it would be read: rows, fields, roles with their reasons. Nothing is built."""
    fields = {"text": text, "label": label, "confidence": confidence, "choices": choices, "group": group, "id": id}
    options = terminal.read_options(**fields, turn=turn, embed=embed, yes=yes, encoding=encoding, header=header)
    found = overview(path, options=options, downloads=terminal.open_workspace(workspace).downloads)
    if as_json:
        terminal.print_json(found.as_dict())
        return
    terminal.print_lines(_lines(found))


def _lines(found: Overview) -> list[str]:
    """For a person: the rows, a line a field, and the reading."""
    of_files = f" in {len(found.files):,} files" if len(found.files) > 1 else ""
    lines = [f"{found.name}: {found.rows:,} rows{of_files}, {len(found.fields)} fields, from {found.source}"]
    width = min(max((len(one.name) for one in found.fields), default=0), 32)
    for one in found.fields:
        missing = f"{100 * one.missing:.0f} % missing" if one.missing else ""
        lines.append(f"  {one.name:<{width}}  {one.kind:<6}  {one.distinct:>7,} distinct  {missing:<13}  {one.example}".rstrip())
    lines.append("read so:" if found.reading else "not read yet:")
    if found.reading:
        lines += terminal.reading_lines(found.reading)
        lines += [f"  note: {note}" for note in found.notes]
        aside = found.rows - found.examples
        lines.append(f"  {found.examples:,} examples" + (f", {aside:,} rows without text" if aside else ""))
    elif found.readings:
        lines += ["  the text may be one of these:", *(f"  {line}" for one in found.readings for line in _reading(one))]
    else:
        lines.append(f"  {found.problem}")
    return lines


def _reading(one: TextReading) -> list[str]:
    return [f"--text {one.text}: {one.reason}", *(f"    {example}" for example in one.examples)]
