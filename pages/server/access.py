"""Who can reach this server, and so what it may do for them.

Two settings of the environment, which `evalmap serve` sets from its options: EVALMAP_ALLOWED_HOSTS (names by which a proxy or DNS
leads here, with commas between them) and EVALMAP_WRITABLE (1: visitors from elsewhere may change the workspace).
"""

import os

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.data.remote.host_names import HostName, allowed_host, plain

ALLOWED_HOSTS, WRITABLE = "EVALMAP_ALLOWED_HOSTS", "EVALMAP_WRITABLE"
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


def require_writable() -> None:
    """The one door before all that writes or starts something for a visitor.

    Raises
    ------
    DatasetError : the site is read-only
    """
    if not writable():
        raise DatasetError(READ_ONLY)


def require_front_door() -> None:
    """Nothing is shown where a page's script was started in place of app.py: any site's pages could read it then.

    Raises
    ------
    DatasetError : it was
    """
    if not front_door_stands:
        raise DatasetError("The pages were started without app.py, which guards them. Start the site with: evalmap serve")
