"""Who can reach this server, and so what it may do for them.

Two settings of the environment, which `evalmap serve` sets from its options: EVALMAP_ALLOWED_HOSTS (names by which a proxy or DNS
leads here, with commas between them) and EVALMAP_WRITABLE (1: visitors from elsewhere may change the workspace).
"""

import functools
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.data.remote.host_names import HostName, allowed_host, plain

ALLOWED_HOSTS, WRITABLE = "EVALMAP_ALLOWED_HOSTS", "EVALMAP_WRITABLE"
P = ParamSpec("P")
R = TypeVar("R")

front_door_stands = False  # whether requests pass through front_door.py, as they do where app.py is what was started
READ_ONLY = "This site is read-only: it can be reached from other machines and was started without --writable."


def allowed_hosts() -> tuple[HostName, ...]:
    """The names that were allowed when the site was started, beside those that it listens on.

    Raises
    ------
    DatasetError : one of them is no host name
    """
    return tuple(allowed_host(name) for name in os.environ.get(ALLOWED_HOSTS, "").split(",") if name.strip())


def serves_this_machine_only() -> bool:
    """Whether only this machine's own users reach the site, who could read the disk anyway.

    It listens on a loopback address, and no other name was allowed: such a name is a proxy's, which lets others in.
    """
    return HostName(listens_on()).is_loopback and all(host.is_loopback for host in allowed_hosts())


def listens_on() -> str:
    """The address or name that the server was told to listen on, in lower case; "" for all addresses."""
    return plain(st.get_option("server.address") or "")


def writable() -> bool:
    """Whether visitors may change the workspace or start something: on this machine alone always, else where --writable says so."""
    return serves_this_machine_only() or os.environ.get(WRITABLE) == "1"


def changing(action: Callable[P, R]) -> Callable[P, R]:
    """Marks what writes or starts something for a visitor: it raises `DatasetError` where the site is read-only."""

    @functools.wraps(action)
    def guarded(*arguments: P.args, **options: P.kwargs) -> R:
        if not writable():
            raise DatasetError(READ_ONLY)
        return action(*arguments, **options)

    return guarded


def require_this_machine(what: str) -> None:
    """Only this machine's own users get what can read the disk or reach the network around the server.

    Parameters
    ----------
    what : what the site does not do for others, as in "opens no paths"

    Raises
    ------
    DatasetError : others reach the site
    """
    if not serves_this_machine_only():
        raise DatasetError(f"This server can be reached from other machines, so it {what}.")


_PATH = re.compile(r"(?<![\w./:~\-])~?/(?:[^/\s'\"`:;,()<>]+/)*([^/\s'\"`:;,()<>]*)")


def without_paths(sentence: str, *known: str) -> str:
    """A sentence with the last part of each absolute path in its place, where others than this machine's users may read it.

    Parameters
    ----------
    known : paths that may stand in it; with these a space in them does no harm
    """
    if serves_this_machine_only():
        return sentence
    for path in sorted((path for path in known if path.startswith("/")), key=len, reverse=True):
        sentence = sentence.replace(path, Path(path).name)
    return _PATH.sub(lambda found: found[1] or "…", sentence)


def workspace_words(root: Path) -> str:
    """What the folder of results is called on a page: with its path, for this machine's own users."""
    return f"the workspace, {root}" if serves_this_machine_only() else "the workspace"


def require_front_door() -> None:
    """Nothing is shown where a page's script was started in place of app.py: any site's pages could read it then.

    Raises
    ------
    DatasetError : it was
    """
    if not front_door_stands:
        raise DatasetError("The pages were started without app.py, which guards them. Start the site with: evalmap serve")
