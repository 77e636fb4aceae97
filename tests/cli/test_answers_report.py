"""evalmap answers report | export."""

import csv
import json
from pathlib import Path

import pandas as pd
import pytest

from evalmap.data.store.workspace import Workspace
from evalmap.tests.answers.report_map import EVIL, home, sets_of
from evalmap.tests.command import Command


@pytest.fixture
def told(evalmap: Command, tmp_path: Path) -> Command:
    home(tmp_path)
    return evalmap


def test_table_of_the_sets_is_printed(told: Command):
    result = told("answers", "report", "asked")
    assert result.code == 0, result.err
    lines = result.out.splitlines()
    assert lines[0] == "asked: 120 examples, read so: text = text; label = label; confidence = confidence"
    assert next(line for line in lines if line.startswith("m · yes")).split() == (
        "m · yes 120 50.0 % 41.2–58.8 50.0 % 120 0.50 Yes 100.0 % 25.0 % 0".split()
    )
    assert any(line.startswith(EVIL[:20]) for line in lines)
    assert "its 20 undecided answers" in result.out
    assert "2 answers of the source belong to no example" in result.out
    assert "m · ties less m · yes: -8.3 points" in result.out
    assert "at least 3 different sizes" in result.out
    assert "without near-duplicates 50.0 % (n = 120 of 120), moved by +0.0 points" in result.out


def test_json_is_the_report_and_the_files_are_the_same(told: Command, tmp_path: Path):
    printed = told("answers", "report", "asked", "--json").json
    assert [one["label"] for one in printed["answer_sets"]] == [EVIL, "m · ties", "m · yes"]
    assert printed["screening"] == {"kept": 120, "removed": 0}
    assert printed["settings"]["groups"] is True
    out, html = tmp_path / "r.json", tmp_path / "r.html"
    result = told("answers", "report", "asked", "--out", out, "--html", html)
    assert result.out.endswith(f"written: {out}\nwritten: {html}\n")
    assert json.loads(out.read_text()) == printed
    assert "Model answers to asked" in html.read_text()
    assert "<script>alert" not in html.read_text()


def test_sets_and_layers_are_chosen(told: Command, tmp_path: Path):
    id = next(scores.id for scores in sets_of(*_again(told, tmp_path)) if scores.label == "m · yes")
    for reference in (id, id[:6], "m · yes"):
        found = told("answers", "report", "asked", "--json", "--set", reference, "--layer", "kmeans").json
        assert [one["id"] for one in found["answer_sets"]] == [id]
        assert {cluster["layer"] for cluster in found["answer_sets"][0]["clusters"]} == {"kmeans"}
    both = told("answers", "report", "asked", "--json", "--set", "m · yes", "--set", "m · ties").json
    assert [one["label"] for one in both["answer_sets"]] == ["m · ties", "m · yes"]


def _again(told: Command, tmp_path: Path):
    from evalmap.embeddings.built_map import load_map

    space = Workspace(told.home)
    return space, load_map(space, space.find("asked"))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("report", "asked", "--set", "none"), "--set none: no such answer set on asked (there: "),
        (("report", "asked", "--set", "m"), "--set m: no such answer set on asked"),
        (
            ("report", "asked", "--layer", "x"),
            "--layer x: asked has kmeans, topics-coarse, topics-medium, topics-fine. Choose of these.",
        ),
        (("report", "unknown"), "unknown: not built in "),
        (("report", "asked", "--html", "gone/r.html"), "html gone/r.html: there is no folder gone. Make it first (--html)."),
        (("report", "asked", "--out", "r", "--html", "r"), "html r: out names the same file. Name another one (--html)."),
        (("export", "asked", "--out", "a.xlsx"), "--out a.xlsx: a table is written as .jsonl, .csv, .parquet. Give the file one"),
        (("export", "asked", "--out", "a.csv", "--layer", "kmeans"), "--layer: the answers are written with all layers."),
    ],
)
def test_what_cannot_be_done_is_one_sentence(told: Command, arguments: tuple[str, ...], sentence: str):
    result = told("answers", *arguments)
    assert result.code == 1
    assert result.err.startswith(sentence)
    assert len(result.err.splitlines()) == 1
    assert list(Path.cwd().iterdir()) == []


def test_dataset_without_answers_is_told(told: Command, tmp_path: Path):
    from evalmap.answers.store import AnswerStore

    store = AnswerStore(Workspace(told.home))
    for record in store.sets():
        store.remove(record.id)
    for arguments in (("report", "asked"), ("export", "asked", "--out", "a.csv")):
        result = told("answers", *arguments)
        assert (result.code, result.err) == (
            1,
            "asked: no answer set has answers to its examples. Import one: evalmap answers import FILE\n",
        )


def test_answers_are_exported_in_every_format(told: Command, tmp_path: Path):
    for name in ("a.csv", "a.parquet", "a.jsonl"):
        result = told("answers", "export", "asked", "--out", tmp_path / name)
        assert (result.code, result.out) == (0, f"written: {tmp_path / name}\n")
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    assert len(written) == 340
    assert len(pd.read_parquet(tmp_path / "a.parquet")) == 340
    assert len((tmp_path / "a.jsonl").read_text().splitlines()) == 340
    told("answers", "export", "asked", "--out", tmp_path / "one.csv", "--set", "m · yes", "--spreadsheet-safe")
    assert len((tmp_path / "one.csv").read_text().splitlines()) == 121


def test_figures_of_clusters_are_exported(told: Command, tmp_path: Path):
    printed = told("answers", "report", "asked", "--json", "--layer", "kmeans").json
    assert told("answers", "export", "asked", "--clusters", "--layer", "kmeans", "--out", tmp_path / "c.parquet").code == 0
    table = pd.read_parquet(tmp_path / "c.parquet")
    told_of = [(one["label"], cluster["id"], cluster["matching"]) for one in printed["answer_sets"] for cluster in one["clusters"]]
    matching = [None if value != value else value for value in table["matching"]]
    assert list(zip(table["answer_set"], table["id"], matching, strict=True)) == told_of
