"""`evalmap quality`: a table, JSON, and what cannot be said."""

import contextlib
import json
from pathlib import Path

import pytest

from evalmap.data.store.jobs import find
from evalmap.data.store.workspace import Workspace
from evalmap.screening.quality.quality_job import job_location
from evalmap.screening.quality.sections import SECTIONS
from evalmap.tests.command import Command
from evalmap.tests.fakes import sentences, write_rows


def test_json_holds_scorecard_and_saturation_and_the_table_says_them(evalmap: Command):
    texts = sentences(60)
    rows = [{"text": text, "label": "ab"[i % 2]} for i, text in enumerate([*texts, *texts[:20]])]
    write_rows(Path("some.jsonl"), rows)
    assert evalmap("build", "some.jsonl").code == 0
    found = evalmap("quality", "some", "--json").json
    parts = {(part["kind"], part["name"]): part for part in found["scorecard"]["parts"]}
    before, after = parts["screening", "before"], parts["screening", "after"]
    assert before["n"] == after["n"] == after["size"] // 2
    assert before["statistics"]["near_duplicates_exact"]["value"] > 0
    assert after["statistics"]["near_duplicates_exact"]["value"] == 0
    assert {name for kind, name in parts if kind == "label"} == {"a", "b"}
    assert found["saturation"]["n"] == 80
    assert 1 < found["scorecard"]["vendi"] < 60
    assert set(found) == {"dataset", *SECTIONS, "todo"}
    assert {"scorecard", "saturation", "flags", "shortcuts", "balance"} <= set(found)
    assert found["dataset"]["labels"] == {"a": 40, "b": 40}
    assert found["todo"][0]["id"] == "duplicates"
    assert found["todo"][0]["rows"] == found["duplicates"]["rows"]
    flags = {one["rule"]: one for one in found["flags"]}
    assert len(flags["contradicting_labels"]["rows"]) == flags["contradicting_labels"]["count"]
    assert flags["low_confidence"]["reason"] == "no row has a label confidence."
    assert {"predictor", "accuracy", "chance", "control", "phrases"} <= set(found["shortcuts"][0])
    assert found["shortcuts"][0]["chance"] == 0.5
    assert sum(sum(cluster["counts"].values()) for cluster in found["balance"]["clusters"]) == 80
    printed = evalmap("quality", "some").out
    assert printed.startswith("some: 80 rows behave like ")
    assert found["saturation"]["sentence"] in printed
    order = [printed.index(title) for title in ("TO DO", "DATASETS", "LABELS", "SATURATION", "FLAGS", "SHORTCUTS", "LABEL BALANCE")]
    assert order == sorted(order)
    assert "Compression ratio" in printed
    assert "compression_ratio" not in printed
    assert "DIVERSITY: CLUSTERS" not in printed
    assert "DIVERSITY: CLUSTERS" in evalmap("quality", "some", "--clusters").out
    assert evalmap("quality", "some", "--json").json == json.loads(json.dumps(found))


def test_sections_are_chosen_by_name(evalmap: Command):
    write_rows(Path("some.jsonl"), [{"text": text, "label": "ab"[i % 2]} for i, text in enumerate(sentences(30))])
    assert evalmap("build", "some.jsonl").code == 0
    assert set(evalmap("quality", "some", "--section", "flags,balance", "--json").json) == {"dataset", "flags", "balance", "todo"}
    found = evalmap("quality", "some", "--without", "shortcuts,scorecard", "--json").json
    assert {"shortcuts", "scorecard"}.isdisjoint(found)
    assert {"dataset", "duplicates", "saturation", "flags", "balance", "todo"} <= set(found)
    refused = evalmap("quality", "some", "--section", "colour")
    assert refused.code == 1
    assert refused.err.startswith("there is no section 'colour'; choose from scorecard, ")
    assert len(refused.err.splitlines()) == 1


def test_copies_of_what_the_writer_was_given_are_flagged(evalmap: Command):
    texts = sentences(30)
    write_rows(Path("some.jsonl"), [{"text": text} for text in texts])
    write_rows(Path("prompts.jsonl"), [{"text": texts[4]}, {"text": "Another one, that nobody copied."}])
    assert evalmap("build", "some.jsonl").code == 0
    flags = {one["rule"]: one for one in evalmap("quality", "some", "--section", "flags", "--json").json["flags"]}
    assert flags["few_shot_copy"]["reason"] == "no few-shot texts were given."
    given = evalmap("quality", "some", "--section", "flags", "--few-shot", "prompts.jsonl", "--json").json["flags"]
    assert {one["rule"]: one["rows"] for one in given}["few_shot_copy"] == [4]
    missing = evalmap("quality", "some", "--few-shot", "none.jsonl")
    assert (missing.code, len(missing.err.splitlines())) == (1, 1)


def test_limits_end_with_three_and_a_sentence_each(evalmap: Command):
    texts = sentences(30)
    write_rows(Path("some.jsonl"), [{"text": text} for text in [*texts, *texts[:10]]])
    assert evalmap("build", "some.jsonl").code == 0
    fast = ("quality", "some", "--without", "shortcuts,scorecard", "--fail-over")
    assert evalmap(*fast, "duplicates=0.25,flags=3,repeats=1").code == 0
    over = evalmap(*fast, "duplicates=0.2,balance=0.1,flags.low_confidence=0")
    assert over.code == 3
    assert over.err.splitlines() == [
        "duplicates: the ratio of rows that are near-duplicates of one that stays is 0.25; the limit is 0.2.",
        "balance: the ratio of rows to drop until labels are even inside clusters could not be measured; the limit is 0.1.",
        "flags.low_confidence: the number or ratio of rows with the flag low_confidence could not be measured; the limit is 0.",
    ]
    left_out = evalmap(*fast, "shortcuts=0.7")
    assert (left_out.code, left_out.out) == (1, "")
    assert left_out.err == "--fail-over shortcuts: the section shortcuts is left out. Ask for it, or for no limit of it.\n"
    assert evalmap(*fast, "colour=1").err.startswith("--fail-over colour=1: there is no figure 'colour'; choose from duplicates, ")


def test_html_is_one_file_with_the_headline_and_the_rows(evalmap: Command):
    texts = sentences(30)
    write_rows(Path("some.jsonl"), [{"text": text} for text in [*texts, *texts[:10]]])
    assert evalmap("build", "some.jsonl").code == 0
    assert evalmap("quality", "some", "--without", "shortcuts,scorecard", "--html", "quality.html").code == 0
    page = Path("quality.html").read_text(encoding="utf-8")
    assert "10 of 40 rows (25.0 %) are near-duplicates of a row that stays" in page
    assert texts[0] in page
    refused = evalmap("quality", "some", "--html", "nowhere/quality.html")
    assert refused.err == "html nowhere/quality.html: there is no folder nowhere. Make it first (--html).\n"


def test_too_few_rows_say_what_cannot_be_said(evalmap: Command):
    write_rows(Path("three.jsonl"), [{"text": text} for text in sentences(3)])
    assert evalmap("build", "three.jsonl").code == 0
    out = evalmap("quality", "three").out
    assert "the dataset has 3 rows, at least 10 are needed" in out
    assert "no figures (3 rows" in out
    write_rows(Path("one.jsonl"), [{"text": sentences(1)[0]}])
    assert evalmap("build", "one.jsonl").err.endswith("a map needs at least 2. Open a file with more rows.\n")


def test_a_dataset_that_is_not_there_is_one_sentence(evalmap: Command):
    found = evalmap("quality", "nothing")
    assert found.code == 1
    assert len(found.err.splitlines()) == 1


def test_a_measuring_that_is_interrupted_is_a_job_that_was_cancelled(evalmap: Command, monkeypatch: pytest.MonkeyPatch):
    write_rows(Path("some.jsonl"), [{"text": text} for text in sentences(12)])
    assert evalmap("build", "some.jsonl").code == 0

    def interrupted(*args: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("evalmap.screening.quality.report.quality", interrupted)
    with contextlib.suppress(KeyboardInterrupt):
        assert evalmap("quality", "some", "--section", "duplicates", "--html", "quality.html").code == 130
    assert not Path("quality.html").exists()
    job = find(Workspace(evalmap.home), job_location("some"))
    assert job is not None
    assert job.state == "cancelled"
