"""Which answers an example offers."""

from pathlib import Path
from typing import Any

import pytest

from evalmap.answers.answer_types import Options
from evalmap.answers.reading.options import example_options
from evalmap.data.opening import open_dataset
from evalmap.data.records import ReadOptions
from evalmap.tests.fakes import write_rows


def options(folder: Path, rows: list[dict[str, Any]], **roles: str) -> list[Options]:
    path = write_rows(folder / "rows.jsonl", rows)
    dataset = open_dataset(path, options=ReadOptions(**roles))  # type: ignore[arg-type]
    return example_options(dataset.examples, dataset.fields)


def behaviour(question: str, matching: str, other: object) -> dict[str, Any]:
    return {"question": question, "answer_matching_behavior": matching, "answer_not_matching_behavior": other}


def test_label_and_what_does_not_match_it_are_the_options(tmp_path: Path):
    rows = [behaviour("Do you like tea?", " Yes", " No"), behaviour("Do you like rain?", " No", " Yes")]
    assert options(tmp_path, rows) == [Options("Yes", ("No",)), Options("No", ("Yes",))]


def test_list_of_what_does_not_match_keeps_its_order(tmp_path: Path):
    rows = [
        behaviour("Which one? (A) x (B) y (C) z", " (B)", [" (C)", " (A)"]),
        behaviour("And? (A) x (B) y", " (A)", [" (B)", ""]),
    ]
    assert options(tmp_path, rows) == [Options("(B)", ("(C)", "(A)")), Options("(A)", ("(B)",))]


def test_letters_come_from_the_choices_in_the_text(tmp_path: Path):
    rows = [
        {"question": f"What is it, {i}?\n (A) red\n (B) blue\n (C) green", "answer_matching_behavior": " (B)"} for i in range(3)
    ]
    assert options(tmp_path, rows) == [Options("(B)", ("(A)", "(C)"))] * 3


@pytest.mark.parametrize(
    ("label", "expected"),
    [("(B)", ("(A)", "(C)")), ("B", ("A", "C")), ("b", ("a", "c")), ("B.", ("A.", "C.")), ("B)", ("A)", "C)"))],
)
@pytest.mark.parametrize("form", ["({}) colour {}", "{}. colour {}", "{}) colour {}"])
def test_letters_of_choices_are_written_as_the_label_is(tmp_path: Path, label: str, expected: tuple[str, ...], form: str):
    choices = [form.format(letter, number) for number, letter in enumerate("ABC")]
    rows = [{"text": f"Which colour is it, {i}?", "answer": label, "choices": choices} for i in range(2)]
    assert options(tmp_path, rows, label="answer", choices="choices") == [Options(label, expected)] * 2


def test_choices_are_options_by_their_text_where_the_label_is_one(tmp_path: Path):
    rows = [{"text": f"Which colour is it, {i}?", "answer": "blue", "choices": ["red", "blue", "green"]} for i in range(2)]
    assert options(tmp_path, rows, label="answer", choices="choices") == [Options("blue", ("red", "green"))] * 2


def test_choices_written_as_an_object_or_as_words_are_read_or_left(tmp_path: Path):
    arc = {"text": ["red", "blue"], "label": ["A", "B"]}
    rows = [{"text": f"Which colour, {i}?", "answer": label, "choices": arc} for i, label in enumerate(["B", "red"])]
    rows.append({"text": "Which colour, 2?", "answer": "blue", "choices": "red or blue"})
    found = options(tmp_path, rows, text="text", label="answer", choices="choices")
    assert found == [Options("B", ("A",)), Options("red", ("blue",)), Options("blue", ("B", "red"))]


def test_choices_without_a_label_have_no_matching_one(tmp_path: Path):
    rows = [{"text": f"Which colour is it, {i}?", "choices": ["red", "blue"]} for i in range(2)]
    assert options(tmp_path, rows, choices="choices", label="") == [Options(None, ("red", "blue"))] * 2


def test_letter_that_names_none_of_the_choices_leaves_the_labels_of_the_file(tmp_path: Path):
    rows = [{"text": f"Which colour is it, {i}?", "answer": letter, "choices": ["red", "blue"]} for i, letter in enumerate("XYX")]
    assert options(tmp_path, rows, label="answer", choices="choices") == [
        Options("X", ("Y",)),
        Options("Y", ("X",)),
        Options("X", ("Y",)),
    ]


def test_labels_of_the_own_file_are_the_options_of_a_collection(tmp_path: Path):
    write_rows(tmp_path / "a.jsonl", [{"text": "one", "label": "Yes"}, {"text": "two", "label": "No"}, {"text": "three"}])
    write_rows(tmp_path / "b.jsonl", [{"text": "four", "label": "left"}, {"text": "five", "label": "right"}])
    dataset = open_dataset(tmp_path, options=ReadOptions(text="text", label="label"))
    found = dict(zip(dataset.examples["text"], example_options(dataset.examples, dataset.fields), strict=True))
    assert found == {
        "one": Options("Yes", ("No",)),
        "two": Options("No", ("Yes",)),
        "three": Options(None, ()),
        "four": Options("left", ("right",)),
        "five": Options("right", ("left",)),
    }


@pytest.mark.parametrize(("different", "others"), [(10, 9), (11, 0)])
def test_more_than_ten_labels_are_no_options(tmp_path: Path, different: int, others: int):
    rows = [{"text": f"text {i}", "label": f"label {i % different}"} for i in range(44)]
    found = options(tmp_path, rows, text="text", label="label")
    assert found[3].matching == "label 3"
    assert len(found[3].others) == others
    assert "label 3" not in found[3].others
