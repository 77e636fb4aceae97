"""A server on this machine that serves bytes, breaks off where told, and keeps what it was asked."""

import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType

import httpx

from evalmap.data.remote.guard import Address, Policy


@dataclass
class Page:
    """What a path answers. `cut` ends the connection after so many bytes; `ranges` honours Range and If-Range."""

    content: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: str | None = None
    cut: int | None = None
    ranges: bool = True
    length: bool = True
    drip: Callable[[], object] | None = None

    def is_what(self, etag: str | None, modified: str | None) -> bool:
        """Whether a client that has this state of it is told 304."""
        if etag is not None:
            return etag == self.etag
        return modified is not None and modified == self.headers.get("Last-Modified")


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]


class LocalServer:
    """`with LocalServer({"/a.jsonl": Page(b"…")}) as server:`; `requests` is what came in, in order."""

    def __init__(self, pages: dict[str, Page], *, certificate: Path | None = None) -> None:
        self.pages = pages
        self.requests: list[Request] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self.port = self._http.server_address[1]
        self.scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
            self.scheme = "https"

    def url(self, path: str, host: str = "evals.test") -> str:
        return f"{self.scheme}://{host}:{self.port}{path}"

    def __enter__(self) -> "LocalServer":
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._http.shutdown()
        self._http.server_close()


def local_policy(*, certificate: Path | None = None, schemes: tuple[str, ...] = ("http", "https")) -> Policy:
    """Every name under .test leads to this machine, and this machine may be opened."""

    def resolve(host: str, port: int) -> list[Address]:
        return [ip_address("127.0.0.1")] if host.endswith(".test") else []

    def certificates() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(certificate)) if certificate else httpx.create_ssl_context()

    return Policy(schemes=schemes, allows=lambda address: address.is_loopback, resolve=resolve, certificates=certificates)


def _handler(server: LocalServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            server.requests.append(Request(self.path, {key.lower(): value for key, value in self.headers.items()}))
            page = server.pages.get(self.path, Page(b"not here", status=404))
            content, status = page.content, page.status
            wanted, still = self.headers.get("Range"), self.headers.get("If-Range")
            if page.is_what(self.headers.get("If-None-Match"), self.headers.get("If-Modified-Since")):
                self.send_response(304)
                self.end_headers()
                return
            if wanted and page.ranges and status == 200 and still in (None, page.etag):
                start = int(wanted.removeprefix("bytes=").removesuffix("-"))
                status = 206 if start < len(content) else 416
                self.send_response(status)
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
                content = content[start:] if status == 206 else b""
            else:
                self.send_response(status)
            if page.etag:
                self.send_header("ETag", page.etag)
            for key, value in page.headers.items():
                self.send_header(key, value)
            if page.length:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if page.drip:
                page.drip()
            self.wfile.write(content[: page.cut])
            self.wfile.flush()
            if page.cut is not None or not page.length:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler
