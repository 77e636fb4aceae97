"""Which column of a table is the model's, which the key, which the question, by their names alone."""

import json
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalmap.answers.importers import tables
from evalmap.answers.importers.answer_shapes import unfold
from evalmap.answers.importers.import_options import ImportOptions, parse_columns
from evalmap.answers.importers.table_columns import find_columns
from evalmap.data.errors import DatasetError

KEYS = ["answer", "target", "label", "reference", "gold", "ground_truth", "expected", "correct_answer", "ideal", "choice"]
SAID = [
    "prediction",
    "pred",
    "response",
    "output",
    "completion",
    "generated_text",
    "model_output",
    "model_answer",
    "predicted_answer",
]
TWO = [("m1", "Yes"), ("m2", "No")]
BESIDE = ["model", "category", "source", "id", "options", "split"]


def styled(name: str, style: str) -> str:
    words = name.split("_")
    ways = {
        "snake": name,
        "camel": words[0] + "".join(map(str.title, words[1:])),
        "title": " ".join(map(str.title, words)),
        "upper": name.upper(),
        "dashed": "-".join(words),
    }
    return ways[style]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique=True),
    st.sampled_from(SAID),
    st.lists(st.sampled_from(BESIDE), max_size=3, unique=True),
    st.sampled_from(["question", "text", "prompt", "input", "goal"]),
    st.sampled_from(["snake", "camel", "title", "upper", "dashed"]),
    st.randoms(use_true_random=False),
)
def test_predictions_are_never_taken_from_the_key(keys, said, beside, asked, style, random):
    cells = {**dict.fromkeys(beside, "x"), **dict.fromkeys(keys, "the key"), said: "the model", asked: "Is it so, or is it not?"}
    names = list(cells)
    random.shuffle(names)
    rows = [
        {styled(name, style): f"{cells[name]} {i}" if name in (asked, "id") else cells[name] for name in names} for i in range(3)
    ]
    path = Path(mkdtemp()) / "said.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert tables.recognizes(path)
    for staged in tables.read([path]):
        assert {raw.answer if raw.answer is not None else raw.text for raw in staged.answers} == {"the model"}
        assert staged.may_be_key is None
        assert {raw.question for raw in staged.answers} == {f"Is it so, or is it not? {i}" for i in range(3)}


@pytest.mark.parametrize(
    ("names", "roles"),
    [
        ("question answer prediction", {"question": "question", "answer": "prediction", "key": "answer"}),
        ("question answer", {"question": "question", "answer": "answer"}),
        ("question label answer", {"question": "question", "answer": "answer", "key": "label"}),
        ("id text", {"id": "id", "text": "text"}),
        ("text label pred", {"question": "text", "answer": "pred", "key": "label"}),
        ("text response", {"question": "text", "text": "response"}),
        ("question answer raw_text", {"question": "question", "answer": "answer", "text": "raw_text"}),
        ("instruction output generator", {"question": "instruction", "text": "output", "model": "generator"}),
    ],
)
def test_names_have_their_roles(names: str, roles: dict[str, str]):
    assert find_columns(names.split()).roles == roles


def test_a_column_that_the_user_names_wins():
    found = find_columns(["question", "answer", "response"], {"answer": "answer"})
    assert (found.roles["answer"], found.may_be_key) == ("answer", None)
    with pytest.raises(DatasetError, match=r"^no column is called said \(found: question\)\. Name one that is there\.$"):
        find_columns(["question"], {"answer": "said"})


def test_columns_are_named_as_role_and_column():
    assert parse_columns("answer=said, question=Was asked") == {"answer": "said", "question": "Was asked"}
    assert parse_columns(None) == {}
    with pytest.raises(DatasetError, match=r"^'answer' names no column\. Expected role=column, such as answer=said\.$"):
        parse_columns("answer")
    with pytest.raises(DatasetError, match=r"^'reply' is nothing that a column can be\. Expected one of dataset, row, "):
        parse_columns("reply=said")


def test_a_strange_table_is_read_by_the_columns_that_the_user_names(tmp_path: Path):
    path = tmp_path / "said.jsonl"
    path.write_text('{"asked": "So?", "said": "Yes"}\n', encoding="utf-8")
    (staged,) = tables.read([path], ImportOptions(columns={"question": "asked", "answer": "said"}))
    assert [(raw.question, raw.answer) for raw in staged.answers] == [("So?", "Yes")]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"question": "q", "gpt-4o": "Yes", "llama-3-8b": "No"}, [("gpt-4o", "Yes"), ("llama-3-8b", "No")]),
        ({"question": "q", "small_response": "Yes", "large_response": "No", "answer": "No"}, [("small", "Yes"), ("large", "No")]),
        ({"question": "q", "responses": {"m1": "Yes", "m2": "No"}}, [*TWO]),
        (
            {"question": "q", "answers": [{"model": "m1", "text": "Yes"}, {"model": "m2", "text": "No"}]},
            [("m1", "Yes"), ("m2", "No")],
        ),
        ({"prompt": "q", "outputs": [{"text": "Yes"}]}, [(None, "Yes")]),
        ({"prompt": "q", "outputs": [{"text": "Yes"}, {"text": "No"}]}, [(None, "Yes"), (None, "No")]),
        ({"question": "q", "resps": [["Yes"]]}, [(None, "Yes")]),
        ({"question_id": 1, "model_id": "m", "choices": [{"index": 0, "turns": ["Yes", "and so on"]}]}, [(None, "Yes")]),
    ],
)
def test_several_answers_of_a_row_are_unfolded(row, expected):
    rows, origin = unfold([row])
    assert [(one.get("model"), one["response"]) for one in rows] == expected
    assert origin == [0] * len(expected)


@pytest.mark.parametrize(
    "row",
    [
        {"question": "q", "answer_matching_behavior": " Yes", "answer_not_matching_behavior": " No"},
        {"question": "q", "best_answer": "Yes", "correct_answers": ["Yes"], "incorrect_answers": ["No"]},
        {"question": "q", "answers": ["Yes", "yes"]},
        {"id": "q", "answer_set": "s", "answer_set_id": "7", "model": "m", "answer": "Yes"},
        {"question": "q", "choices": ["Yes", "No"], "answer": 0},
        {"question": "q", "choices": [{"text": "Yes", "label": "A"}, {"text": "No", "label": "B"}], "answerKey": "A"},
        {"context": "c", "question": "q", "answers": {"text": ["Yes"], "answer_start": [3]}},
    ],
)
def test_a_dataset_is_no_table_of_several_answers(row):
    assert unfold([row]) == ([row], [0])
