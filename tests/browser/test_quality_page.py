"""The quality page in a browser: measured in a child while the page shows what is there, and ways from a problem to its rows."""

import re

from playwright.sync_api import Page, expect

from evalmap.data.store.workspace import Workspace
from evalmap.screening.quality.report import stored_report
from evalmap.tests.browser.explorer import PLANNING, WAIT, sample, settle, table_title, wait_drawn
from evalmap.tools.server import Site

RULE = "human_only_experience"


def test_a_report_is_measured_and_a_problem_leads_to_its_rows_and_to_one_example(page: Page, site: Site) -> None:
    built = sample(site)
    page.goto(site.address("quality", dataset=PLANNING))
    expect(page.get_by_role("heading", name="Label balance")).to_be_visible(timeout=4 * WAIT)
    expect(page.get_by_role("heading", name=re.compile(r"200 rows behave like \d+ different ones"))).to_be_visible()
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0, timeout=WAIT)
    settle(page)
    workspace = Workspace(site.workspace)
    report = stored_report(workspace, workspace.find(PLANNING))
    (problem,) = [one for one in report.todo if one.id == f"flags.{RULE}"]

    card = page.locator(f".st-key-problem-flags-{RULE}")
    card.get_by_text("Examples", exact=True).click()
    settle(page)
    table = card.get_by_test_id("stDataFrame")
    expect(table).to_be_visible(timeout=WAIT)
    table.click(position={"x": 18, "y": 52})  # the first row's box
    page.wait_for_url("**/map?**", timeout=WAIT)
    wait_drawn(page)
    row = problem.rows[0]
    expect(page.locator(".st-key-drawers-card").get_by_text(built.text(row), exact=True).first).to_be_visible(timeout=WAIT)
    expect(page).to_have_url(re.compile(rf"[?&]example={row + 1}(&|$)"), timeout=WAIT)
    assert "rows=" not in page.url

    page.go_back()
    page.goto(site.address("quality", dataset=PLANNING))
    card.get_by_role("button", name="Show on the map").click()
    page.wait_for_url("**/map?**", timeout=WAIT)
    wait_drawn(page)
    page.get_by_text("Examples", exact=True).click()
    settle(page)
    expect(page.locator(".st-key-rows p").first).to_have_text(re.compile(f"^{len(problem.rows)} examples"), timeout=WAIT)
    expect(page).to_have_url(re.compile(rf"[?&]rows=flags\.{RULE}(&|$)"), timeout=WAIT)
    page.reload()
    wait_drawn(page)
    assert table_title(page).startswith(f"{len(problem.rows)} examples")
