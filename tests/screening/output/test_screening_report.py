"""The files that a screening leaves: rows, report.json, one HTML page."""

import json
import os
import stat
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.records import SetAside
from evalmap.data.store.outputs import write_together
from evalmap.screening.keep.by_hand import Decisions
from evalmap.screening.output import files
from evalmap.screening.output.files import check_outputs, kept_jsonl, removed_jsonl
from evalmap.screening.output.screening_html import html_report
from evalmap.screening.output.screening_report import report, report_json
from evalmap.screening.screening import Screening, screen
from evalmap.screening.screening_options import ScreeningOptions
from evalmap.tests.fakes import fake_vector
from evalmap.tests.screening.oracles import examples_of

EVIL = '<script>alert("{{ 7 * 7 }}")</script> & <img src=https://example.com/x.png>'
TEXTS = ["Roses in the garden", "roses in  the garden", "Roses in the garden.", EVIL, EVIL + " ", "Ships at sea", "ships at sea"]
LABELS = ["Yes", "Yes", "Yes", "No", "No", "Yes", "No"]
ODD = ('{"text":"Roses in the garden","n":1.50}', '{ "text" : "roses in  the garden" }', "{}")
RAW = [*ODD, *(json.dumps({"text": text}) for text in TEXTS[3:])]


def screening_of(
    *, own: int | None = None, decisions: Decisions | None = None, set_aside: tuple[SetAside, ...] = (), **options: Any
) -> Screening:
    examples = examples_of(TEXTS, labels=LABELS, lines=[1, 2, 3, 5, 6, 7, 8]).assign(raw=RAW)
    vectors = np.stack([fake_vector(text) for text in TEXTS])
    chosen = ScreeningOptions(**{"threshold": 1.0, "method": "exact", "keep": "first", "normalization": "alphanumeric", **options})
    return screen(examples, vectors, options=chosen, own=own, decisions=decisions, set_aside=set_aside)


def lines(content: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in content.decode().splitlines()]


# Rows


def test_kept_rows_are_the_input_lines_byte_for_byte():
    assert kept_jsonl(screening_of()).decode() == "".join(f"{RAW[row]}\n" for row in (0, 3, 5, 6))


def test_removed_rows_tell_what_they_are_like():
    removed = removed_jsonl(screening_of(normalization="caseless")).decode().splitlines()
    assert removed[0].startswith('{ "text" : "roses in  the garden", "evalmap_dataset": "set"')
    fields, alike = json.loads(removed[0]), float(fake_vector(TEXTS[0]) @ fake_vector(TEXTS[1]))
    assert {name: value for name, value in fields.items() if name.startswith("evalmap_")} == {
        "evalmap_dataset": "set", "evalmap_line": 2, "evalmap_example_id": "id of roses in  the garden",
        "evalmap_rule": "near-duplicate of a kept row",
        "evalmap_kept_dataset": "set", "evalmap_kept_line": 1, "evalmap_kept_example_id": "id of Roses in the garden",
        "evalmap_exact": "caseless", "evalmap_lexical": 1.0, "evalmap_semantic": pytest.approx(alike, abs=1e-5),
            "evalmap_merge": [], "evalmap_differs": [],
    }  # fmt: skip


def test_removed_rows_without_a_kept_one_say_why():
    removed_rows = lines(removed_jsonl(screening_of(normalization="bytes", decisions=Decisions(removed=(2,)))))
    assert [(row["evalmap_line"], row["evalmap_rule"], row["evalmap_kept_line"]) for row in removed_rows] == [
        (3, "removed by hand", None)
    ]
    assert "text" not in removed_rows[0]


def test_rows_screened_before_get_new_reasons():
    once = removed_jsonl(screening_of()).decode().splitlines()
    fields = {"rule": "again"}
    assert json.loads(files.with_fields(once[0], fields)) == {"text": "roses in  the garden", "evalmap_rule": "again"}


ASIDE = (SetAside("set", 4, "text is null", '{"text": null}'), SetAside("set", 9, "the line holds null", "null"))


def test_rows_set_aside_go_with_the_removed_or_stay_at_their_place():
    screening = screening_of(set_aside=ASIDE)
    removed_rows = lines(removed_jsonl(screening))
    assert [row["evalmap_line"] for row in removed_rows] == [2, 3, 4, 6, 9]
    assert removed_rows[2] == {"text": None, "evalmap_dataset": "set", "evalmap_line": 4, "evalmap_rule": "set aside: text is null"}
    assert removed_rows[4]["evalmap_rule"] == "set aside: the line holds null"
    kept = kept_jsonl(screening, with_set_aside=True).decode().splitlines()
    assert kept == [RAW[0], '{"text": null}', RAW[3], RAW[5], RAW[6], "null"]
    assert len(lines(removed_jsonl(screening, with_set_aside=False))) == 3


# report.json


def test_report_counts_what_was_done():
    screening = screening_of(set_aside=ASIDE)
    written = {"kept": kept_jsonl(screening), "removed": removed_jsonl(screening)}
    payload = report(screening, settings={"part": "whole"}, files=written)
    expected = {
        "rows": 9, "kept": 4, "removed": 5, "set_aside": 2, "duplicates": 3, "groups": 2, "pairs": 5, "contrast_pairs": 1,
        "threshold": 1.0, "method": "exact", "normalization": "alphanumeric", "keep": "first",
        "contrast": "protect", "target": None,
        "label_counts": {"before": {"Yes": 4, "No": 3}, "after": {"No": 2, "Yes": 2}},
        "label_share": {"before": {"Yes": 0.571429, "No": 0.428571}, "after": {"No": 0.5, "Yes": 0.5}},
        "removed_by": {"near-duplicate of a kept row": 3, "set aside": 2},
        "warnings": ["the share of label Yes moved by -7.1 points, from 57.1 % to 50.0 %"],
    }  # fmt: skip
    assert {name: payload[name] for name in expected} == expected
    assert payload["settings"]["part"] == "whole"
    assert {"evalmap", "numpy", "torch"} <= set(payload["versions"])
    assert json.loads(report_json(payload)) == json.loads(json.dumps(payload))
    assert report_json(payload) == report_json(report(screening_of(set_aside=ASIDE), settings={"part": "whole"}, files=written))


def test_kept_and_removed_add_up_whatever_becomes_of_rows_without_text():
    payload = report(screening_of(set_aside=ASIDE), settings={}, set_aside_kept=True)
    assert (payload["rows"], payload["kept"], payload["removed"]) == (9, 6, 3)
    assert payload["removed_by"] == {"near-duplicate of a kept row": 3}


def test_rows_compared_against_are_reasons_and_count_nowhere_else():
    screening = screening_of(own=2)
    payload = report(screening, settings={})
    assert (payload["rows"], payload["kept"], payload["compared_against"]) == (2, 0, {"rows": 5, "removed": 2})
    removed = lines(removed_jsonl(screening))
    assert {row["evalmap_rule"] for row in removed} == {"near-duplicate of a row of the dataset compared against"}
    assert {row["evalmap_kept_line"] for row in removed} == {3}
    assert kept_jsonl(screening) == b""


def test_balance_and_target_leave_rows_compared_against_alone():
    screening = screening_of(own=5, normalization="bytes", target=2, balance=True)
    payload = report(screening, settings={})
    assert (payload["rows"], payload["kept"]) == (5, 2)
    assert screening.selection.kept[5:].all()


# The page


class Page(HTMLParser):
    """Tags and text of a page."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [f"{name}={value}" for name, value in attrs if name in ("src", "href", "action", "data")]

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_page_shows_groups_contrasts_and_balance_and_runs_nothing():
    screening = screening_of()
    content = html_report(screening, report(screening, settings={})).decode()
    page = Page(content)
    assert content.startswith("<!doctype html>")
    assert "default-src 'none'" in content
    assert page.links == []
    assert not {"script", "img", "link", "iframe", "object"} & set(page.tags)
    assert page.tags.count("article") == 3
    shown = "".join(page.words)
    assert EVIL in shown
    for part in ("7 rows were read: 4 kept, 3 removed", "set, line 2 · Yes", "set, line 8 · No", "-7.1 points"):
        assert part in " ".join(shown.split())
    assert "<ins>" in content


def test_page_says_how_much_it_leaves_out(monkeypatch: pytest.MonkeyPatch):
    from evalmap.screening.output import screening_html as module

    monkeypatch.setattr(module, "GROUPS", 1)
    monkeypatch.setattr(module, "ROWS", 1)
    screening = screening_of()
    content = html_report(screening, report(screening, settings={})).decode()
    assert "… and 1 more rows" in content
    assert "1 smaller groups are not shown" in content


def test_page_of_nothing_says_so():
    screening = screening_of(normalization="bytes")
    screening = replace(screening, examples=screening.examples.assign(label=None))
    content = html_report(screening, report(screening, settings={})).decode()
    for part in ("No row has a label", "No row has a near-duplicate", "There are none"):
        assert part in content


# Writing


def test_files_are_written_together(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"old")
    write_together({tmp_path / "a": b"new", tmp_path / "b": b"too"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"new", "b": b"too"}
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) == 0o666 & ~mask


def test_no_file_changes_where_one_cannot_be_written(tmp_path: Path):
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(DatasetError, match=r"gone.b: cannot be written \(No such file or directory\)"):
        write_together({tmp_path / "a": b"new", tmp_path / "gone" / "b": b"too"})
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a": b"old"}


def test_a_link_keeps_its_place(tmp_path: Path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_together({tmp_path / "link": b"new"})
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        ({"out": "folder"}, "out folder: is a folder"),
        ({"out": "/dev/null"}, "out /dev/null: is no plain file"),
        ({"report": "nowhere/r.json"}, "there is no folder nowhere"),
        ({"out": "in.jsonl"}, "is the file that is read"),
        ({"out": "a.jsonl", "removed": "./a.jsonl"}, "out names the same file"),
        ({"out": "a.csv"}, "rows are written as JSONL"),
    ],
)
def test_outputs_are_checked_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, paths: dict[str, str], message: str):
    monkeypatch.chdir(tmp_path)
    Path("folder").mkdir()
    Path("in.jsonl").touch()
    with pytest.raises(DatasetError, match=message):
        check_outputs({option: Path(path) for option, path in paths.items()}, ["in.jsonl"])
