"""What the site starts: the command line of a build, and what its job is filed under."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalmap.data.records import ReadOptions
from evalmap.data.store import jobs
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.build_job import job_location
from evalmap.pages.server import workers
from evalmap.screening.coverage import comparison_job
from evalmap.tests.manifests import made_manifest


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[list[str], list[str]]]:
    """(arguments behind the workspace, locations) of each job that was started."""
    calls: list[tuple[list[str], list[str]]] = []

    def start(workspace: Workspace, command: Sequence[str], *, locations: Sequence[str], **_: Any) -> None:
        calls.append(([*command[command.index("--workspace") + 2 :]], [*locations]))

    monkeypatch.setattr(jobs, "start", start)
    return calls


def test_build_again_builds_the_map_in_question_and_no_other(tmp_path: Path, started: list):
    plain = made_manifest("a", location="/data/a.jsonl")
    workers.build_again(Workspace(tmp_path), plain)
    workers.build_again(Workspace(tmp_path), replace(plain, slug="mine", name="-my map", name_given=True), options=["--k", "3"])
    assert started == [
        (["--part", "whole", "--", "/data/a.jsonl"], ["/data/a.jsonl"]),
        (["--name=-my map", "--k", "3", "--", "/data/a.jsonl"], [job_location("/data/a.jsonl", "-my map")]),
    ]


def test_build_again_reads_the_fields_as_they_were_told_to_be(tmp_path: Path, started: list):
    read = ReadOptions(text="a,b", label="", turn="all", embed="b", yes=True, header=False, encoding="latin-1")
    workers.build_again(Workspace(tmp_path), made_manifest("a", location="/data/a.jsonl", read=read.given()))
    ((arguments, _),) = started
    given = ["--text", "a,b", "--label", "", "--part", "whole", "--turn", "all", "--embed", "b", "--encoding", "latin-1"]
    assert arguments == [*given, "--yes", "--no-header", "--", "/data/a.jsonl"]


def test_location_that_is_being_built_does_not_keep_the_others_back(tmp_path: Path, started: list, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "is_running", lambda _, location: location == "/data/a.jsonl")
    workers.build(Workspace(tmp_path), ["/data/a.jsonl", "/data/b.jsonl"])
    workers.build(Workspace(tmp_path), ["/data/a.jsonl"], name="mine")
    assert [locations for _, locations in started] == [["/data/b.jsonl"], [job_location("/data/a.jsonl", "mine")]]


def test_map_that_has_grown_is_built_with_its_own_settings_so_that_its_points_stay(tmp_path: Path, started: list):
    made = made_manifest("a", location="/data/a.jsonl")
    settings = replace(made.settings, n_neighbors=30, min_dist=0.25, seed=7, k=4)
    workers.build_grown(Workspace(tmp_path), replace(made, settings=settings, name="mine", name_given=True))
    ((arguments, locations),) = started
    own = ["--keep-layout", "--n-neighbors", "30", "--min-dist", "0.25", "--seed", "7", "--k", "4"]
    assert arguments[:3] == ["--name=mine", "--part", "whole"]
    assert arguments[3:12] == own
    assert arguments[-2:] == ["--", "/data/a.jsonl"]
    assert locations == [job_location("/data/a.jsonl", "mine")]


def test_comparison_lays_the_datasets_out_together_too(tmp_path: Path, started: list):
    workers.compare(Workspace(tmp_path), ["b", "a"])
    assert started == [(["--shared-map", "--", "b", "a"], [comparison_job.job_location(["b", "a"])])]
