"""The duplicates page in a browser: the threshold moves the counts, a hand decides, and what is exported holds the guarantee."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from evalmap.data.opening import open_dataset
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.sample_maps import ROOT
from evalmap.screening.screening import screen
from evalmap.screening.screening_options import ScreeningOptions
from evalmap.screening.variants.variants import Differences
from evalmap.tests.browser.explorer import PLANNING, WAIT, sample, settle
from evalmap.tools.server import Site

THRESHOLD = 0.85


def test_threshold_counts_decisions_and_export_agree(page: Page, site: Site, tmp_path: Path) -> None:
    built = sample(site)
    similarity = np.asarray(built.vectors) @ np.asarray(built.vectors).T
    page.goto(site.address("duplicates", dataset=PLANNING, threshold=str(THRESHOLD)))
    expect(_metric(page, "Pairs")).to_have_text(str(_pairs(similarity, THRESHOLD)), timeout=3 * WAIT)

    page.get_by_role("slider").first.press("ArrowRight")
    higher = THRESHOLD + 0.005
    expect(_metric(page, "Pairs")).to_have_text(str(_pairs(similarity, higher)), timeout=WAIT)
    page.get_by_role("slider").first.press("ArrowLeft")
    expect(_metric(page, "Pairs")).to_have_text(str(_pairs(similarity, THRESHOLD)), timeout=WAIT)

    kept = _kept(page, built, tmp_path)
    _assert_guarantee(built, similarity, kept)
    again = open_dataset(tmp_path / "kept.jsonl")  # imported again, it is screened to itself
    rows = sorted(kept)
    assert again.examples["text"].tolist() == [built.text(row) for row in rows]
    options = ScreeningOptions(threshold=THRESHOLD, method="semantic")
    assert screen(again.examples, np.asarray(built.vectors)[rows], options=options).kept_rows.tolist() == list(range(len(rows)))
    removed = sorted(set(range(len(built))) - kept)
    expect(_metric(page, "Removed")).to_have_text(str(len(removed)))

    page.get_by_role("tab", name="Groups").click()
    settle(page)
    expect(page.get_by_text("Removed: ").first).to_be_visible(timeout=WAIT)
    line = int(page.get_by_text("Removed: ").first.inner_text().split("line ")[1].split(" ")[0])
    page.get_by_role("button", name="Keep this one").first.click()
    expect(page.get_by_text("1 decisions by hand are part of this.")).to_be_visible(timeout=WAIT)
    by_hand = _kept(page, built, tmp_path)
    assert line - 1 in removed
    assert line - 1 in by_hand
    _assert_guarantee(built, similarity, by_hand)

    page.reload()
    expect(page.get_by_text("1 decisions by hand are part of this.")).to_be_visible(timeout=WAIT)
    page.get_by_role("tab", name="Groups").click()
    page.get_by_role("button", name="Undo the last decision").click()
    expect(page.get_by_text("decisions by hand")).to_have_count(0, timeout=WAIT)
    assert _kept(page, built, tmp_path) == kept


def _metric(page: Page, label: str):
    return page.locator('[data-testid="stMetric"]', has_text=label).first.locator('[data-testid="stMetricValue"]')


def _pairs(similarity: NDArray[np.float32], threshold: float) -> int:
    return int((similarity[np.triu_indices(len(similarity), k=1)] >= threshold).sum())


def _kept(page: Page, built: BuiltMap, folder: Path) -> set[int]:
    """Export the kept rows and read them back: each is a line of the source, byte for byte, in order."""
    page.get_by_role("tab", name="Export").click()
    settle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Kept rows").click()
    path = folder / "kept.jsonl"
    download.value.save_as(path)
    source = (ROOT / "persona" / f"{PLANNING}.jsonl").read_bytes().split(b"\n")[:-1]
    lines = path.read_bytes().split(b"\n")[:-1]
    places: dict[bytes, list[int]] = {}
    for row, line in enumerate(source):
        places.setdefault(line, []).append(row)
    rows = [places[line].pop(0) for line in lines]
    assert len(set(rows)) == len(lines)
    return set(rows)


def _assert_guarantee(built: BuiltMap, similarity: NDArray[np.float32], kept: set[int]) -> None:
    """No two kept rows are alike but contrast pairs and variants; every removed row is like a kept one that is no variant of it."""
    labels = built.examples["label"].tolist()
    differences = Differences(built.examples["embedded_text"].tolist())

    def variants(a: int, others: list[int]) -> NDArray[np.bool_]:
        return differences.kinds(np.full(len(others), a), np.array(others, dtype=np.int64)) != 0

    rows = sorted(kept)
    for i, a in enumerate(rows):
        alike = [b for b in rows[i + 1 :] if similarity[a, b] >= THRESHOLD and labels[a] == labels[b]]
        assert variants(a, alike).all()
    for row in set(range(len(built))) - kept:
        assert ((similarity[row, rows] >= THRESHOLD) & ~variants(row, rows)).any()
