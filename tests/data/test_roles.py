"""Which field is the text, the label, the confidence …"""

import re

import numpy as np
import pandas as pd
import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.readers.table import table_of
from evalmap.data.records import FileRows, ReadOptions, Roles
from evalmap.data.roles import describe, detect_roles

DETECT = ReadOptions()


def file_of(rows: list[dict]) -> FileRows:
    return FileRows("d", "d.jsonl", np.arange(1, len(rows) + 1), ["{}"] * len(rows), table_of(rows))


def roles_of(rows: list[dict], options: ReadOptions = DETECT) -> Roles:
    return detect_roles(file_of(rows), options)


PERSONA = [
    {
        "question": f"Would you say this: {i}",
        "statement": f"I like number {i}",
        "label_confidence": 0.9,
        "answer_matching_behavior": [" Yes", " No"][i % 2],
        "answer_not_matching_behavior": [" No", " Yes"][i % 2],
    }
    for i in range(30)
]


def test_persona_schema():
    assert roles_of(PERSONA) == Roles(
        text="statement", label="answer_matching_behavior", confidence="label_confidence", schema="persona"
    )


def test_multiple_choice_schema():
    answers = {"answer_matching_behavior": " (A)", "answer_not_matching_behavior": [" (B)"]}
    rows = [{"question": f"{i}? (A) a (B) b", **answers} for i in range(9)]
    assert roles_of(rows) == Roles(text="question", label="answer_matching_behavior", schema="multiple-choice")


def test_winogenerated_schema():
    rows = [
        {"index": i, "occupation": f"job {i % 3}", "pronoun_options": ["he", "she"], "sentence_with_blank": f"{i}: _ left early"}
        for i in range(30)
    ]
    assert roles_of(rows) == Roles(
        text="sentence_with_blank", choices="pronoun_options", group="occupation", id="index", schema="winogenerated"
    )


def test_field_names_count_without_case_and_are_given_as_they_stand():
    assert roles_of([{"Text": f"some words {i}", "LABEL": "x"} for i in range(9)]) == Roles(text="Text", label="LABEL")


def test_text_of_an_unknown_name_is_the_one_field_of_free_text():
    rows = [{"remarks_of": f"short {i}", "essay": f"{i} of one two three four five", "n": i} for i in range(9)]
    assert roles_of(rows).text == "essay"


def test_options_win_over_what_is_detected():
    roles = roles_of(PERSONA, ReadOptions(text="question", label="", id="statement"))
    assert (roles.text, roles.label, roles.id, roles.schema) == ("question", None, "statement", "persona")


def test_role_names_that_are_filled_are_described():
    assert describe(Roles(text="t", label="l", schema="persona")) == {"text": "t", "label": "l"}


def test_free_text_and_keys_are_no_labels():
    rows = [{"text": f"words {i}", "answer": f"because of reason {i}", "id": i} for i in range(100)]
    assert roles_of(rows) == Roles(text="text", id="id")


@pytest.mark.parametrize(
    ("value", "fits"), [(1, True), (True, True), ("x", True), (2.0, True), (0.5, False), (float("inf"), False)]
)
def test_values_that_make_a_label(value: object, fits: bool):
    assert roles_of([{"text": f"words {i}", "label": value} for i in range(9)]).label == ("label" if fits else None)


@pytest.mark.parametrize(
    ("values", "fits"),
    [([0.0, 1.0], True), ([0.3, None], True), ([0, 1], True), ([None, None], False), ([3.5, 80.0], False), (["0.9", "0.8"], False)],
)
def test_confidence_is_a_ratio(values: list, fits: bool):
    rows = [{"text": f"words {i}", "score": values[i % 2]} for i in range(8)]
    assert roles_of(rows).confidence == ("score" if fits else None)


def test_no_text_field_is_told_with_the_fields_there_are():
    with pytest.raises(DatasetError, match=r"^d\.jsonl line 1: no text field \(found: n, flag\)\. Choose the text field\.$"):
        roles_of([{"n": i, "flag": True} for i in range(5)])


def test_no_text_field_among_300_lists_twelve_of_them():
    with pytest.raises(DatasetError, match=r"found: c0, c1, .*c11 and 288 more\)"):
        roles_of([{f"c{i}": i for i in range(300)}])


@pytest.mark.parametrize("role", ["text", "label", "confidence", "choices", "group", "id"])
def test_option_for_a_field_that_is_not_there(role: str):
    sentence = f"d.jsonl: no field 'nope' for the {role} (found: text). Choose one of these."
    with pytest.raises(DatasetError, match=f"^{re.escape(sentence)}$") as raised:
        roles_of([{"text": "some words"}], ReadOptions(**{role: "nope"}))  # type: ignore[arg-type]
    assert raised.value.settings == (role,)


def test_empty_text_option_means_detect():
    assert roles_of([{"text": "some words"}], ReadOptions(text="")).text == "text"


def test_300_columns():
    row = {f"c{i}": i for i in range(299)} | {"prompt": "what is this thing"}
    assert roles_of([row] * 5).text == "prompt"


def test_numeric_columns_do_not_pass_for_text():
    file = FileRows("d", "d.csv", np.array([1]), ["{}"], pd.DataFrame({"text": [1.5], "note": ["four words of text"]}))
    assert detect_roles(file, DETECT).text == "note"
