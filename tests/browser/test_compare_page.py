"""The compare page in a browser: a cold link shows both datasets in their colours and says whether they are told apart."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import sample_maps, shared_layout
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.embeddings.projection import Projection
from evalmap.embeddings.shared_layout import shared_layout_of
from evalmap.screening.coverage.comparison_store import write_comparison
from evalmap.screening.coverage.dataset_comparison import compare
from evalmap.tests.browser.conftest import FreshSite, Watched
from evalmap.tests.browser.explorer import WAIT, loneliest, positions, settle, wait_drawn

HUMAN, LM = "accepts-being-paused-human", "accepts-being-paused-lm"
COLORS = {LM: "rgb(0, 114, 178)", HUMAN: "rgb(230, 159, 0)"}


def compared(space: Workspace) -> list[BuiltMap]:
    """The two datasets with what the background would leave; their layout is a plane of the vectors, as UMAP takes its time."""

    def plane(vectors: np.ndarray, **_: object) -> Projection:
        return Projection(np.ascontiguousarray(vectors[:, :2] * 10, dtype=np.float32), {"method": "plane"})

    sample_maps.install(space)
    maps = [load_map(space, slug) for slug in (LM, HUMAN)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared_layout, "project", plane)
        shared_layout_of(maps[::-1], space)
    write_comparison(space, maps, compare(maps))
    return maps


def test_cold_link_shows_both_datasets_in_their_colours_and_what_tells_them_apart(
    chromium: Browser, watched: Watched, fresh_site: FreshSite, tmp_path: Path, assert_clean: Callable[[Page], None]
) -> None:
    lm, human = compared(Workspace(tmp_path / "compare"))
    with fresh_site(tmp_path / "compare") as site:
        page = watched.open(chromium)
        page.goto(f"{site.url}/compare?compare={LM}&compare={HUMAN}&compare-panel=Gaps")
        wait_drawn(page)
        expect(page.get_by_text("told apart: of one row of each").first).to_be_visible(timeout=WAIT)
        legend = page.get_by_test_id("map-legend")
        for slug, count in ((LM, 180), (HUMAN, 60)):
            expect(legend).to_contain_text(slug)
            expect(legend).to_contain_text(str(count))
        dots = (
            legend.get_by_role("button")
            .locator("span")
            .evaluate_all("spans => spans.map(span => getComputedStyle(span).backgroundColor)")
        )
        assert set(COLORS.values()) <= set(dots)
        expect(page.get_by_text("WebGL is not supported")).to_have_count(0)
        expect(page.get_by_role("button", name="Few-shot seeds (JSONL)")).to_be_visible(timeout=WAIT)

        points = positions(page, 240)
        row = loneliest(points)
        own, other, line = (human, lm, row) if row < len(human) else (lm, human, row - len(human))  # the map's rows stand by slug
        page.mouse.click(*points[row])
        settle(page)
        expect(page.get_by_test_id("stText").first).to_have_text(own.text(line), timeout=WAIT)
        expect(page.get_by_text(f"Nearest in {other.manifest.name}")).to_be_visible(timeout=WAIT)
        assert f"compared-example={own.manifest.slug}%3A{line + 1}" in page.url
        assert_clean(page)
