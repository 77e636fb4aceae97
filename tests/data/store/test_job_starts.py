"""One job a location, whoever starts it, and no ended child that nobody has asked after."""

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from evalmap.data.store import jobs
from evalmap.data.store.jobs import JobFile
from evalmap.data.store.workspace import Workspace
from evalmap.tests.processes import run_together

# Tells that it was started, waits until it may end.
JOB = """
import pathlib, sys, time, uuid
folder = pathlib.Path(sys.argv[1])
(folder / "started" / uuid.uuid4().hex).touch()
until = time.monotonic() + 60
while not (folder / "end").exists() and time.monotonic() < until:
    time.sleep(0.01)
"""
STARTER = """
import sys
from evalmap.data.store import jobs
from evalmap.data.store.workspace import Workspace

home, *command = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
jobs.start(Workspace(home), command, locations=["/data/a"])
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    (tmp_path / "started").mkdir()
    return Workspace(tmp_path / "home")


def command(workspace: Workspace) -> list[str]:
    return [sys.executable, "-c", JOB, str(workspace.root.parent)]


def started(workspace: Workspace) -> int:
    return len(list((workspace.root.parent / "started").iterdir()))


def eventually(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_clicks_in_several_threads_start_one_job(workspace: Workspace):
    clicks = threading.Barrier(8)

    def click() -> None:
        clicks.wait()
        jobs.start(workspace, command(workspace), locations=["/data/a"])

    threads = [threading.Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    eventually(lambda: started(workspace) > 0)
    (job,) = jobs.jobs(workspace)
    assert _children() == {job.pid}
    (workspace.root.parent / "end").touch()
    eventually(lambda: not _children())
    assert started(workspace) == 1


def test_clicks_in_several_processes_start_one_job(workspace: Workspace):
    line = [sys.executable, "-c", STARTER, str(workspace.root), *command(workspace)]
    run_together([line] * 5)
    eventually(lambda: started(workspace) > 0)
    (job,) = jobs.jobs(workspace)
    assert job.state == "running"
    time.sleep(0.3)  # whatever else was started has had the time to tell
    assert started(workspace) == 1
    (workspace.root.parent / "end").touch()
    eventually(lambda: jobs.jobs(workspace)[0].state != "running")


def test_nothing_is_started_where_one_of_the_locations_is_at_work(workspace: Workspace):
    jobs.start(workspace, command(workspace), locations=["/data/a"])
    jobs.start(workspace, command(workspace), locations=["/data/a", "/data/b"])
    assert [job.location for job in jobs.jobs(workspace)] == ["/data/a"]
    (workspace.root.parent / "end").touch()
    eventually(lambda: not _children())


def test_ended_child_is_reaped_although_nobody_asks(workspace: Workspace):
    jobs.start(workspace, command(workspace), locations=["/data/a"])
    (pid,) = _children()
    (workspace.root.parent / "end").touch()
    eventually(lambda: not psutil.pid_exists(pid))


def test_work_in_a_terminal_does_not_hide_the_job_that_runs(workspace: Workspace):
    jobs.start(workspace, command(workspace), locations=["/data/a"])
    first = jobs.find(workspace, "/data/a")
    assert first
    second = JobFile(workspace, "/data/a", "a")
    assert not second.filed
    second.progress("embeddings", 1, 2)
    second.finish("done", slug="a")
    assert jobs.find(workspace, "/data/a") == first
    (workspace.root.parent / "end").touch()
    eventually(lambda: not jobs.is_running(workspace, "/data/a"))
    assert JobFile(workspace, "/data/a", "a").filed


def _children() -> set[int]:
    """This process's children that run the job, the ended ones that nobody has asked after among them."""
    return {child.pid for child in psutil.Process().children() if child.status() == psutil.STATUS_ZOMBIE or JOB in child.cmdline()}
