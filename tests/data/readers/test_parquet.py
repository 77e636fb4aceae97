"""Parquet: values as JSON knows them, and files that hold more than they say."""

import datetime
import decimal
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalmap.data.errors import DatasetError
from evalmap.data.readers import content, read_file
from evalmap.data.records import FileRows

TEXTS = st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=30), min_size=1, max_size=8)


def read(folder: Path, table: pa.Table, **options: Any) -> FileRows:
    path = folder / "set.parquet"
    pq.write_table(table, path, **options)
    return read_file(path, source="set.parquet")


def test_values_of_every_kind_arrive_as_json_knows_them(tmp_path):
    noon = datetime.datetime(2024, 5, 1, 12, tzinfo=datetime.UTC)
    table = pa.table(
        {
            "text": ["a\u2028b", None],
            "n": pa.array([1, None], pa.int32()),
            "confidence": [0.5, float("nan")],
            "big": pa.array([2**64 - 1, 0], pa.uint64()),
            "flag": [True, False],
            "list": [[" (A)", " (B)"], None],
            "struct": [{"a": 1, "b": None}, None],
            "map": pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int64())),
            "category": pa.array(["x", "x"]).dictionary_encode(),
            "day": pa.array([noon.date(), None]),
            "time": pa.array([noon, None]),
            "price": [decimal.Decimal("1.50"), None],
            "bytes": [b"text", b"\xff\x00"],
            "dotted.name": ["y", "z"],
        }
    )
    rows = read(tmp_path, table)
    assert json.loads(rows.raw[0]) == {
        "text": "a\u2028b",
        "n": 1,
        "confidence": 0.5,
        "big": 2**64 - 1,
        "flag": True,
        "list": [" (A)", " (B)"],
        "struct": {"a": 1, "b": None},
        "map": {"k": 1},
        "category": "x",
        "day": "2024-05-01",
        "time": "2024-05-01T12:00:00+00:00",
        "price": "1.50",
        "bytes": "text",
        "dotted.name": "y",
    }
    assert json.loads(rows.raw[1])["confidence"] is None
    assert json.loads(rows.raw[1])["bytes"] == "<2 bytes>"
    assert rows.lines.tolist() == [1, 2]
    assert rows.fields["text"].isna().tolist() == [False, True]
    assert str(rows.fields["confidence"].dtype) == "float64"
    assert rows.fields["list"].tolist() == [[" (A)", " (B)"], None]


def test_rows_keep_their_order_over_row_groups_and_batches(tmp_path):
    texts = [f"text {i}" for i in range(5000)]
    rows = read(tmp_path, pa.table({"text": texts, "i": range(5000)}), row_group_size=700)
    assert rows.fields["text"].tolist() == texts
    assert rows.fields["i"].tolist() == list(range(5000))


def test_300_columns_and_100_kb_texts_are_fine(tmp_path):
    rows = read(tmp_path, pa.table({f"column {i}": ["x" * 100_000 if i == 0 else "y"] for i in range(300)}))
    assert rows.fields.shape == (1, 300)
    assert len(rows.fields["column 0"].iloc[0]) == 100_000


@pytest.mark.parametrize("nested", [False, True])
def test_a_repeated_text_is_counted_before_it_unfolds(tmp_path, nested):
    codes = pa.array([0] * 2000, pa.int32())
    cells = pa.DictionaryArray.from_arrays(codes, pa.array(["a" * 10_000_000]))
    column = pa.ListArray.from_arrays(pa.array([0, 1000, 2000], pa.int32()), cells) if nested else cells
    before = pa.default_memory_pool().max_memory()
    with pytest.raises(DatasetError, match=r"set.parquet: holds more than 2 GiB unpacked, the most that is read. Split the file."):
        read(tmp_path, pa.table({"text": column}), compression="zstd")
    assert (tmp_path / "set.parquet").stat().st_size < 100_000
    assert pa.default_memory_pool().max_memory() < max(before, 200_000_000)


def test_sizes_are_counted_as_they_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(content, "MAX_BYTES", 2_000_000)
    monkeypatch.setattr("evalmap.data.readers.parquet._check", lambda *_: None)  # as if the file had lied about its sizes
    table = pa.table({"text": ["x" * 1_000 + str(i) for i in range(4000)]})
    with pytest.raises(DatasetError, match=r"holds more than 0\.00186265 GiB unpacked"):
        read(tmp_path, table, use_dictionary=False, compression="zstd")


def test_more_rows_than_are_read_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(content, "MAX_ROWS", 2)
    with pytest.raises(DatasetError, match=r"set.parquet: holds more than 2 rows"):
        read(tmp_path, pa.table({"text": ["a", "b", "c"]}))


def test_bad_tables_are_refused(tmp_path):
    with pytest.raises(DatasetError, match=r"set.parquet: no rows \(only column names\). Expected at least one row."):
        read(tmp_path, pa.table({"text": pa.array([], pa.string())}))
    with pytest.raises(DatasetError, match=r"set.parquet: two columns are called 'a'. Rename one of them."):
        read(tmp_path, pa.table([["x"], ["y"]], names=["a", "a"]))
    with pytest.raises(DatasetError, match=r"set.parquet: a column has no name. Name it, or remove it."):
        read(tmp_path, pa.table([["x"]], names=[" "]))


def test_text_that_is_not_utf8_is_refused_by_record(tmp_path):
    broken = _unchecked([b"ok", b"\xff"])
    with pytest.raises(DatasetError, match=r"set.parquet: column 'text', records 1 to 2: text that is not UTF-8."):
        read(tmp_path, pa.table({"text": broken}))


@pytest.mark.parametrize(
    "values",
    [
        pa.array([1, 2**31 - 1], pa.int32()).view(pa.date32()),
        pa.array([1, 2**62], pa.timestamp("us")),
        pa.array([1, 2**62], pa.duration("ms")),
    ],
)
def test_a_date_that_python_does_not_know_is_a_sentence(tmp_path, values):
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["one text", "another text"], "day": values}), path)
    with pytest.raises(DatasetError, match=r"column 'day', records 1 to 2: a date or a time outside the years 1 to 9999"):
        read_file(path)


def test_damaged_files_are_refused(tmp_path):
    path = tmp_path / "set.parquet"
    pq.write_table(pa.table({"text": ["a" * 50, "b" * 50]}), path)
    whole = path.read_bytes()
    for broken in (whole[:-20], b"PAR1 is not enough", whole[:24] + b"\xff" * 40 + whole[64:]):
        path.write_bytes(broken)
        with pytest.raises(DatasetError, match=r"set.parquet: not a whole Parquet file \(.+\). Download or write it again."):
            read_file(path, source="set.parquet")
    path.write_bytes(b"")
    with pytest.raises(DatasetError, match=r"set.parquet: the file is empty."):
        read_file(path, source="set.parquet")


@given(texts=TEXTS)
def test_parquet_round_trips(tmp_path_factory, texts):
    rows = read(tmp_path_factory.mktemp("rows"), pa.table({"text": pa.array(texts, pa.string()), "i": range(len(texts))}))
    assert [None if value != value else value for value in rows.fields["text"]] == texts
    assert [json.loads(raw)["text"] for raw in rows.raw] == texts


def _unchecked(values: list[bytes]) -> pa.Array:
    """A text column whose bytes nobody has looked at, as other writers make them."""
    binary = pa.array(values)
    return pa.Array.from_buffers(pa.string(), len(values), binary.buffers())


def test_a_data_frames_index_is_no_field(tmp_path):
    frame = pd.DataFrame({"text": ["a", "b"]}, index=[5, 3])
    frame.to_parquet(tmp_path / "set.parquet")
    rows = read_file(tmp_path / "set.parquet")
    assert (list(rows.fields), rows.raw[0]) == (["text"], '{"text": "a"}')
    assert rows.notes == ("__index_level_0__ is a data frame's index, no field: left out.",)
