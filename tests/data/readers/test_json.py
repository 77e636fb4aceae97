"""JSONL and JSON arrays: which rows come out, and the sentence for each thing that is wrong."""

import gzip
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalmap.data.errors import DatasetError
from evalmap.data.readers import content, read_file
from evalmap.data.records import FileRows, SetAside

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
ROWS = st.lists(st.fixed_dictionaries({"text": TEXTS, "label": st.sampled_from([" Yes", " No"])}), min_size=1, max_size=8)


def read(folder: Path, data: bytes | str, name: str = "set.jsonl") -> FileRows:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_file(path, source=name)


def says(sentence: str):
    return pytest.raises(DatasetError, match=re.escape(sentence))


def test_jsonl_rows_keep_their_line_number_and_their_bytes(tmp_path):
    rows = read(tmp_path, '{"text": "a",  "n": 1}\r\n\n  \n{"n":2, "text":"b"}')
    assert rows.name == "set"
    assert rows.lines.tolist() == [1, 4]
    assert rows.raw == ['{"text": "a",  "n": 1}\r', '{"n":2, "text":"b"}']
    assert list(rows.fields.columns) == ["text", "n"]
    assert rows.fields["text"].tolist() == ["a", "b"]
    assert rows.fields["n"].tolist() == [1, 2]


def test_line_separator_inside_a_line_does_not_end_it(tmp_path):
    rows = read(tmp_path, '{"text": "one\u2028two\x85three"}\n{"text": "four"}\n')
    assert rows.fields["text"].tolist() == ["one\u2028two\x85three", "four"]
    assert rows.lines.tolist() == [1, 2]


@pytest.mark.parametrize("name", ["set.jsonl", "set.json"])
def test_byte_order_mark_is_accepted(tmp_path, name):
    data = b'\xef\xbb\xbf{"text": "a"}' if name == "set.jsonl" else b'\xef\xbb\xbf[{"text": "a"}]'
    assert read(tmp_path, data, name).fields["text"].tolist() == ["a"]


def test_nulls_stay_none_and_a_null_line_is_set_aside(tmp_path):
    rows = read(tmp_path, '{"text": null, "n": 1}\nnull\n{"text": "null"}\n')
    assert rows.lines.tolist() == [1, 3]
    assert rows.fields["text"].isna().tolist() == [True, False]
    assert rows.fields["text"].iloc[1] == "null"
    assert rows.fields["n"].isna().tolist() == [False, True]
    assert rows.set_aside == (SetAside("set", 2, "the line holds null"),)


def test_nested_values_stay_python_objects(tmp_path):
    rows = read(tmp_path, '{"a": [" (A)", " (B)"], "b": {"c": 1}}\n{"a": " (C)"}\n')
    assert rows.fields["a"].tolist() == [[" (A)", " (B)"], " (C)"]
    assert rows.fields["b"].tolist() == [{"c": 1}, None]


@pytest.mark.parametrize("name", ["set.jsonl", "set.json"])
def test_lone_surrogates_are_replaced_and_counted_by_row(tmp_path, name):
    lines = [r'{"text": "half \ud83d of \ude00", "n": ["\udfff"]}', r'{"text": "whole \ud83d\ude00"}', r'{"text": "a \\ud83d"}']
    rows = read(tmp_path, "\n".join(lines) if name == "set.jsonl" else f"[{','.join(lines)}]", name)
    assert rows.replaced == 1
    assert rows.fields["text"].tolist() == ["half \ufffd of \ufffd", "whole 😀", r"a \ud83d"]
    assert rows.fields["n"].iloc[0] == ["\ufffd"]
    if name == "set.jsonl":
        assert rows.raw == lines


def test_integers_with_gaps_become_floats_unless_that_would_change_them(tmp_path):
    rows = read(tmp_path, '{"a": 1, "b": 9007199254740993, "c": 18446744073709551615}\n{"c": 1}\n')
    assert str(rows.fields["a"].dtype) == "float64"
    assert rows.fields["b"].tolist() == [9007199254740993, None]
    assert rows.fields["c"].tolist() == [18446744073709551615, 1]


def test_300_columns_and_100_kb_texts_are_fine(tmp_path):
    row = {f"column {i}": i for i in range(300)} | {"text": "x" * 100_000}
    rows = read(tmp_path, json.dumps(row) + "\n" + json.dumps(row))
    assert rows.fields.shape == (2, 301)
    assert rows.fields["text"].str.len().tolist() == [100_000, 100_000]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ('{"a": 1}\n\n{"a"', "set.jsonl line 3, column 5: not JSON (expecting ':' delimiter). Expected a JSON object on each"),
        ('{"a": 1} {"a": 2}', "set.jsonl line 1, column 10: more text after the JSON value."),
        ("{'a': 1}", "set.jsonl line 1, column 2: not JSON (expecting property name enclosed in double quotes)."),
        ('{"a": 1}\n[1]', "set.jsonl line 2: an array, expected a JSON object with named fields."),
        ('{"a": "x\ty"}', "set.jsonl line 1, column 9: not JSON (invalid control character). Expected a JSON object on each line."),
        ('{"a": "x', "set.jsonl line 1, column 7: not JSON (unterminated string). Expected a JSON object on each line."),
        ('"text"', "set.jsonl line 1: a text, expected a JSON object with named fields."),
        ("12", "set.jsonl line 1: a number, expected a JSON object"),
        ("true", "set.jsonl line 1: true or false, expected a JSON object"),
        ('{"a": 1e999}', "set.jsonl line 1: the number 1e999 is out of range. Write it as a text in quotes."),
        ('{"a": ' + "9" * 5000 + "}", "set.jsonl line 1: the integer 999999999999… (5,000 characters) does not fit 64 bits."),
        ('{"a": 18446744073709551616}', "set.jsonl line 1: the integer 18446744073709551616 does not fit 64 bits."),
        ('{"a": ' + "[" * 100_000, "set.jsonl line 1: nested deeper than 100 levels. Flatten it."),
        ('{"a": ' + "[" * 101 + "]" * 101 + "}", "set.jsonl line 1: nested deeper than 100 levels."),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', 'set.jsonl line 1: the key "c" occurs twice in one object. Keep one of them.'),
        ("", "set.jsonl: the file is empty. Expected at least one row."),
        ("\n \n", "set.jsonl: no rows (only blank lines). Expected at least one row."),
        ("null\nnull", "set.jsonl: no rows (2 lines hold null)."),
        (
            b'{"a": 1}\n{"a": "caf\xe9"}',
            "set.jsonl line 2, byte 11: 0xE9 is not UTF-8. Save the file as UTF-8, or name its encoding.",
        ),
        (b'{"a": "\xed\xa0\x80"}', "set.jsonl line 1, byte 8: 0xED is not UTF-8."),
        (b"\xff\xfe{", "set.jsonl: byte 3 is not UTF-16 (truncated data). Name the encoding that it was written in."),
    ],
)
def test_bad_jsonl_is_refused_by_line(tmp_path, data, sentence):
    with says(sentence):
        read(tmp_path, data)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ('{"data": [1]}', "set.json: an object (data), expected an array of objects, or an object that holds one list of them."),
        ('{"a": 1} {"a": ', "set.json record 2, at the end of the file: not JSON (expecting value)."),
        ('{"a": 1} [2]', "set.json record 2, at line 1: not JSON (expected an object)."),
        ("12", "set.json: a number, expected an array of objects."),
        ("hello", "set.json line 1: not JSON. Expected an array of objects."),
        ("[]", "set.json: no rows (the array is empty)."),
        ("[null]", "set.json: no rows (1 records are null)."),
        (" \n", "set.json: no rows (only blank lines)."),
        ('[{"a": 1},\n 5]', "set.json record 2: a number, expected an object with named fields."),
        ('[{"a": 1},\n {"a": }]', "set.json record 2, at line 2: not JSON (expecting value)."),
        ('[{"a": 1},]', "set.json record 2, at line 1: not JSON (expecting value)."),
        ('[{"a": 1}\n{"a": 2}]', "set.json record 2, at line 2: not JSON (expected a comma or the closing bracket)."),
        ('[{"a": 1},\n', "set.json record 2, at the end of the file: not JSON (expecting value)."),
        ('[{"a": 1}', "set.json record 2, at the end of the file: not JSON (expected a comma or the closing bracket)."),
        ('[{"a": 1}]\n{"a": 2}', "set.json line 2: more text after the array's end. Expected one array of objects."),
        ('[{"a": 1},\n{"a": 1, "a": 1}]', 'set.json record 2 (line 2): the key "a" occurs twice in one object.'),
        ("[" * 100_000, "set.json record 1 (line 1): nested deeper than 100 levels."),
    ],
)
def test_bad_json_is_refused_by_record(tmp_path, data, sentence):
    with says(sentence):
        read(tmp_path, data, "set.json")


def test_json_records_are_numbered_and_written_on_one_line(tmp_path):
    rows = read(tmp_path, '[\n {"text": "ä",\n  "n": 1},\n null,\n {"text": "b\\n"}\n]\n', "set.json")
    assert rows.lines.tolist() == [1, 3]
    assert rows.raw == ['{"text": "ä", "n": 1}', '{"text": "b\\n"}']
    assert rows.set_aside == (SetAside("set", 2, "the record is null"),)


def test_gzip_is_unpacked_and_a_broken_one_refused(tmp_path):
    packed = gzip.compress(b'{"text": "a"}\n' * 1000)
    assert len(read(tmp_path, packed, "set.jsonl.gz").raw) == 1000
    with says("set.jsonl.gz: the gzip file breaks off after 0 bytes. Fetch or pack it again."):
        read(tmp_path, packed[:-4][:20], "set.jsonl.gz")
    with says("set.jsonl.gz: the gzip file is damaged (CRC check failed"):
        read(tmp_path, packed[:-8] + b"\0" * 8, "set.jsonl.gz")
    with says("set.jsonl.gz: not a gzip file, though its name ends in .gz."):
        read(tmp_path, '{"text": "a"}', "set.jsonl.gz")
    with says("set.jsonl.gz: the file is empty."):
        read(tmp_path, b"", "set.jsonl.gz")


def test_bombs_are_turned_down_before_they_unfold(tmp_path, monkeypatch):
    monkeypatch.setattr(content, "MAX_BYTES", 1024**2)
    with says("set.jsonl.gz: holds more than 0.000976562 GiB unpacked, the most that is read. Split the file."):
        read(tmp_path, gzip.compress(b"\n" * (2 * 1024**2)), "set.jsonl.gz")
    with says("set.jsonl: holds more than 0.000976562 GiB unpacked"):
        read(tmp_path, b"\n" * (2 * 1024**2))
    monkeypatch.setattr(content, "MAX_ROWS", 3)
    with says("set.jsonl: holds more than 3 rows, the most that is read. Split the file."):
        read(tmp_path, "{}\n" * 4)
    with says("set.json: holds more than 3 rows"):
        read(tmp_path, "[{},{},{},{}]", "set.json")


@given(rows=ROWS, ascii_only=st.booleans())
def test_jsonl_and_json_round_trips(tmp_path_factory, rows, ascii_only):
    folder = tmp_path_factory.mktemp("rows")
    lines = [json.dumps(row, ensure_ascii=ascii_only) for row in rows]
    back = read(folder, "\n".join(lines))
    assert back.raw == lines
    assert back.fields["text"].tolist() == [row["text"] for row in rows]
    array = read(folder, json.dumps(rows, ensure_ascii=ascii_only), "set.json")
    assert array.fields["text"].tolist() == [row["text"] for row in rows]
    assert [json.loads(raw) for raw in array.raw] == rows


@pytest.mark.evals
def test_published_file_reads_as_it_stands(evals_root):
    rows = read_file(evals_root / "persona" / "politically-liberal.jsonl")
    assert len(rows.raw) == 1000
    assert rows.fields["label_confidence"].iloc[920] == pytest.approx(0.96392, abs=5e-6)
    assert rows.fields["answer_matching_behavior"].iloc[920] == " Yes"
    assert rows.lines[920] == 921
