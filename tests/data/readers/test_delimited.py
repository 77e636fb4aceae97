"""CSV and TSV: cells as they stand, numbers only where a column is all numbers, ragged files by line."""

import csv
import gzip
import io
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalmap.data.errors import DatasetError
from evalmap.data.readers import content, read_file
from evalmap.data.records import FileRows

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=30)


def read(folder: Path, data: bytes | str, name: str = "set.csv") -> FileRows:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_file(path, source=name)


def test_cells_are_text_as_they_stand_and_empty_ones_missing(tmp_path):
    rows = read(tmp_path, 'text,note\nNA,null\n" a ",""\n,x\n')
    assert rows.fields["text"].iloc[:2].tolist() == ["NA", " a "]
    assert rows.fields["text"].isna().tolist() == [False, False, True]
    assert rows.fields["note"].isna().tolist() == [False, True, False]
    assert rows.lines.tolist() == [1, 2, 3]
    assert rows.raw == ['{"text": "NA", "note": "null"}', '{"text": " a ", "note": null}', '{"text": null, "note": "x"}']


def test_a_column_is_numeric_only_where_every_cell_is_a_plain_number(tmp_path):
    rows = read(tmp_path, "a,b,c,d,e,f,g\n1,0.5,1,007,1,nan,1e999\n-2,1e-3,,8,x,1,2\n")
    kinds = {name: str(dtype) for name, dtype in rows.fields.dtypes.items()}
    assert kinds == {"a": "int64", "b": "float64", "c": "float64", "d": "str", "e": "str", "f": "str", "g": "str"}
    assert rows.fields["a"].tolist() == [1, -2]
    assert rows.fields["b"].tolist() == [0.5, 0.001]
    assert json.loads(rows.raw[1]) == {"a": -2, "b": 0.001, "c": None, "d": "8", "e": "x", "f": "1", "g": "2"}


def test_integers_beyond_64_bits_stay_text(tmp_path):
    rows = read(tmp_path, "a,b\n9223372036854775807,9223372036854775808\n")
    assert rows.fields["a"].tolist() == [9223372036854775807]
    assert rows.fields["b"].tolist() == ["9223372036854775808"]


def test_quoted_cells_hold_separators_newlines_and_quotes(tmp_path):
    rows = read(tmp_path, 'text,label\r\n"a, ""b""\r\nc\rd",Yes\r\n\r\n"e",No')
    assert rows.fields["text"].tolist() == ['a, "b"\r\nc\rd', "e"]
    assert rows.fields["label"].tolist() == ["Yes", "No"]


def test_tsv_and_gzip_and_byte_order_mark(tmp_path):
    rows = read(tmp_path, gzip.compress(b"\xef\xbb\xbftext\tlabel\na, b\tYes\n"), "set.tsv.gz")
    assert rows.name == "set"
    assert rows.fields.to_dict("list") == {"text": ["a, b"], "label": ["Yes"]}


def test_300_columns_and_long_texts_are_fine(tmp_path):
    header = ",".join(f"column {i}" for i in range(300))
    row = ",".join(["x" * 200_000, *("y" for _ in range(299))])
    rows = read(tmp_path, f"{header}\n{row}\n")
    assert rows.fields.shape == (1, 300)
    assert len(rows.fields["column 0"].iloc[0]) == 200_000


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ('a,b\n1,2\n"x\ny",2,3\n', "set.csv line 3: 3 cells, expected 2 as in the header. Quote cells that hold the separator"),
        ("a,b\n\n1\n", "set.csv line 3: 1 cell, expected 2 as in the header."),
        ("a,b,a\n1,2,3\n", "set.csv line 1: two columns are called 'a'. Rename one of them."),
        (",text\n0,x\n", "set.csv line 1: column 1 of 2 has no name. Name it, or remove it."),
        ('text\nfine\n"never\nclosed\n', 'set.csv line 3: a quote (") is opened and never closed. Close or double it.'),
        ('text,b\n"a"x,1\n', "set.csv line 2: ',' expected after '\"'. Double each quote (\") inside a quoted cell."),
        ("text\nfine\na\0b\n", "set.csv line 3: a NUL character, expected text."),
        ("text;label\na;Yes\n", "set.csv line 1: semicolons and no comma, expected commas between the cells. Save it with commas."),
        ("text\tlabel\na\tYes\n", "set.csv line 1: tabs and no comma, expected commas between the cells. Name it .tsv."),
        ("text,label\n", "set.csv: no rows (only a header). Expected at least one row."),
        ("\n\n", "set.csv: no rows (only blank lines)."),
        ("", "set.csv: the file is empty."),
        (b"text\nok\nna\xefve\n", "set.csv line 3, byte 3: 0xEF is not UTF-8."),
    ],
)
def test_bad_csv_is_refused_by_line(tmp_path, data, sentence):
    with pytest.raises(DatasetError, match=re.escape(sentence)):
        read(tmp_path, data)


def test_more_rows_than_are_read_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(content, "MAX_ROWS", 2)
    with pytest.raises(DatasetError, match="holds more than 2 rows"):
        read(tmp_path, "a\n1\n2\n3\n")


@given(cells=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8), tabs=st.booleans())
def test_csv_round_trips(tmp_path_factory, cells, tabs):
    written = io.StringIO(newline="")
    writer = csv.writer(written, quoting=csv.QUOTE_ALL, delimiter="\t" if tabs else ",")
    writer.writerows([("text", "other"), ("a word", "another"), *cells])
    rows = read(tmp_path_factory.mktemp("rows"), written.getvalue(), "set.tsv" if tabs else "set.csv")
    assert rows.fields["text"].tolist() == ["a word", *(text for text, _ in cells)]
    assert rows.fields["other"].tolist() == ["another", *(other for _, other in cells)]
    assert [json.loads(raw)["text"] for raw in rows.raw] == rows.fields["text"].tolist()
