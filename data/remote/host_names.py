"""Host names as requests and options spell them: `name`, `name:port`, `[::1]:port`."""

import ipaddress
import re
from dataclasses import dataclass

from evalmap.data.errors import DatasetError

# No dot at the end, no user, no path: what else a browser or a proxy may send is refused, not mended.
_SPELLED = re.compile(
    r"(?:\[(?P<v6>[0-9A-Fa-f:.]{2,45})\]|(?P<name>[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9_])?))(?::(?P<port>\d{1,5}))?"
)
LOCALHOST = "localhost"


@dataclass(frozen=True)
class HostName:
    """A host and, where one is spelled, its port.

    name : in lower case; an IP address in its shortest spelling, without brackets
    port : 1 to 65535, or None
    """

    name: str
    port: int | None = None

    @property
    def is_address(self) -> bool:
        """Whether it is an IP address: no DNS server has a say in where it leads."""
        return _address(self.name) is not None

    @property
    def is_loopback(self) -> bool:
        """Whether it leads to the machine of whoever asks, whatever DNS says."""
        address = _address(self.name)
        return self.name == LOCALHOST or (address is not None and address.is_loopback)

    def __str__(self) -> str:
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port is None else f"{name}:{self.port}"


def read_host(text: str) -> HostName | None:
    """The host in a Host header, an Origin or an option; None where it is spelled in any other way."""
    found = _SPELLED.fullmatch(text)
    if not found or not text.isascii():
        return None
    port = int(found["port"]) if found["port"] else None
    if port is not None and not 1 <= port <= 65535:
        return None
    if found["v6"] is None:
        return HostName(plain(found["name"]), port)
    return HostName(plain(found["v6"]), port) if _address(found["v6"]) else None


def plain(name: str) -> str:
    """A name or address without brackets in the one spelling that can be compared."""
    address = _address(name)
    return name.lower() if address is None else str(address)


def allowed_host(text: str) -> HostName:
    """A host as an option names it.

    Raises
    ------
    DatasetError : no name, with or without a port
    """
    host = read_host(text.strip())
    if host is None:
        raise DatasetError(
            f"{text.strip()!r} is no host name. Give the name alone, with or without a port: --allowed-host maps.example.org"
        )
    return host


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address  # a socket for both kinds tells IPv4 as ::ffff:…
