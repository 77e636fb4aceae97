"""The dataset card: figures with their commands, lines to fill in by hand, and dataset text that is never markup."""

import re
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
import yaml
from markdown_it import MarkdownIt

from evalmap.data.store.manifest import Manifest
from evalmap.screening.output.dataset_card import DatasetCard, code, dataset_card
from evalmap.tests.hostile_texts import HOSTILE, visible
from evalmap.tests.manifests import made_manifest

RENDER = MarkdownIt("gfm-like", {"html": True, "linkify": True})
TAGS = {"h1", "h2", "p", "ul", "li", "strong", "code"}


def examples(texts: list[str], datasets: list[str] | None = None, confidence: float | None = 0.9) -> pd.DataFrame:
    n = len(texts)
    return pd.DataFrame({"text": texts, "dataset": datasets or ["a"] * n, "confidence": [confidence] * n})


def report() -> dict[str, Any]:
    """A quality report as JSON holds it, as far as the card reads it."""
    phrase = {"text": "i would", "rows": 12, "label": "Yes", "share": 0.9}
    shortcut = {"accuracy": 0.8, "chance": 0.5, "control": 0.49, "remaining": 0.6, "removed": 3, "phrases": [phrase]}
    return {
        "scorecard": {"vendi": 7.25, "parts": []},
        "duplicates": {"count": 2, "ratio": 0.4, "threshold": 0.95, "groups": 1, "largest": 3},
        "saturation": {"distinct": 3, "sentence": "Of the next 100 rows written this way about 41 would repeat one that is there."},
        "flags": [
            {"rule": "no_question", "count": 3, "meaning": "Nothing is asked."},
            {"rule": "outlier", "count": 0, "meaning": ""},
            {"rule": "empty_option", "count": None, "meaning": "", "reason": "no row has options."},
        ],
        "shortcuts": [
            {"predictor": "first_two_words", **shortcut},
            {
                "predictor": "option_position",
                "accuracy": None,
                "chance": None,
                "control": None,
                "phrases": [],
                "reason": "no options",
            },
        ],
        "map": {"sentence": "Most of it."},
        "balance": {"clusters": [{"name": "work", "flagged": True}, {"name": "home", "flagged": False}], "to_drop": [1, 2]},
    }


def made(manifest: Manifest | None = None, table: pd.DataFrame | None = None, **more: Any) -> DatasetCard:
    given = {"report": report(), **more}
    table = examples(["One.", "one. ", "Two", "Three", "Four"]) if table is None else table
    return dataset_card(manifest or made_manifest("a", labels={"Yes": 3, "No": 2}), table, **given)


def lines(card: DatasetCard) -> dict[str, dict[str, Any]]:
    return {line["item"]: line for section in card.as_dict()["sections"] for line in section["lines"]}


def test_every_line_has_a_figure_with_its_command_or_is_to_be_filled_in():
    card = made()
    for line in lines(card).values():
        assert (line["value"] is None) == (line["command"] is None) == (line["fill_in"] is not None)
        assert line["asked_by"]
    markdown = card.markdown()
    by_hand = [line for line in lines(card).values() if line["value"] is None]
    assert markdown.count("- [ ] ") == len(by_hand) > 10
    assert all(f"- [ ] **{line['item']}**: fill in by hand: {line['fill_in']}" in markdown for line in by_hand)


def test_figures_are_those_of_the_report():
    found = lines(made())
    assert found["Equal texts"]["value"].startswith("1 of 5 rows")
    assert found["Near-duplicates"]["value"].startswith("2 rows (40.0 %) go in a screening at similarity 0.95; 1 groups")
    assert "7.2 wholly different" in found["Diversity"]["value"]
    assert "about 41 would repeat" in found["Saturation"]["value"]
    assert found["first two words"]["value"] == (
        "guesses 80.0 % of the labels (the commonest label: 50.0 %, control on shuffled labels 49.0 %); "
        "60.0 % without the 3 worst rows. Give-aways: i would (12 rows, Yes)"
    )
    assert "option position" not in found
    assert found["no question"]["value"] == "3 rows. Nothing is asked."
    assert found["Could not be asked"]["value"] == "empty option (no row has options)."
    assert found["Clusters with other labels than the whole"]["value"].startswith("1 of 2: work. Without 2 rows")
    assert found["Floor"]["value"].startswith("60.0 %")
    assert found["Ceiling"]["value"].startswith("90.0 %")
    assert found["How far the map can be trusted"]["value"] == "Most of it."
    assert found["Review by people"]["value"] == "not reviewed."
    assert found["A language model as judge"]["value"] == "not judged."


def test_what_was_not_measured_is_told_with_the_command_that_measures_it():
    found = lines(made(report={}))
    for item in ("Near-duplicates", "Diversity", "Saturation", "Shortcuts", "Flags"):
        assert found[item]["value"] == "not measured."
        assert found[item]["command"].startswith("evalmap quality --section ")


def test_dataset_without_labels_or_confidence_says_so():
    no_labels = [{**one, "accuracy": None, "reason": "no row has a label"} for one in report()["shortcuts"]]
    card = made(made_manifest("a", labels={}), examples(["a", "b"], confidence=None), report=report() | {"shortcuts": no_labels})
    found = lines(card)
    assert found["Labels"]["value"] == "none."
    assert found["Shortcuts"]["value"] == "cannot be measured: no row has a label"
    assert "Floor" not in found
    assert found["Ceiling"]["value"] is None


def test_texts_in_several_files_are_counted():
    card = made(made_manifest("a", datasets={"a": 2, "b": 2}), examples(["One", "Two", "one", "Three"], ["a", "a", "b", "b"]))
    assert lines(card)["Across files"]["value"] == "1 texts stand in more than one file."


@pytest.mark.parametrize(("rows", "category"), [(999, "n<1K"), (1_000, "1K<n<10K"), (133_204, "100K<n<1M")])
def test_front_matter_is_the_hubs(rows: int, category: str):
    markdown = made(made_manifest("a", rows=rows, name="a: b # c\n---")).markdown()
    _, front, _ = re.split(r"^---$", markdown, maxsplit=2, flags=re.MULTILINE)
    assert yaml.safe_load(front) == {"pretty_name": "a: b # c\n---", "size_categories": [category], "tags": ["evaluation"]}
    assert "# license: fill in by hand" in front


@pytest.mark.parametrize("name", HOSTILE)
def test_dataset_text_is_never_markup(name: str):
    text = HOSTILE[name]
    hostile = report()
    hostile["shortcuts"][0]["phrases"] = [{"text": text, "rows": 1, "label": text, "share": 1.0}]
    hostile["balance"]["clusters"][0]["name"] = text
    manifest = made_manifest("a", labels={text: 2, "No": 3}, datasets={text: 2, "b": 3}, name=text)
    markdown = made(manifest, report=hostile).markdown()
    body = markdown.split("\n---\n", 1)[1]
    html = RENDER.render(body)
    assert {tag.lower() for tag in re.findall(r"</?([a-zA-Z][\w-]*)", html)} <= TAGS
    assert body.count("\n## ") == 12


@pytest.mark.parametrize("text", ["", "`", "``a`b```", " x ", "a\nb", "|", "\u202e", "*a* [b](c) <d>"])
def test_code_span_shows_the_text_and_nothing_else(text: str):
    html = RENDER.render(f"x {code(text)} y")
    (shown,) = re.findall(r"<code>(.*?)</code>", html, flags=re.DOTALL)
    assert html == f"<p>x <code>{shown}</code> y</p>\n"
    plain = shown.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")
    assert visible(plain) == visible(text)


def test_a_path_of_this_machine_is_not_told():
    manifest = replace(made_manifest("a"), location="/home/somebody/secret/rows.jsonl", source="/home/somebody/secret/rows.jsonl")
    markdown = made(manifest).markdown()
    assert "rows.jsonl" in markdown
    assert "somebody" not in markdown
