"""`evalmap answers report | export`: the figures of the answer sets on a dataset's map, from a terminal."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from data.workspace import Workspace


def register_report(app: typer.Typer, *, workspace: Callable[[Path | None], Workspace], screened: Callable[..., Any]) -> None:
    """Add the commands."""
