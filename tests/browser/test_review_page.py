"""The review page in browsers: keys alone judge, typing does not, buttons stay in the window, and two people lose nothing."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.tests.browser.conftest import Watched
from evalmap.tests.browser.explorer import PLANNING, WAIT, sample, settle
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows
from evalmap.tools.server import Site
from evalmap.writing.review.review_sample import queues
from evalmap.writing.review.review_store import ReviewStore

Clean = Callable[[Page], None]


@pytest.fixture
def built(site: Site) -> Iterator[BuiltMap]:
    """A sample of which nobody said anything, before and after."""
    found = sample(site)
    path = ReviewStore(Workspace(site.workspace), found.manifest.source).path
    path.unlink(missing_ok=True)
    yield found
    path.unlink(missing_ok=True)


def opened(page: Page, site: Site, reviewer: str, slug: str = PLANNING, **query: str) -> Page:
    page.goto(site.address("reviewing", dataset=slug, reviewer=reviewer, **{"sample-size": "8", **query}))
    expect(page.get_by_text("How relevant?")).to_be_visible(timeout=2 * WAIT)
    expect(page.locator(".evalmap-keys[data-listening]")).to_be_attached(timeout=WAIT)
    settle(page)
    return page


def progress(page: Page, text: str) -> None:
    expect(page.get_by_test_id("stProgress")).to_contain_text(text, timeout=WAIT)


def chosen(page: Page, name: str) -> None:
    """The button that says it is the one that was chosen."""
    expect(page.locator(f'[class*="st-key-review-{name}-"] button[kind="primary"]:visible')).to_be_visible(timeout=WAIT)


def judge(page: Page, fits: str, relevance: str) -> None:
    """The two keys of a row, as fast as a person who reads the page."""
    page.keyboard.press(fits)
    chosen(page, "fits")
    page.keyboard.press(relevance)


def test_keys_judge_and_typing_does_not(page: Page, site: Site, built: BuiltMap, assert_clean: Clean) -> None:
    store = ReviewStore(Workspace(site.workspace), built.manifest.source)
    order = queues(built, "ann", sample=8, by="random")["ann"]
    opened(page, site, "ann")
    text = page.locator(".st-key-review-text")
    expect(text).to_contain_text(built.text(order[0]))
    judge(page, "y", "4")
    progress(page, "1 of 8, yours")
    expect(text).to_contain_text(built.text(order[1]), timeout=WAIT)
    settle(page)
    page.keyboard.press("c")
    comment = page.get_by_label("Comment")
    expect(comment).to_be_focused()
    page.keyboard.type("say y4n5s?u")  # not a key of these judges, while it is typed
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    expect(comment).not_to_be_focused()
    settle(page)
    expect(comment).to_have_value("say y4n5s?")
    page.keyboard.press("a")
    chosen(page, "ambiguous")
    page.keyboard.press("?")
    chosen(page, "fits")
    page.keyboard.press("2")
    progress(page, "2 of 8, yours")
    said = store.on(built.examples)
    assert [(row, one.label_fits, one.relevance, one.ambiguous, one.comment) for row, one in said] == [
        (order[0], True, 4, False, ""),
        (order[1], None, 2, True, "say y4n5s?"),
    ]
    settle(page)
    page.keyboard.press("s")
    expect(text).to_contain_text(built.text(order[3]), timeout=WAIT)
    settle(page)
    page.keyboard.press("Backspace")
    expect(text).to_contain_text(built.text(order[2]), timeout=WAIT)
    settle(page)
    page.keyboard.press("u")
    expect(text).to_contain_text(built.text(order[1]), timeout=WAIT)
    expect(comment).to_have_value("say y4n5s?")
    assert len(store.on(built.examples)) == 1
    expect(page.get_by_role("dialog")).to_have_count(0)  # Streamlit's own key c asks whether to clear its caches
    assert_clean(page)


def test_two_people_and_one_person_in_two_windows_lose_nothing(
    chromium: Browser, watched: Watched, site: Site, built: BuiltMap
) -> None:
    ann, bob = (opened(watched.open(chromium), site, name) for name in ("ann", "bob"))
    again = opened(ann.context.new_page(), site, "ann", sample="stratified")  # other rows, in the same browser
    turns = [(ann, "y", "1"), (bob, "n", "2"), (again, "n", "3")]
    for _ in range(4):
        for page, fits, _ in turns:
            page.keyboard.press(fits)
        for page, _, _ in turns:
            chosen(page, "fits")
        for page, _, relevance in turns:  # all three are at the store at once
            page.keyboard.press(relevance)
        for page, _, _ in turns:
            expect(page.locator('[class*="st-key-review-"] button[kind="primary"]')).to_have_count(0, timeout=WAIT)
            settle(page)
    order = queues(built, "ann", sample=8, by="random")["ann"][:4]
    strata = queues(built, "ann", sample=8, by="stratified")["ann"]
    other = [row for row in strata if row not in order][:4]
    store = ReviewStore(Workspace(site.workspace), built.manifest.source)
    found = {(row, one.reviewer): (one.label_fits, one.relevance, one.sample) for row, one in store.on(built.examples)}
    assert found == {
        **{(row, "ann"): (True, 1, "random") for row in order},
        **{(row, "bob"): (False, 2, "random") for row in order},
        **{(row, "ann"): (False, 3, "stratified") for row in other},
    }
    bob.reload()
    progress(bob, "4 of 8, yours · ann ")


def test_buttons_stay_in_the_window_whatever_the_length_of_a_text(
    page: Page, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("long")
    rows = [
        {"text": f"{text} " + "and so it goes on, line by line. \n" * 150, "label": "ab"[at % 2]}
        for at, text in enumerate(sentences(8))
    ]
    space = Workspace(site.workspace)
    build(open_dataset(write_rows(folder / "long.jsonl", rows)), workspace=space, settings=Settings(k=2), encoder=FakeEncoder())
    try:
        for width, height in ((1280, 800), (390, 720)):
            page.set_viewport_size({"width": width, "height": height})
            opened(page, site, "ann", "long")
            for name in ("fits-yes", "fits-unsure", "relevance-1", "relevance-0", "ambiguous", "skip", "back"):
                box = page.locator(f'[class*="st-key-review-{name}"] button:visible').bounding_box()
                assert box
                assert 0 <= box["x"] <= box["x"] + box["width"] <= width, (name, box)
                assert 0 <= box["y"] <= box["y"] + box["height"] <= height, (name, box)
    finally:
        space.remove("long")
