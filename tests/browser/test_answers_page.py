"""Model answers in a browser: import two sets, see P on the map, open a cluster, compare, take the answers away."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from playwright.sync_api import Locator, Page, expect

from evalmap.embeddings.built_map import BuiltMap
from evalmap.tests.browser.explorer import PLANNING, WAIT, loneliest, positions, sample, settle, wait_drawn
from evalmap.tools.server import Site

FIRST, SECOND = "first model · raw", "second model · raw"


def test_import_colour_cluster_compare_export(page: Page, site: Site, tmp_path: Path, assert_clean: Callable[[Page], None]) -> None:
    built = sample(site)
    p = {FIRST: made_up(built, shift=0), SECOND: made_up(built, shift=3)}
    page.goto(site.address("answers", dataset=PLANNING))
    settle(page)
    page.get_by_role("radio", name="Import and run").click()  # the samples ship answers: the page is not empty
    settle(page)
    page.locator('input[type="file"]').set_input_files([write(tmp_path, built, label, p[label]) for label in p])
    page.get_by_role("button", name="Import", exact=True).click()
    for label in p:
        expect(page.get_by_text(f"{label}: {len(built)} answers from")).to_be_visible(timeout=WAIT)

    pick(page, "Answers of", FIRST)
    page.get_by_role("radio", name="Figures").click()
    expect(metric(page, "mean P(matching)")).to_have_text(f"{100 * p[FIRST].mean():.1f} %", timeout=WAIT)
    wait_drawn(page)
    expect(page.get_by_test_id("map-legend")).to_contain_text(f"P(matching) · {FIRST}", timeout=WAIT)
    points = positions(page, len(built))
    row = loneliest(points)
    page.mouse.move(*points[row], steps=4)
    tip = page.get_by_test_id("map-tooltip")
    expect(tip).to_contain_text(f"P(matching) · {FIRST}: {p[FIRST][row]:.2f}", timeout=WAIT)
    expect(tip).to_contain_text(built.text(row)[:40])

    page.get_by_role("radio", name="Clusters").click()
    settle(page)
    in_colour = page.get_by_text("Only the selected cluster is in colour")
    until(in_colour, lambda: page.get_by_test_id("stDataFrame").first.click(position={"x": 18, "y": 52}))  # the first row's box
    expect(page.get_by_text("examples in “")).to_be_visible(timeout=WAIT)
    settle(page)

    pick(page, "Compare with", SECOND)
    pick(page, "Colour by", "Difference of the two")
    expect(page.get_by_test_id("map-legend")).to_contain_text(f"{FIRST} less {SECOND}", timeout=WAIT)
    page.get_by_role("radio", name="Compare").click()
    answers = {label: np.where(values > 0.5, 1, 0) for label, values in p.items()}
    same = int((answers[FIRST] == answers[SECOND]).sum())
    expect(page.get_by_text(f"They give the same answer to {same} of them")).to_be_visible(timeout=WAIT)

    page.get_by_role("radio", name="Export").click()
    settle(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Answers (CSV)").click()
    path = tmp_path / "answers.csv"
    download.value.save_as(path)
    exported = pd.read_csv(path)
    for label, values in p.items():
        mine = exported[exported["answer_set"] == label].sort_values("line")
        assert mine["line"].tolist() == built.examples["line"].tolist()
        np.testing.assert_allclose(mine["p_matching"], values, atol=1e-6)
    assert_clean(page)


def test_an_upload_that_is_no_answers_is_refused_and_nothing_is_kept(page: Page, site: Site, tmp_path: Path) -> None:
    page.goto(site.address("answers", dataset="schemas-of-work"))
    settle(page)
    junk = tmp_path / "junk.csv"
    junk.write_text("a,b\n1,2\n")
    page.locator('input[type="file"]').set_input_files(junk)
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("no format of model answers was recognised")).to_be_visible(timeout=WAIT)
    page.reload()
    expect(page.get_by_text("No model answers yet.")).to_be_visible(timeout=WAIT)


def test_a_link_opens_both_sets_the_colouring_and_the_example(page: Page, site: Site) -> None:
    built = sample(site)
    query = {"answers": SECOND, "versus": FIRST, "colour-answers": "Difference of the two", "example": "7"}
    page.goto(site.address("answers", dataset=PLANNING, **query))
    wait_drawn(page)
    expect(page.get_by_test_id("map-legend")).to_contain_text(f"{SECOND} less {FIRST}", timeout=WAIT)
    expect(page.get_by_text(built.text(6), exact=True)).to_be_visible(timeout=WAIT)


def until(wanted: Locator, act: Callable[[], None]) -> None:
    """Act until what is wanted is there: a page that is still being drawn may swallow a click, or close a list again."""
    for _ in range(6):
        act()
        try:
            expect(wanted).to_be_visible(timeout=WAIT / 6)
            return
        except AssertionError:
            continue
    expect(wanted).to_be_visible()


def pick(page: Page, label: str, option: str) -> None:
    """Choose an option of a select box."""
    settle(page)
    box = page.get_by_role("combobox", name=label, exact=True)
    entry = page.get_by_role("option", name=option, exact=True)

    def opened() -> None:
        page.keyboard.press("Escape")
        box.scroll_into_view_if_needed()
        box.click()

    until(entry, opened)
    entry.click()
    expect(box.first).to_have_value(option, timeout=WAIT)  # while the page runs anew, the box of before still stands there too
    expect(box).to_have_count(1, timeout=WAIT)
    settle(page)


def made_up(built: BuiltMap, *, shift: int) -> np.ndarray:
    """P(matching) of a model that differs between clusters, .05 to .95, never .5."""
    cluster = built.clustering("kmeans").labels
    return np.array([0.1 + 0.08 * ((int(cluster[i]) + i * i + shift) % 10) + 0.013 for i in range(len(built))])


def write(folder: Path, built: BuiltMap, label: str, p: np.ndarray) -> Path:
    """A table of answers by line and question."""
    model, prompt = label.split(" · ")
    path = folder / f"{model.replace(' ', '-')}.jsonl"
    rows = [
        {"row": int(line) - 1, "question": built.text(i), "model": model, "prompt": prompt, "p_matching": float(p[i])}
        for i, line in enumerate(built.examples["line"])
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def metric(page: Page, label: str):
    return page.locator('[data-testid="stMetric"]', has_text=label).first.locator('[data-testid="stMetricValue"]')
