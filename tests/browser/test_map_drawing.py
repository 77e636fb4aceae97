"""What the map draws: the main body first, how much lies where, a sample that is spread, near-duplicates as one mark, fingers."""

import re
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page, expect

from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import palette
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.pipeline import build
from evalmap.screening.pairs import pair_store
from evalmap.screening.screening import screen
from evalmap.screening.variants.keys import variant_fields_of
from evalmap.tests.browser.conftest import FreshSite
from evalmap.tests.browser.explorer import PLANNING, WAIT, loneliest, open_map, positions, sample, settle, wait_drawn
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows
from evalmap.tools.server import Site

Clean = Callable[[Page], None]
COLLECTION = "samples"
ROWS, FAR = 4900, 40
SLUG = "crowd"


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """4,900 rows: a crowd where Yes and No lie in each other, all Yes rows before all No rows, and 40 rows far to the right."""
    folder = tmp_path_factory.mktemp("crowd")
    rows = [{"text": f"{text} {i}", "label": "Yes" if i < ROWS / 2 else "No"} for i, text in enumerate(sentences(ROWS))]
    space = Workspace(folder / "workspace")
    manifest = build(open_dataset(write_rows(folder / f"{SLUG}.jsonl", rows)), workspace=space, encoder=FakeEncoder())
    random = np.random.default_rng(7)
    coordinates = random.uniform(0, 10, (ROWS, 2)).astype(np.float32)
    core = random.random(ROWS) < 0.8
    coordinates[core] = random.normal(5, 0.5, (core.sum(), 2))
    coordinates[-FAR:] = np.array([60, 5]) + random.uniform(0, 0.5, (FAR, 2))
    (path,) = (space.root / "stages" / "projection").glob("*/coordinates.npy")
    assert manifest.slug == SLUG
    np.save(path, coordinates)
    return space


@pytest.fixture(scope="module")
def crowded(fresh_site: FreshSite, crowd: Workspace) -> Iterator[Site]:
    with fresh_site(crowd.root) as site:
        yield site


def open_crowd(page: Page, site: Site) -> None:
    page.goto(site.address("map", dataset=SLUG))
    wait_drawn(page)


def density_colors(page: Page) -> Counter[str]:
    """How many pixels of the density have each colour, whatever their opacity."""
    pixels = page.get_by_test_id("map-density").evaluate(
        "canvas => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data]"
    )
    opaque = np.array(pixels, dtype=np.uint8).reshape(-1, 4)
    opaque = opaque[opaque[:, 3] > 0][:, :3].astype(int)
    known = {name: [int(name[k : k + 2], 16) for k in (1, 3, 5)] for name in (palette.BLUE, palette.ORANGE, palette.MISSING)}
    nearest = np.abs(opaque[:, None] - np.array(list(known.values()))).sum(axis=2)
    assert (nearest.min(axis=1) < 40).all()  # a browser keeps colours times their opacity: faint ones are coarse
    return Counter(np.array(list(known))[nearest.argmin(axis=1)].tolist())


def share_of_canvas(page: Page, points: NDArray[np.float64]) -> float:
    """The part of the map's canvas that the box around the points takes."""
    box = page.get_by_test_id("map").bounding_box()
    assert box
    return float(np.prod(np.ptp(points, axis=0)) / (box["width"] * box["height"]))


def view_of(page: Page) -> list[float]:
    return page.evaluate("(l => [...l.xaxis.range, ...l.yaxis.range])(document.querySelector('.js-plotly-plot')._fullLayout)")


def groups_of(built: BuiltMap) -> list[list[int]]:
    """The groups of near-duplicates that the screening finds with its default settings."""
    fields = variant_fields_of(built.manifest.reading, built.manifest.roles, built.fields.columns)
    done = screen(built.examples, built.vectors, fields=built.fields, variant_fields=fields, pairs=pair_store.search(built))
    return [[int(keeper), *map(int, done.groups.rows[done.groups.members(i)])] for i, keeper in enumerate(done.groups.keepers)]


def test_far_islands_do_not_shrink_the_first_view_to_a_corner(page: Page, site: Site) -> None:
    built = sample(site, COLLECTION)
    open_map(page, site, dataset=COLLECTION)
    points = positions(page, len(built))
    body = np.argsort(np.linalg.norm(points - np.median(points, axis=0), axis=1))[: int(0.8 * len(built))]
    share = share_of_canvas(page, points[body])
    assert share > 0.2
    page.get_by_role("button", name="Fit all").click()
    page.wait_for_timeout(1500)
    assert share > 3 * share_of_canvas(page, positions(page, len(built))[body])


def test_what_lies_outside_is_told_at_the_border_and_a_click_goes_there(page: Page, site: Site, assert_clean: Clean) -> None:
    built = sample(site, COLLECTION)
    open_map(page, site, dataset=COLLECTION)
    home = view_of(page)
    box = page.get_by_test_id("map").bounding_box()
    assert box
    points = positions(page, len(built)) - (box["x"], box["y"])
    outside = ((points < 0) | (points > (box["width"], box["height"]))).any(axis=1)
    buttons = page.get_by_test_id("map-borders").get_by_role("button")
    told = [int(text.replace(",", "")) for text in buttons.all_inner_texts()]
    assert sum(told) == outside.sum() > 0
    first = buttons.first
    expect(first).to_have_accessible_name(
        re.compile(rf"^{told[0]} examples lie outside, (to the left|to the right|above|below): go there$")
    )
    first.focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(1500)
    assert view_of(page) != home
    points = positions(page, len(built)) - (box["x"], box["y"])
    inside = ((points >= 0) & (points <= (box["width"], box["height"]))).all(axis=1)
    assert (inside & outside).sum() >= told[0]
    expect(page.get_by_text(f"{inside.sum():,} in view")).to_be_visible(timeout=WAIT)
    assert_clean(page)


def test_fit_all_shows_everything_and_the_first_view_comes_back(page: Page, site: Site) -> None:
    built = sample(site, COLLECTION)
    open_map(page, site, dataset=COLLECTION)
    home = view_of(page)
    page.get_by_role("button", name="Fit all").click()
    expect(page.get_by_text(f"{len(built):,} in view")).to_be_visible(timeout=WAIT)
    expect(page.get_by_test_id("map-borders").get_by_role("button")).to_have_count(0)
    page.keyboard.press("h")
    expect(page.get_by_text("in view (")).to_have_count(0, timeout=WAIT)
    assert view_of(page) == pytest.approx(home)
    page.keyboard.press("f")
    expect(page.get_by_text(f"{len(built):,} in view")).to_be_visible(timeout=WAIT)


def test_a_place_half_of_each_label_looks_mixed_and_the_density_goes_from_near(
    page: Page, crowded: Site, assert_clean: Clean
) -> None:
    open_crowd(page, crowded)
    expect(page.get_by_test_id("map-density")).to_be_visible(timeout=WAIT)
    colors = density_colors(page)
    assert 0.45 < colors[palette.BLUE] / colors.total() < 0.55, colors
    assert 0.45 < colors[palette.ORANGE] / colors.total() < 0.55, colors
    expect(
        page.get_by_test_id("map-borders").get_by_role("button", name=f"{FAR} examples lie outside, to the right")
    ).to_be_visible()
    for _ in range(4):
        page.get_by_role("button", name="Zoom in").click()
        page.wait_for_timeout(500)
    expect(page.get_by_test_id("map-density")).to_be_hidden(timeout=WAIT)
    assert page.evaluate("window.__evalmap.shown") == ROWS
    assert page.evaluate("window.__evalmap.fetches.points") == 1
    assert_clean(page)


def test_the_density_follows_the_legend_and_the_filters(page: Page, crowded: Site) -> None:
    open_crowd(page, crowded)
    page.get_by_test_id("map-legend").get_by_role("button", name="No").click()
    page.wait_for_timeout(1500)
    settle(page)
    assert set(density_colors(page)) <= {palette.BLUE}
    page.goto(crowded.address("map", dataset=SLUG, label="No"))
    wait_drawn(page)
    colors = density_colors(page)
    assert colors[palette.BLUE] == 0
    assert colors[palette.ORANGE] > 0
    assert page.evaluate("window.__evalmap.fetches.points") == 1


def test_without_webgl_the_density_is_drawn_too(no_webgl: Page, crowded: Site) -> None:
    open_crowd(no_webgl, crowded)
    expect(no_webgl.get_by_test_id("map-density")).to_be_visible(timeout=WAIT)
    assert no_webgl.locator(".js-plotly-plot .scatterlayer path.point").count() >= ROWS - FAR


def test_collapsed_near_duplicates_are_one_mark_each_with_their_count(page: Page, site: Site, assert_clean: Clean) -> None:
    built = sample(site, COLLECTION)
    groups = groups_of(built)
    open_map(page, site, dataset=COLLECTION)
    collapse = page.get_by_role("button", name="Collapse repeats")
    expect(collapse).to_have_attribute("aria-pressed", "false")
    collapse.click()
    expect(collapse).to_have_attribute("aria-pressed", "true", timeout=WAIT)
    shown = len(built) - sum(len(group) - 1 for group in groups)
    page.wait_for_function("shown => window.__evalmap.shown === shown", arg=shown, timeout=WAIT)
    assert sorted(page.evaluate("window.__evalmap.marks()")) == sorted([min(group), len(group)] for group in groups)

    page.get_by_test_id("map-legend").get_by_role("button", name="Yes").click()
    visible = (built.examples["label"] != "Yes").to_numpy()
    left = [[row for row in group if visible[row]] for group in groups]
    expected = sorted([min(group), len(group)] for group in left if len(group) > 1)
    page.wait_for_function("n => window.__evalmap.marks().length === n", arg=len(expected), timeout=WAIT)
    assert sorted(page.evaluate("window.__evalmap.marks()")) == expected != []
    collapse.click()
    page.wait_for_function("shown => window.__evalmap.shown === shown", arg=int(visible.sum()), timeout=WAIT)
    assert page.evaluate("window.__evalmap.fetches.repeats") == 1
    assert_clean(page)


def test_fingers_pinch_pan_and_open(chromium: Browser, site: Site) -> None:
    built = sample(site)
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, has_touch=True)
    page = context.new_page()
    open_map(page, site)
    box = page.get_by_test_id("map").bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    fingers = context.new_cdp_session(page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": px, "y": py, "id": k} for k, (px, py) in enumerate(places)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    before = view_of(page)
    touch("touchStart", (x - 40, y))
    touch("touchStart", (x - 40, y), (x + 40, y))
    touch("touchMove", (x - 80, y), (x + 80, y))
    touch("touchEnd")
    page.wait_for_timeout(1500)
    near = view_of(page)
    assert near[1] - near[0] == pytest.approx((before[1] - before[0]) / 2, rel=0.01)
    assert np.mean(near[:2]) == pytest.approx(np.mean(before[:2]), abs=0.01 * (before[1] - before[0]))

    touch("touchStart", (x, y))
    touch("touchMove", (x + 60, y))
    touch("touchMove", (x + 120, y))
    touch("touchEnd")
    page.wait_for_timeout(1500)
    moved = view_of(page)
    assert moved[0] == pytest.approx(near[0] - 120 / box["width"] * (near[1] - near[0]), rel=0.01)

    page.get_by_role("button", name="Reset view").click()
    page.wait_for_timeout(1500)
    points = positions(page, len(built))
    row = loneliest(points)
    page.touchscreen.tap(*points[row])
    expect(page.get_by_label("Example", exact=True)).to_have_value(str(built.identity(row)[1]), timeout=WAIT)
    context.close()


def test_the_bundled_map_that_fits_is_shown_whole(page: Page, site: Site) -> None:
    built = sample(site)
    open_map(page, site, dataset=PLANNING)
    box = page.get_by_test_id("map").bounding_box()
    assert box
    points = positions(page, len(built)) - (box["x"], box["y"])
    assert ((points > 0) & (points < (box["width"], box["height"]))).all()
    expect(page.get_by_test_id("map-borders").get_by_role("button")).to_have_count(0)
    expect(page.get_by_test_id("map-density")).to_be_hidden()
