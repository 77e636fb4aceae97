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
from evalmap.data.readers import content, first_row, read_file
from evalmap.data.records import FileRows, ReadOptions

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
        ("text,\nx,0\n", "set.csv line 1: column 2 of 2 has no name. Name it, or remove it."),
        ("text;label\na;Yes\nb\nc;No", "set.csv line 3: 1 cell, expected 2 as in the header."),
        ('text\nfine\n"never\nclosed\n', 'set.csv line 3: a quote (") is opened and never closed. Close or double it.'),
        ('text,b\n"a"x,1\n', "set.csv line 2: ',' expected after '\"'. Double each quote (\") inside a quoted cell."),
        ("text\nfine\na\0b\n", "set.csv line 3: a NUL character, expected text."),
        ("text,label\n", "set.csv: no rows (only a header). Expected at least one row."),
        ("\n\n", "set.csv: no rows (only blank lines)."),
        ("", "set.csv: the file is empty."),
        (b"text\nok\nna\xefve\n", "set.csv line 3, byte 3: 0xEF is not UTF-8."),
    ],
)
def test_bad_csv_is_refused_by_line(tmp_path, data, sentence):
    with pytest.raises(DatasetError, match=re.escape(sentence)):
        read(tmp_path, data)


QUIZ = [f"Which is true about the {thing}?,one,two,{key}" for thing, key in zip(("moon", "sea", "loom"), "ABA", strict=True)]


def test_a_first_row_like_the_others_is_a_row(tmp_path):
    rows = read(tmp_path, "\n".join(QUIZ))
    assert rows.fields["a"].tolist()[0] == "Which is true about the moon?"
    assert (len(rows.raw), list(rows.fields), rows.lines.tolist()) == (3, ["a", "b", "c", "d"], [1, 2, 3])
    assert rows.notes == ("The first row looks like the others, so it is a row too; the columns are called a to d.",)
    numbers = read(tmp_path, "1,2\n3,4\n")
    assert numbers.fields.to_dict("list") == {"a": [1, 3], "b": [2, 4]}


@pytest.mark.parametrize(
    "header",
    [
        "question,first,second,key",
        "stem,A,B,answer",
        "How do you find this question?,x,y,z",  # a form's: the row is a sentence too, but the others beside it are not alike
        "Frage,eins,zwei,Loesung",
    ],
)
def test_a_first_row_of_names_is_a_header(tmp_path, header):
    quiz = QUIZ if "?" not in header else ["Well,1,2,3", "Badly,4,5,6"]
    rows = read(tmp_path, "\n".join([header, *quiz]))
    assert (list(rows.fields), len(rows.raw)) == (header.split(","), len(quiz))
    odd = ("The first row names the columns, though “How do you find this question?” is an unusual name.",)
    assert rows.notes == (odd if "?" in header else ())


def test_a_doubtful_first_row_is_asked_about_and_the_user_is_obeyed(tmp_path):
    data = "question,one\nWhich is true?,one\nWho says so?,two\n"
    doubt = "set.csv: the first row (question, one) may name the columns or be a row like the others (question is a known name, but"
    with pytest.raises(DatasetError, match=re.escape(doubt)) as error:
        read(tmp_path, data)
    assert error.value.settings == ("header", "no_header")
    path = tmp_path / "set.csv"
    assert list(read_file(path, options=ReadOptions(header=True)).fields) == ["question", "one"]
    assert read_file(path, options=ReadOptions(header=False)).fields["a"].tolist()[:2] == ["question", "Which is true?"]


@pytest.mark.parametrize(("mark", "words"), [(";", "semicolons"), ("\t", "tabs")])
def test_other_signs_between_cells_are_read_and_told(tmp_path, mark, words):
    rows = read(tmp_path, f'text{mark}score\n"a{mark} b, c"{mark}0,5\nd{mark}12\n')
    assert rows.fields["text"].tolist() == [f"a{mark} b, c", "d"]
    assert rows.fields["score"].tolist() == [0.5, 12]
    assert rows.notes == (f"Cells are parted by {words}, not by commas.", "Decimal commas are read as points (score).")
    assert json.loads(rows.raw[0])["score"] == 0.5
    assert first_row(tmp_path / "set.csv") == {"text": None, "score": None}


def test_a_sign_in_a_text_parts_no_cells(tmp_path):
    rows = read(tmp_path, "text\none; two\nthree\nfour; five; six\n")
    assert (rows.fields["text"].tolist(), rows.notes) == (["one; two", "three", "four; five; six"], ())
    first = read(tmp_path, "Say this; and that.\nSay nothing at all.\nSay it: now.\n")
    assert first.fields["a"].tolist()[0] == "Say this; and that."


def test_the_line_that_a_spreadsheet_says_its_separator_in_is_no_row(tmp_path):
    rows = read(tmp_path, "sep=;\r\ntext;label\r\na;Yes\r\n")
    assert rows.fields.to_dict("records") == [{"text": "a", "label": "Yes"}]


def test_decimal_commas_stay_text_where_a_cell_is_no_number(tmp_path):
    rows = read(tmp_path, "text;a;b;c\nx;1,5;1.000,5;007,5\ny;n/a;2;1,5\n")
    assert rows.fields[["a", "b", "c"]].iloc[0].tolist() == ["1,5", "1.000,5", "007,5"]


def test_a_data_frames_index_is_no_field_and_told(tmp_path):
    for head in ("", "Unnamed: 0"):
        rows = read(tmp_path, f"{head},text\n7,x\n0,y\n")
        assert (list(rows.fields), json.loads(rows.raw[0])) == (["text"], {"text": "x"})
        assert rows.notes == ("Unnamed: 0 is a data frame's index, no field: left out.",)
    named = read(tmp_path, ",text\nq1,x\nq2,y\n")  # no numbers: somebody's ids
    assert (list(named.fields), named.notes) == (["Unnamed: 0", "text"], ())
    twice = read(tmp_path, "Unnamed: 0,text\n1,x\n1,y\n")
    assert list(twice.fields) == ["Unnamed: 0", "text"]


def test_a_separator_too_many_in_every_row_makes_no_column(tmp_path):
    assert list(read(tmp_path, "text,label,\na,Yes,\nb,No,\n").fields) == ["text", "label"]


def test_utf16_and_named_encodings_are_read(tmp_path):
    data = "text\tlabel\nIs the café open?\tYes\n"
    for encoding, note in (("utf-16", "Read as UTF-16, which the mark"), ("cp1252", "Read as cp1252, as asked.")):
        path = tmp_path / "set.tsv"
        path.write_bytes(data.encode(encoding))
        rows = read_file(path, options=ReadOptions(encoding=None if encoding == "utf-16" else encoding))
        assert rows.fields["text"].tolist() == ["Is the café open?"]
        assert rows.notes[0].startswith(note)


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
