"""A real Chromium on a real server. Browser tests go last: Playwright's event loop stays set in the thread that uses it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, Request, sync_playwright

from evalmap.tests.needs import absent
from evalmap.tools.browser import BrowserMissing, find_chromium, launch, skip_tour
from evalmap.tools.server import Site, serving

HERE = Path(__file__).parent

# On a direct page link Streamlit's front end first asks below the page's own path; and our policy refuses its one inline script.
KNOWN_404 = re.compile(r"/[^/]+/_stcore/(health|host-config)$")
REFUSED_INLINE_SCRIPT = re.compile(r"inline script.*Content Security Policy", re.DOTALL | re.IGNORECASE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: HERE in item.path.parents)


@pytest.fixture(scope="session")
def chromium_path() -> Path:
    """The browser to drive. Without one the tests are skipped; with EVALMAP_NO_SKIP=1 they fail."""
    try:
        return find_chromium()
    except BrowserMissing as missing:
        absent(str(missing))


@pytest.fixture(scope="session")
def playwright(chromium_path: Path) -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chromium(playwright: Playwright, chromium_path: Path) -> Iterator[Browser]:
    """One browser for all tests; each test has a context of its own."""
    browser = launch(playwright, chromium_path)
    yield browser
    browser.close()


class FreshSite(Protocol):
    """`with fresh_site(workspace) as site:` is a server on that workspace; `app` another one than the site."""

    def __call__(self, workspace: Path, *, app: Path = ...) -> AbstractContextManager[Site]: ...


@pytest.fixture(scope="session")
def fresh_site(chromium_path: Path) -> FreshSite:
    """`with fresh_site(workspace) as site:` is a new server process on that workspace, for what must work cold."""
    return serving


@pytest.fixture(scope="session")
def site(fresh_site: FreshSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all tests, with the bundled samples and a workspace of its own."""
    with fresh_site(tmp_path_factory.mktemp("site") / "workspace") as running:
        yield running


@dataclass
class Trouble:
    """What went wrong on a page, as Chromium told it."""

    documents: int = 0
    errors: list[ConsoleMessage] = field(default_factory=list)
    exceptions: list[str] = field(default_factory=list)
    failed: list[Request] = field(default_factory=list)
    requested: set[str] = field(default_factory=set)

    def watch(self, page: Page) -> None:
        page.on("domcontentloaded", self.count_document)
        page.on("console", self.hear)
        page.on("pageerror", lambda error: self.exceptions.append(str(error)))
        page.on("requestfailed", lambda request: self.failed.append(request))
        page.on("request", lambda request: self.requested.add(request.url))

    def count_document(self, _: Page) -> None:
        self.documents += 1

    def hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message)

    def unexpected(self, host: str) -> list[str]:
        """Everything but the two known 404s and the refused inline script, each at most once for each document loaded."""
        found = [f"exception: {text}" for text in self.exceptions]
        allowance = {"health": self.documents, "host-config": self.documents, "inline script": self.documents}
        for message in self.errors:
            if known := known_error(message):
                allowance[known] -= 1
                if allowance[known] >= 0:
                    continue
            found.append(f"console: {message.text} ({message.location.get('url', '')})")
        # A request that the page itself gave up, by leaving or by asking anew, is no fault of the server.
        found += [f"failed: {r.method} {r.url} ({r.failure})" for r in self.failed if r.failure != "net::ERR_ABORTED"]
        found += [f"asked another host: {url}" for url in self.requested if urlsplit(url).netloc not in ("", host)]
        return found


def known_error(message: ConsoleMessage) -> str | None:
    if "404" in message.text and (match := KNOWN_404.search(urlsplit(message.location.get("url", "")).path)):
        return match.group(1)
    return "inline script" if REFUSED_INLINE_SCRIPT.search(message.text) else None


class Watched:
    """Opens pages in contexts of their own and keeps what Chromium complained about on each."""

    def __init__(self) -> None:
        self.contexts: list[BrowserContext] = []
        self.troubles: dict[Page, Trouble] = {}

    def open(self, browser: Browser, *, dark: bool = False, newcomer: bool = False) -> Page:
        """A page of 1280 × 800; only a newcomer's browser never saw the tour, which would lead it away from the bare address."""
        context = browser.new_context(
            viewport={"width": 1280, "height": 800}, color_scheme="dark" if dark else "light", accept_downloads=True
        )
        if not newcomer:
            skip_tour(context)
        self.contexts.append(context)
        page = context.new_page()
        self.troubles[page] = Trouble()
        self.troubles[page].watch(page)
        return page

    def close(self) -> None:
        for context in self.contexts:
            context.close()


@pytest.fixture
def watched() -> Iterator[Watched]:
    pages = Watched()
    yield pages
    pages.close()


@pytest.fixture
def page(chromium: Browser, watched: Watched) -> Page:
    """A new page of 1280 × 800 in a context of its own."""
    return watched.open(chromium)


@pytest.fixture
def dark_page(chromium: Browser, watched: Watched) -> Page:
    """The same for a reader whose system prefers dark."""
    return watched.open(chromium, dark=True)


@pytest.fixture
def newcomer(chromium: Browser, watched: Watched) -> Page:
    """The same for a reader who was never here."""
    return watched.open(chromium, newcomer=True)


@pytest.fixture
def no_webgl(playwright: Playwright, chromium_path: Path, watched: Watched) -> Iterator[Page]:
    """A page in a browser that has no WebGL."""
    browser = launch(playwright, chromium_path, webgl=False)
    page = watched.open(browser)
    yield page
    browser.close()


@pytest.fixture
def assert_clean(watched: Watched) -> Callable[[Page], None]:
    """`assert_clean(page)`: no console error, exception, failed request or request to another host, but for the known ones."""

    def check(page: Page) -> None:
        host = urlsplit(page.url).netloc
        found = watched.troubles[page].unexpected(host)
        assert not found, "\n".join(found)

    return check
