"""A job's file on a disk that refuses: no build fails for a note, and no note says that what has ended runs."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from evalmap.bench.torture.file_layer import FAULTS, FileLayer
from evalmap.data.store import jobs
from evalmap.data.store.disk import DiskError
from evalmap.data.store.jobs import JobFile
from evalmap.data.store.workspace import Workspace


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


def test_a_workspace_that_takes_no_note_is_told_before_the_work(space: Workspace):
    with FileLayer((space.root,), FAULTS["EROFS"], at=1).installed(), pytest.raises(DiskError, match="Read-only file system"):
        JobFile(space, "/a", "a")
    assert jobs.jobs(space) == []


@pytest.mark.parametrize("fault", ["ENOSPC", "EIO", "EMFILE"])
def test_progress_that_cannot_be_noted_is_noted_later(space: Workspace, fault: str):
    told = JobFile(space, "/a", "a")
    with FileLayer((space.root,), replace(FAULTS[fault], once=False), at=1).installed():
        told.progress("records", 1, 2)
    found = jobs.find(space, "/a")
    assert found is not None
    assert (found.stage, found.state) == ("start", "running")
    told.progress("embeddings", 0, 1)
    found = jobs.find(space, "/a")
    assert found is not None
    assert found.stage == "embeddings"


def test_a_note_that_says_it_runs_goes_where_its_end_cannot_be_noted(space: Workspace):
    told = JobFile(space, "/a", "a")
    with FileLayer((space.root,), FAULTS["ENOSPC"], at=1).installed():
        told.finish("done", slug="a")
    assert jobs.find(space, "/a") is None
    assert not list((space.root / "jobs").iterdir())


def test_a_job_that_cannot_be_logged_is_not_started(space: Workspace, tmp_path: Path):
    touch = [sys.executable, "-c", f"open({str(tmp_path / 'ran')!r}, 'w')"]
    for fault in ("ENOSPC", "EROFS", "EMFILE"):
        with FileLayer((space.root,), FAULTS[fault], at=1).installed(), pytest.raises(DiskError, match="cannot be"):
            jobs.start(space, touch, locations=["/a"])
    assert jobs.jobs(space) == []
    assert not (tmp_path / "ran").exists()


def test_a_job_that_cannot_be_read_is_one_sentence(space: Workspace):
    JobFile(space, "/a", "a")
    for fault in ("EIO-read", "EMFILE"):
        with FileLayer((space.root,), FAULTS[fault], at=1).installed(), pytest.raises(DiskError, match="cannot be read"):
            jobs.jobs(space)
