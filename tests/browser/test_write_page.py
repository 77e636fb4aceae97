"""The write page in a browser: a sentence becomes a plan, a stub writes its rows, and they are counted and read."""

import json
import re

from playwright.sync_api import Page, expect

from evalmap.tests.answers.stub_server import Asked, Reply, StubServer
from evalmap.tests.browser.explorer import WAIT, settle
from evalmap.tests.fakes import sentences
from evalmap.tools.server import Site

TEXTS = sentences(12)
MARKED = "**bold** <img src=x onerror=alert(1)> and a row"


def scripted(asked: Asked) -> Reply:
    """Rows; one is none, one repeats another, one is marked up."""
    text = {1: MARKED, 2: "Here is one:", 3: TEXTS[0]}.get(asked.number, TEXTS[asked.number % 12])
    choice = {"message": {"content": text}, "finish_reason": "stop"}
    return Reply({"choices": [choice], "usage": {"prompt_tokens": 10, "completion_tokens": 5}})


def type_into(page: Page, name: str, value: str) -> None:
    box = page.get_by_role("textbox", name=name, exact=True)
    box.fill(value)
    box.press("Tab")
    settle(page)


def go_to(page: Page, step: str) -> None:
    page.get_by_test_id("stButtonGroup").first.get_by_text(step, exact=True).click()
    settle(page)


def test_a_sentence_becomes_rows_that_are_counted_and_read(page: Page, site: Site) -> None:
    with StubServer(scripted) as server:
        page.goto(site.address("writing"))
        expect(page.get_by_text("Describe a behaviour")).to_be_visible(timeout=4 * WAIT)
        settle(page)
        type_into(page, "A person who …", "likes tea")
        type_into(page, "Server", server.url)
        type_into(page, "Model", "stub-1")
        rows = page.get_by_role("spinbutton", name="Rows a label")
        rows.fill("5")
        rows.press("Tab")
        settle(page)
        page.get_by_role("button", name="Make the plan").click()
        expect(page).to_have_url(re.compile(r"[?&]plan=likes-tea(&|$)"), timeout=WAIT)
        settle(page)

        type_into(page, "A person who …", "likes green tea")  # changed in the form, seen in the text, saved to the file
        expect(page.get_by_role("textbox", name="The plan as it is kept (TOML)")).to_have_value(re.compile("likes green tea"))
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_text("Saved.", exact=True)).to_be_visible(timeout=WAIT)
        plan = site.workspace / "written" / "likes-tea" / "plan.toml"
        assert 'behaviour = "likes green tea"' in plan.read_text("utf-8")

        go_to(page, "Write")
        expect(page.get_by_text("Imagine a person who likes green tea.").first).to_be_visible(timeout=WAIT)
        page.get_by_role("button", name="Write · 10 requests").click()
        expect(page.get_by_text("What came of the replies")).to_be_visible(timeout=8 * WAIT)
        settle(page)
        assert len(server.asked) == 10
    result = plan.parent / "result"
    counts = json.loads((result / "table.json").read_text("utf-8"))["table"]["all"]
    assert (counts["replies"], counts["unparsed"], counts["kept"]) == (10, 1, 8)
    expect(
        page.get_by_text(re.compile(r"10 requests = 10 replies; 10 pieces of replies = 1 unparsed \+ 1 repeats \+ 8 kept"))
    ).to_be_visible()
    go_to(page, "Look")
    expect(page.get_by_text("Kept · 8")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text(MARKED, exact=True)).to_be_visible()  # as it is, never as markup
    expect(page.get_by_text("Here is one:", exact=True)).to_be_visible()
    assert page.locator("[data-testid=stMain] img").count() == 0
    page.reload()
    expect(page.get_by_text("Kept · 8")).to_be_visible(timeout=4 * WAIT)  # the link holds the plan and the step
    go_to(page, "Publish")
    with page.expect_download() as download:
        page.get_by_role("button", name="The rows (JSONL)").click()
    assert download.value.path().read_bytes() == (result / "likes-green-tea.jsonl").read_bytes()
