"""The registry of formats: what one entry brings with it, everywhere."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evalmap.answers.importers import tables
from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.readers import first_row, formats, read_file, read_files
from evalmap.data.readers.formats import Format
from evalmap.data.records import FileRows
from evalmap.data.remote.http import fetch_file
from evalmap.pages.parts.library import add_dataset
from evalmap.pages.parts.library.preview import preview
from evalmap.screening.output.files import check_outputs


def read_pipes(path: Path, *, name: str, source: str) -> FileRows:
    """Cells between | and |, the names in the first line."""
    header, *lines = [line.split("|") for line in path.read_text().splitlines()]
    fields = pd.DataFrame(lines, columns=pd.Index(header), dtype="str")
    raw = [str(row).replace("'", '"') for row in fields.to_dict("records")]
    return FileRows(name, source, np.arange(1, len(lines) + 1), raw, fields)


@pytest.fixture
def pipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of a format that one entry makes known."""
    monkeypatch.setattr(formats, "FORMATS", (*formats.FORMATS, Format("Pipes", ".pipe", read_pipes, packed=False)))
    path = tmp_path / "in" / "asked.PIPE"
    path.parent.mkdir()
    path.write_text("question|answer\nIs it raining?|Yes\nIs it dark in here?|No\n")
    return path


def test_a_new_format_is_read_as_a_file_and_in_a_folder(pipes: Path):
    assert read_file(pipes).name == "asked"
    assert [file.fields["answer"].tolist() for file in read_files(pipes.parent)] == [["Yes", "No"]]
    dataset = open_dataset(pipes)
    assert (dataset.name, dataset.examples["text"].tolist()) == ("asked", ["Is it raining?", "Is it dark in here?"])


def test_a_new_format_stands_in_every_sentence(pipes: Path, tmp_path: Path):
    sentence = ", .txt, .pipe (all but .parquet, .xlsx and .pipe also as .gz or .zst)."
    (tmp_path / "a.odt").touch()
    with pytest.raises(DatasetError, match=re.escape(sentence)):
        read_file(tmp_path / "a.odt")
    with pytest.raises(DatasetError, match=re.escape(".txt, .txt.gz, .txt.zst, .pipe.")):
        fetch_file("https://hub.test/a.odt", tmp_path)
    with pytest.raises(DatasetError, match="rows are written as JSONL"):
        check_outputs({"out": tmp_path / "kept.pipe"}, [])


def test_a_new_format_may_be_uploaded_and_is_previewed(pipes: Path):
    assert formats.names() == (
        "JSONL, NDJSON, JSON, CSV, TSV, Parquet, XLSX, YAML, text or Pipes; all but Parquet, XLSX and Pipes also packed (.gz, .zst)"
    )
    assert formats.upload_endings() == [
        *("jsonl", "ndjson", "json", "csv", "tsv", "parquet", "xlsx", "yaml", "yml", "txt", "pipe", "gz", "zst")
    ]
    assert add_dataset.formats is formats
    assert preview(str(pipes), 1).fields == ("question", "answer")


def test_a_new_format_may_hold_answers(pipes: Path):
    assert first_row(pipes) == {"question": "Is it raining?", "answer": "Yes"}
    assert tables.recognizes(pipes)
    (staged,) = tables.read([pipes])
    assert [answer.answer for answer in staged.answers] == ["Yes", "No"]


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("a.jsonl", "a"),
        ("b/a.CSV.GZ", "b/a"),
        ("a.parquet.gz", "a"),
        ("a.csv.jsonl", "a.csv"),
        ("a.jsonl.zst", "a"),
        ("a.gz.jsonl.gz", "a.gz"),
        ("a.gz", "a.gz"),
        ("notes.txt", "notes"),
        ("notes.doc", "notes.doc"),
        ("a", "a"),
    ],
)
def test_a_name_loses_the_ending_of_a_format_only(name: str, plain: str):
    assert formats.without_ending(name) == plain


@pytest.mark.parametrize(
    ("name", "text", "first"),
    [
        ("a.jsonl", ' \n{"a": 1, "b": "x"}\n{"a": 2}\n', {"a": 1, "b": "x"}),
        ("b.jsonl", "[1, 2]\n", None),
        ("a.json", '[\n {"a": 1}, {"a": 2}]', {"a": 1}),
        ("b.json", '{"a": 1}', None),
        ("a.csv", "a,b\n1,2\n", {"a": None, "b": None}),
        ("a.tsv", "a,b\tc\n1\t2\n", {"a,b": None, "c": None}),
        ("a.txt", "a,b\n", None),
    ],
)
def test_first_row_looks_at_the_beginning(tmp_path: Path, name: str, text: str, first: dict[str, object] | None):
    (tmp_path / name).write_text(text)
    assert first_row(tmp_path / name) == first
