"""A link opened in a process that has served nothing yet opens exactly what it says."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, Page, expect

from evalmap.tests.browser.conftest import FreshSite, Watched
from evalmap.tests.browser.explorer import PLANNING, WAIT, sample, settle, table_title, wait_drawn


def test_every_page_opens_cold_within_its_frame(chromium: Browser, watched: Watched, fresh_site: FreshSite, tmp_path: Path) -> None:
    with fresh_site(tmp_path / "library") as site:
        page = watched.open(chromium)
        page.goto(site.address())
        expect(page.get_by_role("button", name="Add a dataset")).to_be_visible(timeout=WAIT)
        expect(page.get_by_text("schemas_of_work")).to_be_visible(timeout=WAIT)
        _framed(page)


def test_a_cold_map_link_opens_dataset_colour_filter_and_example(
    chromium: Browser, watched: Watched, fresh_site: FreshSite, tmp_path: Path
) -> None:
    with fresh_site(tmp_path / "map") as site:
        built = sample(site)
        row = 41
        page = watched.open(chromium)
        page.goto(
            site.address("map", dataset=PLANNING, colour="Clusters (k-means)", label="Yes", example=str(row + 1), panel="Examples")
        )
        wait_drawn(page)
        expect(page.locator('[data-testid="stText"]').first).to_have_text(built.text(row), timeout=WAIT)
        assert table_title(page) == "100 examples that pass the filters"
        expect(page.get_by_test_id("map-legend")).to_contain_text("Clusters (k-means)")
        expect(page.get_by_text("WebGL is not supported")).to_have_count(0)
        _framed(page)


def test_a_cold_duplicates_link_opens_dataset_and_threshold(
    chromium: Browser, watched: Watched, fresh_site: FreshSite, tmp_path: Path
) -> None:
    with fresh_site(tmp_path / "duplicates") as site:
        page = watched.open(chromium)
        page.goto(site.address("duplicates", dataset=PLANNING, threshold="0.9"))
        expect(page.get_by_text("Kept", exact=True).first).to_be_visible(timeout=3 * WAIT)
        expect(page.get_by_text("0.900", exact=True).first).to_be_visible(timeout=WAIT)
        _framed(page)


def test_a_cold_link_from_before_the_answers_page_was_renamed_opens_it_with_all_it_says(
    chromium: Browser, watched: Watched, fresh_site: FreshSite, tmp_path: Path
) -> None:
    with fresh_site(tmp_path / "answers") as site:
        page = watched.open(chromium)
        page.goto(site.address("model_answers", dataset=PLANNING, example="41", layer="Topics, coarse"))
        expect(page.get_by_text("% matching").first).to_be_visible(timeout=3 * WAIT)
        expect(page.locator('[data-testid="stText"]').first).to_have_text(sample(site).text(40), timeout=WAIT)
        address = urlsplit(page.url)
        assert address.path == "/answers"
        assert parse_qs(address.query)["dataset"] == [PLANNING]
        assert parse_qs(address.query)["layer"] == ["Topics, coarse"]
        _framed(page)


def _framed(page: Page) -> None:
    settle(page)
    expect(page.get_by_role("link", name="Library")).to_be_visible()
    expect(page.get_by_role("link", name="Map")).to_be_visible()
    expect(page.get_by_role("combobox", name="Dataset", exact=True)).to_be_visible()
