"""The column charts in a browser: brushing, clicking, filtering each other, held against pandas on the same rows."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
from playwright.sync_api import Browser, Locator, Page, expect

from evalmap.tests.browser.conftest import FreshSite, Watched
from evalmap.tests.browser.explorer import PLANNING, WAIT, drag, open_map, positions, sample, settle, table_title, wait_drawn
from evalmap.tools.server import Site

Clean = Callable[[Page], None]


def chart(page: Page, column: str) -> Locator:
    """The chart of a column, open and in view."""
    found = page.locator(f'[data-facet="{column}"]')
    expect(found).to_be_visible(timeout=WAIT)
    if found.locator(".ef-fold").get_attribute("aria-expanded") == "false":
        found.locator(".ef-fold").click()
    found.scroll_into_view_if_needed()
    return found


def brush(page: Page, column: str, start: float, end: float) -> None:
    """Drag over a histogram, from and to fractions of its width."""
    field = chart(page, column).locator(".ef-field")
    field.scroll_into_view_if_needed()
    box = field.bounding_box()
    assert box
    page.mouse.move(box["x"] + start * box["width"], box["y"] + 15)
    page.mouse.down()
    page.mouse.move(box["x"] + end * box["width"], box["y"] + 15, steps=5)
    page.mouse.up()


def asked(page: Page) -> list[str]:
    return parse_qs(urlsplit(page.url).query).get("where", [])


def wait_asked(page: Page, predicates: int) -> list[str]:
    """The predicates of the URL once there are so many and the page has come to rest."""
    page.wait_for_function(
        "n => new URL(location.href).searchParams.getAll('where').length === n && "
        '!document.querySelector(\'[data-testid="stApp"][data-test-script-state="running"]\')',
        arg=predicates,
        timeout=WAIT,
    )
    settle(page)
    return asked(page)


def bars(page: Page, column: str) -> dict[str, int]:
    """How many pass of each name, as a screen reader is told."""
    labels = [bar.get_attribute("aria-label") or "" for bar in chart(page, column).locator(".ef-bar").all()]
    found = (re.fullmatch(r"(?:not )?(.*), ([\d,]+) of [\d,]+", label, re.DOTALL) for label in labels)
    return {match[1]: int(match[2].replace(",", "")) for match in found if match}


def ends(predicate: str) -> tuple[float, float]:
    *_, low, high = predicate.split()
    return float(low), float(high)


def expect_passing(page: Page, rows: int) -> None:
    """Wait until the charts are drawn for so many rows."""
    expect(page.get_by_test_id("facets").locator(".ef-counted b")).to_have_text(f"{rows:,}", timeout=WAIT)


def test_a_brush_filters_map_table_chips_and_the_other_charts(page: Page, site: Site, assert_clean: Clean) -> None:
    examples = sample(site).examples
    open_map(page, site)
    before = page.evaluate("window.__evalmap.drawn")
    brush(page, "confidence", 0.6, 0.9)
    (predicate,) = wait_asked(page, 1)
    low, high = ends(predicate)
    assert predicate.startswith("confidence between ")
    kept = examples[(examples["confidence"] >= low) & (examples["confidence"] <= high)]
    assert 0 < len(kept) < len(examples)
    expect(page.locator(".st-key-rows p").first).to_have_text(f"{len(kept)} examples that pass the filters", timeout=WAIT)
    expect(page.locator(".st-key-chips").get_by_role("button", name=f"Confidence {low:g} to {high:g}")).to_be_visible()
    expect(page.locator(".st-key-chips")).to_contain_text(f"{len(kept)} of {len(examples)} pass")
    expect_passing(page, len(kept))
    assert bars(page, "label") == kept["label"].value_counts().to_dict()
    told = chart(page, "confidence").locator(".ef-note")
    expect(told).to_contain_text(f"keeps {len(kept)}: ")
    legend = page.get_by_test_id("map-legend").get_by_role("button", name="Yes")
    expect(legend).to_have_attribute("aria-label", f"Yes, {(kept['label'] == 'Yes').sum()} of 100 examples", timeout=WAIT)
    assert page.evaluate("window.__evalmap.drawn") > before
    assert page.evaluate("window.__evalmap.fetches.points") == 1  # a filter sends no point again
    page.get_by_role("button", name=f"Confidence {low:g} to {high:g}").click()
    assert wait_asked(page, 0) == []
    assert table_title(page) == f"{len(examples)} examples in the dataset"
    assert_clean(page)


def test_two_charts_filter_each_other_and_not_themselves(page: Page, site: Site) -> None:
    built = sample(site)
    examples = built.examples.assign(cluster=built.clustering("kmeans").labels)
    open_map(page, site)
    chart(page, "label").get_by_role("button", name=re.compile("^Yes")).click()
    wait_asked(page, 1)
    brush(page, "confidence", 0.7, 1.0)
    predicates = wait_asked(page, 2)
    low, _ = ends(predicates[1])
    confident = examples["confidence"] >= low
    kept = confident & (examples["label"] == "Yes")
    assert table_title(page) == f"{kept.sum()} examples that pass the filters"
    expect_passing(page, int(kept.sum()))
    assert bars(page, "label") == examples[confident]["label"].value_counts().to_dict()
    names = {name.id: name.name for name in built.names_by_layer["kmeans"]}
    both = examples[kept]["cluster"].map(names).value_counts()
    found = bars(page, "cluster.kmeans")
    assert len(found) == 8
    assert found == {name: int(both.get(name, 0)) for name in found}


def test_names_are_chosen_excluded_and_let_go(page: Page, site: Site) -> None:
    built = sample(site)
    labels = pd.Series(built.clustering("kmeans").labels)
    names = {name.name: name.id for name in built.names_by_layer["kmeans"]}
    open_map(page, site)
    clusters = chart(page, "cluster.kmeans")
    first, second = ((bar.get_attribute("aria-label") or "").rsplit(", ", 1)[0] for bar in clusters.locator(".ef-bar").all()[:2])
    clusters.locator(".ef-bar").nth(0).click()
    clusters.locator(".ef-bar").nth(1).click()  # without waiting for the answer to the first
    expect(page.locator(".st-key-rows p").first).to_have_text(
        f"{labels.isin([names[first], names[second]]).sum()} examples that pass the filters", timeout=WAIT
    )
    settle(page)
    clusters.locator(".ef-bar").nth(0).click(modifiers=["Shift"])
    expect(page.locator(".st-key-rows p").first).to_have_text(
        f"{(labels != names[first]).sum()} examples that pass the filters", timeout=WAIT
    )
    expect(page.locator(".st-key-chips").get_by_role("button", name=f"Clusters (k-means) is not {first}")).to_be_visible()
    clusters.get_by_role("button", name="Clear Clusters (k-means)").click()
    assert wait_asked(page, 0) == []


def test_a_brush_is_moved_and_cleared_with_the_keys(page: Page, site: Site) -> None:
    confidence = sample(site).examples["confidence"].to_numpy()
    open_map(page, site)
    handles = chart(page, "confidence").get_by_role("slider")
    low, high = handles.nth(0), handles.nth(1)
    expect(low).to_have_attribute("aria-valuetext", "from 0.5")
    low.focus()
    for _ in range(3):
        page.keyboard.press("PageUp")
    page.keyboard.press("ArrowLeft")
    (predicate,) = wait_asked(page, 1)
    start, _ = ends(predicate)
    expect(low).to_have_attribute("aria-valuetext", f"from {start:g}")
    expect(low).to_be_focused()
    expect(page.locator(".st-key-rows p").first).to_contain_text(f"{(confidence >= start).sum()} examples", timeout=WAIT)
    high.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_function("before => !location.href.includes(before)", arg=predicate.replace(" ", "+"), timeout=WAIT)
    settle(page)
    (predicate,) = asked(page)
    assert ends(predicate)[1] < 1
    page.keyboard.press("Delete")
    assert wait_asked(page, 0) == []
    expect(page.locator(".st-key-rows p").first).to_contain_text(f"{len(confidence)} examples", timeout=WAIT)


def test_a_double_click_clears_the_brush(page: Page, site: Site) -> None:
    open_map(page, site, where="confidence between 0.8 0.9")
    field = chart(page, "confidence").locator(".ef-field")
    expect(chart(page, "confidence").locator(".ef-range")).to_have_text("0.8 – 0.9")
    field.dblclick(position={"x": 12, "y": 20})
    assert wait_asked(page, 0) == []


def test_a_cold_link_with_three_columns_opens_all_of_them_and_clear_all_ends_them(
    chromium: Browser, watched: Watched, fresh_site: FreshSite, tmp_path: Path
) -> None:
    with fresh_site(tmp_path / "facets") as site:
        built = sample(site)
        name = built.names_by_layer["topics-coarse"][0].name
        examples = built.examples
        kept = (
            (examples["label"] == "Yes")
            & examples["confidence"].between(0.5, 0.97)
            & (built.clustering("topics-coarse").labels == built.names_by_layer["topics-coarse"][0].id)
        )
        assert kept.any()
        page = watched.open(chromium)
        query = ["label is Yes", "confidence between 0.5 0.97", f'cluster.topics-coarse is "{name}"']
        address = site.address("map", dataset=PLANNING, panel="Examples")
        page.goto(address + "".join(f"&where={one.replace(' ', '+').replace('&', '%26')}" for one in query))
        wait_drawn(page)
        expect(page.locator(".st-key-rows p").first).to_have_text(f"{kept.sum()} examples that pass the filters", timeout=WAIT)
        assert asked(page) == query
        expect_passing(page, int(kept.sum()))
        for chosen in (("label", "Yes"), ("cluster.topics-coarse", name)):
            pressed = chart(page, chosen[0]).locator('.ef-bar[aria-pressed="true"]')
            expect(pressed).to_have_count(1)
            expect(pressed).to_contain_text(chosen[1])
        page.get_by_role("button", name="Clear all", exact=True).click()
        assert wait_asked(page, 0) == []
        assert table_title(page) == f"{len(examples)} examples in the dataset"


def test_the_charts_follow_what_is_selected_on_the_map(page: Page, site: Site) -> None:
    built = sample(site)
    open_map(page, site)
    page.get_by_role("button", name="Box select").click()
    points = positions(page, len(built))
    (left, top), (right, bottom) = np.quantile(points, 0.25, axis=0), np.quantile(points, 0.75, axis=0)
    inside = np.flatnonzero(((points >= (left, top)) & (points <= (right, bottom))).all(axis=1))
    drag(page, [(left, top), (right, bottom)])
    expect_passing(page, len(inside))
    assert bars(page, "label") == built.examples["label"].iloc[inside].value_counts().to_dict()
    assert asked(page) == []
    page.get_by_role("button", name="Clear selection").click()
    expect_passing(page, len(built))


def test_what_stands_open_is_remembered(page: Page, site: Site) -> None:
    open_map(page, site)
    fold = page.locator('[data-facet="length"] .ef-fold')
    before = fold.get_attribute("aria-expanded")
    fold.click()
    page.reload()
    wait_drawn(page)
    expect(fold).to_have_attribute("aria-expanded", "false" if before == "true" else "true", timeout=WAIT)


def test_the_charts_fit_their_drawer_in_both_themes(page: Page, dark_page: Page, site: Site, assert_clean: Clean) -> None:
    for one in (page, dark_page):
        open_map(one, site)
        wide = one.evaluate(
            "[...document.querySelectorAll('.evalmap-facets *')].filter(e => e.getBoundingClientRect().right > "
            "document.querySelector('.evalmap-facets').getBoundingClientRect().right + 1).map(e => e.className)"
        )
        assert wide == []
        assert_clean(one)
