"""Rows out again: what comes back from each format is what went in."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalmap.data.assembling import assemble
from evalmap.data.exporting import EXPORT_FORMATS, export_rows
from evalmap.data.opening import open_dataset
from evalmap.data.readers import read_file
from evalmap.data.readers.json_rows import dump
from evalmap.data.readers.table import table_of
from evalmap.data.records import Dataset, FileRows, ReadOptions

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
AWKWARD = st.sampled_from(
    [
        *("", "NA", "null", "None", "nan", "a,b", 'say "x"', "two\nlines", "bare\rreturn", "a\r\nb"),
        *("\u2028", " padded ", "'", "''", "007", "1e5"),
    ]
)
FORMULAS = st.sampled_from(["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "'=1", "'", "=", "-"])
CELLS = st.one_of(TEXTS, AWKWARD, FORMULAS)
NAMES = st.one_of(st.sampled_from(["dataset", "line", "evalmap_line", "=name", "a,b", 'q"', "naïve"]), TEXTS.filter(str.strip))
TABLES = st.lists(NAMES, min_size=1, max_size=4, unique=True).flatmap(
    lambda names: st.lists(st.fixed_dictionaries(dict.fromkeys(names, CELLS)), min_size=2, max_size=6)
)


def dataset_of(rows: list[dict[str, Any]], text: str = "body") -> Dataset:
    """A dataset whose fields are those of the rows, and one more that is the text."""
    rows = [{**row, text: f"words of row {number}"} for number, row in enumerate(rows)]
    lines = pd.RangeIndex(1, len(rows) + 1).to_numpy()
    file = FileRows("made", "made.jsonl", lines, [dump(row) for row in rows], table_of(rows))
    return assemble([file], name="made", source="made.jsonl", options=ReadOptions(text=text))


def exported(data: Dataset, rows: list[int], form: str, **options: bool) -> bytes:
    return export_rows(data.examples, data.fields, rows, form, **options)


def read_csv(content: bytes) -> tuple[list[str], list[list[str]]]:
    header, *rows = csv.reader(io.StringIO(content.decode("utf-8"), newline=""))
    return header, rows


def expected_csv(data: Dataset, rows: list[int]) -> list[list[str]]:
    return [["made", str(data.examples["line"].iloc[row]), *map(str, data.fields.iloc[row])] for row in rows]


@settings(max_examples=40, deadline=None)
@given(TABLES)
def test_csv_comes_back_cell_by_cell(rows: list[dict[str, str]]):
    data = dataset_of(rows)
    order = list(range(len(rows)))[::-1]
    content = exported(data, order, "csv")
    header, found = read_csv(content)
    assert header[2:] == list(data.fields.columns)
    assert found == expected_csv(data, order)


@settings(max_examples=40, deadline=None)
@given(TABLES)
def test_csv_comes_back_through_pandas_as_the_docs_tell(rows: list[dict[str, str]]):
    data = dataset_of(rows)
    found = pd.read_csv(io.BytesIO(exported(data, [1, 0], "csv")), keep_default_na=False, dtype=str, header=0)
    assert found.to_numpy().tolist() == expected_csv(data, [1, 0])


@settings(max_examples=40, deadline=None)
@given(TABLES)
def test_spreadsheet_safe_csv_holds_no_formula_and_loses_nothing(rows: list[dict[str, str]]):
    data = dataset_of(rows)
    order = list(range(len(rows)))
    plain_header, plain = read_csv(exported(data, order, "csv"))
    header, safe = read_csv(exported(data, order, "csv", spreadsheet_safe=True))
    for cells in (header, *safe):
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert [cell.removeprefix("'") for cell in header] == plain_header
    assert [[cell.removeprefix("'") for cell in row] for row in safe] == plain


@settings(max_examples=40, deadline=None)
@given(TABLES)
def test_jsonl_is_each_source_line(rows: list[dict[str, str]]):
    data = dataset_of(rows)
    content = exported(data, [1, 0, 1], "jsonl")
    assert content.decode().split("\n") == [data.examples["raw"].iloc[row] for row in (1, 0, 1)] + [""]
    assert [json.loads(line) for line in content.decode().split("\n")[:-1]] == [
        {**rows[row], "body": f"words of row {row}"} for row in (1, 0, 1)
    ]


def test_jsonl_is_byte_identical_to_the_lines_of_the_file(tmp_path: Path):
    lines = [
        b'{"text":"spaced   out" ,  "n":1.50}',
        rb'{"text": "half \ud83d here", "label": "\u00e9"}',
        '{"text": "é\u2028中", "tags": ["b", "a"], "empty": null}'.encode(),
        b'{"n": 1e3, "text": "order of keys"}',
    ]
    (tmp_path / "a.jsonl").write_bytes(b"\n\n".join(lines) + b"\n")
    data = open_dataset(tmp_path / "a.jsonl")
    assert exported(data, [3, 1, 2, 0], "jsonl") == b"".join(lines[row] + b"\n" for row in (3, 1, 2, 0))
    assert exported(data, [], "jsonl") == b""


def test_jsonl_of_a_parquet_file_holds_its_values(tmp_path: Path):
    rows = [{"text": "one two three", "n": 1, "tags": ["a"]}, {"text": "four five six", "n": None, "tags": None}]
    pd.DataFrame({key: [row[key] for row in rows] for key in rows[0]}).convert_dtypes().to_parquet(tmp_path / "a.parquet")
    content = exported(open_dataset(tmp_path / "a.parquet"), [0, 1], "jsonl")
    assert [json.loads(line) for line in content.splitlines()] == rows


def test_parquet_keeps_types_and_what_is_missing(tmp_path: Path):
    rows = [
        {"text": "one two three", "n": 1, "ratio": 0.5, "flag": True, "note": None, "tags": ["a", "b"]},
        {"text": "four five six", "n": 2, "ratio": None, "flag": False, "note": "NA", "tags": {"k": 1}},
    ]
    data = dataset_of(rows, text="words")
    table = pq.read_table(io.BytesIO(exported(data, [1, 0], "parquet")))
    types = {field.name: str(field.type).removeprefix("large_") for field in table.schema}
    assert types == {
        "dataset": "string", "line": "int64", "text": "string", "n": "int64", "ratio": "double", "flag": "bool",
        "note": "string", "tags": "string", "words": "string",
    }  # fmt: skip
    found = table.to_pydict()
    assert found["dataset"] == ["made", "made"]
    assert found["line"] == [2, 1]
    assert found["ratio"] == [None, 0.5]
    assert found["note"] == ["NA", None]
    assert [json.loads(tags) for tags in found["tags"]] == [{"k": 1}, ["a", "b"]]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_source_fields_called_dataset_and_line_keep_their_names(form: str):
    data = dataset_of([{"line": "first", "dataset": "theirs", "evalmap_line": "x"}, {"line": "second", "dataset": "theirs"}])
    content = exported(data, [0, 1], form)
    table = pd.read_csv(io.BytesIO(content), keep_default_na=False) if form == "csv" else pd.read_parquet(io.BytesIO(content))
    assert list(table.columns) == ["evalmap_dataset", "evalmap_evalmap_line", "line", "dataset", "evalmap_line", "body"]
    assert table["line"].tolist() == ["first", "second"]
    assert table["dataset"].tolist() == ["theirs", "theirs"]
    assert table["evalmap_dataset"].tolist() == ["made", "made"]
    assert table["evalmap_evalmap_line"].tolist() == [1, 2]


def test_csv_shows_nested_values_as_json_and_missing_ones_as_nothing():
    data = dataset_of([{"tags": ["a"], "note": None}, {"tags": {"k": "v"}, "note": "x"}])
    _, rows = read_csv(exported(data, [0, 1], "csv"))
    assert [row[2:4] for row in rows] == [['["a"]', ""], ['{"k": "v"}', "x"]]


def test_csv_can_be_opened_again(tmp_path: Path):
    rows = [{"question": 'is "this", right?', "label": "Yes"}, {"question": "=or\rthat\n?", "label": "No"}]
    data = dataset_of(rows)
    (tmp_path / "again.csv").write_bytes(exported(data, [0, 1], "csv"))
    fields = read_file(tmp_path / "again.csv").fields
    assert fields["question"].tolist() == [row["question"] for row in rows]


def test_unknown_format_is_refused():
    data = dataset_of([{"a": "x"}, {"a": "y"}])
    with pytest.raises(ValueError, match=r"^format 'xlsx' is unknown; choose one of jsonl, csv, parquet$"):
        exported(data, [0], "xlsx")
    assert tuple(EXPORT_FORMATS) == ("jsonl", "csv", "parquet")
