"""Curating with the mouse: a lasso, Delete above the map, the counts, Undo."""

import numpy as np
from playwright.sync_api import Browser, expect

from evalmap.data.store.workspace import Workspace
from evalmap.screening.curation.curation_journal import journal_path, read_curation
from evalmap.screening.curation.replay import curated_rows
from evalmap.tests.browser.conftest import Watched
from evalmap.tests.browser.explorer import WAIT, drag, inside, open_map, positions, sample, settle, table_title
from evalmap.tools.server import Site


def test_lasso_is_deleted_and_undo_brings_it_back(chromium: Browser, site: Site, watched: Watched):
    page = watched.open(chromium)
    built = sample(site)
    n = len(built)
    try:
        open_map(page, site)
        where = positions(page, n)
        middle, reach = np.median(where, axis=0), 0.5 * np.ptp(where, axis=0)
        corners = [(-0.4, -0.4), (0.3, -0.5), (0.4, 0.3), (-0.3, 0.4)]
        polygon = [tuple((middle + np.array(corner) * reach).tolist()) for corner in corners]
        rows = inside(polygon, where)
        assert 3 < len(rows) < n
        page.get_by_role("button", name="Lasso select").click()
        drag(page, [*polygon, polygon[0]])
        expect(page.locator(".st-key-rows p").first).to_have_text(f"{len(rows)} examples selected on the map", timeout=WAIT)
        page.get_by_role("button", name=f"Delete {len(rows)}").click()
        expect(page.get_by_text(f"Hide {len(rows)} deleted rows")).to_be_visible(timeout=WAIT)
        settle(page)
        left = f"{n - len(rows)} examples that are not deleted"  # and nothing is selected any more
        expect(page.locator(".st-key-rows p").first).to_have_text(left, timeout=WAIT)
        steps = read_curation(Workspace(site.workspace), built.manifest.source)
        assert sorted(curated_rows(steps.active, built.examples).deleted) == rows
        assert steps.active[0].chosen == "lasso on the map"
        expect(page.locator(".st-key-drawers-head")).to_contain_text(f"{len(rows)} deleted")
        page.get_by_text("Curate", exact=True).click()
        settle(page)
        page.get_by_role("button", name="Undo", exact=True).click()
        expect(page.get_by_text(f"Hide {len(rows)} deleted rows")).to_have_count(0, timeout=WAIT)
        page.get_by_text("Examples", exact=True).click()
        settle(page)
        assert table_title(page) == f"{n} examples in the dataset"
    finally:
        journal_path(Workspace(site.workspace), built.manifest.source).unlink(missing_ok=True)
