"""Who is let in: a request passes where it names this site as its host, and comes from no page of another site.

A page of another site can have its own name lead to this machine (DNS rebinding). Its requests then look like our own pages' to the
browser, but for the name that they ask by. So the name is judged first, for HTTP and websockets alike, before Streamlit or a route
sees anything. Plain ASGI, so that streams stay streams.
"""

import re
import socket
from collections.abc import Sequence

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from evalmap.data.remote.host_names import LOCALHOST, HostName, plain, read_host
from evalmap.pages.server import access
from evalmap.pages.server.routes import base_path

LOOPBACK = (LOCALHOST, "127.0.0.1", "::1")
PORTS = {"http": 80, "https": 443}
_ORIGIN = re.compile(r"(https?)://([^/]+)")
# What our pages ask of Streamlit. Its other addresses are for tools: figures of the process (metrics), running the script without a
# browser (agent, script-health-check), old components and log-ins, none of which the site has.
SERVED = re.compile(r"_stcore/(health|host-config|stream|upload_file/.+|bidi-components/.+)")
NOT_SERVED = re.compile(r"(_stcore|component|auth|oauth2callback)(/.*)?")


class FrontDoor:
    """Refuses what comes by a name that is not ours (421), from another site's page (403), or to an address not served (404)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.listens_here_only = access.serves_this_machine_only()
        self.allowed = access.allowed_hosts()
        access.front_door_stands = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope) if scope["type"] in ("http", "websocket") else None
        if refusal is None:
            await self.app(_spelled_alike(scope) if scope["type"] == "websocket" else scope, receive, send)
            return
        status, sentence = refusal
        answer = PlainTextResponse(f"{sentence}\n", status, {"Cache-Control": "no-store"})
        if scope["type"] == "http" or "websocket.http.response" in scope.get("extensions", {}):
            await answer(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": ""})

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """The status and sentence that a request is refused with; None where it may pass."""
        path = scope["path"].removeprefix(base_path()).lstrip("/")
        if scope["type"] == "http" and path == "healthz" and not _values(scope, b"origin"):
            return None  # a probe asks by whatever name it knows, and learns no more than that the site is up
        hosts, origins = _values(scope, b"host"), _values(scope, b"origin")
        host = read_host(hosts[0]) if len(hosts) == 1 else None
        if host is None:
            return 421, "A request needs one Host header that holds a name and a port. Open the site by its address in a browser."
        named = any(_same(host, allowed) for allowed in self.allowed)
        if not (named or self._listened_on(host, scope)):
            return 421, (
                f"This site does not answer to the name {host}. If it is yours, start the site with: "
                f"evalmap serve --allowed-host {host}"
            )
        scheme = "https" if scope["scheme"] in ("https", "wss") else "http"
        if origins or scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD", "OPTIONS"):
            # A proxy may end TLS, so a name that was allowed is ours by either scheme.
            schemes = tuple(PORTS) if named else (scheme,)
            if len(origins) != 1 or not _is_origin_of(origins[0], host, schemes):
                return 403, "This site answers its own pages only: the Origin header has to name the same scheme, host and port."
        if NOT_SERVED.fullmatch(path) and not SERVED.fullmatch(path):
            return 404, "There is nothing at this address."
        if path.startswith("_stcore/upload_file/") and not access.writable():
            return 403, access.READ_ONLY
        return None

    def _listened_on(self, host: HostName, scope: Scope) -> bool:
        """Whether the host is what this connection came in on, or a name of this machine that no DNS server can give to another."""
        address, port = scope.get("server") or ("", None)
        here = HostName(plain(address))
        if self.listens_here_only and not here.is_loopback:
            return False  # another server than Streamlit's own runs the app, on more than our settings tell
        if (host.port or PORTS.get(scope["scheme"].replace("ws", "http"))) != port:
            return False
        if host.name in (here.name, *LOOPBACK):
            return True
        return not self.listens_here_only and host.name in _names_of_this_machine()


def _names_of_this_machine() -> Sequence[str]:
    return socket.gethostname().lower(), access.listens_on()


def _same(host: HostName, allowed: HostName) -> bool:
    return host.name == allowed.name and allowed.port in (None, host.port)


def _is_origin_of(origin: str, host: HostName, schemes: Sequence[str]) -> bool:
    found = _ORIGIN.fullmatch(origin.lower())
    if not found or found[1] not in schemes or not (page := read_host(found[2])):
        return False
    usual = PORTS[found[1]]
    return page.name == host.name and (page.port or usual) == (host.port or usual)


def _spelled_alike(scope: Scope) -> Scope:
    """The scope with its host spelled as its origin spells it: Streamlit compares the two as texts, and where they differ asks
    a server on the internet for this machine's address.
    """
    (origin,) = _values(scope, b"origin")
    host = origin.partition("//")[2].encode("latin-1")
    return {**scope, "headers": [(key, host if key.lower() == b"host" else value) for key, value in scope["headers"]]}


def _values(scope: Scope, name: bytes) -> list[str]:
    return [value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name]
