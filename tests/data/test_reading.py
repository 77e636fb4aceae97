"""What becomes of the rows: texts put together, chats, preference pairs, options and keys; and what is told of it."""

import json
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evalmap.data.assembling import assemble
from evalmap.data.errors import DatasetError
from evalmap.data.readers.table import table_of
from evalmap.data.records import Dataset, FileRows, Reading, ReadOptions, RoleReading


def dataset_of(rows: list[dict[str, Any]], **options: Any) -> Dataset:
    raw = [json.dumps(row) for row in rows]
    file = FileRows("d", "d.jsonl", np.arange(1, len(rows) + 1), raw, table_of(rows))
    return assemble([file], name="d", source="d.jsonl", options=ReadOptions(**options))


def texts(dataset: Dataset) -> list[str]:
    return dataset.examples["text"].tolist()


def embedded(dataset: Dataset) -> list[str]:
    return dataset.examples["embedded_text"].tolist()


# Several fields

PAIRS = [{"context": f"The boat {i} lies in port.", "question": "Where does the boat lie?"} for i in range(6)]
TASKS = [
    {"instruction": "Turn it round", "input": "left", "output": "tfel"},
    {"instruction": "Count to three", "input": "", "output": "1 2 3"},
    {"instruction": "Name a colour", "input": None, "output": "red"},
]


def test_texts_of_several_fields_stand_with_a_blank_line_between_and_an_empty_one_is_left_out():
    assert texts(dataset_of(TASKS)) == ["Turn it round\n\nleft", "Count to three", "Name a colour"]


@pytest.mark.parametrize(
    ("embed", "expected"),
    [
        ("all", ["Turn it round\n\nleft", "Count to three", "Name a colour"]),
        ("instruction", ["Turn it round", "Count to three", "Name a colour"]),
    ],
)
def test_the_part_that_is_embedded_is_chosen(embed: str, expected: list[str]):
    dataset = dataset_of(TASKS, embed=embed)
    assert embedded(dataset) == expected
    assert texts(dataset)[0] == "Turn it round\n\nleft"


def test_rows_without_the_part_that_is_embedded_are_set_aside():
    dataset = dataset_of([*TASKS, {"instruction": "Turn it round", "input": "up"}], embed="input")
    assert embedded(dataset) == ["left", "up"]
    assert [(row.line, row.reason) for row in dataset.set_aside] == [(2, "input is empty"), (3, "input is empty")]


def test_rows_whose_texts_are_all_empty_are_set_aside():
    dataset = dataset_of([*TASKS, {"instruction": " ", "input": None}])
    assert [(row.line, row.reason) for row in dataset.set_aside] == [(4, "instruction and input are empty")]


def test_fields_are_named_with_commas_and_joined_in_that_order():
    dataset = dataset_of(PAIRS, text="question, context")
    assert texts(dataset)[2] == "Where does the boat lie?\n\nThe boat 2 lies in port."
    assert dataset.roles.text == "question,context"
    assert dataset.reading.fields_of("text") == ("question", "context")


def test_field_whose_own_name_holds_a_comma_is_taken_as_it_stands():
    rows = [{"what, where": f"words of row {i}", "what": "x", "where": "y"} for i in range(3)]
    assert texts(dataset_of(rows, text="what, where"))[0] == "words of row 0"


@pytest.mark.parametrize(
    ("options", "sentence", "setting"),
    [
        (
            {"text": "question,nope"},
            "d.jsonl: no field 'nope' for the text (found: context, question). Choose one of these.",
            "text",
        ),
        (
            {"embed": "nope"},
            "d.jsonl: 'nope' is no part of the text (parts: context, question). Choose one of these, or all.",
            "embed",
        ),
        (
            {"text": "question", "embed": "context"},
            "d.jsonl: 'context' is no part of the text (parts: one field alone makes the text). Choose one of these, or all.",
            "embed",
        ),
    ],
)
def test_part_that_is_not_there(options: dict[str, str], sentence: str, setting: str):
    with pytest.raises(DatasetError, match=f"^{re.escape(sentence)}$") as raised:
        dataset_of(PAIRS, **options)
    assert raised.value.settings == (setting,)


def test_fields_that_tell_rows_of_one_text_apart_are_told():
    dataset = dataset_of(PAIRS, text="question")
    assert dataset.reading.notes == ("6 rows, 1 different texts; context tells them apart.",)
    assert (dataset.repeated_text, dataset.reading.distinguishing_fields) == (True, ("context",))
    assert dataset.variant_fields == ("context",)


def test_a_field_beside_a_text_that_repeats_is_joined_where_its_name_speaks_for_it():
    rows = [{"prompt": "Is it so, and why?", "background": f"It rained on day {i} of the month."} for i in range(8)]
    dataset = dataset_of(rows)
    assert dataset.roles.text == "background,prompt"
    (text,) = [role for role in dataset.reading.roles if role.role == "text"]
    assert text.reason == "8 rows hold 1 different prompt; background tells them apart"
    assert not dataset.repeated_text


def test_rows_that_are_equal_are_told_and_stay_duplicates():
    dataset = dataset_of([{"id": i, "text": "the same words again"} for i in range(5)])
    assert dataset.reading.notes == ("5 rows, 1 different texts; no field tells them apart.",)
    assert not dataset.repeated_text


# Chats


def chat(*turns: str, system: str = "") -> list[dict[str, str]]:
    roles = ("user", "assistant")
    said = [{"role": roles[at % 2], "content": turn} for at, turn in enumerate(turns)]
    return [{"role": "system", "content": system}, *said] if system else said


CHATS = [{"messages": chat(f"Who rows {i}?", "I do.", f"Who steers {i}?", system="Be brief."), "ideal": "me"} for i in range(4)]


@pytest.mark.parametrize(
    ("turn", "first", "said"),
    [
        ("last-user", "Who steers 0?", "the last user turn"),
        ("first-user", "Who rows 0?", "the first user turn"),
        ("all", "system: Be brief.\n\nuser: Who rows 0?\n\nassistant: I do.\n\nuser: Who steers 0?", "all turns"),
    ],
)
def test_turn_of_a_chat(turn: str, first: str, said: str):
    dataset = dataset_of(CHATS, turn=turn)
    assert texts(dataset)[0] == first
    assert json.loads(dataset.examples["turns"][0]) == CHATS[0]["messages"]
    assert dataset.reading.notes == (f"messages is read as a chat: the text is {said}.",)
    assert dataset.reading.form == "chat"


def test_chat_in_which_no_user_speaks_is_set_aside():
    rows = [*CHATS, {"messages": [{"role": "assistant", "content": "Hello."}]}, {"messages": []}]
    dataset = dataset_of(rows)
    assert [(row.line, row.reason) for row in dataset.set_aside] == [(5, "messages has no user turn"), (6, "messages is empty")]


def test_there_are_no_turns_where_no_text_is_a_chat():
    assert "turns" not in dataset_of(PAIRS).examples


def test_texts_that_quote_a_chat_stay_as_they_are():
    rows = [{"question": f"Here is a talk {i}:\n\nHuman: Who rows?\n\nAssistant: I do.\n\nWho rows?"} for i in range(4)]
    dataset = dataset_of(rows)
    assert texts(dataset) == [row["question"] for row in rows]
    assert dataset.reading.form == "text"


def test_transcripts_in_a_known_schema_stay_as_they_are():
    rows = [
        {"question": f"\n\nHuman: Who rows {i}? (A) I (B) You\n\nAssistant: I", "answer_matching_behavior": " (A)"}
        for i in range(4)
    ]
    assert texts(dataset_of(rows)) == [row["question"] for row in rows]


@pytest.mark.parametrize("written", [False, True])
def test_preference_pair_has_its_shared_prompt_as_text(written: bool):
    def talk(end: str, i: int) -> object:
        turns = chat(f"Who rows {i}?", "I do.", "And who steers?", end)
        return (
            "".join(f"\n\n{'Human' if t['role'] == 'user' else 'Assistant'}: {t['content']}" for t in turns) if written else turns
        )

    dataset = dataset_of([{"rejected": talk("Nobody.", i), "chosen": talk("You do.", i)} for i in range(4)])
    assert dataset.reading.form == "preference"
    assert texts(dataset) == ["And who steers?"] * 4
    assert json.loads(dataset.examples["turns"][1]) == chat("Who rows 1?", "I do.", "And who steers?")
    assert json.loads(dataset.examples["endings"][1]) == {"chosen": "You do.", "rejected": "Nobody."}
    assert dataset.examples["label"].isna().all()


def test_preference_pair_with_a_prompt_of_its_own():
    rows = [{"prompt": f"Who rows {i}?", "chosen": f"I do {i}.", "rejected": "Nobody knows who rows this boat."} for i in range(4)]
    dataset = dataset_of(rows)
    assert dataset.roles.text == "prompt"
    assert json.loads(dataset.examples["endings"][0]) == {"chosen": "I do 0.", "rejected": "Nobody knows who rows this boat."}


def test_pair_that_shares_no_prompt_is_set_aside():
    rows = [{"chosen": chat(f"Who rows {i}?", "I."), "rejected": chat(f"Who rows {i}?", "You.")} for i in range(20)]
    rows.append({"chosen": chat("Who?", "I."), "rejected": chat("Where?", "There.")})
    assert [(row.line, row.reason) for row in dataset_of(rows).set_aside] == [(21, "chosen and rejected share no user turn")]


# Options and keys


def quiz(key: object, i: int, **more: object) -> dict[str, object]:
    return {"question": f"What colour is boat {i}?", "choices": [f"red {i}", f"blue {i}"], "answer": key, **more}


@pytest.mark.parametrize("keys", [[0, 1, 0], [1, 2, 1], ["A", "B", "A"], ["b", "a", "b"], [["A"], ["B"], ["A"]]])
def test_label_is_the_letter_and_options_bear_theirs(keys: list[object]):
    dataset = dataset_of([quiz(key, i) for i, key in enumerate(keys)])
    right = ["B", "A", "B"] if keys[0] == "b" else ["A", "B", "A"]
    assert dataset.examples["label"].tolist() == right
    assert dataset.examples["choices"].tolist() == [f'["A. red {i}", "B. blue {i}"]' for i in range(3)]


def test_key_that_is_an_options_text_becomes_its_letter():
    dataset = dataset_of([quiz("blue 0", 0), quiz("red 1", 1), quiz("blue 2", 2)])
    assert dataset.examples["label"].tolist() == ["B", "A", "B"]
    assert "answer is read as the text of an option." in dataset.reading.notes


def test_options_that_all_rows_share_are_classes_and_the_label_is_their_text():
    rows = [{"text": f"The boat {i} is fine", "options": ["good", "bad"], "label": i % 2} for i in range(6)]
    dataset = dataset_of(rows)
    assert dataset.examples["label"].tolist() == ["good", "bad"] * 3
    assert set(dataset.examples["choices"]) == {'["good", "bad"]'}
    assert "label 0–1 is read as an index into the options, counted from 0." in dataset.reading.notes


def test_a_number_without_options_stays_what_it_is():
    assert dataset_of([{"text": f"The boat {i}", "label": i % 2} for i in range(6)]).examples["label"].tolist() == ["0", "1"] * 3


def test_rows_without_a_key_keep_their_options():
    dataset = dataset_of([quiz(1, 0), quiz(None, 1), quiz(0, 2)])
    assert dataset.examples["label"].isna().tolist() == [False, True, False]
    assert dataset.examples["choices"][1] == '["A. red 1", "B. blue 1"]'


def test_options_that_score_tell_the_label():
    rows = [{"input": f"Is boat {i} red?", "target_scores": {"yes": i % 2, "no": 1 - i % 2}} for i in range(4)]
    assert dataset_of(rows).examples["label"].tolist() == ["no", "yes", "no", "yes"]


def test_options_on_lines_inside_the_question():
    rows = [{"question": f"What of boat {i}?\nA. red {i}\nB. blue {i}\nC. grey", "answer": "ABC"[i % 3]} for i in range(6)]
    dataset = dataset_of(rows)
    assert dataset.examples["label"].tolist() == ["A", "B", "C"] * 2
    assert dataset.examples["choices"][1] == '["A. red 1", "B. blue 1", "C. grey"]'


def test_answers_of_free_questions_are_keys_and_no_options():
    rows = [{"question": f"Who rows boat {i}?", "answers": [f"Ann {i}", "the rower"]} for i in range(30)]
    dataset = dataset_of(rows)
    assert (dataset.roles.choices, dataset.roles.label) == (None, None)
    assert dataset.reading.fields_of("reference") == ("answers",)
    assert dataset.examples["choices"].isna().all()


def test_options_of_a_table_without_a_header():
    rows = [{"a": f"What is the colour of boat {i}?", "b": "one", "c": "two", "d": "three", "e": "ABC"[i % 3]} for i in range(9)]
    dataset = dataset_of(rows)
    assert (dataset.roles.text, dataset.roles.choices, dataset.roles.label) == ("a", "b,c,d", "e")
    assert dataset.examples["label"].tolist() == ["one", "two", "three"] * 3


def test_choices_of_several_fields_are_named_with_commas():
    rows = [{"text": f"Which is right, {i}?", "x": f"red {i}", "y": f"blue {i}", "key": i % 2} for i in range(4)]
    dataset = dataset_of(rows, choices="x,y", label="key")
    assert dataset.examples["label"].tolist() == ["A", "B"] * 2
    assert dataset.roles.choices == "x,y"


def test_part_choices_embeds_the_options_of_several_fields():
    rows = [{"question": f"Which is right, {i}?", "A": f"red {i}", "B": f"blue {i}", "answer": "AB"[i % 2]} for i in range(4)]
    assert embedded(dataset_of(rows, part="choices"))[1] == "red 1\nblue 1"


# What is told


def test_every_role_is_told_with_its_reason_and_the_runner_up():
    rows = [
        {"prompt": f"What of boat {i}?", "essay": f"On boat {i} there is much to be said", "label": "ab"[i % 2]} for i in range(30)
    ]
    assert dataset_of(rows).reading.sentences() == [
        "text = prompt: a known name of what is asked; next essay (free text, 9 words a row)",
        "label = label: a known name of a label, 2 different in 30 rows looked at",
    ]


def test_reading_goes_through_json_and_back():
    reading = Reading((RoleReading("text", ("a", "b"), "why", ("c",), "less"),), ("note",), "joined", ("d",), ("e",))
    assert Reading.from_dict(json.loads(json.dumps(reading.as_dict()))) == reading


def test_options_are_kept_where_they_were_given():
    assert ReadOptions().given() == {"part": "whole"}
    given = ReadOptions(text="a,b", label="", turn="all", embed="a", yes=True)
    assert ReadOptions(**given.given()) == given
    assert given.given() == {"text": "a,b", "label": "", "part": "whole", "turn": "all", "embed": "a", "yes": True}


def test_files_with_and_without_chats_are_one_collection():
    plain = pd.DataFrame({"messages": ["plain words here", "and here too"]})
    tables = [table_of(CHATS), plain]
    files = [
        FileRows(name, name, np.arange(1, len(table) + 1), ["{}"] * len(table), table)
        for name, table in zip("ab", tables, strict=True)
    ]
    dataset = assemble(files, name="both", source="/both")
    assert dataset.examples["turns"].isna().tolist() == [False] * 4 + [True] * 2


# Objects inside rows


def test_text_inside_an_object_is_found_where_the_rows_have_none():
    rows = [{"run": i, "inputs": {"question": f"Where does boat {i} lie?"}, "outputs": {"answer": "in port"}} for i in range(4)]
    dataset = dataset_of(rows)
    assert (dataset.roles.text, dataset.roles.label) == ("inputs.question", "outputs.answer")
    assert texts(dataset)[0] == "Where does boat 0 lie?"
    assert dataset.fields["inputs"][0] == '{"question": "Where does boat 0 lie?"}'


def test_field_inside_an_object_can_be_named():
    rows = [{"text": f"boat {i}", "meta": {"more": {"kind": "sail" if i % 2 else "row"}}} for i in range(4)]
    assert "meta.more.kind" not in dataset_of(rows).fields
    assert dataset_of(rows, group="meta.more.kind").examples["group"].tolist() == ["row", "sail"] * 2


def test_records_of_a_harness_read_as_their_documents():
    doc = {"question": "Where does boat {} lie?", "choices": ["port {}", "sea {}"]}
    rows = [
        {
            "doc_id": i,
            "doc": {**doc, "question": doc["question"].format(i), "choices": [c.format(i) for c in doc["choices"]]},
            "target": i % 2,
        }
        for i in range(6)
    ]
    dataset = dataset_of(rows)
    assert (dataset.roles.text, dataset.roles.choices, dataset.roles.label) == ("doc.question", "doc.choices", "target")
    assert dataset.examples["label"].tolist() == ["A", "B"] * 3
