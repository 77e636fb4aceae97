"""Take the pictures of docs/ from the running site with the bundled samples, light and dark: make screenshots.

The same samples, seed, viewport and browser give the same pictures; another Chromium may smooth letters differently.

`python -m evalmap.tools.screenshots --gallery FOLDER [--home WORKSPACE --map SLUG …]` takes the map page instead: of a sample of
200 rows, of the collection of all samples and of the named maps of a workspace, at three window sizes, light and dark, with all
drawers open and with none; it prints the map's share of the window beside each.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import load_map
from evalmap.tools.browser import BrowserMissing, find_chromium, launch, skip_tour
from evalmap.tools.server import ROOT, Site, serving

FOLDER = ROOT / "docs"
SAMPLE = "samples"  # all bundled samples on one map
SCREENED = "prefers-careful-planning"
COMPARED = ("accepts-being-paused-human", "accepts-being-paused-lm")
WIDTH, HEIGHT = 1280, 800
SIZES = ((1280, 800), (1440, 900), (1920, 1080))
PATIENCE_MS = 60_000


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m evalmap.tools.screenshots", description="Take pictures of the running site.")
    parser.add_argument("--gallery", type=Path, metavar="FOLDER", help="take the map page at three window sizes into this folder")
    parser.add_argument("--home", type=Path, metavar="WORKSPACE", help="the workspace with the maps that --map names")
    parser.add_argument("--map", action="append", default=[], metavar="SLUG", help="a map of that workspace, beside the samples'")
    options = parser.parse_args(arguments)
    try:
        chromium = find_chromium()
    except BrowserMissing as missing:
        print(missing, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch(playwright, chromium)
        with serving(options.home or Path(folder, "workspace")) as site:
            if options.gallery:
                take_gallery(browser, site, options.gallery, [SCREENED, SAMPLE, *options.map])
            else:
                take_documentation(browser, site)
        browser.close()
    return 0


def take_documentation(browser: Browser, site: Site) -> None:
    for dark in (False, True):
        page = new_page(browser, dark=dark, width=WIDTH, height=HEIGHT)
        ending = "-dark" if dark else ""
        open_library(page, site)
        take(page, FOLDER / f"library{ending}.png")
        open_map(page, site, drawers="beside")
        take(page, FOLDER / f"map{ending}.png")
        open_duplicates(page, site)
        take(page, FOLDER / f"duplicates{ending}.png")
        open_quality(page, site)
        take(page, FOLDER / f"quality{ending}.png")
        open_answers(page, site)
        take(page, FOLDER / f"answers{ending}.png")
        open_compare(page, site)
        take(page, FOLDER / f"compare{ending}.png")
        open_review(page, site)
        take(page, FOLDER / f"review{ending}.png")
        open_write(page, site)
        take(page, FOLDER / f"write{ending}.png")
        page.context.close()


def take_gallery(browser: Browser, site: Site, folder: Path, slugs: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for slug in slugs:
        for width, height in SIZES:
            for dark in (False, True):
                page = new_page(browser, dark=dark, width=width, height=height)
                for drawers in ("open", "closed"):
                    open_map(page, site, slug, drawers=drawers)
                    take(page, folder / f"{slug}-{width}x{height}-{'dark' if dark else 'light'}-{drawers}.png")
                    print(f"  the map has {page.evaluate(CANVAS_SHARE):.0%} of the window")
                page.context.close()


CANVAS_SHARE = """() => {
  const { width, height } = document.querySelector("[data-testid=map]").getBoundingClientRect();
  return width * height / (innerWidth * innerHeight);
}"""


def new_page(browser: Browser, *, dark: bool, width: int, height: int) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        locale="en-GB",
        timezone_id="UTC",
        reduced_motion="reduce",
    )
    skip_tour(context)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    return page


def open_library(page: Page, site: Site) -> None:
    page.goto(site.address())
    page.get_by_text("Samples", exact=True).first.wait_for()
    wait_for_rest(page)


def open_write(page: Page, site: Site) -> None:
    page.goto(site.address("writing"))
    page.get_by_text("Describe a behaviour", exact=True).wait_for()
    wait_for_rest(page)


def open_map(page: Page, site: Site, slug: str = SAMPLE, *, drawers: str = "open") -> None:
    """A map with all drawers open ("open"), without the panel below ("beside"), or with nothing open ("closed")."""
    opened = {} if drawers == "closed" else {"example": example_of(site, slug)}
    if drawers == "open":
        opened["panel"] = "Clusters"
    page.goto(site.address("map", dataset=slug, **opened))
    page.get_by_test_id("map-legend").get_by_role("button").first.wait_for()
    wait_for_rest(page)
    if drawers == "closed":
        page.get_by_test_id("stSidebar").hover()
        page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
        page.locator('[data-testid="stSidebar"][data-collapsed="true"]').wait_for(state="attached")
        page.wait_for_timeout(700)  # it slides, and the map is drawn anew
        wait_for_rest(page)


def example_of(site: Site, slug: str) -> str:
    """The address of a map's first example."""
    workspace = Workspace(site.workspace)
    built = load_map(workspace, workspace.find(slug))
    dataset, line = built.identity(0)
    return str(line) if len(built.manifest.datasets) == 1 else f"{dataset}:{line}"


def open_duplicates(page: Page, site: Site) -> None:
    page.goto(site.address("duplicates", dataset=SCREENED, threshold="0.85"))
    page.get_by_text("Removed: ").first.wait_for(timeout=3 * PATIENCE_MS)  # the pairs are looked for at the first visit
    wait_for_rest(page)


def open_quality(page: Page, site: Site) -> None:
    page.goto(site.address("quality", dataset=SCREENED))
    page.get_by_role("heading", name="Label balance").wait_for(
        timeout=3 * PATIENCE_MS
    )  # measured at the first visit, in this order
    wait_for_rest(page)


def open_answers(page: Page, site: Site) -> None:
    page.goto(site.address("answers", dataset=SAMPLE, **{"answers-panel": "Clusters"}))
    page.get_by_test_id("map-legend").get_by_text("P(matching)", exact=False).first.wait_for()
    page.get_by_text("deviate from what their labels let expect", exact=False).wait_for()
    wait_for_rest(page)


def open_compare(page: Page, site: Site) -> None:
    query = "&".join(f"compare={slug}" for slug in COMPARED)
    page.goto(f"{site.url}/compare?{query}&compare-panel=Coverage")
    page.get_by_text("told apart", exact=False).first.wait_for(timeout=5 * PATIENCE_MS)  # they are compared at the first visit
    page.get_by_test_id("map-legend").get_by_role("button").first.wait_for()
    page.get_by_text("95 % intervals", exact=False).wait_for()
    wait_for_rest(page)


def open_review(page: Page, site: Site) -> None:
    page.goto(site.address("reviewing", dataset=SCREENED, reviewer="ann"))
    page.locator(".evalmap-keys[data-listening]").wait_for(state="attached")
    wait_for_rest(page)


def wait_for_rest(page: Page) -> None:
    """Until the script has ended, nothing is being drawn, and the fonts are there."""
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for()
    page.wait_for_function("!document.querySelector('[data-busy]') && !document.querySelector('[data-testid=\"stSkeleton\"]')")
    page.evaluate("document.fonts.ready")
    page.wait_for_load_state("networkidle")


def take(page: Page, path: Path) -> None:
    page.mouse.move(0, 0)
    page.screenshot(path=path, animations="disabled", caret="hide")
    print(f"wrote {path.name} ({path.stat().st_size / 1024:.0f} kB)")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
