"""`evalmap look`: what is there and how it would be read, before anything is built."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from evalmap.tests.command import Command, left
from evalmap.tests.doubts import DOUBTS
from evalmap.tests.fakes import write_rows

QUIZ = [
    {
        "id": f"q{i}",
        "context": f"Boat {i} lies in port.",
        "question": "Where is it?",
        "choices": [f"in {i}", f"out {i}"],
        "answer": i % 2,
    }
    for i in range(6)
]
DOUBT = [
    {"text": f"One of {i} boats is here", "sentence": f"The other {i} boats are there", "n": None if i else i} for i in range(4)
]


def test_fields_and_reading_are_shown_and_nothing_is_built(evalmap: Command):
    write_rows(Path("quiz.jsonl"), QUIZ)
    found = evalmap("look", "quiz.jsonl")
    assert found.code == 0
    assert found.out.splitlines() == [
        f"quiz: 6 rows, 5 fields, from {Path('quiz.jsonl').resolve()}",
        "  id        text          6 distinct                 q0",
        "  context   text          6 distinct                 Boat 0 lies in port.",
        "  question  text          1 distinct                 Where is it?",
        '  choices   list          6 distinct                 ["in 0", "out 0"]',
        "  answer    number        2 distinct                 0",
        "read so:",
        "  text = context, question: what is asked, and the context that it is asked about",
        "  choices = choices: a known name of options, and it holds them",
        "  label = answer: names one of the options by its index",
        "  id = id: a known name of an id, 6 different in 6 rows looked at",
        "  note: answer 0–1 is read as an index into the options, counted from 0.",
        "  note: context and question are one text, a blank line between, an empty one left out; embedded as a whole.",
        "  6 examples",
    ]
    assert left(evalmap.home) == []


def test_doubt_is_shown_with_what_chooses_and_the_first_rows(evalmap: Command):
    write_rows(Path("doubt.jsonl"), DOUBT)
    found = evalmap("look", "doubt.jsonl")
    assert found.code == 0
    assert found.out.splitlines()[3:] == [
        "  n         number        1 distinct  75 % missing   0",
        "not read yet:",
        "  the text may be one of these:",
        "  --text text: a known name of what is asked",
        "      One of 0 boats is here",
        "      One of 1 boats is here",
        "      One of 2 boats is here",
        "  --text sentence: a known name of what is asked",
        "      The other 0 boats are there",
        "      The other 1 boats are there",
        "      The other 2 boats are there",
    ]
    assert "text = sentence: as chosen" in evalmap("look", "doubt.jsonl", "--text", "sentence").out


def test_everything_as_json(evalmap: Command):
    write_rows(Path("quiz.jsonl"), QUIZ)
    shown = evalmap("look", "quiz.jsonl", "--json").json
    assert (shown["rows"], shown["examples"], shown["files"], shown["problem"]) == (6, 6, {"quiz": 6}, "")
    assert shown["fields"][0] == {"name": "id", "kind": "text", "missing": 0.0, "distinct": 6, "example": "q0"}
    assert shown["reading"]["roles"][0]["fields"] == ["context", "question"]
    write_rows(Path("doubt.jsonl"), DOUBT)
    doubt = evalmap("look", "doubt.jsonl", "--json").json
    assert (doubt["reading"], [one["text"] for one in doubt["readings"]]) == (None, ["text", "sentence"])


def test_a_file_without_text_is_looked_at_all_the_same(evalmap: Command):
    write_rows(Path("numbers.jsonl"), [{"n": i} for i in range(4)])
    found = evalmap("look", "numbers.jsonl")
    assert found.code == 0
    assert found.out.splitlines()[-2:] == [
        "not read yet:",
        "  numbers.jsonl line 1: no text field (found: n). Choose the text field.",
    ]


def test_values_cannot_steer_the_terminal_and_stay_on_one_line(evalmap: Command):
    write_rows(Path("wild.jsonl"), [{"text": f"one\n\x1b[31mtwo {'x' * 300} {i}"} for i in range(3)])
    line = evalmap("look", "wild.jsonl").out.splitlines()[1]
    assert "\x1b" not in line
    assert line.endswith("x…")


def test_build_asks_and_takes_the_answer(evalmap: Command):
    write_rows(Path("doubt.jsonl"), DOUBT)
    asked = evalmap("build", "doubt.jsonl")
    assert (asked.code, asked.out) == (1, "")
    assert asked.err == (
        "doubt.jsonl: the text may be text (a known name of what is asked; “One of 0 boats is here”) or sentence (a known name of "
        "what is asked; “The other 0 boats are there”). Choose with --text text or --text sentence, or take the first with --yes.\n"
    )
    built = evalmap("build", "doubt.jsonl", "--yes").out.splitlines()
    assert (
        "    text = text: a known name of what is asked, the first of 2 as near; next sentence (a known name of what is asked)"
        in built
    )
    manifest = evalmap("info", "doubt", "--json").json
    assert manifest["read"] == {"part": "whole", "yes": True}
    assert manifest["reading"]["roles"][0]["runner_up"] == ["sentence"]
    assert "text = sentence" in evalmap("build", "doubt.jsonl", "--text", "sentence").out


def test_screen_asks_too(evalmap: Command):
    write_rows(Path("doubt.jsonl"), DOUBT)
    assert evalmap("screen", "doubt.jsonl").err.endswith("or take the first with --yes.\n")


def test_chat_is_built_by_the_turn_that_is_chosen(evalmap: Command):
    roles = ("user", "assistant", "user")
    said = [("First {}", "Yes.", "Last {}")] * 4
    chats = [[{"role": r, "content": t.format(i)} for r, t in zip(roles, turns, strict=True)] for i, turns in enumerate(said)]
    write_rows(Path("chat.jsonl"), [{"messages": chat} for chat in chats])
    assert (
        "messages is read as a chat: the text is the first user turn." in evalmap("build", "chat.jsonl", "--turn", "first-user").out
    )
    assert json.loads(evalmap("info", "chat", "--json").out)["read"]["turn"] == "first-user"


@pytest.mark.parametrize(("rows", "first", "second"), DOUBTS, ids=[f"{first}-{second}" for _, first, second in DOUBTS])
def test_build_of_a_doubtful_file_refuses_with_what_chooses(evalmap: Command, rows: list[dict[str, Any]], first: str, second: str):
    write_rows(Path("d.jsonl"), rows)
    refused = evalmap("build", "d.jsonl")
    assert refused.code == 1
    assert f"d.jsonl: the text may be {first} (" in refused.err
    assert f" or {second} (" in refused.err
    chosen = f"Choose with --text {shlex.quote(first)} or --text {shlex.quote(second)}, or take the first with --yes."
    assert refused.err.strip().endswith(chosen)
    assert evalmap("list", "--json").json == []
    assert f"text = {second}: as chosen" in evalmap("look", "d.jsonl", "--text", second).out
    assert f"text = {first}: " in evalmap("look", "d.jsonl", "--yes").out


def test_first_texts_and_fields_inside_objects_are_shown(evalmap: Command):
    write_rows(Path("inner.jsonl"), [{"doc": {"question": f"Where does boat {i} lie?"}, "n": i} for i in range(4)])
    shown = evalmap("look", "inner.jsonl", "--json").json
    assert shown["texts"] == [f"Where does boat {i} lie?" for i in range(3)]
    assert [one["name"] for one in shown["fields"]] == ["doc", "n", "doc.question"]
