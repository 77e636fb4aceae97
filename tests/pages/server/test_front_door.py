"""Who is let in: a page of another site never is, by whatever name it has this machine found."""

import asyncio
import os
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from evalmap.pages.server import access
from evalmap.pages.server.front_door import FrontDoor
from evalmap.tests.command import Command
from evalmap.tests.paths import ROOT
from evalmap.tools.server import free_port, started, wait_for_answer

NAMES = "maps.example.org,tunnel.example:9000"


def own_addresses() -> list[str]:
    """IPv4 addresses of this machine beyond loopback."""
    found = (one.address for card in psutil.net_if_addrs().values() for one in card if one.family == socket.AF_INET)
    return [address for address in found if not address.startswith("127.")]


# (Host, Origin, whether a websocket passes); PORT stands for the port that is listened on
EVERYWHERE = [
    ("127.0.0.1:PORT", "http://127.0.0.1:PORT", True),
    ("localhost:PORT", "http://localhost:PORT", True),
    ("LOCALHOST:PORT", "http://localhost:PORT", True),
    ("[::1]:PORT", "http://[::1]:PORT", True),
    ("[0:0:0:0:0:0:0:1]:PORT", "http://[::1]:PORT", True),
    # names that are not ours
    ("evil.example:PORT", "http://evil.example:PORT", False),
    ("evil.example", "http://evil.example", False),
    ("EVIL.example:PORT", "http://evil.example:PORT", False),
    ("127.0.0.1.evil.example:PORT", "http://127.0.0.1.evil.example:PORT", False),
    ("localhost.evil.example:PORT", "http://localhost.evil.example:PORT", False),
    ("evil.localhost:PORT", "http://evil.localhost:PORT", False),
    ("localhost.:PORT", "http://localhost.:PORT", False),
    ("127.0.0.1.:PORT", "http://127.0.0.1.:PORT", False),
    ("evil.example.:PORT", "http://evil.example.:PORT", False),
    ("203.0.113.7:PORT", "http://203.0.113.7:PORT", False),
    ("[2001:db8::7]:PORT", "http://[2001:db8::7]:PORT", False),
    ("2130706433:PORT", "http://2130706433:PORT", False),  # 127.0.0.1 as one number
    ("0177.0.0.1:PORT", "http://0177.0.0.1:PORT", False),
    # ports that are not ours
    ("127.0.0.1", "http://127.0.0.1", False),
    ("127.0.0.1:1", "http://127.0.0.1:1", False),
    ("127.0.0.1:2", "http://127.0.0.1:2", False),
    ("127.0.0.1:99999", "http://127.0.0.1:99999", False),
    ("127.0.0.1:", "http://127.0.0.1", False),
    # what is no host at all
    ("user@127.0.0.1:PORT", "http://127.0.0.1:PORT", False),
    ("127.0.0.1:PORT@evil.example", "http://evil.example", False),
    ("127.0.0.1:PORT/x", "http://127.0.0.1:PORT", False),
    ("127.0.0.1:PORT, evil.example", "http://127.0.0.1:PORT", False),
    ("", "http://127.0.0.1:PORT", False),
    # pages that are not ours, asking by our name
    ("127.0.0.1:PORT", "http://evil.example", False),
    ("127.0.0.1:PORT", "http://evil.example:PORT", False),
    ("127.0.0.1:PORT", "http://127.0.0.1:1", False),
    ("127.0.0.1:PORT", "http://127.0.0.1", False),
    ("127.0.0.1:PORT", "http://localhost:PORT", False),
    ("localhost:PORT", "http://localhost:3000", False),
    ("127.0.0.1:PORT", "https://127.0.0.1:PORT", False),
    ("127.0.0.1:PORT", "null", False),
    ("127.0.0.1:PORT", "", False),
    ("127.0.0.1:PORT", "http://127.0.0.1:PORT@evil.example", False),
    ("127.0.0.1:PORT", "http://user@127.0.0.1:PORT", False),
    ("127.0.0.1:PORT", "http://127.0.0.1:PORT/", False),
    ("127.0.0.1:PORT", "http://127.0.0.1:PORT.evil.example", False),
    ("127.0.0.1:PORT", "file://", False),
    ("127.0.0.1:PORT", "chrome-extension://127.0.0.1:PORT", False),
]
HERE_ALONE = [
    *EVERYWHERE,
    ("maps.example.org", "https://maps.example.org", False),
    (f"{socket.gethostname()}:PORT", f"http://{socket.gethostname()}:PORT", False),
]
BEYOND = [
    *EVERYWHERE,
    ("maps.example.org", "https://maps.example.org", True),  # a proxy's name; it may end TLS
    ("maps.example.org", "http://maps.example.org", True),
    ("Maps.Example.org:8443", "https://maps.example.org:8443", True),
    ("maps.example.org:443", "https://maps.example.org", True),
    ("maps.example.org", "https://maps.example.org:8443", False),
    ("maps.example.org", "https://evil.example", False),
    ("maps.example.org.", "https://maps.example.org.", False),
    ("sub.maps.example.org", "https://sub.maps.example.org", False),
    ("tunnel.example:9000", "http://tunnel.example:9000", True),
    ("tunnel.example", "http://tunnel.example", False),
    ("tunnel.example:9001", "http://tunnel.example:9001", False),
    (f"{socket.gethostname()}:PORT", f"http://{socket.gethostname().lower()}:PORT", True),
]


async def _page(request: Request) -> PlainTextResponse:
    request.app.state.reached.append(request.url.path)
    return PlainTextResponse("inside")


async def _stream(websocket: WebSocket) -> None:
    websocket.app.state.reached.append(websocket.url.path)
    await websocket.accept()
    await websocket.close()


@contextmanager
def door(
    monkeypatch: pytest.MonkeyPatch, *, address: str = "127.0.0.1", names: str = "", writable: bool = False
) -> Iterator[Starlette]:
    """An app behind the door that keeps which paths were reached; the door thinks that it listens on `address`."""
    monkeypatch.setattr(access.st, "get_option", {"server.address": address}.get)
    monkeypatch.setenv(access.ALLOWED_HOSTS, names)
    monkeypatch.setenv(access.WRITABLE, "1" if writable else "")
    monkeypatch.setattr(access, "front_door_stands", False)
    app = Starlette(
        routes=[WebSocketRoute("/{path:path}", _stream), Route("/{path:path}", _page, methods=["GET", "PUT", "POST"])],
        middleware=[Middleware(FrontDoor)],
    )
    app.state.reached = []
    yield app


def enters(app: Starlette, host: str, origin: str | None, *, at: str = "127.0.0.1", port: int = 8501) -> bool:
    """Whether a websocket with these headers is let in; what is refused reaches nothing."""
    headers = {"Host": host} | ({} if origin is None else {"Origin": origin})
    app.state.reached.clear()
    try:
        with TestClient(app).websocket_connect(f"ws://{at}:{port}/_stcore/stream", headers=headers):
            pass
    except WebSocketDisconnect:
        assert app.state.reached == []
        return False
    return app.state.reached == ["/_stcore/stream"]


@pytest.mark.parametrize(("host", "origin", "passes"), HERE_ALONE)
def test_a_site_of_this_machine_answers_to_its_own_names_only(
    host: str, origin: str, passes: bool, monkeypatch: pytest.MonkeyPatch
):
    with door(monkeypatch) as app:
        assert enters(app, host.replace("PORT", "8501"), origin.replace("PORT", "8501")) is passes


@pytest.mark.parametrize(("host", "origin", "passes"), BEYOND)
def test_a_site_for_others_answers_to_what_it_listens_on_and_to_allowed_names(
    host: str, origin: str, passes: bool, monkeypatch: pytest.MonkeyPatch
):
    with door(monkeypatch, address="0.0.0.0", names=NAMES) as app:
        assert enters(app, host.replace("PORT", "8501"), origin.replace("PORT", "8501")) is passes


def test_a_site_for_others_answers_to_the_address_that_a_request_came_in_on(monkeypatch: pytest.MonkeyPatch):
    with door(monkeypatch, address="0.0.0.0") as app:
        assert enters(app, "192.0.2.4:8501", "http://192.0.2.4:8501", at="192.0.2.4")
        assert not enters(app, "192.0.2.5:8501", "http://192.0.2.5:8501", at="192.0.2.4")
        assert not enters(app, "evil.example:8501", "http://evil.example:8501", at="192.0.2.4")


def test_settings_that_say_this_machine_only_hold_under_a_server_that_listens_on_more(monkeypatch: pytest.MonkeyPatch):
    with door(monkeypatch) as app:  # `uvicorn evalmap.app:app --host 0.0.0.0` reads none of Streamlit's settings
        assert not enters(app, "192.0.2.4:8501", "http://192.0.2.4:8501", at="192.0.2.4")
        assert not enters(app, "localhost:8501", "http://localhost:8501", at="192.0.2.4")


def test_a_websocket_names_its_origin_and_a_plain_request_need_not(monkeypatch: pytest.MonkeyPatch):
    with door(monkeypatch, writable=True) as app:
        assert not enters(app, "127.0.0.1:8501", None)
        client = TestClient(app, base_url="http://127.0.0.1:8501")
        assert client.get("/map").text == "inside"
        assert client.get("/map", headers={"Origin": "http://127.0.0.1:8501"}).text == "inside"
        assert client.get("/map", headers={"Origin": "http://127.0.0.1:3000"}).status_code == 403
        assert client.put("/_stcore/upload_file/a/b").status_code == 403
        assert client.put("/_stcore/upload_file/a/b", headers={"Origin": "http://127.0.0.1:8501"}).text == "inside"


def test_refusal_is_one_sentence_that_names_the_option(monkeypatch: pytest.MonkeyPatch):
    with door(monkeypatch) as app:
        answer = TestClient(app, base_url="http://127.0.0.1:8501").get("/", headers={"Host": "Maps.example.org:8080"})
        assert answer.status_code == 421
        assert answer.text == (
            "This site does not answer to the name maps.example.org:8080. If it is yours, start the site with: "
            "evalmap serve --allowed-host maps.example.org:8080\n"
        )
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert app.state.reached == []


def test_two_hosts_are_none(monkeypatch: pytest.MonkeyPatch):
    with door(monkeypatch) as app:
        client = TestClient(app, base_url="http://127.0.0.1:8501")
        for hosts in (("127.0.0.1:8501", "evil.example"), ("evil.example", "127.0.0.1:8501"), ("127.0.0.1:8501",) * 2):
            answer = client.get("/", headers=[("Host", host) for host in hosts])
            assert answer.status_code == 421
        assert app.state.reached == []


def test_a_probe_may_ask_by_any_name_and_a_page_may_not(monkeypatch: pytest.MonkeyPatch):
    with door(monkeypatch) as app:
        client = TestClient(app, base_url="http://127.0.0.1:8501")
        assert client.get("/healthz", headers={"Host": "10.1.2.3"}).text == "inside"
        assert client.get("/healthz", headers={"Host": "127.0.0.1:8501", "Origin": "http://evil.example"}).status_code == 403


NOT_SERVED = (
    *("metrics", "script-health-check", "agent/mcp", "agent/interact", "agent/openapi.json", "message", "allowed-message-origins"),
    *("", "/metrics", "upload_file", "bidi-components"),
)


@pytest.mark.parametrize("path", [*(f"/_stcore/{name}" for name in NOT_SERVED), "/component/x/y", "/auth/login", "/oauth2callback"])
def test_what_our_pages_do_not_ask_of_streamlit_is_not_there(path: str, monkeypatch: pytest.MonkeyPatch):
    with door(monkeypatch) as app:
        client = TestClient(app, base_url="http://127.0.0.1:8501")
        assert client.get(path).status_code == 404
        assert client.post(path, headers={"Origin": "http://127.0.0.1:8501"}).status_code == 404
        assert app.state.reached == []
        for served in (
            "/_stcore/health",
            "/_stcore/host-config",
            "/_stcore/bidi-components/a/b.js",
            "/media/a.png",
            "/static/a.js",
        ):
            assert client.get(served).text == "inside"


def test_a_read_only_site_takes_no_upload(monkeypatch: pytest.MonkeyPatch):
    origin = {"Origin": "http://127.0.0.1:8501"}
    for writable in (False, True):
        with door(monkeypatch, address="0.0.0.0", writable=writable) as app:
            client = TestClient(app, base_url="http://127.0.0.1:8501")
            assert client.put("/_stcore/upload_file/a/b", content=b"x", headers=origin).status_code == (200 if writable else 403)


@pytest.mark.parametrize(
    "name", ["https://maps.example.org", "*", "maps.example.org/x", "a b", "x:0", "x:70000", "x.", ".x", "\u00e9x"]
)
def test_an_option_that_is_no_name_is_refused_with_what_to_write(name: str, evalmap: Command):
    found = evalmap("serve", "--allowed-host", name)
    assert (found.code, found.out) == (1, "")
    assert found.err == f"{name!r} is no host name. Give the name alone, with or without a port: --allowed-host maps.example.org\n"


# The same forms against a server that really runs


def raw(address: str, port: int, *lines: str, path: str = "/", version: str = "1.1") -> tuple[int, str]:
    """The status and body of a request made of these header lines."""
    request = "\r\n".join((f"GET {path} HTTP/{version}", *lines, "Connection: close", "", ""))
    with socket.create_connection((address, port), timeout=30) as connection:
        connection.sendall(request.encode("latin-1"))
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.decode("utf-8", "replace").partition("\r\n\r\n")
    return int(head.split()[1]), body


async def _opens(address: str, port: int, host: str, origin: str | None) -> bool:
    """Whether Streamlit's websocket opens; refused in any other way than by our sentence is an error."""
    try:
        named = None if origin is None else Origin(origin)
        streamlit = [Subprotocol("streamlit")]
        url = f"ws://{host}/_stcore/stream"
        async with connect(url, host=address, port=port, origin=named, subprotocols=streamlit, open_timeout=30, proxy=None):
            return True
    except InvalidStatus as error:
        refusal = error.response
    assert refusal.status_code in (421, 403)
    assert re.search(rb"does not answer to the name|answers its own pages only|one Host header", refusal.body or b"")
    return False


def opens(address: str, port: int, host: str, origin: str | None) -> bool:
    return asyncio.run(_opens(address, port, host, origin))


@contextmanager
def running(folder: Path, *command: str) -> Iterator[int]:
    """A server of its own process; its port."""
    port = free_port()
    folder.mkdir()
    log = folder / "log"
    environment = {**os.environ, "EVALMAP_HOME": str(folder / "home"), "STREAMLIT_SERVER_HEADLESS": "true"}
    line = [sys.executable, *(part.replace("PORT", str(port)) for part in command)]
    with log.open("wb") as output, started(line, cwd=ROOT, environment=environment, output=output) as process:
        wait_for_answer(f"http://127.0.0.1:{port}/healthz", process, log)
        yield port


SERVE = ("-m", "evalmap.cli", "serve", "--port", "PORT")


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """The ports of a site for this machine alone, and of one for others."""
    folder = tmp_path_factory.mktemp("servers")
    allowed = [word for name in NAMES.split(",") for word in ("--allowed-host", name)]
    with ExitStack() as servers:
        yield {
            "here": servers.enter_context(running(folder / "here", *SERVE)),
            "beyond": servers.enter_context(running(folder / "beyond", *SERVE, "--host", "0.0.0.0", *allowed)),
        }


@pytest.mark.slow
@pytest.mark.parametrize(("site", "forms"), [("here", HERE_ALONE), ("beyond", BEYOND)])
def test_running_site_opens_its_websocket_to_its_own_pages_only(
    site: str, forms: list[tuple[str, str, bool]], ports: dict[str, int]
):
    port = ports[site]
    wrong = []
    for host, origin, passes in forms:
        host, origin = (text.replace("PORT", str(port)) for text in (host, origin))
        if not host or "/" in host or "@" in host or host.endswith(":") or "99999" in host or ", " in host:
            continue  # no address that this client can be given: see the next test
        if opens("127.0.0.1", port, host, origin or None) is not passes:
            wrong.append((host, origin))
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("site", ["here", "beyond"])
def test_running_site_refuses_foreign_hosts_on_every_address(site: str, ports: dict[str, int]):
    port = ports[site]
    own, evil = f"Host: 127.0.0.1:{port}", f"Host: evil.example:{port}"
    for path in ("/", "/map", "/evalmap/plotly.js", "/_stcore/health", "/_stcore/host-config", "/media/a", "/static/a", "/answers"):
        assert raw("127.0.0.1", port, evil, path=path)[0] == 421
        assert raw("127.0.0.1", port, own, "Origin: null", path=path)[0] == 403
    for lines in ([], [own, evil], [evil, own], ["Host:"], [f"Host: x@127.0.0.1:{port}"], [f"{own}/x"], [f"{own}, evil.example"]):
        status, body = raw("127.0.0.1", port, *lines, version="1.0" if not lines else "1.1")
        assert status in (400, 421)
        assert "<html" not in body
    assert raw("127.0.0.1", port, own)[0] == 200
    assert raw("127.0.0.1", port, own, path=f"http://evil.example:{port}/map")[0] in (200, 400, 404)  # the Host header counts
    assert raw("127.0.0.1", port, evil, path=f"http://127.0.0.1:{port}/map")[0] == 421
    assert raw("127.0.0.1", port, own, path="/_stcore/metrics")[0] == 404
    assert raw("127.0.0.1", port, evil, path="/healthz")[0] == 200


@pytest.mark.slow
def test_running_site_answers_to_an_address_of_this_machine(ports: dict[str, int]):
    address = next(iter(own_addresses()), None)
    if address is None:
        pytest.skip("this machine has no address beyond loopback")
    port = ports["beyond"]
    assert opens(address, port, f"{address}:{port}", f"http://{address}:{port}")
    assert not opens(address, port, f"evil.example:{port}", f"http://evil.example:{port}")
    assert raw(address, port, f"Host: {address}:{port}")[0] == 200


WAYS = {
    "streamlit": ("-m", "streamlit", "run", "app.py", "--server.port", "PORT"),
    "uvicorn": ("-m", "uvicorn", "evalmap.app:app", "--host", "0.0.0.0", "--port", "PORT"),
}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_start_the_site_goes_through_the_door(way: str, tmp_path: Path):
    with running(tmp_path / "site", *WAYS[way]) as port:
        assert opens("127.0.0.1", port, f"127.0.0.1:{port}", f"http://127.0.0.1:{port}")
        assert not opens("127.0.0.1", port, f"evil.example:{port}", f"http://evil.example:{port}")
        assert not opens("127.0.0.1", port, f"127.0.0.1:{port}", "http://127.0.0.1:3000")
        for address in own_addresses()[:1] if way == "uvicorn" else []:
            assert raw(address, port, f"Host: {address}:{port}")[0] == 421
            assert raw(address, port, f"Host: localhost:{port}")[0] == 421


def test_pages_started_without_the_door_show_nothing(monkeypatch: pytest.MonkeyPatch):
    from streamlit.testing.v1 import AppTest

    from evalmap.tests.pages import site

    site.clear()
    monkeypatch.setattr(access, "front_door_stands", False)  # as `streamlit run pages/frame.py` has it
    at = AppTest.from_file(str(site.FRAME), default_timeout=60).run()
    (error,) = at.error
    assert (
        error.value.replace("\\", "")
        == "The pages were started without app.py, which guards them. Start the site with: evalmap serve."
    )
    assert not at.button
    assert not at.sidebar.selectbox
