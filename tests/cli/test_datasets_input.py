"""What `evalmap build` says of bad input and makes of odd input."""

import gzip
import json
import os
import re
from pathlib import Path

import pandas as pd
import pytest

from evalmap.data.store import jobs
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import load_map
from evalmap.tests.command import Command, left, rows, texts
from evalmap.tests.fakes import sentences, write_rows

BAD: dict[str, tuple[bytes | None, str]] = {
    "no-text.jsonl": (
        texts({"prompt_id": 1, "label": "x"}) * 2,
        "{} line 1: no text field (found: prompt_id, label). Choose the text field (--text).",
    ),
    "malformed.jsonl": (
        texts({"text": "fine"}) + b'{"text": \n',
        "{} line 2, column 10: not JSON (expecting value). Expected a JSON object on each line.",
    ),
    "not-objects.jsonl": (b'"text"\n', "{} line 1: a text, expected a JSON object with named fields."),
    "half.jsonl": (
        texts({"text": "fine"}) + b'{"text": "brok',
        "{} line 2, column 10: not JSON (unterminated string). Expected a JSON object on each line.",
    ),
    "malformed.json": (
        b'[{"text": "a b c"}, {"text": }]',
        "{} record 2, at line 1: not JSON (expecting value). Expected an array of objects.",
    ),
    "object.json": (
        b'{"text": "a"}',
        "{}: an object (text), expected an array of objects, or an object that holds one list of them.",
    ),
    "ragged.csv": (
        b"text,label\none two three,Yes\nfour,five,six\n",
        "{} line 3: 3 cells, expected 2 as in the header. Quote cells that hold the separator, or mend the row.",
    ),
    "open-quote.csv": (b'text,label\n"one,Yes\n', '{} line 2: a quote (") is opened and never closed. Close or double it.'),
    "semicolons.csv": (
        b"text;label\na;b\nc\nd;e\n",
        "{} line 3: 1 cell, expected 2 as in the header. Quote cells that hold the separator, or mend the row.",
    ),
    "doubtful.csv": (
        b"question,one\nWhich is true?,one\nWho says so?,two\n",
        "{}: the first row (question, one) may name the columns or be a row like the others (question is a known name, but "
        "one stands in its column again). Say which: header or no header (--header, --no-header).",
    ),
    "header.csv": (b"text,label\n", "{}: no rows (only a header). Expected at least one row."),
    "nul.tsv": (b"text\tlabel\na\0b\tc\n", "{} line 2: a NUL character, expected text. Save the file as plain UTF-8 text."),
    "empty.jsonl": (b"", "{}: the file is empty. Expected at least one row."),
    "blank.jsonl": (b"\n\n", "{}: no rows (only blank lines). Expected at least one row."),
    "one-row.jsonl": (
        texts({"text": "all alone here"}),
        "{}: holds 1 example, and a map needs at least 2. Open a file with more rows.",
    ),
    "latin1.jsonl": (
        '{"text": "café"}\n'.encode("latin-1"),
        "{} line 1, byte 14: 0xE9 is not UTF-8. Save the file as UTF-8, or name its encoding (--encoding).",
    ),
    "utf16.csv": ("text\na\n".encode("utf-16")[:-1], "{}: byte 15 is not UTF-16 (truncated data). Name the encoding that it was "
        "written in (--encoding).",),
    "all-null.jsonl": (
        texts({"text": None, "a": 1}) * 3,
        "{} line 1: no text field (found: text, a). Choose the text field (--text).",
    ),
    "damaged.jsonl.gz": (
        gzip.compress(texts({"text": "a"}), mtime=0)[:-9],
        "{}: the gzip file breaks off after 0 bytes. Fetch or pack it again.",
    ),
    "damaged.parquet": (b"PAR1 not really", "{}: not a whole Parquet file (*). Download or write it again."),
    "words.odt": (
        b"PK",
        "{}: .odt is no format that is read. Expected .jsonl, .ndjson, .json, .csv, .tsv, .parquet, .xlsx, .yaml, .yml, .txt "
        "(all but .parquet and .xlsx also as .gz or .zst).",
    ),
    "broken.xlsx": (b"PK\x03\x04", "{}: not a whole XLSX workbook (File is not a zip file). Save it anew, or as CSV."),
    "missing.jsonl": (None, "{}: no such file or folder. Check the path."),
    "http://example.org/a.jsonl": (None, "{}: only https addresses are opened. Use https://… or a file."),
    "https://10.0.0.1/a.jsonl": (None, "10.0.0.1 leads to 10.0.0.1, which is no public address. Only public addresses are opened."),
    "file:///etc/passwd": (None, "{}: only https addresses are opened. Use https://… or a file."),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told_in_one_sentence_and_leaves_nothing(evalmap: Command, name: str):
    content, sentence = BAD[name]
    if content is not None:
        Path(name).write_bytes(content)
    found = evalmap("build", name)
    assert (found.code, found.out) == (1, "")
    pattern = re.escape(sentence.replace("{}", name)).replace(r"\*", ".*")
    if name == "one-row.jsonl":  # told of the dataset, by its whole path
        pattern = f"(?:.*/)?{pattern}"
    assert re.fullmatch(pattern + r"\n", found.err), found.err
    assert left(evalmap.home) == []
    (job,) = jobs.jobs(Workspace(evalmap.home))
    assert (job.state, f"{job.error}\n") == (
        "failed",
        re.sub(r" \((--[\w-]+(, )?)+\)\.$", ".", found.err, flags=re.MULTILINE),
    )  # a page has no flags


def test_bad_input_leaves_the_map_that_was_there(evalmap: Command):
    write_rows(Path("a.jsonl"), rows(6))
    evalmap("build", "a.jsonl")
    before, kept = left(evalmap.home), evalmap("info", "a", "--json").json
    Path("a.jsonl").write_bytes(texts({"text": "fine"}, {"text": "also"}) + b"{")
    assert evalmap("build", "a.jsonl").code == 1
    assert left(evalmap.home) == before
    assert evalmap("info", "a", "--json").json == kept


@pytest.mark.parametrize(
    ("option", "sentence"),
    [
        (("--text", "x"), "a.jsonl: no field 'x' for the text (found: text, label, kept). Choose one of these (--text)."),
        (("--label", "x"), "a.jsonl: no field 'x' for the label (found: text, label, kept). Choose one of these (--label)."),
    ],
)
def test_field_that_is_not_there_is_told(evalmap: Command, option: tuple[str, str], sentence: str):
    write_rows(Path("a.jsonl"), rows(6))
    found = evalmap("build", "a.jsonl", *option)
    assert (found.code, found.err) == (1, sentence + "\n")


def test_file_whose_name_is_not_utf8_is_told(evalmap: Command):
    name = os.fsdecode(b"caf\xe9.jsonl")
    write_rows(Path(name), rows(6))
    found = evalmap("build", name)
    assert (found.code, found.err) == (1, "caf?.jsonl: the name is not UTF-8. Rename the file or folder.\n")
    assert not evalmap.home.exists()


def test_workspace_that_is_a_file_is_told(evalmap: Command, tmp_path: Path):
    write_rows(Path("a.jsonl"), rows(6))
    found = evalmap("build", "a.jsonl", "--workspace", tmp_path / "data" / "a.jsonl")
    expected = f"{tmp_path / 'data' / 'a.jsonl'}: not a folder. Name the folder of results with --workspace or EVALMAP_HOME.\n"
    assert (found.code, found.err) == (1, expected)


# Odd input that is fine


def test_odd_input_is_built_and_reported(evalmap: Command):
    odd = [
        r'{"text": "half \ud83d of a pair", "id": "a"}',
        '{"text": "one\u2028line only", "id": "a"}',
        '{"text": null, "id": "b"}',
        "null",
        '{"text": "   ", "id": "c"}',
        '{"text": "null", "id": "d"}',
        json.dumps({"text": "y" * 100_000, "id": "e"}),
        '{"text": "the last of them", "id": "f"}',
    ]
    Path("odd.jsonl").write_text("\n".join(odd), "utf-8")
    built = evalmap("build", "odd.jsonl")
    assert (built.code, built.err) == (0, "")
    info = evalmap("info", "odd", "--json").json
    assert (info["rows"], info["rows_read"], info["set_aside"]) == (5, 8, 3)
    assert [(row["line"], row["reason"]) for row in info["set_aside_rows"]] == [
        (4, "the line holds null"), (3, "text is null"), (5, "text is empty"),
    ]  # fmt: skip
    assert info["notes"] == [
        "1 rows held half a surrogate pair, which is no character: each was replaced by U+FFFD.",
        "2 rows share their id with another (first: id a on lines 1, 2 of odd): rows are told apart by dataset and line.",
    ]
    assert "note: 2 rows share their id" in built.out
    space = Workspace(os.environ["EVALMAP_HOME"])
    built_map = load_map(space, space.find(info["slug"]))
    shown = ["half \ufffd of a pair", "one\u2028line only", "null", "the last of them"]
    assert [built_map.text(row) for row in (0, 1, 2, 4)] == shown
    assert len(built_map.text(3)) == 100_000
    assert built_map.examples["line"].tolist() == [1, 2, 6, 7, 8]


def test_300_columns_are_kept(evalmap: Command):
    wide = [{"text": text, **{f"column {n}": n * row for n in range(300)}} for row, text in enumerate(sentences(6))]
    pd.DataFrame(wide).to_csv("wide.csv", index=False)
    assert evalmap("build", "wide.csv").code == 0
    workspace = Workspace(evalmap.home)
    fields = load_map(workspace, workspace.find("wide")).fields
    assert fields.shape == (6, 301)
    assert fields["column 299"].tolist() == [299 * row for row in range(6)]


@pytest.mark.parametrize("form", [".jsonl", ".jsonl.gz", ".json", ".csv", ".tsv", ".parquet"])
def test_every_format_is_built(evalmap: Command, form: str):
    table = pd.DataFrame(rows(6))
    path = Path(f"a{form}")
    if form.startswith(".jsonl"):
        table.to_json(path, orient="records", lines=True)
    elif form == ".json":
        table.to_json(path, orient="records")
    elif form == ".parquet":
        table.to_parquet(path)
    else:
        table.to_csv(path, index=False, sep="\t" if form == ".tsv" else ",")
    assert evalmap("build", path).code == 0
    info = evalmap("info", path, "--json").json
    assert (info["rows"], info["roles"]["text"], info["labels"]) == (6, "text", {"No": 3, "Yes": 3})
