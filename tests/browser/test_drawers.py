"""How a page with a map lies in the window: how much of it the map gets, what opens the drawers, what stays open."""

import pytest
from playwright.sync_api import Browser, Page, expect

from evalmap.tests.browser.conftest import Watched
from evalmap.tests.browser.explorer import PLANNING, loneliest, open_map, positions, sample, settle, wait_drawn
from evalmap.tools.server import Site

SIZES = [(1280, 800), (1440, 900), (1920, 1080)]
ALONE, BESIDE_DRAWERS = 0.6, 0.4  # of the window's pixels


def canvas_share(page: Page) -> float:
    """The map's part of the window, less what other boxes of the page cover of its edges."""
    return page.evaluate(
        """() => {
          const box = document.querySelector(".em-stage").getBoundingClientRect();
          const covered = [...document.querySelectorAll("[data-testid=stSidebar], .st-key-drawers-card, .st-key-drawers-panel")]
            .map((other) => other.getBoundingClientRect())
            .reduce((sum, other) => sum
              + Math.max(0, Math.min(box.right, other.right) - Math.max(box.left, other.left))
              * Math.max(0, Math.min(box.bottom, other.bottom) - Math.max(box.top, other.top)), 0);
          return (box.width * box.height - covered) / (innerWidth * innerHeight);
        }"""
    )


def close_left_drawer(page: Page) -> None:
    page.get_by_test_id("stSidebar").hover()
    page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    expect(page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "true")
    page.wait_for_timeout(600)  # it slides


def sideways(page: Page) -> list[str]:
    """What can be scrolled sideways."""
    return page.evaluate(
        """() => ["html", "body", "[data-testid=stMain]", "[data-testid=stMainBlockContainer]", ".st-key-drawers"]
          .filter((one) => { const e = document.querySelector(one); return e.scrollWidth > e.clientWidth + 1; })"""
    )


@pytest.mark.parametrize("address", [("map", {}), ("answers", {"answers-panel": ""})], ids=["map", "answers"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
def test_the_map_has_the_window(
    chromium: Browser, site: Site, watched: Watched, size: tuple[int, int], address: tuple[str, dict[str, str]]
):
    page = watched.open(chromium)
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.goto(site.address(address[0], dataset=PLANNING, example="5", **address[1]))
    wait_drawn(page)
    if page.get_by_role("button", name="Higher").count():
        page.locator(".st-key-close-panel button").click()
        settle(page)
    assert page.locator(".st-key-drawers-card").is_visible()
    assert page.get_by_test_id("stSidebar").get_attribute("data-collapsed") == "false"
    assert canvas_share(page) >= BESIDE_DRAWERS
    assert sideways(page) == []
    page.locator(".st-key-close-card button").click()
    settle(page)
    close_left_drawer(page)
    assert canvas_share(page) >= ALONE
    assert sideways(page) == []


def test_a_click_opens_the_card_and_its_button_closes_it(chromium: Browser, site: Site, watched: Watched):
    page = watched.open(chromium)
    open_map(page, site, panel="")
    assert not page.locator(".st-key-drawers-card").count()
    built = sample(site)
    where = positions(page, len(built))
    row = loneliest(where)
    page.mouse.click(*where[row])
    card = page.locator(".st-key-drawers-card")
    card.wait_for()
    assert built.text(row) in card.inner_text()
    page.locator(".st-key-close-card button").click()
    card.wait_for(state="detached")
    assert "example=" not in page.url


def test_the_panel_has_three_heights_and_stays_as_it_is_on_another_page(chromium: Browser, site: Site, watched: Watched):
    page = watched.open(chromium)
    open_map(page, site, panel="")
    heights = [page.locator(".st-key-drawers-panel").bounding_box()["height"]]  # type: ignore[index]
    page.get_by_role("radio", name="Clusters").click()
    settle(page)
    page.locator(".st-key-drawers-body-half").wait_for()
    heights.append(page.locator(".st-key-drawers-panel").bounding_box()["height"])  # type: ignore[index]
    page.get_by_role("button", name="Higher").click()
    page.locator(".st-key-drawers-body-tall").wait_for()
    heights.append(page.locator(".st-key-drawers-panel").bounding_box()["height"])  # type: ignore[index]
    assert heights == sorted(heights)
    assert heights[0] < 60 < 250 < heights[1] < heights[2] - 150
    page.get_by_role("link", name="Duplicates").click()
    page.get_by_role("link", name="Map").click()
    page.locator(".st-key-drawers-body-tall").wait_for()
    assert "panel=Clusters" in page.url


def test_a_cold_link_opens_what_it_names(chromium: Browser, site: Site, watched: Watched):
    page = watched.open(chromium)
    open_map(page, site, example="7", panel="About this map")
    assert sample(site).text(6) in page.locator(".st-key-drawers-card").inner_text()
    assert "How the fields were read" in page.locator(".st-key-drawers-panel").inner_text()


def test_the_legend_moves_by_drag_and_by_keyboard_and_folds(chromium: Browser, site: Site, watched: Watched):
    page = watched.open(chromium)
    open_map(page, site, panel="")
    legend, grip = page.get_by_test_id("map-legend"), page.get_by_role("button", name="Move the legend")
    before = legend.bounding_box()
    at = grip.bounding_box()
    assert before
    assert at
    page.mouse.move(at["x"] + 5, at["y"] + 5)
    page.mouse.down()
    page.mouse.move(at["x"] - 195, at["y"] + 105, steps=5)
    page.mouse.up()
    moved = legend.bounding_box()
    assert moved
    assert (round(moved["x"] - before["x"]), round(moved["y"] - before["y"])) == (-200, 100)
    grip.focus()
    page.keyboard.press("ArrowRight")
    assert round(legend.bounding_box()["x"] - moved["x"]) == 24  # type: ignore[index]
    page.keyboard.press("Home")
    assert legend.bounding_box() == before
    page.get_by_role("button", name="Fold the legend").click()
    assert not legend.get_by_role("button").first.is_visible()
    page.reload()
    wait_drawn(page)
    assert page.get_by_role("button", name="Unfold the legend").is_visible()


def test_title_and_search_over_the_map_move_and_fold(chromium: Browser, site: Site, watched: Watched):
    page = watched.open(chromium)
    open_map(page, site, panel="")
    head, search = page.locator(".st-key-drawers-head"), page.get_by_label("Search by meaning")
    stage, at = page.get_by_test_id("map").bounding_box(), search.bounding_box()
    assert stage
    assert at
    assert stage["x"] <= at["x"]
    assert stage["y"] <= at["y"] <= stage["y"] + stage["height"]
    before = head.bounding_box()
    page.get_by_role("button", name="Move the title").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    moved = head.bounding_box()
    assert before
    assert moved
    assert (round(moved["x"] - before["x"]), round(moved["y"] - before["y"])) == (24, 24)
    page.get_by_role("button", name="Fold the title").click()
    expect(search).not_to_be_visible()
    page.get_by_role("button", name="Unfold the title").click()
    expect(search).to_be_visible()


def test_every_tool_is_reached_by_keyboard_and_has_a_name(chromium: Browser, site: Site, watched: Watched):
    page = watched.open(chromium)
    open_map(page, site, panel="", example="7")
    close_left_drawer(page)
    page.evaluate("document.activeElement.blur()")
    seen: list[str] = []
    for _ in range(120):
        page.keyboard.press("Tab")
        seen.append(
            page.evaluate("(e => e.getAttribute('aria-label') || e.title || e.innerText || e.tagName)(document.activeElement)")
        )
    wanted = ["Fold the legend", "Move the legend", "Move the tools", "Pan", "Lasso select", "Zoom in", "Reset view"]
    places = [next(i for i, name in enumerate(seen) if name.startswith(one)) for one in wanted]
    assert places == sorted(places)
    assert next(i for i, name in enumerate(seen) if name.split() == ["close", "Close"]) > places[-1]


def test_a_narrow_window_scrolls_nothing_sideways(chromium: Browser, site: Site, watched: Watched):
    page = watched.open(chromium)
    page.set_viewport_size({"width": 420, "height": 800})
    open_map(page, site, example="7", panel="Examples")
    assert sideways(page) == []
    card = page.locator(".st-key-drawers-card").bounding_box()
    assert card
    assert card["x"] >= 0
    assert card["x"] + card["width"] <= 421
