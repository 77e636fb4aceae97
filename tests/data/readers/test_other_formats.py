"""XLSX, YAML and plain text: which rows come out, and what is refused."""

import datetime
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.readers import content, read_file, yaml_cases
from evalmap.data.records import FileRows, ReadOptions


def read(folder: Path, data: bytes | str, name: str, **options: Any) -> FileRows:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read_file(path, source=name, options=ReadOptions(**options))


def says(sentence: str):
    return pytest.raises(DatasetError, match=re.escape(sentence))


def book(**sheets: list[list[Any]]) -> bytes:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for title, rows in sheets.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(row)
    written = io.BytesIO()
    made.save(written)
    return written.getvalue()


MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
SHARED_TEXT = f"<sst {MAIN}><si><t>{'x' * 30_000}</t></si></sst>"
CELLS = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>0</v></c></row>' for row in range(1, 201))
SHARING_CELLS = f"<worksheet {MAIN}><sheetData>{CELLS}</sheetData></worksheet>"


SHARED = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"


def with_parts(workbook: bytes, sheet: str, shared: str = "") -> bytes:
    """The workbook with its sheet written anew, and texts that cells share."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as packed, zipfile.ZipFile(written, "w") as made:
        for name in packed.namelist():
            part = packed.read(name).decode()
            if name == "[Content_Types].xml" and shared and SHARED not in part:
                part = part.replace("</Types>", f'<Override PartName="/xl/sharedStrings.xml" ContentType="{SHARED}"/></Types>')
            if name != "xl/sharedStrings.xml":
                made.writestr(name, sheet if name.endswith("sheet1.xml") else part)
        made.writestr("xl/sharedStrings.xml", shared or f"<sst {MAIN}/>")
    return written.getvalue()


def test_the_first_sheet_with_rows_is_read_with_types_and_the_others_are_told(tmp_path):
    day = datetime.datetime(2024, 5, 1)
    rows = [["question", "score", "share", "day"], ["Do tides rise?", 3, 0.5, day], [], ["Is ice light?", None, 1, None]]
    found = read(tmp_path, book(empty=[], quiz=rows, notes=[["x"]]), "set.xlsx")
    assert [json.loads(raw) for raw in found.raw] == [
        {"question": "Do tides rise?", "score": 3, "share": 0.5, "day": "2024-05-01T00:00:00"},
        {"question": "Is ice light?", "score": None, "share": 1, "day": None},
    ]
    assert (found.lines.tolist(), found.notes) == ([1, 2], ("Read is the sheet quiz, not empty, notes.",))


def test_a_sheet_without_a_header_and_with_an_index_is_read_as_a_csv_file_is(tmp_path):
    rows = [["Is it true of the sea?", "A"], ["Is it true of the moon?", "B"], ["Is it true of a loom?", "A"]]
    assert read(tmp_path, book(quiz=rows), "set.xlsx").fields["a"].tolist() == [row[0] for row in rows]
    indexed = read(tmp_path, book(quiz=[[None, "text"], [0, "a"], [1, "b"]]), "set.xlsx")
    assert (list(indexed.fields), indexed.raw) == (["text"], ['{"text": "a"}', '{"text": "b"}'])


def test_a_broken_workbook_is_refused(tmp_path):
    whole = book(quiz=[["text"], ["a"]])
    broken = with_parts(whole, "<worksheet><sheetData><row>")
    for data in (whole[:-60], broken, b"text\na\n", b"PK\x03\x04"):
        with says("set.xlsx: not a whole XLSX workbook ("):
            read(tmp_path, data, "set.xlsx")
    with says("set.xlsx: a workbook of before 2007 or with a password. Save it as .xlsx without one, or as CSV."):
        read(tmp_path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "set.xlsx")
    with says("set.xlsx: no rows (only empty sheets)."):
        read(tmp_path, book(quiz=[]), "set.xlsx")
    with says("set.xlsx line 1: two columns are called 'text'."):
        read(tmp_path, book(quiz=[["text", "text"], ["a", "b"]]), "set.xlsx")


def test_workbooks_that_unfold_are_turned_down_as_they_are_read(tmp_path, monkeypatch):
    shared = with_parts(book(quiz=[["text"]]), SHARING_CELLS, SHARED_TEXT)
    with zipfile.ZipFile(io.BytesIO(shared)) as packed:
        assert sum(entry.file_size for entry in packed.infolist()) < 1024**2
    assert read(tmp_path, shared, "set.xlsx").fields["a"].tolist() == ["x" * 30_000] * 200
    wide = book(quiz=[["text"], *[[None] * 16_383 + ["x"]] * 20])
    monkeypatch.setattr(content, "MAX_BYTES", 1024**2)
    for data in (shared, wide, book(quiz=[["text"], *[[f"{at} {'x' * 30_000}"] for at in range(50)]])):
        with says("set.xlsx: holds more than 0.000976562 GiB unpacked"):
            read(tmp_path, data, "set.xlsx")
    monkeypatch.setattr(content, "MAX_ROWS", 3)
    with says("set.xlsx: holds more than 3 rows"):
        read(tmp_path, book(quiz=[["text"], ["a"], ["b"], ["c"], ["d"]]), "set.xlsx")


def test_yaml_cases_are_read_and_yes_stays_a_text(tmp_path):
    rows = read(
        tmp_path, "- question: Do tides rise?\n  answer: Yes\n  n: 2\n- {question: Is it so, answer: No, n: null}\n", "set.yaml"
    )
    assert rows.fields["answer"].tolist() == ["Yes", "No"]
    assert json.loads(rows.raw[0]) == {"question": "Do tides rise?", "answer": "Yes", "n": 2}
    inside = read(tmp_path, "name: mine\ntests:\n- vars: {a: 2024-05-01, b: true}\n- vars: {a: x}\n", "set.yml")
    assert inside.fields["vars"].tolist() == [{"a": "2024-05-01", "b": True}, {"a": "x"}]
    assert inside.notes == ("The rows are the list tests inside the file's object. What stands beside it is not read: name.",)
    assert read(tmp_path, "- How?\n- Why?\n", "set.yaml").fields["text"].tolist() == ["How?", "Why?"]
    assert read(tmp_path, "text: a\n---\ntext: b\n", "set.yaml").fields["text"].tolist() == ["a", "b"]
    merged = read(tmp_path, "- &base {text: a, n: 1}\n- <<: *base\n  text: b\n", "set.yaml")
    assert merged.fields.to_dict("records") == [{"text": "a", "n": 1}, {"text": "b", "n": 1}]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("- text: a\n- text: [\n", "set.yaml line 3: not YAML that is read ("),
        ("- {text: a, text: b}\n", "set.yaml line 1: not YAML that is read (the key 'text' occurs twice). Mend it."),
        ("- !!python/object/apply:os.system [ls]\n", "set.yaml line 1: not YAML that is read (could not determine a constructor"),
        ("- ? [a, b]\n  : c\n", "set.yaml line 1: not YAML that is read (a key that is no text)."),
        ("hello\n", "set.yaml: a text, expected a list of objects."),
        ("", "set.yaml: the file is empty."),
        ("# nothing\n", "set.yaml: no rows (no value in it)."),
        ("&a [*a]\n", "set.yaml: nested deeper than 100 levels. Flatten it."),
        ("[" * 20_000, "set.yaml: nested deeper than 100 levels. Flatten it."),
    ],
)
def test_bad_yaml_is_refused(tmp_path, data, sentence):
    with says(sentence):
        read(tmp_path, data, "set.yaml")


def test_aliases_that_unfold_are_turned_down(tmp_path, monkeypatch):
    monkeypatch.setattr(yaml_cases, "_MAX_NODES", 10_000)
    laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    laughs += "".join(f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]\n" for at in range(1, 9))
    with says("set.yaml: holds more than"):
        read(tmp_path, laughs, "set.yaml")


def test_lines_of_a_text_file_are_rows(tmp_path):
    rows = read(tmp_path, 'Do tides rise?\r\n\n  \n"Is it so?"\n', "set.txt")
    assert rows.fields["text"].tolist() == ["Do tides rise?", '"Is it so?"']
    assert rows.raw == ['{"text": "Do tides rise?"}', '{"text": "\\"Is it so?\\""}']
    assert (rows.lines.tolist(), rows.notes) == ([1, 4], ("A text file: each line is one row.",))
    assert read(tmp_path, "Où?\n".encode("latin-1"), "set.txt", encoding="latin-1").fields["text"].tolist() == ["Où?"]
    with says("set.txt: no rows (only blank lines)."):
        read(tmp_path, "\n \n", "set.txt")
    with says("set.txt line 2: a NUL character"):
        read(tmp_path, "a\nb\0\n", "set.txt")
