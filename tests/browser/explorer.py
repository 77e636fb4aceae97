"""Driving the site as a reader would: what several browser tests share."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page

from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import sample_maps
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.tools.server import Site

PLANNING = "prefers-careful-planning"
WAIT = 60_000  # ms; software WebGL on busy cores is slow


def sample(site: Site, slug: str = PLANNING) -> BuiltMap:
    """The shipped map as the site has it in its workspace."""
    workspace = Workspace(site.workspace)
    sample_maps.install(workspace)
    return load_map(workspace, workspace.find(slug))


def open_map(page: Page, site: Site, *, panel: str = "Examples", **query: str) -> None:
    """Open the map page by its address and wait until it is drawn; panel "" leaves the drawer below the map closed."""
    opened = {"panel": panel} if panel else {}
    page.goto(site.address("map", **{"dataset": PLANNING, **opened, **query}))
    wait_drawn(page)


def wait_drawn(page: Page) -> None:
    page.wait_for_function("window.__evalmap && window.__evalmap.drawn > 0", timeout=WAIT)
    page.wait_for_function("document.querySelectorAll('.evalmap [data-busy]').length === 0", timeout=WAIT)
    settle(page)


def settle(page: Page) -> None:
    """Wait until the script has run to its end."""
    page.wait_for_function('!document.querySelector(\'[data-testid="stApp"][data-test-script-state="running"]\')', timeout=WAIT)


def positions(page: Page, n: int) -> NDArray[np.float64]:
    """(n, 2) where each row's point stands in the window, in pixels."""
    return np.array(page.evaluate("n => [...Array(n).keys()].map(i => window.__evalmap.position(i)).map(p => [p.x, p.y])", n))


def loneliest(points: NDArray[np.float64]) -> int:
    """The row whose point stands farthest from all others, so that pointing at it can't hit another."""
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    return int(distance.min(axis=1).argmax())


def choose(page: Page, label: str, option: str) -> None:
    """Choose an option of a select box."""
    page.get_by_role("combobox", name=label, exact=True).click()
    page.get_by_role("option", name=option, exact=True).click()
    settle(page)


def drag(page: Page, corners: list[tuple[float, float]]) -> None:
    page.mouse.move(*corners[0])
    page.mouse.down()
    for corner in corners[1:]:
        page.mouse.move(*corner, steps=6)
    page.mouse.up()


def table_title(page: Page) -> str:
    """What the table of rows says it holds, such as "12 examples selected on the map"."""
    return page.locator(".st-key-rows p").first.inner_text()


def export(page: Page, label: str, folder: Path) -> bytes:
    """Download the table's rows in a format."""
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("button", name=label, exact=True).click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    page.keyboard.press("Escape")
    return path.read_bytes()


def inside(polygon: list[tuple[float, float]], points: NDArray[np.float64]) -> list[int]:
    """The rows inside a polygon by winding number, point by point: an oracle of its own."""
    found = []
    for row, (x, y) in enumerate(points):
        angles = [np.arctan2(b - y, a - x) for a, b in polygon]
        steps = zip(angles, [*angles[1:], angles[0]], strict=True)
        turns = [(after - before + np.pi) % (2 * np.pi) - np.pi for before, after in steps]
        if abs(sum(turns)) > np.pi:
            found.append(row)
    return found
