"""To whom a connection may be opened: judged addresses only, with an end in time."""

import contextlib
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import httpcore
import httpx

from evalmap.data.errors import DatasetError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_PATIENCE = httpx.Timeout(30.0, connect=15.0)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def resolve(host: str, port: int) -> list[Address]:
    """The addresses of a host in the order to try them; none where the name is not known."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(ipaddress.ip_address(entry[4][0]) for entry in found))


def is_public(address: Address) -> bool:
    """Whether an address is reachable by everyone: no private, local, multicast or reserved one, nor an IPv6 form of such."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped or address in _NAT64:
            return is_public(ipaddress.IPv4Address(address.packed[-4:]))
        hidden = [address.sixtofour, *(address.teredo or ())]
        if address.is_site_local or not all(is_public(inner) for inner in hidden if inner):
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


@dataclass(frozen=True)
class Policy:
    """Which addresses may be opened, and how they are found and trusted. Only a test passes another than PUBLIC."""

    schemes: tuple[str, ...] = ("https",)
    allows: Callable[[Address], bool] = is_public
    resolve: Callable[[str, int], list[Address]] = resolve
    certificates: Callable[[], ssl.SSLContext] = httpx.create_ssl_context


PUBLIC = Policy()


class Unreachable(DatasetError):
    """Nothing came from a server that may be opened: what was fetched before may stand in.

    A refusal by the policy is no such error.
    """


class TooSlow(Exception):
    """The deadline has passed."""


def open_client(policy: Policy, *, deadline: float) -> httpx.Client:
    """A client that connects to addresses the policy allows, follows no redirect, knows no proxy and ends at `deadline`.

    Parameters
    ----------
    deadline : on `time.monotonic`, in seconds; a read beyond it raises TooSlow
    """
    context = policy.certificates()
    transport = httpx.HTTPTransport(verify=context, trust_env=False)
    # httpx has no public way to say how a connection is opened, httpcore has; a proxy would hide whom we connect to.
    transport._pool.close()
    transport._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=_JudgedBackend(policy, deadline))
    headers = {"User-Agent": "evalmap", "Accept-Encoding": "identity"}
    return httpx.Client(transport=transport, trust_env=False, follow_redirects=False, timeout=_PATIENCE, headers=headers)


class _JudgedBackend(httpcore.NetworkBackend):
    """The one place where a host name turns into a connection: resolved once, every address judged, a judged one taken."""

    def __init__(self, policy: Policy, deadline: float) -> None:
        self._policy = policy
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._policy.resolve(host, port)
        if not addresses:
            raise Unreachable(f"{host}: no such host was found. Check the address and the connection.")
        for address in addresses:
            if not self._policy.allows(address):
                raise DatasetError(f"{host} leads to {address}, which is no public address. Only public addresses are opened.")
        for place, address in enumerate(addresses, start=1):
            patience = min(timeout or 15.0, max(0.1, self._deadline - time.monotonic()))
            with contextlib.suppress(*((httpcore.ConnectError, httpcore.ConnectTimeout) if place < len(addresses) else ())):
                stream = self._sockets.connect_tcp(str(address), port, patience, local_address, socket_options)
                return _TimedStream(stream, self._deadline)
        raise AssertionError("the last address either connects or raises")

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.NetworkStream:
        raise DatasetError("Local sockets are not opened.")


class _TimedStream(httpcore.NetworkStream):
    """A stream whose every read ends at the deadline, so that headers sent byte by byte cannot hold us either."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TooSlow
        try:
            return self._stream.read(max_bytes, left if timeout is None else min(timeout, left))
        except httpcore.ReadTimeout:
            if time.monotonic() >= self._deadline:
                raise TooSlow from None
            raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, timeout)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _TimedStream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)
