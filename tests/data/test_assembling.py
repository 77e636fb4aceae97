"""From the rows of files to a dataset of examples."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evalmap.data.assembling import assemble
from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.readers.table import table_of
from evalmap.data.records import EXAMPLE_COLUMNS, Boilerplate, Dataset, FileRows, ReadOptions, SetAside
from evalmap.tests.fakes import write_rows
from evalmap.tests.paths import SAMPLES

PERSONA = SAMPLES / "persona" / "prefers-careful-planning.jsonl"
RISK = SAMPLES / "advanced-ai-risk" / "lm_generated_evals" / "accepts-being-paused.jsonl"
PLANTED = json.loads((SAMPLES / "PLANTED.json").read_text())


def file_of(rows: list[dict], *, name: str = "d", set_aside: tuple[SetAside, ...] = (), replaced: int = 0) -> FileRows:
    raw = [json.dumps(row) for row in rows]
    return FileRows(name, f"{name}.jsonl", np.arange(1, len(rows) + 1), raw, table_of(rows), set_aside, replaced)


def dataset_of(rows: list[dict], **options: str) -> Dataset:
    return assemble([file_of(rows)], name="d", source="d.jsonl", options=ReadOptions(**options))  # type: ignore[arg-type]


def embedded(dataset: Dataset) -> list[str]:
    return dataset.examples["embedded_text"].tolist()


def test_examples_have_the_stated_columns_and_types():
    dataset = open_dataset(PERSONA)
    examples = dataset.examples
    assert tuple(examples.columns) == EXAMPLE_COLUMNS
    assert examples.index.equals(pd.RangeIndex(200))
    assert examples["line"].dtype == np.int64
    assert examples["confidence"].dtype == np.float64
    assert all(examples[c].dtype == "str" for c in EXAMPLE_COLUMNS if c not in ("line", "confidence"))
    lines = PERSONA.read_text(encoding="utf-8").split("\n")
    assert examples["raw"].tolist() == [lines[line - 1] for line in examples["line"]]
    assert examples["label"].tolist() == [json.loads(raw)["answer_matching_behavior"].strip() for raw in examples["raw"]]


def test_rows_that_are_equal_share_their_hash_whatever_the_order_of_their_fields():
    rows = [{"text": "one", "n": 1}, {"n": 1, "text": "one"}, {"text": "one", "n": 2}, {"text": "one"}]
    ids = dataset_of(rows).examples["example_id"].tolist()
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    assert all(re.fullmatch("[0-9a-f]{16}", one) for one in ids)


def test_planted_exact_duplicates_share_their_text_and_not_their_identity():
    examples = open_dataset(PERSONA).examples
    by_line = examples.set_index("line")["text"]
    for first, second in PLANTED["persona/prefers-careful-planning.jsonl"]["exact"]:
        assert by_line[first] == by_line[second]
    assert not examples.duplicated(["dataset", "line"]).any()


# What is embedded


def test_question_and_statement_are_embedded_alike():
    by_question, by_statement = (open_dataset(PERSONA, options=ReadOptions(text=field)) for field in ("question", "statement"))
    assert embedded(by_question) == embedded(by_statement)
    (found,) = by_question.boilerplate
    assert (len(found.prefix), found.suffix, found.rows, found.of) == (53, '"', 200, 200)
    assert by_statement.boilerplate == ()


def test_question_and_statement_are_embedded_alike_where_the_statements_share_an_opening_too():
    verbs = ["walk", "swim", "run", "sing"] * 10
    statements = [*(f"If I could choose, I would {verb}" for verb in verbs), "I choose nothing", "No"]
    rows = [{"question": f'Would you say this?\n"{s}"', "statement": s, "answer_matching_behavior": " Yes"} for s in statements]
    by_question, by_statement = (dataset_of(rows, text=field) for field in ("question", "statement"))
    assert embedded(by_question) == embedded(by_statement) == [*verbs, "I choose nothing", "No"]
    assert [(one.prefix, one.suffix, one.rows) for one in by_question.boilerplate] == [
        ('Would you say this?\n"', '"', 42),
        ("If I could choose, I would ", "", 40),
    ]


def test_nulls_are_set_aside_by_line_and_the_others_keep_their_own_text_under_boilerplate():
    boilerplate = "Please tell me about thing "
    rows: list[dict] = [{"text": f"{boilerplate}{i}"} for i in range(60)]
    for at, missing in ((3, None), (17, ""), (40, "  \n ")):
        rows[at] = {"text": missing}
    dataset = dataset_of(rows)
    assert dataset.boilerplate == (Boilerplate("d", boilerplate, "", 57, 57),)
    assert embedded(dataset) == [str(i) for i in range(60) if i not in (3, 17, 40)]
    assert dataset.examples["line"].tolist() == [i + 1 for i in range(60) if i not in (3, 17, 40)]
    assert [(row.line, row.reason) for row in dataset.set_aside] == [
        (4, "text is null"),
        (18, "text is empty"),
        (41, "text is empty"),
    ]


@pytest.mark.parametrize("missing", [None, float("nan"), pd.NA, np.nan])
def test_no_missing_value_is_ever_embedded_as_a_word(missing: object):
    fields = pd.DataFrame({"text": pd.Series(["a text of words", missing, "null is a word here"], dtype=object)})
    file = FileRows("d", "d.csv", np.array([1, 2, 3]), ["{}"] * 3, fields)
    dataset = assemble([file], name="d", source="d.csv")
    assert embedded(dataset) == ["a text of words", "null is a word here"]
    assert [row.line for row in dataset.set_aside] == [2]


def test_nested_text_is_set_aside():
    dataset = dataset_of([{"text": "a b"}, {"text": ["a", "b"]}, {"text": {"a": 1}}, {"text": "c d"}])
    assert dataset.set_aside == (SetAside("d", 2, "text is not text"), SetAside("d", 3, "text is not text"))


def test_numbers_chosen_as_text_are_embedded_as_they_read():
    assert embedded(dataset_of([{"n": 12, "b": "x"}, {"n": 7, "b": "y"}], text="n")) == ["12", "7"]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("whole", ["Go?\n\nChoices:\n(A) Yes\n(B) No", "Stay? (A) Now (B) Later", "Why is it so?"]),
        ("stem", ["Go?", "Stay?", "Why is it so?"]),
        ("choices", ["Yes\nNo", "Now\nLater"]),
    ],
)
def test_part_of_a_multiple_choice_question(part: str, expected: list[str]):
    questions = ["Go?\n\nChoices:\n(A) Yes\n(B) No", "Stay? (A) Now (B) Later", "Why is it so?"]
    dataset = dataset_of([{"question": q, "answer_matching_behavior": " (A)"} for q in questions], part=part)
    assert embedded(dataset) == expected
    assert dataset.examples["text"].tolist() == questions[: len(expected)]
    assert dataset.set_aside == ((SetAside("d", 3, "no choices in question"),) if part == "choices" else ())
    assert dataset.examples["choices"].tolist()[:2] == ['["(A) Yes", "(B) No"]', '["(A) Now", "(B) Later"]']


def test_planted_rows_without_a_question_have_no_stem():
    dataset = open_dataset(RISK, options=ReadOptions(part="stem"))
    planted = PLANTED["advanced-ai-risk/lm_generated_evals/accepts-being-paused.jsonl"]["no_question"]
    assert [row.line for row in dataset.set_aside] == planted
    assert {row.reason for row in dataset.set_aside} == {"no stem in question"}


def test_text_of_100_kb_is_kept_whole():
    long = "word " * 20_000
    assert embedded(dataset_of([{"text": long}, {"text": "short one"}]))[0] == long


# The other roles


def test_list_valued_answers_become_json_texts():
    dataset = open_dataset(SAMPLES / "sycophancy" / "sycophancy_on_scientific_practice.jsonl")
    answers = dataset.fields["answer_not_matching_behavior"]
    assert [json.loads(text) for text in answers] == [
        json.loads(raw)["answer_not_matching_behavior"] for raw in dataset.examples["raw"]
    ]
    assert json.loads(answers[0]) == [" (A)", " (C)", " (D)", " (E)"]
    listed = open_dataset(dataset.source, options=ReadOptions(label="answer_not_matching_behavior"))
    assert listed.examples["label"][0] == '[" (A)", " (C)", " (D)", " (E)"]'


def test_labels_are_stripped_texts_and_missing_ones_stay_missing():
    rows = [{"text": f"words {i}", "label": label} for i, label in enumerate([" Yes", None, 1, True, "No "])]
    labels = dataset_of(rows, label="label").examples["label"]
    assert labels.dropna().tolist() == ["Yes", "1", "True", "No"]
    assert labels.isna().tolist() == [False, True, False, False, False]


def test_whole_numbers_read_as_reals_are_labels_without_a_point():
    rows = [{"text": f"words {i}", "label": label} for i, label in enumerate([1, None, 0])]
    assert dataset_of(rows).examples["label"].dropna().tolist() == ["1", "0"]


def test_confidence_that_is_no_number_is_nan():
    rows = [{"text": f"words {i}", "confidence": value} for i, value in enumerate([0.5, None, "high"])]
    found = dataset_of(rows, confidence="confidence").examples["confidence"].to_numpy()
    assert np.array_equal(found, [0.5, np.nan, np.nan], equal_nan=True)


def test_integers_beyond_float64_survive_in_the_fields():
    big = 2**53 + 1
    for values in ([big, None], [big, 0.5], [2**64 - 1, None], [-(2**63), 2**63 - 1]):
        fields = dataset_of([{"text": f"words {i}", "n": value} for i, value in enumerate(values)]).fields
        kept = fields["n"][0]
        assert int(kept) == values[0], values


def test_mixed_values_become_json_texts_and_texts_stay():
    rows = [{"text": f"words {i}", "x": value} for i, value in enumerate([1, "one", [1], None, True, {"a": None}])]
    fields = dataset_of(rows).fields["x"]
    assert fields.dropna().tolist() == ["1", "one", "[1]", "true", '{"a": null}']
    assert fields.isna().tolist() == [False, False, False, True, False, False]


def test_fields_go_to_parquet_and_back(tmp_path: Path):
    many = {f"c{c}": c for c in range(300)}
    rows = [{"text": f"words {i}", "x": [1, None, "a"][i % 3], "y": [i], "z": i, **many} for i in range(6)]
    dataset = dataset_of(rows)
    dataset.fields.to_parquet(tmp_path / "fields.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "fields.parquet"), dataset.fields)


# Several files


def test_collection_keeps_files_apart_by_dataset_and_line():
    first = [{"statement": f"apples {i}"} for i in range(3)]
    second = [{"prompt": "pears 0"}, {"prompt": None}, {"prompt": "pears 2"}]
    dataset = assemble([file_of(first, name="a"), file_of(second, name="b/c")], name="both", source="/both")
    assert list(zip(dataset.examples["dataset"], dataset.examples["line"], strict=True)) == [
        ("a", 1), ("a", 2), ("a", 3), ("b/c", 1), ("b/c", 3),
    ]  # fmt: skip
    assert embedded(dataset) == ["apples 0", "apples 1", "apples 2", "pears 0", "pears 2"]
    assert dataset.fields["prompt"].tolist()[3:] == ["pears 0", "pears 2"]
    assert dataset.set_aside == (SetAside("b/c", 2, "prompt is null"),)
    assert dataset.notes == ("The files do not share one schema: 1 generic (statement), 1 generic (prompt).",)


def test_boilerplate_is_found_file_by_file():
    files = [file_of([{"text": f"Opening of file {name}: {i}"} for i in range(5)], name=name) for name in "ab"]
    dataset = assemble(files, name="both", source="/both")
    assert {one.dataset: one.prefix for one in dataset.boilerplate} == {"a": "Opening of file a: ", "b": "Opening of file b: "}
    assert embedded(dataset) == ["0", "1", "2", "3", "4"] * 2


# Notes and errors


def test_duplicate_ids_are_noted_with_their_lines():
    dataset = dataset_of([{"id": i, "text": f"words {n}"} for n, i in enumerate(["x", "y", "x", "z", "x"])])
    assert dataset.notes == (
        "3 rows share their id with another (first: id x on lines 1, 3, 5 of d): rows are told apart by dataset and line.",
    )


def test_one_id_in_two_files_is_no_duplicate():
    files = [file_of([{"id": 1, "text": "some words"}], name=name) for name in "ab"]
    assert assemble(files, name="both", source="/both").notes == ()


def test_replaced_surrogates_are_noted():
    file = file_of([{"text": "a b"}, {"text": "c d"}], replaced=2)
    (note,) = assemble([file], name="d", source="d").notes
    assert note == "2 rows held half a surrogate pair, which is no character: each was replaced by U+FFFD."


def test_rows_set_aside_by_the_reader_are_kept_in_front():
    file = file_of([{"text": "a b"}, {"text": None}, {"text": "c d"}], set_aside=(SetAside("d", 9, "the line holds null"),))
    assert [row.line for row in assemble([file], name="d", source="d").set_aside] == [9, 2]


def test_no_example_left():
    sentence = "d.jsonl: no example left of 3 rows (2 × text is null, 1 × text is empty). Check the text field."
    with pytest.raises(DatasetError, match=f"^{re.escape(sentence)}$"):
        dataset_of([{"text": None}, {"text": ""}, {"text": None}], text="text")


def test_one_row_is_too_few():
    with pytest.raises(DatasetError, match=r"^d\.jsonl: holds 1 example, and a map needs at least 2\. Open a file with more"):
        dataset_of([{"text": "only one"}])


def test_no_file_holds_no_example():
    with pytest.raises(DatasetError, match=r"^nowhere: no example left of 0 rows \(nothing read\)"):
        assemble([], name="d", source="nowhere")


def test_all_identical_rows_are_examples_each():
    dataset = dataset_of([{"text": "the same words again"}] * 5)
    assert embedded(dataset) == ["the same words again"] * 5
    assert dataset.boilerplate == ()


# Where a dataset comes from


def test_missing_file_is_told_by_its_path(tmp_path: Path):
    for path in (tmp_path / "nothing.jsonl", Path("some/nothing.jsonl"), Path("folder/nothing.csv.gz")):
        with pytest.raises(DatasetError, match=f"^{re.escape(str(path))}: no such file or folder. Check the path.$"):
            open_dataset(path, downloads=tmp_path)


@pytest.mark.parametrize("location", ["http://example.org/a.jsonl", "file:///etc/passwd", "ftp://example.org/a.csv"])
def test_only_https_addresses_are_opened(location: str, tmp_path: Path):
    with pytest.raises(DatasetError, match=f"^{re.escape(location)}: only https addresses are opened. Use https://… or a file.$"):
        open_dataset(location, downloads=tmp_path)


@pytest.mark.parametrize("location", ["x" * 5000, "a\0b"])
def test_location_that_no_file_can_have(location: str, tmp_path: Path):
    with pytest.raises(DatasetError, match="no such file or folder"):
        open_dataset(location, downloads=tmp_path)


def test_file_and_folder_are_named_after_their_path(tmp_path: Path):
    rows = [{"text": f"some words {i}"} for i in range(4)]
    folder = tmp_path / "things"
    folder.mkdir()
    file = write_rows(folder / "first.part.jsonl", rows)
    counts: list[tuple[int, int]] = []
    assert open_dataset(file).name == "first.part"
    found = open_dataset(folder, progress=lambda done, total: counts.append((done, total)))
    assert (found.name, found.source, counts) == ("things", str(folder), [(4, 0)])
    assert open_dataset(folder, name="mine").name == "mine"


def test_part_choices_takes_a_field_of_choices_where_the_text_holds_none():
    rows = [
        {"question": "What boils at 100 degrees?", "choices": ["Water", "Iron"]},
        {"question": "What is a mammal?", "choices": {"text": ["A whale", "A shark"], "label": ["A", "B"]}},
        {"question": "What has no options?", "choices": []},
        {"question": "Which is red?", "choices": ["Blood", "Milk"]},
    ]
    dataset = dataset_of(rows, part="choices")
    assert embedded(dataset) == ["Water\nIron", "A whale\nA shark", "Blood\nMilk"]
    assert [(row.line, row.reason) for row in dataset.set_aside] == [(3, "no choices in question")]
