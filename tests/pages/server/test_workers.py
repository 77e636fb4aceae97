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
