"""A datasheet says what the figures say, of any plan, and what it quotes is no markup."""

import json
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from evalmap.data.store.workspace import Workspace
from evalmap.tests.fakes import sentences
from evalmap.tests.writing.fake_models import FakeDiscriminator, FakeWriter, plan_of, run
from evalmap.writing.plan_files import YAML
from evalmap.writing.result_files import write_results
from evalmap.writing.write_datasheet import datasheet
from evalmap.writing.write_outcome import figures

TEXTS = sentences(60)
HOSTILE = "a|b <script>alert(1)</script> `x` [y](http://z) ![i](http://j) **k**"


def sheet(home: Path, *, reply: Any = lambda number, _: TEXTS[number], p: float = 0.9, verdicts: Any = None, **fields: Any) -> str:
    written = run(plan_of(**fields), Workspace(home), FakeWriter(reply), FakeDiscriminator(lambda text: p)).written
    return datasheet(written, figures(written, verdicts), encoder={"model": "fake"})


def test_counts_are_those_of_the_table(tmp_path: Path):
    found = sheet(tmp_path, count=6, filter={"threshold": 0.5}, topics=["tea"])
    assert "- 6 rows: 6 of label `Yes`, 0 of label `No`." in found
    assert "| all | 12 | 12 | 0 | 0 | 12 | 0 | 0 | 6 | 0 | 0 | 6 | 0 |" in found
    assert "Mean label_confidence of the rows: 0.900." in found
    assert "and 0.100 of one that shows its opposite" in found
    assert "The labels are not balanced (0 to 6 rows)" in found
    assert "Topics in turn: `tea`." in found


def test_it_tells_each_thing_once_and_of_the_plan_beside_it(tmp_path: Path):
    plan = plan_of(count=4, axes={"tone": ["polite", "blunt"]}, filter={"threshold": 0.1, "balanced": True}, until_new=4)
    write = run(plan, Workspace(tmp_path), FakeWriter(lambda number, _: TEXTS[number]), FakeDiscriminator(lambda _: 0.5)).written
    paths = write_results(tmp_path / "out", write, b"plan", format=YAML)
    found, again = paths["datasheet"].read_text(), json.loads(paths["recipe"].read_text())["again"]
    assert (found.count("`polite`, `blunt`"), found.count("plan.yaml beside this file"), "plan.toml" in found) == (1, 1, False)
    assert "rows below 0.1 went, and as many of each label." in found
    assert again.startswith("evalmap write plan.yaml --until-new 4 --min-yield 0.1 --max-requests 0, with the same workspace")


def test_what_it_quotes_is_no_markup(tmp_path: Path):
    found = sheet(tmp_path, behaviour=HOSTILE, kind="free", labels=[HOSTILE, "other"], topics=[HOSTILE], count=2)
    html = MarkdownIt("commonmark").enable("table").render(found)
    assert "<script" not in html
    assert not {tag for tag in ("<img", "<a ", "<strong") if tag in html}
    assert "anthropics/evals" not in found
    rows = [line for line in html.split("<tr>") if "<td" in line]
    assert [row.count("<td") for row in rows] == [13, 13, 13]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"reply": lambda *_: ""}, "There is no row."),
        ({"reply": lambda *_: ""}, "12 of 12 pieces were no row: it hardly follows the prompt."),
        ({"reply": lambda *_: None}, "12 requests failed"),
        ({}, "No model has checked whether the labels fit, and nobody whose review is known here."),
        ({"verdicts": {(TEXTS[0], "Yes"): True}}, "People reviewed 1 of the rows: the label fits in 1.00 (95 %: 0.21 to 1.00)."),
        (
            {"filter": {"threshold": 0}, "verdicts": {(TEXTS[0], "Yes"): False}},
            "The filter disagrees with people often: its probabilities are no ground to trust the labels.",
        ),
    ],
)
def test_limits_are_told_from_the_figures(tmp_path: Path, fields: dict[str, Any], sentence: str):
    assert sentence in sheet(tmp_path, count=6, **fields)
