"""Rows in memory are read as a file of the same rows would be."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.readers import in_memory, jsonl

ROWS: list[dict[str, Any]] = [
    {"prompt": "I plan ahead.", "label": "Yes", "n": 1, "tags": ["a"]},
    {"prompt": "I never plan.", "label": None, "n": 2, "tags": []},
    {"prompt": "Plans bore me.", "label": "No", "n": 3, "tags": ["b", "c"]},
]


def test_dataframe_dicts_and_file_give_the_same_examples(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    from_file = open_dataset(path)
    for given_rows in (ROWS, pd.DataFrame(ROWS), pd.DataFrame(ROWS, index=[7, 3, 9])):
        dataset = open_dataset(given_rows, name="rows")
        assert (dataset.name, dataset.source) == ("rows", "memory:rows")
        assert dataset.roles == from_file.roles
        columns = ["dataset", "line", "text", "embedded_text", "label", "raw"]
        pd.testing.assert_frame_equal(dataset.examples[columns], from_file.examples[columns])


def test_rows_without_a_name_are_known_by_what_they_hold():
    one, same, other = (open_dataset(texts) for texts in (["a b", "c d"], ["a b", "c d"], ["a b", "c e"]))
    assert {one.name, other.name} == {"rows"}
    assert one.source == same.source != other.source


def test_texts_are_the_field_text():
    dataset = open_dataset(["one text", "another text"], name="two")
    assert dataset.examples["text"].tolist() == ["one text", "another text"]
    assert dataset.examples["line"].tolist() == [1, 2]
    assert (dataset.name, dataset.roles.text) == ("two", "text")


def test_times_and_numpy_numbers_are_written_as_json_has_them():
    frame = pd.DataFrame({"text": ["a b", "c d"], "at": [pd.Timestamp("2026-01-02"), pd.NaT], "x": [1.5, float("nan")]})
    rows = in_memory.read(frame, name="t")
    assert [json.loads(raw) for raw in rows.raw] == [
        {"text": "a b", "at": "2026-01-02T00:00:00.000", "x": 1.5},
        {"text": "c d", "at": None, "x": None},
    ]


VALUES = st.none() | st.integers(-9, 9) | st.text(max_size=5)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.dictionaries(st.sampled_from("abc"), VALUES), min_size=1, max_size=5))
def test_rows_are_those_of_the_same_lines_in_a_file(tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, Any]]):
    path = tmp_path_factory.mktemp("lines") / "rows.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    found, expected = in_memory.read(rows, name="rows"), jsonl.read(path, name="rows", source="rows")
    pd.testing.assert_frame_equal(found.fields, expected.fields)
    assert found.raw == expected.raw
    assert found.lines.tolist() == expected.lines.tolist()


def nested(depth: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(depth):
        found = [found]
    return found


def test_half_a_surrogate_pair_is_replaced_as_in_a_file():
    dataset = open_dataset([{"text": "half \ud800 of one"}, {"text": "a whole one", "\udfff": 1}])
    assert dataset.examples["text"].tolist() == ["half \ufffd of one", "a whole one"]
    assert "\n".join(dataset.examples["raw"]).encode("utf-8")
    assert dataset.notes == ("2 rows held half a surrogate pair, which is no character: each was replaced by U+FFFD.",)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], r"mine: no rows\. Expected two or more\."),
        (pd.DataFrame(), r"mine: no rows\. Expected two or more\."),
        (["a", 3], r"mine row 2: a int\. Expected a text or a dict\."),
        ([{"text": "a"}, {"text": {1, 2}}], r"mine row 2: Object of type set is not JSON serializable\. Expected texts, numbers, "),
        (pd.DataFrame([["a", "b"]], columns=["text", "text"]), r"mine: two columns are called text\. Rename one\."),
        (pd.DataFrame([["a", "b"]], columns=["1", 1]), r"mine: two columns are called 1\. Rename one\."),
        ([{"text": "a", "n": 10**400}], r"mine row 1: the integer 1000.* does not fit 64 bits\. Write it as a text in quotes\."),
        ([{"text": "a", "n": 10**5000}], r"mine row 1: Exceeds the limit .*Expected texts, numbers, lists and dicts\."),
        ([{"text": "a", "n": nested(200)}], r"mine row 1: nested deeper than 100 levels\. Flatten it\."),
        ([{"text": "a", "n": nested(100_000)}], r"mine row 1: maximum recursion depth exceeded.*Expected texts, numbers"),
        (pd.DataFrame({"text": ["a"], "n": [nested(200)]}), r"mine.*: (nested deeper than 100 levels|a column holds what JSON)"),
        (pd.DataFrame({"text": ["a"], "n": [b"\xff"]}), r"mine: a column holds what JSON has no word for .*Expected texts"),
        (pd.DataFrame({"text": ["a"], "n": pd.period_range("2020", periods=1)}), r"mine: a column holds what JSON has no word for"),
    ],
)
def test_rows_that_are_none_are_told_in_one_sentence(rows: Any, sentence: str):
    with pytest.raises(DatasetError, match=f"^{sentence}"):
        open_dataset(rows, name="mine")
