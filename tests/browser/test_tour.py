"""The first start: the bare address leads into a sample with the tour, once; nothing else does."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from evalmap.pages.component import tour_view
from evalmap.tests.browser.explorer import WAIT, settle, wait_drawn
from evalmap.tools.browser import TOUR_COOKIE, TOUR_SEEN
from evalmap.tools.server import Site

COOKIE = (tour_view.COOKIE, tour_view.SEEN)
TITLES = [
    "Every point is an example",
    "Point at one to read it",
    "Draw around a region",
    "Texts that say the same",
    "What models answered",
]
TARGETS = [
    '[data-testid="map-legend"]',
    None,
    '.em-tool[data-mode="lasso"]',
    'a[href$="/duplicates"]',
    'a[href$="/answers"]',
]


def test_first_start_leads_into_a_sample_and_the_keyboard_through_the_tour(
    newcomer: Page, site: Site, assert_clean: Callable[[Page], None]
):
    page = newcomer
    page.goto(site.address())
    wait_drawn(page)
    address = urlsplit(page.url)
    assert (address.path, parse_qs(address.query)["dataset"]) == ("/map", [tour_view.SAMPLE])
    card = page.get_by_role("dialog", name=TITLES[0])
    expect(card).to_be_visible(timeout=WAIT)
    expect(page.get_by_role("button", name="Next", exact=True)).to_be_focused()
    for step, (title, target) in enumerate(zip(TITLES, TARGETS, strict=True)):
        card = page.get_by_role("dialog", name=title)
        expect(card).to_contain_text(f"{step + 1} of 5")
        expect(card).to_have_attribute("aria-modal", "false")
        if target:
            assert around(page, target), f"{title} does not point at {target}"
        else:
            assert points_at_a_point(page)
        assert inside_the_window(page)
        if step < 4:
            page.keyboard.press("Enter")  # on Next, which keeps the focus
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name=TITLES[3])).to_be_visible()  # Back
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")  # Done
    expect(page.get_by_test_id("tour")).to_have_count(0)
    settle(page)
    assert [
        (one.get("name"), one.get("path"), one.get("sameSite")) for one in page.context.cookies() if one.get("name") == COOKIE[0]
    ] == [(COOKIE[0], "/", "Lax")]
    page.goto(site.address())
    page.get_by_text("Samples", exact=True).first.wait_for(timeout=WAIT)
    settle(page)
    assert urlsplit(page.url).path == "/"
    expect(page.get_by_test_id("tour")).to_have_count(0)
    assert_clean(page)


def test_skipped_by_escape_it_stays_away_and_the_map_below_is_usable_before(
    newcomer: Page, site: Site, assert_clean: Callable[[Page], None]
):
    page = newcomer
    page.goto(site.address())
    wait_drawn(page)
    expect(page.get_by_test_id("tour")).to_be_visible(timeout=WAIT)
    page.locator('.em-tool[data-mode="lasso"]').click()  # the tour is no wall before the map
    expect(page.locator('.em-tool[data-mode="lasso"]')).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_test_id("tour")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("tour")).to_have_count(0)
    settle(page)
    page.reload()
    wait_drawn(page)
    page.wait_for_timeout(500)
    expect(page.get_by_test_id("tour")).to_have_count(0)
    assert_clean(page)


def test_deep_link_shows_no_tour_and_the_library_offers_it_any_time(
    newcomer: Page, site: Site, assert_clean: Callable[[Page], None]
):
    page = newcomer
    page.goto(site.address("map", dataset="prefers-careful-planning"))
    wait_drawn(page)
    expect(page.get_by_test_id("tour")).to_have_count(0)
    page.goto(site.address("", dataset="prefers-careful-planning"))
    page.get_by_role("button", name="Take the tour").wait_for(timeout=WAIT)
    expect(page.get_by_test_id("tour")).to_have_count(0)
    page.get_by_role("button", name="Take the tour").click()
    wait_drawn(page)
    expect(page.get_by_test_id("tour")).to_contain_text("1 of 5", timeout=WAIT)
    page.get_by_role("button", name="Skip", exact=True).click()
    expect(page.get_by_test_id("tour")).to_have_count(0)
    assert_clean(page)


def test_tour_goes_on_on_another_page_and_its_address_begins_it(page: Page, site: Site, assert_clean: Callable[[Page], None]):
    page.goto(site.address(tour="1"))
    wait_drawn(page)
    assert "tour" not in page.url
    page.get_by_test_id("tour").wait_for(timeout=WAIT)
    page.get_by_role("button", name="Next", exact=True).click()
    page.locator('a[href$="/answers"]').first.click()
    page.wait_for_url("**/answers*")
    wait_drawn(page)
    expect(page.get_by_test_id("tour")).to_contain_text("2 of 5")
    page.wait_for_function(AROUND_A_POINT, timeout=WAIT)  # this page has a map as well
    page.locator('a[href$="/duplicates"]').first.click()
    page.wait_for_url("**/duplicates*")
    expect(page.get_by_test_id("tour")).to_contain_text("2 of 5", timeout=WAIT)
    expect(page.get_by_test_id("tour-ring")).to_be_hidden(timeout=WAIT)  # no map here: it stands in the middle
    settle(page)
    assert_clean(page)


def test_the_cookie_of_the_tests_is_that_of_the_site():
    assert (TOUR_COOKIE, TOUR_SEEN) == COOKIE


BOX = """selector => {
  const { left, top, right, bottom } = document.querySelector(selector).getBoundingClientRect();
  return [left, top, right, bottom];
}"""
NEAR = """([x, y]) => [...Array(1120).keys()].some(
  row => { const at = window.__evalmap.position(row); return at && Math.hypot(at.x - x, at.y - y) < 3; })"""


AROUND_A_POINT = """() => document.querySelector('[data-testid="tour-ring"]')?.classList.contains("em-tour-round")"""


def box(page: Page, selector: str) -> dict[str, float]:
    return dict(zip(("left", "top", "right", "bottom"), page.evaluate(BOX, selector), strict=True))


def around(page: Page, selector: str) -> bool:
    """Whether the ring stands around a thing."""
    ring, thing = box(page, '[data-testid="tour-ring"]'), box(page, selector)
    thing["bottom"] = min(thing["bottom"], 800)  # as far as it is in the window
    return (
        ring["left"] <= thing["left"] <= thing["right"] <= ring["right"]
        and ring["top"] <= thing["top"] <= thing["bottom"] <= ring["bottom"]
    )


def points_at_a_point(page: Page) -> bool:
    """Whether the ring stands around a point of the map, closely."""
    ring = box(page, '[data-testid="tour-ring"]')
    x, y = (ring["left"] + ring["right"]) / 2, (ring["top"] + ring["bottom"]) / 2
    near = page.evaluate(NEAR, [x, y])
    return near and ring["right"] - ring["left"] < 60


def inside_the_window(page: Page) -> bool:
    card = box(page, '[data-testid="tour"]')
    return card["left"] >= 0 and card["right"] <= 1280 and card["top"] >= 0 and card["bottom"] <= 800
