"""The scatter of occupations in a browser: a click on a point lists its sentences, a picked row of the table those of another."""

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from evalmap.answers.import_pipeline import import_answers
from evalmap.answers.store import AnswerStore
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap
from evalmap.tests.browser.explorer import WAIT, sample, settle
from evalmap.tools.server import Site

SCHEMAS = "schemas-of-work"


@pytest.fixture
def asked(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BuiltMap]:
    """The bundled sentences with a set of answers, which goes again: other tests want the dataset without any."""
    built, space = sample(site, SCHEMAS), Workspace(site.workspace)
    path = tmp_path_factory.mktemp("table") / "leaning.jsonl"
    lines = []
    for i, (text, choices) in enumerate(zip(built.examples["text"], built.examples["choices"], strict=True)):
        he, she, they = json.loads(choices)
        p = 0.2 + 0.6 * ((i * 7) % 13) / 12
        lines.append({"question": text, f"p_{he}": 0.8 * (1 - p), f"p_{she}": 0.8 * p, f"p_{they}": 0.2})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    (done,) = import_answers([path], space, dataset=SCHEMAS)
    yield built
    AnswerStore(space).remove(done.record.id)


def test_clicked_occupation_lists_its_sentences(
    page: Page, site: Site, asked: BuiltMap, assert_clean: Callable[[Page], None]
) -> None:
    page.goto(site.address("answers", dataset=SCHEMAS))
    settle(page)
    chosen = page.get_by_role("combobox", name="Sentences about", exact=True)
    expect(chosen).to_be_attached(timeout=WAIT)
    expect(chosen).to_have_value("choose an occupation, or click one above")
    occupations = set(asked.fields["occupation"])
    points = page.locator(".stPlotlyChart .scatterlayer .point")
    expect(points).to_have_count(len(occupations), timeout=WAIT)
    points.nth(3).click(force=True)
    expect(chosen).not_to_have_value("choose an occupation, or click one above", timeout=WAIT)
    first = chosen.input_value()
    assert first in occupations
    expect(points).to_have_count(len(occupations) + 1, timeout=WAIT)  # the ring
    settle(page)
    page.get_by_test_id("stDataFrame").nth(1).click(position={"x": 18, "y": 52})  # the first row's box
    expect(chosen).not_to_have_value(first, timeout=WAIT)
    assert chosen.input_value() in occupations
    assert_clean(page)
