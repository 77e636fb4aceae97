"""The library's cards in a browser: the pictures of the maps."""

from collections.abc import Callable

from playwright.sync_api import Page

from evalmap.data.store.workspace import Workspace
from evalmap.tests.browser.explorer import WAIT, settle
from evalmap.tools.server import Site

PICTURES = "[...document.querySelectorAll('img[alt^=\"Map of \"]')]"


def test_every_card_shows_the_picture_of_its_map(page: Page, site: Site, assert_clean: Callable[[Page], None]):
    page.goto(site.address())
    page.get_by_text("Samples", exact=True).first.wait_for(timeout=WAIT)
    settle(page)
    manifests = Workspace(site.workspace).manifests()
    loaded = f"{PICTURES}.filter(one => one.complete && one.naturalWidth === 640).length"
    page.wait_for_function(f"{loaded} === {len(manifests)}", timeout=WAIT)
    assert page.evaluate(f"{PICTURES}.map(one => one.alt)") == [f"Map of {manifest.name}" for manifest in manifests]
    sizes = page.evaluate(f"{PICTURES}.map(one => [one.clientWidth, one.clientHeight])")
    assert all(200 < width <= 640 and abs(width / height - 1.6) < 0.02 for width, height in sizes)
    assert_clean(page)
