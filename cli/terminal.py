"""The terminal: options that several commands take, what they name, and the way anything is printed."""

import json
import shlex
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from evalmap.data.errors import AmbiguousReading, DatasetError
from evalmap.data.records import Reading, ReadOptions
from evalmap.data.store import disk
from evalmap.data.store.workspace import Workspace

WorkspaceOption = Annotated[
    Path | None,
    typer.Option("--workspace", help="Folder of results (default: EVALMAP_HOME, else the platform's data folder)."),
]
DatasetArgument = Annotated[str, typer.Argument(help="The path that was built, or the dataset's name in the workspace.")]
TextOption = Annotated[str | None, typer.Option(help="Field that holds the text, or several with commas: a,b (default: detected).")]
LabelOption = Annotated[str | None, typer.Option(help='Field of the label; "" for none.')]
ConfidenceOption = Annotated[str | None, typer.Option(help='Field of the label\'s confidence; "" for none.')]
ChoicesOption = Annotated[str | None, typer.Option(help='Field of the answer options, or one field an option: A,B,C; "" for none.')]
GroupOption = Annotated[str | None, typer.Option(help='Field that groups rows; "" for none.')]
IdOption = Annotated[str | None, typer.Option(help='Field of the rows\' own ids; "" for none.')]
PartOption = Annotated[Literal["whole", "stem", "choices"] | None, typer.Option(help="What of a multiple choice is embedded.")]
TurnOption = Annotated[
    Literal["last-user", "first-user", "all"] | None, typer.Option(help="Which turn of a chat is the text (default: last-user).")
]
EmbedOption = Annotated[
    str | None, typer.Option(help="Where several fields make the text: the one that is embedded (default: all).")
]
YesOption = Annotated[bool | None, typer.Option("--yes", help="Where two fields may be the text, take the first and ask nothing.")]
EncodingOption = Annotated[
    str | None, typer.Option(help="Encoding of text files, such as latin-1 (default: UTF-8, or what a byte-order mark says).")
]
HeaderOption = Annotated[
    bool | None,
    typer.Option("--header/--no-header", help="Whether a table's first row names its columns (default: by what it looks like)."),
]
MODEL = typer.Option(help="sentence-transformers model, by name or folder.")  # its default differs from command to command


def open_workspace(root: Path | None) -> Workspace:
    """The workspace that the option names; without it, the one of the environment or the platform.

    Raises
    ------
    DatasetError : it is no folder
    """
    space = Workspace.default(root)
    if space.root.exists() and not space.root.is_dir():
        raise DatasetError(f"{space.root}: not a folder. Name the folder of results with --workspace or EVALMAP_HOME.")
    return space


def read_options(**given: Any) -> ReadOptions:
    """What options say of the fields; those that were not given (None) stay as they are."""
    return ReadOptions(**{name: value for name, value in given.items() if value is not None})


def absolute(location: str) -> str:
    """A path that holds wherever the site's own builds run; what is no path here stays as it is.

    Raises
    ------
    DatasetError : its name is not UTF-8
    """
    path = Path(location).expanduser()
    if (readable := location.encode("utf-8", "replace").decode()) != location:
        raise DatasetError(f"{readable}: the name is not UTF-8. Rename the file or folder.")
    return str(path.resolve()) if path.exists() else location


def printable(text: str) -> str:
    """What comes from files, without the characters that would steer a terminal or break the line."""
    return "".join(char if char.isprintable() else " " for char in text)


def print_line(line: str) -> None:
    """Print a line; it may hold words from files: names, labels, fields, paths."""
    _print(printable(line))


def print_lines(lines: Iterable[str]) -> None:
    """Print lines, each as `print_line` does."""
    for line in lines:
        print_line(line)


def print_json(value: object) -> None:
    """Print a value as JSON that gives the same value back; characters that would steer a terminal are escaped."""
    written = json.dumps(value, ensure_ascii=False, indent=2)
    _print("".join(char if char.isprintable() or char == "\n" else json.dumps(char)[1:-1] for char in written))


def _print(written: str) -> None:
    with printing():
        typer.echo(written)


@contextmanager
def printing() -> Iterator[None]:
    """What is printed in the block may go to a file; a reader that is gone (`| head`) is typer's to see.

    Raises
    ------
    DiskError : the disk refuses
    """
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise disk.refused(error, "standard output", "written") from error


def reading_lines(reading: Reading) -> list[str]:
    """How the fields were read, a line a role with its reason and what came next."""
    roles = [f"  {one.sentence()}" for one in reading.roles]
    return [*roles, *(f"  note: {note}" for note in reading.notes)]


def print_error(line: str) -> None:
    """Print a line to stderr; it may name a hostile file."""
    typer.echo(printable(line), err=True)


def sentence(error: DatasetError) -> str:
    """An error in the terminal's words: the settings that mend it are options here."""
    if isinstance(error, AmbiguousReading):
        fields = " or ".join(f"--text {shlex.quote(reading.text)}" for reading in error.readings)
        return f"{error.question} Choose with {fields}, or take the first with --yes."
    options = ", ".join(f"--{setting.replace('_', '-')}" for setting in error.settings)
    return f"{str(error).removesuffix('.')} ({options})." if options else str(error)
