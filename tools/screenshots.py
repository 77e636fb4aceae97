"""Take the pictures of docs/ from the running site with the bundled samples, light and dark: make screenshots.

The same samples, seed, viewport and browser give the same pictures; another Chromium may smooth letters differently.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from evalmap.tools.browser import BrowserMissing, find_chromium, launch, skip_tour
from evalmap.tools.server import ROOT, Site, serving

FOLDER = ROOT / "docs"
SAMPLE = "samples"  # all bundled samples on one map
SCREENED = "prefers-careful-planning"
WIDTH, HEIGHT = 1280, 800
PATIENCE_MS = 60_000


def main() -> int:
    try:
        chromium = find_chromium()
    except BrowserMissing as missing:
        print(missing, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder, "workspace")) as site, sync_playwright() as playwright:
        browser = launch(playwright, chromium)
        for dark in (False, True):
            context = browser.new_context(
                viewport={"width": WIDTH, "height": HEIGHT},
                color_scheme="dark" if dark else "light",
                locale="en-GB",
                timezone_id="UTC",
                reduced_motion="reduce",
            )
            skip_tour(context)
            ending = "-dark" if dark else ""
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            open_library(page, site)
            take(page, FOLDER / f"library{ending}.png")
            open_map(page, site)
            take(page, FOLDER / f"map{ending}.png")
            open_duplicates(page, site)
            take(page, FOLDER / f"duplicates{ending}.png")
            open_answers(page, site)
            take(page, FOLDER / f"answers{ending}.png")
            context.close()
        browser.close()
    return 0


def open_library(page: Page, site: Site) -> None:
    page.goto(site.address())
    page.get_by_text("Samples", exact=True).first.wait_for()
    wait_for_rest(page)


def open_map(page: Page, site: Site) -> None:
    page.goto(site.address("map", dataset=SAMPLE))
    page.get_by_test_id("map-legend").get_by_role("button").first.wait_for()
    wait_for_rest(page)


def open_duplicates(page: Page, site: Site) -> None:
    page.goto(site.address("duplicates", dataset=SCREENED, threshold="0.85"))
    page.get_by_text("Removed: ").first.wait_for(timeout=3 * PATIENCE_MS)  # the pairs are looked for at the first visit
    wait_for_rest(page)


def open_answers(page: Page, site: Site) -> None:
    page.goto(site.address("answers", dataset=SAMPLE))
    page.get_by_test_id("map-legend").get_by_text("P(matching)", exact=False).first.wait_for()
    page.get_by_text("deviate from what their labels let expect", exact=False).wait_for()
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
    print(f"wrote {path.relative_to(ROOT)} ({path.stat().st_size / 1024:.0f} kB)")


if __name__ == "__main__":
    sys.exit(main())
