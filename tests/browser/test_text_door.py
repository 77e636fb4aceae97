"""The door for dataset text in Streamlit's own Markdown: whatever goes through it stands on the page as the characters it is."""

import json
import random
from pathlib import Path

from playwright.sync_api import Page

from evalmap.tests.browser.conftest import FreshSite
from evalmap.tests.browser.explorer import WAIT, settle
from evalmap.tests.hostile_texts import FRAGMENTS, HOSTILE, LONG, visible

APP = Path(__file__).with_name("doors.py")
ELEMENTS = ("markdown", "caption", "bold", "button", "expander", "error", "badge", "progress", "metric", "same", "removed", "added")
MADE = "a, img, iframe, math, [role=img], em, code, h1, h2, h3, li, table, hr"
FOUND = """(made) => Object.fromEntries([...document.querySelectorAll('[class*="st-key-text-"]')].map((box) => [
  [...box.classList].find((name) => name.startsWith("st-key-text-")).slice("st-key-text-".length),
  { text: (box.querySelector("summary [data-testid=stMarkdownContainer], [data-testid=stMetricLabel]") ?? box).textContent,
    made: [...box.querySelectorAll(made)].map((one) => one.outerHTML.slice(0, 200)) }]))"""
# Streamlit loads the code of an element when the first one is drawn
ALL_DRAWN = """() => !document.querySelector("[data-testid=stSkeleton]")
  && [...document.querySelectorAll('[class*="st-key-text-"]')].every((box) => box.textContent)"""


def test_hostile_texts_stand_in_every_element_as_the_characters_they_are(page: Page, fresh_site: FreshSite, tmp_path: Path) -> None:
    texts = [*HOSTILE.values(), LONG, *composed(40)]
    home = tmp_path / "doors"
    home.mkdir()
    (home / "texts.json").write_text(json.dumps(texts), encoding="utf-8")
    with fresh_site(home, app=APP) as site:
        page.goto(site.address())
        page.locator(f".st-key-text-{len(texts) - 1}-added").wait_for(timeout=WAIT)
        settle(page)
        page.wait_for_function(ALL_DRAWN, timeout=WAIT)
        found = page.evaluate(FOUND, MADE)
    wrong = []
    for i, text in enumerate(texts):
        for element in ELEMENTS:
            box = found[f"{i}-{element}"]
            if visible(box["text"]) != visible(text) or box["made"]:
                wrong.append(f"{element} of {text!r}: {box}")
        assert visible(found[f"{i}-show"]["text"]) == visible(text)
    assert not wrong, f"{len(wrong)} wrong\n" + "\n".join(wrong)


def composed(n: int) -> list[str]:
    """Texts put together from fragments; the same each time."""
    rng = random.Random(0)
    return ["".join(rng.choice(FRAGMENTS) for _ in range(rng.randint(4, 40))).strip() for _ in range(n)]
