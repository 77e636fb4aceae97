"""An example on the pages as its source has it: chats, labelled parts, endings, lettered options; and how it was read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from evalmap.data.choices import option_words, shared_option_words
from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.pages.component import map_data
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows
from evalmap.tests.pages import site
from evalmap.tests.pages.site import built, charts, lines, open_page, said

MARKUP = "![a](http://x/y.png)"
SAID = sentences(12)
FILES: dict[str, list[dict[str, Any]]] = {
    "chat": [
        {
            "messages": [
                {"role": "system", "content": f"Be {MARKUP} brief."},
                {"role": "user", "content": "Hello."},
                {"role": "assistant", "content": "Good day."},
                {"role": "user", "content": text},
            ]
        }
        for text in SAID
    ],
    "parts": [{"context": f"{text} was said in port.", "question": f"Where was {text}?", "n": i} for i, text in enumerate(SAID)],
    "pair": [
        {"chosen": f"\n\nHuman: {text}\n\nAssistant: Work.", "rejected": f"\n\nHuman: {text}\n\nAssistant: {MARKUP} who cares."}
        for text in SAID
    ],
    "same": [{"question": f"{text}?", "choices": ["red", "deep blue"], "answer": i % 2} for i, text in enumerate(SAID)],
    "own": [{"question": f"{text}?", "choices": [f"red {i}", f"blue {i}"], "answer": "AB"[i % 2]} for i, text in enumerate(SAID)],
}


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder: Path = tmp_path_factory.mktemp("bodies")
    with site.workspace(folder) as space:
        for name, rows in FILES.items():
            file = write_rows(folder / f"{name}.jsonl", rows)
            build(open_dataset(file), workspace=space, settings=Settings(k=3), encoder=FakeEncoder())
        site.clear()
        yield space


def opened(slug: str, example: str = "2", panel: str = "Examples"):
    return open_page("map.py", dataset=slug, example=example, panel=panel)


def shown(at) -> list[str]:
    return [one.value for one in at.text]


def badges(at) -> list[str]:
    return [value for value in said(at) if "-badge[" in value]


def test_chat_is_shown_turn_by_turn_and_its_text_is_marked(space: Workspace):
    at = opened("chat")
    assert shown(at)[:4] == [f"Be {MARKUP} brief.", "Hello.", "Good day.", SAID[1]]
    roles = [caption.value for caption in at.caption if caption.value.split(" ")[0] in ("system", "user", "assistant")]
    assert roles == ["system", "user", "assistant", "user · the text"]


def test_joined_fields_are_shown_as_labelled_parts(space: Workspace):
    at = opened("parts")
    assert shown(at)[:2] == [f"{SAID[1]} was said in port.", f"Where was {SAID[1]}?"]
    captions = [caption.value for caption in at.caption]
    assert captions.index("question") > captions.index("context")


def test_endings_of_a_pair_stand_beside_each_other(space: Workspace):
    at = opened("pair")
    assert shown(at)[:3] == [SAID[1], "Work.", f"{MARKUP} who cares."]
    assert {"chosen", "rejected"} <= {caption.value for caption in at.caption}


def test_options_have_letters_and_the_label_its_text(space: Workspace):
    at = opened("same")
    assert shown(at)[:3] == [f"{SAID[1]}?", "A. red", "B. deep blue"]
    assert any("B · deep blue" in badge for badge in badges(at))
    assert sorted(bar[0] for bar in charts(at)["label"]["bars"]) == ["A · red", "B · deep blue"]
    plain = str(built(space, "same").examples["label"].iloc[1])
    for asked in (
        {"where": 'label is "B · deep blue"'},
        {"label": "B · deep blue"},
        {"label": plain},
    ):  # the latter two from before
        found = open_page("map.py", dataset="same", panel="Examples", **asked)
        assert lines(found) == [str(i + 1) for i in range(12) if i % 2], asked
    at = opened("own")
    assert shown(at)[:3] == [f"{SAID[1]}?", "A. red 1", "B. blue 1"]
    assert any("B · blue 1" in badge for badge in badges(at))
    assert [bar[0] for bar in charts(at)["label"]["bars"]] == ["A", "B"]  # an option of each row's own has no one text


def test_legend_and_hover_tell_the_option(space: Workspace):
    same, own = built(space, "same"), built(space, "own")
    label = next(column for column in map_data.columns(same) if column.key == "label")
    assert label.categories == (("A · red", 6), ("B · deep blue", 6))
    assert map_data.hover(same, 1)["label"] == "B · deep blue"
    assert map_data.hover(own, 1)["label"] == "B · blue 1"


def test_about_tells_the_reading_with_reasons_and_notes(space: Workspace):
    told = [value.replace("\\", "") for value in said(opened("parts", panel="About this map"))]
    assert any("Text: **context + question** :gray[· what is asked, and the context that it is asked about." in one for one in told)
    assert any(
        one.endswith("context and question are one text, a blank line between, an empty one left out; embedded as a whole.")
        for one in told
    )
    assert any(
        one.endswith("messages is read as a chat: the text is the last user turn.")
        for one in map(_plain, said(opened("chat", panel="About this map")))
    )


def _plain(value: str) -> str:
    return value.replace("\\", "")


def test_markup_in_examples_is_never_markdown(space: Workspace):
    assert [value for slug in ("chat", "pair") for value in said(opened(slug)) if MARKUP in value] == []


@pytest.mark.parametrize(
    ("label", "choices", "words"),
    [
        ("red", '["red", "blue"]', "A · red"),
        ("B", '["A. red", "B. blue"]', "B · blue"),
        ("(B)", '["(A) red", "(B) blue"]', "B · blue"),
        ("A, C", '["A. red", "B. blue", "C. green"]', "A · red, C · green"),
        ("red, blue", '["red, blue", "green"]', "A · red, blue"),
        ("Z", '["A. red", "B. blue"]', "Z"),
        ("Yes", None, "Yes"),
        (None, '["red", "blue"]', ""),
        ("x", "no list", "x"),
    ],
)
def test_label_in_words(label: object, choices: object, words: str):
    assert option_words(label, choices) == words


def test_labels_have_one_text_only_where_all_options_are_the_same():
    import pandas as pd

    labels = pd.Series(["red", None, "blue"])
    same = pd.Series(['["red", "blue"]'] * 3)
    assert shared_option_words(labels, same) == {"red": "A · red", "blue": "B · blue"}
    assert shared_option_words(labels, pd.Series(['["red", "blue"]', '["blue", "red"]', '["red", "blue"]'])) == {}
    assert shared_option_words(labels, pd.Series([None, '["red", "blue"]', '["red", "blue"]'])) == {}
    assert shared_option_words(labels.iloc[:0], same.iloc[:0]) == {}
