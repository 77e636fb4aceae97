"""evalmap serve: the site, from a terminal."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from evalmap.cli import terminal
from evalmap.cli.terminal import WorkspaceOption


def serve(
    path: Annotated[str | None, typer.Argument(help="A file or folder to build and open.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; beyond 127.0.0.1, whoever reaches it may use it.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
    workspace: WorkspaceOption = None,
) -> None:
    """Open the site. With PATH, its map is built in the background and the library shows how far it is."""
    from evalmap.answers import sample_answers
    from evalmap.data.locations import location_kind, not_found
    from evalmap.data.store import jobs
    from evalmap.embeddings import sample_maps

    space = terminal.open_workspace(workspace)
    sample_maps.install(space)
    sample_answers.install(space)
    if path:
        location = terminal.absolute(path)
        if location_kind(path) == "path" and not Path(location).exists():
            raise not_found(path)
        build = [sys.executable, "-P", "-m", "evalmap.cli", "build", "--workspace", str(space.root), "--", location]
        jobs.start(space, build, locations=[location])
    address = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    terminal.print_line(f"Evalmap: http://{address}:{port}")
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.address", host, "--server.port", str(port)]
    os.environ["EVALMAP_HOME"] = str(space.root)
    os.chdir(Path(__file__).resolve().parents[1])
    os.execv(sys.executable, [*command, "--server.headless", "true"])  # in this process's place: what ends it ends the site
