"""More rows like these with the mouse: a lasso, Write more above the map, the plan, and the page that writes it."""

import shutil

import numpy as np
from playwright.sync_api import Browser, expect

from evalmap.data.store.workspace import Workspace
from evalmap.tests.browser.conftest import Watched
from evalmap.tests.browser.explorer import WAIT, drag, inside, open_map, positions, sample, settle
from evalmap.tools.server import Site
from evalmap.writing.plans import read_plan


def test_lasso_becomes_a_plan_with_examples_from_inside(chromium: Browser, site: Site, watched: Watched):
    page = watched.open(chromium)
    built = sample(site)
    written = Workspace(site.workspace).root / "written"
    try:
        open_map(page, site)
        where = positions(page, len(built))
        middle, reach = np.median(where, axis=0), 0.5 * np.ptp(where, axis=0)
        corners = [(-0.4, -0.4), (0.3, -0.5), (0.4, 0.3), (-0.3, 0.4)]
        polygon = [tuple((middle + np.array(corner) * reach).tolist()) for corner in corners]
        rows = inside(polygon, where)
        assert 3 < len(rows) < len(built)
        page.get_by_role("button", name="Lasso select").click()
        drag(page, [*polygon, polygon[0]])
        page.get_by_role("button", name="Write more…").click(timeout=WAIT)
        expect(page.get_by_text(f"More like these {len(rows)} examples")).to_be_visible(timeout=WAIT)
        page.get_by_role("button", name="Make the plan").click()
        expect(page.get_by_text("The plan is made")).to_be_visible(timeout=WAIT)
        ((path,),) = ([*written.glob("*/plan.toml")],)
        plan = read_plan(path)
        assert {one.text for one in plan.examples} <= {built.text(row).strip() for row in rows}
        assert plan.examples
        page.get_by_role("button", name="Say whom to ask, and write").click()
        expect(page.locator(".st-key-plan-head")).to_contain_text(plan.behaviour, timeout=WAIT)
        settle(page)
        assert f"plan={path.parent.name}" in page.url
    finally:
        shutil.rmtree(written, ignore_errors=True)
