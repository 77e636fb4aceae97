"""The dialog that adds a dataset, as a newcomer meets it: a doubtful file asks, and what is chosen is what is built."""

from pathlib import Path

from playwright.sync_api import Page, expect

from evalmap.tests.browser.explorer import WAIT, settle
from evalmap.tests.doubts import rows_of
from evalmap.tests.fakes import write_rows
from evalmap.tools.server import Site


def test_doubtful_file_asks_in_the_dialog_and_can_be_answered(page: Page, site: Site, tmp_path: Path):
    rows = rows_of("sentence", "text")
    file = write_rows(tmp_path / "doubtful.jsonl", rows)
    page.goto(site.address())
    page.get_by_role("button", name="Add a dataset").click(timeout=WAIT)
    dialog = page.get_by_role("dialog")
    dialog.locator('input[type="file"]').set_input_files(file)
    expect(dialog.get_by_text("Which field is the text?")).to_be_visible(timeout=WAIT)
    build = dialog.get_by_role("button", name="Build the map")
    expect(build).to_be_disabled()
    for name in ("sentence", "text"):
        expect(dialog.get_by_text(rows[0][name], exact=True).first).to_be_visible()
    expect(dialog.get_by_text("It would be read so")).to_have_count(0)  # nothing is taken in silence
    dialog.get_by_role("radiogroup", name="The text is").get_by_text("sentence", exact=True).click()
    expect(dialog.get_by_text("It would be read so")).to_be_visible(timeout=WAIT)
    settle(page)
    expect(dialog.get_by_text("Text: sentence · as chosen.")).to_be_visible()
    expect(build).to_be_enabled()
