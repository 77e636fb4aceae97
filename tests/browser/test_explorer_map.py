"""The map in a browser: pointing, colouring, selecting, filtering, exporting."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from evalmap.embeddings.sample_maps import ROOT
from evalmap.tests.browser.explorer import (
    PLANNING,
    WAIT,
    choose,
    drag,
    export,
    inside,
    loneliest,
    open_map,
    positions,
    sample,
    settle,
    table_title,
    wait_drawn,
)
from evalmap.tools.server import Site

RANGE = "(l => [...l.xaxis.range, ...l.yaxis.range])(document.querySelector('.js-plotly-plot')._fullLayout)"
Clean = Callable[[Page], None]


def test_pointing_at_a_point_reads_that_example(page: Page, site: Site, assert_clean: Clean) -> None:
    built = sample(site)
    open_map(page, site)
    points = positions(page, len(built))
    row = loneliest(points)
    page.mouse.move(*points[row])
    tip = page.get_by_test_id("map-tooltip")
    expect(tip).to_contain_text(built.text(row), timeout=WAIT)
    example = built.examples.iloc[row]
    for part in (example["label"], f"{100 * example['confidence']:.1f} %", f"line {example['line']}", PLANNING):
        expect(tip).to_contain_text(str(part))
    expect(page.get_by_text("WebGL is not supported")).to_have_count(0)
    assert_clean(page)


def test_recolouring_keeps_zoom_and_selection_and_fetches_no_points(page: Page, site: Site) -> None:
    built = sample(site)
    open_map(page, site)
    page.get_by_role("button", name="Zoom in").click()
    page.wait_for_timeout(800)
    page.get_by_role("button", name="Box select").click()
    box = page.get_by_test_id("map").bounding_box()
    assert box
    drag(page, [(box["x"] + 120, box["y"] + 120), (box["x"] + box["width"] - 120, box["y"] + box["height"] - 120)])
    expect(page.locator(".st-key-rows p").first).to_contain_text("selected on the map", timeout=WAIT)
    before, title = page.evaluate(RANGE), table_title(page)
    assert 0 < int(title.split()[0]) < len(built)
    for colouring in ("Clusters (k-means)", "Confidence", "Label"):
        choose(page, "Colour by", colouring)
        page.wait_for_timeout(1000)
        assert page.evaluate(RANGE) == before
        assert table_title(page) == title
    assert page.evaluate("window.__evalmap.fetches.points") == 1


@pytest.mark.parametrize("tool", ["Lasso select", "Box select"])
def test_a_selection_lists_and_exports_exactly_the_rows_inside(page: Page, site: Site, tmp_path: Path, tool: str) -> None:
    built = sample(site)
    open_map(page, site)
    page.get_by_role("button", name=tool).click()
    points = positions(page, len(built))
    x, y = np.median(points, axis=0)
    if tool == "Lasso select":
        shape = [(x - 130, y - 90), (x + 110, y - 120), (x + 150, y + 60), (x - 20, y + 110), (x - 130, y - 90)]
        expected = inside(shape[:-1], points)
    else:
        shape = [(x - 120, y - 80), (x + 120, y + 80)]
        expected = inside([(x - 120, y - 80), (x + 120, y - 80), (x + 120, y + 80), (x - 120, y + 80)], points)
    assert expected
    drag(page, shape)
    expect(page.locator(".st-key-rows p").first).to_contain_text("selected on the map", timeout=WAIT)
    assert table_title(page) == f"{len(expected)} examples selected on the map"
    source = (ROOT / "persona" / f"{PLANNING}.jsonl").read_bytes().split(b"\n")
    assert export(page, "JSONL", tmp_path).split(b"\n")[:-1] == [source[row] for row in expected]
    cells = list(csv.DictReader(io.StringIO(export(page, "CSV", tmp_path).decode(), newline="")))
    assert [cell["statement"] for cell in cells] == [json.loads(source[row])["statement"] for row in expected]
    page.keyboard.press("Escape")


@pytest.mark.parametrize("mode", ["Pan", "Lasso select"])
def test_a_click_opens_the_example_in_every_mode(page: Page, site: Site, mode: str) -> None:
    built = sample(site)
    open_map(page, site)
    page.get_by_role("button", name=mode).click()
    points = positions(page, len(built))
    row = loneliest(points)
    page.mouse.move(*points[row])
    expect(page.get_by_test_id("map-tooltip")).to_contain_text(built.text(row), timeout=WAIT)
    page.mouse.click(*points[row])
    expect(page.get_by_label("Example", exact=True)).to_have_value(str(built.identity(row)[1]), timeout=WAIT)
    assert f"example={built.identity(row)[1]}" in page.url


def test_the_confidence_filter_counts_and_tells_the_balance(page: Page, site: Site) -> None:
    built = sample(site)
    confidence = built.examples["confidence"].to_numpy()
    high = float(np.ceil(confidence.max() * 100) / 100)
    page.goto(site.address("map", dataset=PLANNING, panel="Examples") + "&confidence=0.9&confidence=1.0")
    wait_drawn(page)
    kept = built.examples[confidence >= 0.9]
    yes = int((kept["label"] == "Yes").sum())
    told = page.get_by_test_id("facets").get_by_text(f"keeps {len(kept)}:")
    expect(told).to_contain_text(f"{yes} Yes", timeout=WAIT)
    assert table_title(page).startswith(f"{len(kept)} examples")
    assert high <= 1.0
    page.get_by_role("button", name="Clear all", exact=True).click()
    expect(page.locator(".st-key-rows p").first).to_contain_text(f"{len(built)} examples in the dataset", timeout=WAIT)


def test_text_contains_is_literal(page: Page, site: Site) -> None:
    built = sample(site)
    word = "plan"
    expected = sum(word in built.text(row).lower() for row in range(len(built)))
    open_map(page, site, contains="PLAN")
    assert table_title(page).startswith(f"{expected} examples")
    page.get_by_role("button", name="Clear all", exact=True).click()
    page.get_by_role("button", name="Add a filter").click()
    choose(page, "Column", "Text")
    choose(page, "Question", "contains")
    field = page.get_by_label("Text", exact=True)
    field.fill("p.an")
    field.press("Enter")
    settle(page)
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("No example is in this selection")).to_be_visible(timeout=WAIT)
    expect(page.get_by_role("button", name="Text contains “p.an”")).to_be_visible(timeout=WAIT)


def test_a_legend_entry_hides_its_category_from_map_and_table(page: Page, site: Site) -> None:
    built = sample(site)
    open_map(page, site)
    legend = page.get_by_test_id("map-legend")
    expect(legend).to_contain_text("100")
    legend.get_by_role("button", name="No").click()
    expect(page.locator(".st-key-rows p").first).to_contain_text("100 examples", timeout=WAIT)
    assert (built.examples["label"] == "Yes").sum() == 100


@pytest.mark.model
def test_search_by_meaning_finds_the_planted_paraphrases(page: Page, site: Site, tmp_path: Path) -> None:
    built = sample(site)
    planted = json.loads((ROOT / "PLANTED.json").read_text(encoding="utf-8"))[f"persona/{PLANNING}.jsonl"]["paraphrases"]
    one, other = planted[0]
    row = built.row_of(PLANNING, one)
    assert row is not None
    open_map(page, site, meaning=built.text(row))
    expect(page.locator(".st-key-rows p").first).to_contain_text("nearest to", timeout=120_000)
    source = (ROOT / "persona" / f"{PLANNING}.jsonl").read_bytes().split(b"\n")
    lines = export(page, "JSONL", tmp_path).split(b"\n")[:-1]
    assert lines[0] == source[one - 1]
    assert source[other - 1] in lines[:3]
    assert len(lines) == 50


def test_without_webgl_a_small_map_is_drawn_and_read(no_webgl: Page, site: Site) -> None:
    built = sample(site)
    open_map(no_webgl, site)
    points = positions(no_webgl, len(built))
    row = loneliest(points)
    no_webgl.mouse.move(*points[row])
    expect(no_webgl.get_by_test_id("map-tooltip")).to_contain_text(built.text(row), timeout=WAIT)
    assert no_webgl.locator(".js-plotly-plot .scatterlayer path.point").count() >= len(built)
    expect(no_webgl.get_by_text("WebGL is not supported")).to_have_count(0)


def test_dark_theme_reaches_the_map(dark_page: Page, site: Site, assert_clean: Clean) -> None:
    open_map(dark_page, site)
    shade = "getComputedStyle(document.querySelector('[data-testid=\"stApp\"]')).backgroundColor"
    red, green, blue = (int(part) for part in dark_page.evaluate(shade).split("(")[1].rstrip(")").split(",")[:3])
    assert max(red, green, blue) < 64
    ink = dark_page.evaluate("getComputedStyle(document.querySelector('[data-testid=\"map-legend\"]')).color")
    assert "rgb" in ink
    assert_clean(dark_page)


def test_the_page_does_not_scroll_sideways(page: Page, site: Site) -> None:
    for width, height in ((1280, 800), (1920, 1080)):
        page.set_viewport_size({"width": width, "height": height})
        open_map(page, site)
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
