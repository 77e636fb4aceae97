"""JSON that is no plain array of objects: where its rows are, what is told of it, and what is refused."""

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.readers import content, first_row, read_file
from evalmap.data.records import FileRows, ReadOptions

ROWS = [{"question": "Does bread need yeast?", "answer": "Yes"}, {"question": "Do tides fall?", "answer": "No"}]


def read(folder: Path, data: bytes | str | object, name: str = "set.json", **options: Any) -> FileRows:
    path = folder / name
    if not isinstance(data, (bytes, str)):
        data = json.dumps(data)
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_file(path, source=name, options=ReadOptions(**options))


def zstd(text: str) -> bytes:
    return pa.Codec("zstd").compress(text.encode(), asbytes=True)


def written(orient: Any) -> str:
    return pd.DataFrame(ROWS).to_json(orient=orient)


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (written("records"), None),
        (written("columns"), "orient='columns'"),
        (written("index"), "One object a row, by its number."),
        (written("split"), "orient='split'"),
        (written("table"), "The field index is pandas' index: not kept."),
        ({"question": [row["question"] for row in ROWS], "answer": [row["answer"] for row in ROWS]}, "One list a column"),
        ({"version": 1, "examples": ROWS}, "The rows are the list examples inside the file's object. What stands beside it"),
        ({"results": {"results": ROWS, "counts": {"n": 2}}}, "The rows are the list results.results inside"),
        ({"results": {"stats": {"n": 2}, "results": ROWS}}, "The rows are the list results.results inside"),
        ({"authors": [{"name": "A"}, {"name": "B"}], "data": ROWS}, "What stands beside it is not read: authors."),
        ({"rows": [{"row_idx": 0, "row": ROWS[0]}, {"row_idx": 1, "row": ROWS[1]}]}, "the object `row` inside its record"),
        ("\n".join(json.dumps(row, indent=1) for row in ROWS), "2 objects one after the other"),
        ("\n".join(json.dumps(row) for row in ROWS), "2 objects one after the other"),
        ([["question", "answer"], *([row["question"], row["answer"]] for row in ROWS)], None),
    ],
)
def test_the_rows_are_found_and_it_is_told_where(tmp_path, data, note):
    rows = read(tmp_path, data)
    assert rows.fields.to_dict("records") == ROWS
    assert [json.loads(raw) for raw in rows.raw] == ROWS
    assert rows.lines.tolist() == [1, 2]
    assert any(note in told for told in rows.notes) if note else rows.notes == ()


def test_rows_by_id_keep_it_as_a_field(tmp_path):
    rows = read(tmp_path, {"q-tides": ROWS[0], "q-bread": ROWS[1]})
    assert rows.fields["id"].tolist() == ["q-tides", "q-bread"]
    assert rows.notes == ("One object a row, by its id: that is the field id.",)
    taken = read(tmp_path, {"q-tides": {**ROWS[0], "id": 7}, "q-bread": ROWS[1]})
    assert (taken.fields["id"].iloc[0], taken.fields["key"].tolist()) == (7, ["q-tides", "q-bread"])


def test_columns_by_ids_and_rows_by_ids_are_told_apart(tmp_path):
    ids = pd.DataFrame([*ROWS, ROWS[0]], index=["q1", "q2", "q3"])
    assert read(tmp_path, ids.to_json(orient="columns")).fields.to_dict("records") == [*ROWS, ROWS[0]]
    assert read(tmp_path, ids.to_json(orient="index")).fields[["question", "answer"]].to_dict("records") == [*ROWS, ROWS[0]]


def test_texts_are_rows(tmp_path):
    assert read(tmp_path, ["How?", None, "Why?"]).fields["text"].tolist() == ["How?", "Why?"]
    inside = read(tmp_path, {"name": "mine", "prompts": ["How?", "Why?"]})
    assert inside.fields["prompts"].tolist() == ["How?", "Why?"]
    assert inside.notes == ("The rows are the list prompts. What stands beside it is not read: name.",)


def test_splits_inside_an_object_become_a_field(tmp_path):
    rows = read(tmp_path, {"train": [ROWS[0]], "test": [ROWS[1]]})
    assert rows.fields["split"].tolist() == ["train", "test"]
    assert rows.notes == ("The rows of train, test together; the field split says which a row is of.",)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"first": ROWS, "second": ROWS[:1]}, "set.json: an object with 2 lists (first, second), expected one. Save the list that"),
        (
            {"a": {"b": {"c": {"d": ROWS}}}},
            "set.json: an object (a), expected an array of objects, or an object that holds one list",
        ),
        ({}, "set.json: an object, expected an array of objects"),
        ({"columns": ["a", "a"], "data": [[1, 2]]}, "set.json: the list columns does not name each column once."),
        ({"columns": ["a", "b"], "data": [[1, 2], [1]]}, "set.json record 2: a list of 1, expected a list of 2 as in columns."),
        ([["a", "b"], ["c"]], "set.json record 2: a list of 1, expected 2 as in record 1, or an object with named fields."),
        (["a", {"b": 1}], "set.json record 1: a text, expected an object with named fields."),
        ('{"data": [{"a": 1}, {"a": 1, "a": 2}]}', 'set.json record 1 (line 1): the key "a" occurs twice in one object.'),
    ],
)
def test_what_is_in_doubt_or_broken_is_refused(tmp_path, data, sentence):
    with pytest.raises(DatasetError, match=re.escape(sentence)):
        read(tmp_path, data)


def test_advice_to_name_a_file_otherwise_was_tried_on_it(tmp_path):
    pretty = "\n".join(json.dumps(row, indent=1) for row in ROWS)
    for data in (pretty, json.dumps(ROWS, indent=1), json.dumps({"data": ROWS}, indent=1)):
        with pytest.raises(DatasetError, match=re.escape("The file holds JSON, but not one object a line: name it .json.")):
            read(tmp_path, data, "set.jsonl")
        assert read(tmp_path, data, "set.json").fields.to_dict("records") == ROWS
    with pytest.raises(DatasetError) as error:
        read(tmp_path, pretty + "{", "set.jsonl")  # .json would be refused too
    assert "name it" not in str(error.value)


def test_nan_and_infinity_are_missing_and_told(tmp_path):
    line = '{"question": "Do tides fall?", "score": NaN, "more": [Infinity, -Infinity, 1]}'
    rows = read(tmp_path, f'{line}\n{{"question": "Is it so?", "score": 1.5, "more": []}}\n', "set.jsonl")
    assert rows.raw[0] == line
    assert rows.fields["score"].isna().tolist() == [True, False]
    assert rows.fields["more"].tolist() == [[None, None, 1], []]
    assert rows.notes == ("1 row held NaN or Infinity, which is not JSON: read as missing.",)
    array = read(tmp_path, f"[{line}]")
    assert (json.loads(array.raw[0])["score"], array.notes) == (None, rows.notes)


def test_notes_reach_the_dataset_with_the_file_that_they_are_about(tmp_path):
    read(tmp_path, {"data": ROWS}, "a.json")
    read(tmp_path, "".join(f"{json.dumps(row)}\n" for row in ROWS), "b.jsonl")
    assert open_dataset(tmp_path / "a.json").notes == ("The rows are the list data inside the file's object.",)
    assert open_dataset(tmp_path).notes == ("a: The rows are the list data inside the file's object.",)


def test_zstd_is_unpacked_under_the_cap_and_a_broken_one_refused(tmp_path, monkeypatch):
    lines = "".join(f"{json.dumps(row)}\n" for row in ROWS)
    packed = zstd(lines)
    assert read(tmp_path, packed, "set.jsonl.zst").fields.to_dict("records") == ROWS
    assert first_row(tmp_path / "set.jsonl.zst") == ROWS[0]
    several = zstd(lines) + zstd(lines)
    assert len(read(tmp_path, several, "set.jsonl.zst").raw) == 4
    for data, sentence in (
        (packed[:-3], "set.jsonl.zst: the zstd file is damaged (Truncated compressed stream)"),
        (packed[:8] + b"\xff" * 40, "set.jsonl.zst: the zstd file is damaged ("),
        (lines, "set.jsonl.zst: not a zstd file, though its name ends in .zst. Rename it, or pack it with zstd."),
    ):
        with pytest.raises(DatasetError, match=re.escape(sentence)):
            read(tmp_path, data, "set.jsonl.zst")
    monkeypatch.setattr(content, "MAX_BYTES", 1024**2)
    with pytest.raises(DatasetError, match=re.escape("unpacked, the most that is read. Split the file.")):
        read(tmp_path, zstd("\n" * (64 * 1024**2)), "set.jsonl.zst")


def test_a_git_lfs_pointer_is_no_file(tmp_path):
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n"
    for name in ("set.jsonl", "set.json", "set.csv", "set.parquet"):
        with pytest.raises(DatasetError, match=re.escape(f"{name}: a pointer of git-LFS, not the file itself. Run git lfs pull")):
            read(tmp_path, pointer, name)


def test_utf16_is_read_and_told_and_latin1_where_it_is_asked_for(tmp_path):
    lines = '{"question": "Is the café open?"}\n{"question": "Où?"}\n'
    for encoding, name in (("utf-16", "UTF-16"), ("utf-32", "UTF-32")):
        rows = read(tmp_path, lines.encode(encoding), "set.jsonl")
        assert rows.fields["question"].tolist() == ["Is the café open?", "Où?"]
        assert rows.notes == (f"Read as {name}, which the mark at its beginning says that it is.",)
    assert first_row(tmp_path / "set.jsonl") == {"question": "Is the café open?"}
    rows = read(tmp_path, lines.encode("latin-1"), "set.jsonl", encoding="latin-1")
    assert (rows.fields["question"][1], rows.notes) == ("Où?", ("Read as latin-1, as asked.",))
    with pytest.raises(DatasetError, match=re.escape("not UTF-8. Save the file as UTF-8, or name its encoding.")) as error:
        read(tmp_path, lines.encode("latin-1"), "set.jsonl")
    assert error.value.settings == ("encoding",)
    for encoding in ("no-such", "rot13", "hex"):
        with pytest.raises(DatasetError, match=re.escape(f"{encoding!r} is no encoding.")):
            read(tmp_path, lines, "set.jsonl", encoding=encoding)
    with pytest.raises(DatasetError, match=re.escape("is not ascii (ordinal not in range(128)).")):
        read(tmp_path, lines, "set.jsonl", encoding="ascii")


def test_a_data_frames_index_in_jsonl_is_no_field_and_stays_in_the_line(tmp_path):
    lines = [json.dumps({"Unnamed: 0": number, **row}) for number, row in enumerate(ROWS)]
    rows = read(tmp_path, "\n".join(lines), "set.jsonl")
    assert (list(rows.fields), rows.raw) == (["question", "answer"], lines)
    assert rows.notes == ("Unnamed: 0 is a data frame's index, no field: left out.",)
