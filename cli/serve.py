"""evalmap serve: the site, from a terminal."""

import os
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from evalmap.cli import terminal
from evalmap.cli.terminal import WorkspaceOption
from evalmap.data.errors import DatasetError
from evalmap.data.remote import host_names


def serve(
    path: Annotated[str | None, typer.Argument(help="A file or folder to build and open.")] = None,
    host: Annotated[str, typer.Option(help="Address to listen on. Beyond 127.0.0.1, whoever reaches it may read.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="A name, with or without a port, by which a proxy or a DNS server leads here. Repeatable."
        ),
    ] = None,
    writable: Annotated[
        bool, typer.Option("--writable", help="Lets whoever reaches the site from elsewhere add, build, decide and remove.")
    ] = False,
    user_header: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="The header by which a proxy says who is there, such as X-Forwarded-User: the reviewers' names."
        ),
    ] = None,
    workspace: WorkspaceOption = None,
) -> None:
    """Open the site. With PATH, its map is built in the background and the library shows how far it is.

    Without --host and --allowed-host the site serves this machine alone. With one of them it is read-only, until --writable.
    """
    from evalmap.answers import sample_answers
    from evalmap.data.locations import location_kind, not_found
    from evalmap.data.store import jobs
    from evalmap.embeddings import sample_maps

    names = [str(host_names.allowed_host(name)) for name in allowed_host or []]
    header = None if user_header is None else _header(user_header)
    space = terminal.open_workspace(workspace)
    sample_maps.install(space)
    sample_answers.install(space)
    if path:
        location = terminal.absolute(path)
        if location_kind(path) == "path" and not Path(location).exists():
            raise not_found(path)
        build = [sys.executable, "-P", "-m", "evalmap.cli", "build", "--workspace", str(space.root), "--", location]
        jobs.start(space, build, locations=[location])
    address = host_names.HostName({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port)
    terminal.print_line(f"Evalmap: http://{address}")
    if names:
        os.environ["EVALMAP_ALLOWED_HOSTS"] = ",".join(names)
    if writable:
        os.environ["EVALMAP_WRITABLE"] = "1"
    if header is not None:
        os.environ["EVALMAP_USER_HEADER"] = header
    _tell_who_may_what(host)
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.address", host, "--server.port", str(port)]
    os.environ["EVALMAP_HOME"] = str(space.root)
    os.chdir(Path(__file__).resolve().parents[1])
    os.execv(sys.executable, [*command, "--server.headless", "true"])  # in this process's place: what ends it ends the site


def _header(name: str) -> str:
    if not re.fullmatch(r"[\w-]+", name, re.ASCII):
        raise DatasetError(f"{name!r} is no name of a header, such as X-Forwarded-User.", "user_header")
    return name


def _tell_who_may_what(host: str) -> None:
    """Say what visitors from elsewhere may do, where there can be any."""
    allowed = [host_names.allowed_host(name) for name in os.environ.get("EVALMAP_ALLOWED_HOSTS", "").split(",") if name.strip()]
    if all(name.is_loopback for name in (host_names.HostName(host_names.plain(host)), *allowed)):
        return
    if os.environ.get("EVALMAP_WRITABLE") == "1":
        terminal.print_error("Warning: there is no log-in, and --writable lets whoever reaches the site change what is in it.")
    else:
        terminal.print_line("Read-only: whoever reaches the site can look at all maps and change nothing.")
