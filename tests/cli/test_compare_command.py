"""`evalmap compare`: tables, JSON, files, limits, its job, and what cannot be compared."""

import json
from pathlib import Path

import pytest

from evalmap.data.store import jobs
from evalmap.data.store.workspace import Workspace
from evalmap.screening.coverage import dataset_comparison
from evalmap.screening.coverage.comparison_job import job_location
from evalmap.tests.command import Command
from evalmap.tests.fakes import sentences, write_rows


@pytest.fixture
def two(evalmap: Command) -> Command:
    texts = sentences(60)
    write_rows(Path("one.jsonl"), [{"text": text, "label": "ab"[i % 2]} for i, text in enumerate(texts[:40])])
    write_rows(Path("two.jsonl"), [{"text": f"Question: {text} Answer:"} for text in texts[25:]])
    assert evalmap("build", "one.jsonl", "two.jsonl").code == 0
    return evalmap


def test_a_comparison_is_printed_kept_and_read_again(two: Command, monkeypatch: pytest.MonkeyPatch):
    found = two("compare", "one", "two", "--json").json
    assert [dataset["slug"] for dataset in found["datasets"]] == ["one", "two"]
    job = jobs.find(Workspace(two.home), job_location(["one", "two"]))
    assert job is not None
    assert (job.state, job.stage, job.overall) == ("done", "scorecards", pytest.approx(1))

    def never(*_: object, **__: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(dataset_comparison, "compare", never)
    told = two("compare", "one", "two", "--html", "report.html", "--seeds", "seeds.jsonl")
    assert (told.code, told.err) == (0, "")
    assert told.out.startswith("A: one, 40 rows (20 a, 20 b)\nB: two, 35 rows\n")
    auc = f"{100 * found['separability']['auc']:.1f} %"
    assert f"tells which is which in {auc} of cases" in told.out
    for gap in found["gaps"]:
        assert not gap["clusters"] or gap["clusters"][0]["name"] in told.out
    assert Path("report.html").read_text().startswith("<!doctype html>")
    seeds = [json.loads(line) for line in Path("seeds.jsonl").read_text().splitlines()]
    exemplars = [one["text"] for gap in found["gaps"] for cluster in gap["clusters"] for one in cluster["exemplars"]]
    assert [seed["text"] for seed in seeds] == exemplars


def test_a_figure_above_its_limit_ends_with_3_and_a_sentence(two: Command):
    share = two("compare", "one", "two", "--json").json["overlap"]["matrix"]
    largest = max(share[0][1], share[1][0])
    held = two("compare", "one", "two", "--fail-over", f"overlap={largest}")
    assert (held.code, held.err) == (0, "")
    passed = two("compare", "one", "two", "--fail-over", "separability=1,overlap=-1,repeats=-1")
    assert passed.code == 3
    assert [line.split(":")[0] for line in passed.err.splitlines()] == ["overlap", "repeats"]
    assert "A: one" in passed.out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["one"], "1 dataset was given; a comparison takes 2 to 8."),
        (["one"] * 9, "9 datasets were given; a comparison takes 2 to 8."),
        (["one", "one.jsonl"], "one was given twice; name different datasets."),
        (
            ["one", "two", "--similarity", "0"],
            "similarity is 0; expected a similarity above 0 and up to 1, such as 0.6 (--similarity).",
        ),
        (["one", "two", "--fail-over", "speed=1"], "--fail-over speed=1: there is no figure 'speed'; choose from separability, "),
        (["one", "two", "--html", "nowhere/report.html"], "html nowhere/report.html: there is no folder nowhere."),
        (["one", "two", "--seeds", "one.jsonl"], "seeds one.jsonl: is the file that is read. Name another one"),
    ],
)
def test_bad_input_is_one_sentence(two: Command, arguments: list[str], sentence: str):
    found = two("compare", *arguments)
    assert (found.code, found.out) == (1, "")
    assert found.err.startswith(sentence)
    assert len(found.err.splitlines()) == 1


def test_three_rows_say_what_cannot_be_said(two: Command):
    write_rows(Path("three.jsonl"), [{"text": text} for text in sentences(3)])
    assert two("build", "three.jsonl").code == 0
    found = two("compare", "one", "three", "--fail-over", "separability=.9")
    assert "Whether A and B can be told apart cannot be said: one dataset has 3 rows, at least 10 are needed." in found.out
    assert "no samples: samples of at least 5 rows are needed" in found.out
    assert found.code == 3
    assert "could not be measured; the limit is 0.9." in found.err


def test_all_options_are_in_the_help(evalmap: Command):
    out = evalmap("compare", "--help").out
    for option in "--json --html --seeds --similarity --threshold --reworded --seed --fail-over --workspace".split():
        assert option in out
