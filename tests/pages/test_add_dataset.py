"""The form that adds a dataset: what it shows of a file, what it asks, and what it hands to the build."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from evalmap.data.store.workspace import Workspace
from evalmap.pages.server import workers
from evalmap.tests.doubts import DOUBTS, rows_of
from evalmap.tests.fakes import write_rows
from evalmap.tests.pages import site
from evalmap.tests.pages.site import run, said


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with site.workspace(tmp_path_factory.mktemp("add")) as space:
        yield space


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The options of each build that was started, the map's settings aside."""
    started: list[list[str]] = []

    def start(_: Workspace, locations: Sequence[str], *, options: Sequence[str]) -> None:
        started.append(list(options)[: list(options).index("--k")])

    monkeypatch.setattr(workers, "build", start)
    return started


def form() -> None:
    from evalmap.pages.parts.library import add_dataset

    add_dataset.draw()


def opened(path: Path, rows: Sequence[dict[str, Any]] = ()) -> AppTest:
    """The form with a file named in it; the dialog around it is Chromium's to test."""
    if rows:
        write_rows(path, rows)
    at = AppTest.from_function(form, default_timeout=60)
    at.session_state["location"] = str(path)
    return run(at)


def build_button(at: AppTest):
    return next(button for button in at.button if button.label == "Build the map")


def widget(at: AppTest, kind: str, start: str) -> Any:
    elements: Any = at.get(kind)
    return next(one for one in elements if (one.key or "").startswith(start))


def texts(at: AppTest) -> list[str]:
    return [shown.value for shown in at.text]


def told(at: AppTest, words: str) -> bool:
    return any(words in value.replace("\\", "") for value in said(at))


# In doubt it asks


@pytest.mark.parametrize(("rows", "first", "second"), DOUBTS, ids=[f"{first}-{second}" for _, first, second in DOUBTS])
def test_doubtful_file_asks_and_the_answer_goes_to_the_build(
    space: Workspace, tmp_path: Path, builds: list[list[str]], rows: list[dict[str, Any]], first: str, second: str
):
    at = opened(tmp_path / "d.jsonl", rows)
    assert "**Which field is the text?**" in said(at)
    question = widget(at, "radio", "reading-")
    assert [option.replace("\\", "") for option in question.options] == [first, second, "another field, or several together"]
    assert question.value is None
    assert build_button(at).disabled
    own = [rows[i][name] for name in (first, second) for i in range(3)]
    assert texts(at) == [value[0]["content"] if isinstance(value, list) else value for value in own]
    question.set_value(second)
    run(at)
    assert told(at, f"Text: **{second}** :gray[· as chosen.")
    build_button(at).click()
    run(at)
    assert builds == [["--text", second, "--part", "whole"]]


def test_doubt_can_be_answered_with_several_fields_in_order(space: Workspace, tmp_path: Path, builds: list[list[str]]):
    at = opened(tmp_path / "d.jsonl", rows_of("sentence", "text"))
    widget(at, "radio", "reading-").set_value("another field, or several together")
    run(at)
    assert build_button(at).disabled
    widget(at, "multiselect", "role-text-").set_value(["text", "sentence"])
    run(at)
    assert told(at, "Text: **text + sentence**")
    widget(at, "selectbox", "embed-").set_value("sentence")
    run(at)
    assert told(at, "only sentence is embedded")
    build_button(at).click()
    run(at)
    assert builds == [["--text", "text,sentence", "--part", "whole", "--embed", "sentence"]]


# Clear files are told, kind by kind


def test_key_is_not_the_text_and_the_reading_has_its_reasons(space: Workspace, tmp_path: Path, builds: list[list[str]]):
    rows = [
        {"answer": f"A long answer about boat {i} that says much more", "question": f"Why did boat {i} sink?"} for i in range(8)
    ]
    at = opened(tmp_path / "k1.jsonl", rows)
    assert told(at, "**8 rows, 2 fields**")
    assert told(at, "Text: **question** :gray[· a known name of what is asked. Next came answer:")
    assert told(at, "Reference answer: **answer**")
    assert texts(at) == [row["question"] for row in rows[:3]]
    (fields,) = [frame.value for frame in at.dataframe]
    assert fields[["field", "type", "missing", "distinct"]].to_numpy().tolist() == [
        ["answer", "text", 0.0, 8],
        ["question", "text", 0.0, 8],
    ]
    build_button(at).click()
    run(at)
    assert builds == [["--part", "whole"]]


def test_chat_is_told_and_its_turn_can_be_chosen(space: Workspace, tmp_path: Path, builds: list[list[str]]):
    turns = [("user", "Hello, I am number {i}."), ("assistant", "Good day."), ("user", "What does number {i} do?")]
    rows = [{"messages": [{"role": role, "content": said.format(i=i)} for role, said in turns]} for i in range(6)]
    at = opened(tmp_path / "k2.jsonl", rows)
    assert told(at, "messages is read as a chat: the text is the last user turn.")
    assert texts(at)[0] == "What does number 0 do?"
    at.radio(key="turn").set_value("first-user")
    run(at)
    assert texts(at)[0] == "Hello, I am number 0."
    build_button(at).click()
    run(at)
    assert builds == [["--part", "whole", "--turn", "first-user"]]


def test_context_and_question_are_one_text_and_repeated_texts_are_told(space: Workspace, tmp_path: Path):
    rows = [{"context": f"Boat {i} lies in port.", "question": "Where is it?", "answer": f"in {i}"} for i in range(8)]
    at = opened(tmp_path / "k3.jsonl", rows)
    assert told(at, "Text: **context + question**")
    assert texts(at)[0] == "Boat 0 lies in port.\n\nWhere is it?"
    widget(at, "multiselect", "role-text-").set_value(["question"])
    run(at)
    assert told(at, "8 rows, 1 different texts; context, answer tell them apart.")


def test_table_without_a_header_loses_no_row(space: Workspace, tmp_path: Path):
    path = tmp_path / "k4.csv"
    path.write_text("".join(f'"Which of {i} is red?",one {i},two {i},A\n' for i in range(6)), encoding="utf-8")
    at = opened(path)
    assert told(at, "**6 rows, 4 fields**")
    assert texts(at)[0] == "Which of 0 is red?"


def test_index_of_an_option_is_told(space: Workspace, tmp_path: Path):
    rows = [{"question": f"Is {i} odd?", "choices": ["yes", "no"], "answer": i % 2} for i in range(6)]
    at = opened(tmp_path / "k5.jsonl", rows)
    assert told(at, "Options: **choices**")
    assert told(at, "answer 0–1 is read as an index into the options, counted from 0.")


def test_file_without_text_says_so_and_cannot_be_built(space: Workspace, tmp_path: Path):
    at = opened(tmp_path / "numbers.jsonl", [{"n": i} for i in range(4)])
    (error,) = at.error
    assert error.value.replace("\\", "").endswith("Choose the text field. Choose it below.")
    assert build_button(at).disabled


# Other sources


def test_address_is_fetched_to_be_looked_at_when_asked(space: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    from evalmap.data.overview import overview
    from evalmap.pages.parts.library import preview

    file = write_rows(tmp_path / "far.jsonl", rows_of("sentence", "text"))
    monkeypatch.setattr(preview.changes, "fetch_and_look", lambda _, location, options: overview(file, options=options))
    at = AppTest.from_function(form, default_timeout=60)
    at.session_state["location"] = "https://example.org/far.jsonl"
    run(at)
    assert not build_button(at).disabled  # may be built unseen; the build asks where it is in doubt
    next(button for button in at.button if button.label == "Look at it first").click()
    run(at)
    assert "**Which field is the text?**" in said(at)
    assert build_button(at).disabled


def test_markup_in_fields_and_texts_stays_text(space: Workspace, tmp_path: Path):
    markup = "![a](http://x/y.png) **x**"
    rows = [{f"{markup} one": f"{markup} is said {i} times", f"{markup} two": f"It is {markup} number {i} here"} for i in range(5)]
    at = opened(tmp_path / "marked.jsonl", rows)
    assert "**Which field is the text?**" in said(at)
    assert [value for value in said(at) if markup in value] == []
    assert [option for option in widget(at, "radio", "reading-").options if markup in option] == []
