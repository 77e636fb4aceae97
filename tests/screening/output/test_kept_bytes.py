"""Byte for byte: what of a source file comes out of a screening and of an export."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalmap.data.exporting import export_rows
from evalmap.data.opening import open_dataset
from evalmap.data.records import Dataset
from evalmap.screening.keep.by_hand import Decisions
from evalmap.screening.output.files import kept_jsonl, removed_jsonl
from evalmap.screening.screening import screen
from evalmap.screening.screening_options import ScreeningOptions
from evalmap.tests.fakes import fake_vector

MARK = b"\xef\xbb\xbf"
ENDINGS = st.sampled_from([b"\n", b"\r\n"])
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
EACH = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def json_lines(draw: st.DrawFn) -> list[bytes]:
    """Lines of a JSONL file with their endings: any spacing, any escape, one style of ending or several."""
    texts = draw(st.lists(WORDS, min_size=2, max_size=6))
    found = []
    for at, text in enumerate(texts):
        value = {"text": f"{at} {text}"}
        written = json.dumps(value, ensure_ascii=draw(st.booleans()), separators=draw(st.sampled_from([None, (" , ", " :  ")])))
        pad = draw(st.sampled_from(["", " ", "\t", "\r"]))
        found.append(f"{pad}{written}{pad}".encode() + draw(ENDINGS))
    if draw(st.booleans()):
        found[-1] = found[-1].rstrip(b"\n")
    return found


def screened(dataset: Dataset, removed: tuple[int, ...] = ()):
    vectors = np.stack([fake_vector(text) for text in dataset.examples["embedded_text"]])
    options = ScreeningOptions(method="exact", normalization="bytes")
    return screen(dataset.examples, vectors, options=options, decisions=Decisions(removed=removed))


def whole(line: bytes) -> bytes:
    return line if line.endswith(b"\n") else line + b"\n"


@EACH
@given(json_lines(), st.booleans(), st.booleans(), st.data())
def test_kept_lines_are_slices_of_a_jsonl_source(
    tmp_path: Path, lines: list[bytes], marked: bool, blank: bool, data: st.DataObject
):
    (tmp_path / "a.jsonl").write_bytes((MARK if marked else b"") + (b"\r\n\n" if blank else b"") + b"".join(lines))
    dataset = open_dataset(tmp_path / "a.jsonl")
    removed = data.draw(st.sets(st.integers(0, len(lines) - 1), max_size=len(lines) - 1))
    kept = [whole(line) for at, line in enumerate(lines) if at not in removed]
    done = screened(dataset, tuple(sorted(removed)))
    assert kept_jsonl(done) == b"".join(kept)
    order = data.draw(st.permutations(range(len(lines))))
    exported = export_rows(dataset.examples, dataset.fields, order, "jsonl")
    assert exported == b"".join(whole(lines[at]) for at in order)
    for line, row in zip(removed_jsonl(done).split(b"\n")[:-1], sorted(removed), strict=True):
        assert line.endswith(b"\r") is whole(lines[row]).endswith(b"\r\n")
        assert json.loads(line)["text"] == json.loads(lines[row])["text"]


def test_rows_set_aside_keep_their_line_endings(tmp_path: Path):
    lines = [b'{"text": "one"}\r\n', b"null\r\n", b'{"text": null}\r\n', b'{"text": "two"}\n']
    (tmp_path / "a.jsonl").write_bytes(MARK + b"".join(lines))
    dataset = open_dataset(tmp_path / "a.jsonl")
    done = screen(
        dataset.examples,
        np.eye(2, 8, dtype=np.float32),
        options=ScreeningOptions(method="exact"),
        set_aside=dataset.set_aside,
    )
    assert kept_jsonl(done, with_set_aside=True) == b"".join(lines)
    assert [line[-1:] for line in removed_jsonl(done).split(b"\n")[:-1]] == [b"\r", b"\r"]


@pytest.mark.parametrize(("ending", "delimiter"), [("csv", ","), ("tsv", "\t")])
@EACH
@given(
    st.lists(st.tuples(WORDS, WORDS), min_size=2, max_size=5), st.sampled_from(["\n", "\r\n", "\r"]), st.booleans(), st.booleans()
)
def test_kept_rows_of_a_table_hold_each_cell_as_it_stands(
    tmp_path: Path, ending: str, delimiter: str, rows: list[tuple[str, str]], newline: str, marked: bool, last: bool
):
    rows = [(f"{at} x{text}", f"y{more}") for at, (text, more) in enumerate(rows)]
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, lineterminator=newline, quoting=csv.QUOTE_ALL).writerows([("text", "more"), *rows])
    content = written.getvalue() if last else written.getvalue().removesuffix(newline)
    (tmp_path / f"a.{ending}").write_bytes((MARK if marked else b"") + content.encode())
    found = [json.loads(line) for line in kept_jsonl(screened(open_dataset(tmp_path / f"a.{ending}"))).decode().split("\n")[:-1]]
    assert pd.DataFrame(found).to_dict("records") == [{"text": text, "more": more} for text, more in rows]
