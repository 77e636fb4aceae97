"""Builds in processes of their own: what is told of them, and how they end."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from evalmap.data.store import jobs
from evalmap.data.store.atomic import write_json
from evalmap.data.store.jobs import Job, JobFile, job_id
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import load_map
from evalmap.embeddings.pipeline import SHARES, STAGES
from evalmap.tests.fakes import sentences, write_rows

# The child: the real command line with a fake encoder, which waits after each batch as long as a file is there.
CHILD = """
import runpy, sys, time
from pathlib import Path

from evalmap.embeddings import pipeline
from evalmap.tests.fakes import FakeEncoder


class Held(FakeEncoder):
    def encode(self, texts):
        for batch in super().encode(texts):
            if Path({hold!r}).exists():
                time.sleep(0.4)  # progress is written three times a second
            yield batch
            while Path({hold!r}).exists():
                time.sleep(0.02)


pipeline.SentenceEncoder = lambda model: Held(batch=2)
runpy.run_module({cli!r}, run_name="__main__")
"""


@dataclass(frozen=True)
class Yard:
    """A workspace whose children build with the fake encoder."""

    workspace: Workspace
    folder: Path
    hold: Path

    def start(self, locations: list[str], *, options: Sequence[str] = ()) -> None:
        command = [sys.executable, str(self.folder / "program.py"), "build", "--workspace", str(self.workspace.root)]
        jobs.start(self.workspace, [*command, *options, "--", *locations], locations=locations)

    def rows(self, name: str, n: int = 6) -> str:
        return str(write_rows(self.folder / name, [{"text": text, "label": "Yes"} for text in sentences(n)]))

    def job(self, location: str) -> Job:
        job = jobs.find(self.workspace, location)
        assert job
        return job

    def wait(self, location: str, until: Callable[[Job], bool], seconds: float = 60) -> Job:
        deadline = time.monotonic() + seconds
        while not until(job := self.job(location)):
            assert time.monotonic() < deadline, job
            time.sleep(0.02)
        return job

    def embedding(self, location: str) -> Job:
        return self.wait(location, lambda job: (job.stage == "embeddings" and job.done > 0) or job.state != "running")

    def ended(self, location: str) -> Job:
        return self.wait(location, lambda job: job.state != "running")

    def write(self, location: str, pid: int, **more: Any) -> Job:
        file = JobFile(self.workspace, location, Path(location).name)
        born = jobs._born(pid)
        write_json(self.workspace.root / "jobs" / f"{file.job.id}.json", {**asdict(file.job), "pid": pid, "born": born, **more})
        return self.job(location)


@pytest.fixture
def yard(tmp_path: Path) -> Iterator[Yard]:
    hold = tmp_path / "hold"
    child = CHILD.format(hold=str(hold), cli="evalmap.cli")
    (tmp_path / "program.py").write_text(child)
    yard = Yard(Workspace(tmp_path / "home"), tmp_path, hold)
    yield yard
    for job in jobs.jobs(yard.workspace):
        jobs.cancel(yard.workspace, job)


@pytest.fixture
def stubborn() -> Iterator[subprocess.Popen[bytes]]:
    """A process that ignores SIGTERM."""
    script = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout
    assert process.stdout.readline()
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def ended_but_unread() -> subprocess.Popen[bytes]:
    """A process that has ended and that its parent, this one, has not asked after: a zombie."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    return process


# The build's side


def test_progress_is_written_and_read_back(tmp_path: Path):
    workspace = Workspace(tmp_path)
    file = JobFile(workspace, "/data/a.jsonl", "a.jsonl", shares=SHARES)
    ratios = []
    for stage in STAGES:
        file.progress(stage, 0, 10)
        job = jobs.find(workspace, "/data/a.jsonl")
        assert job
        assert (job.state, job.stage, job.pid, job.name) == ("running", stage, os.getpid(), "a.jsonl")
        ratios += [job.ratio, file.job.ratio]
        file.progress(stage, 10, 10)  # may be too soon after the last to be written
        ratios.append(file.job.ratio)
    assert ratios == sorted(ratios)
    assert (ratios[0], ratios[-1]) == (0.0, pytest.approx(1.0))
    file.finish("done", slug="a")
    job = jobs.find(workspace, "/data/a.jsonl")
    assert job
    assert (job.state, job.slug, job.error) == ("done", "a", None)


def test_progress_within_a_stage_is_written_a_few_times_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    written: list[int] = []
    clock = [1000.0]
    monkeypatch.setattr(jobs, "write_json", lambda path, value: written.append(value["done"]))
    monkeypatch.setattr(jobs.time, "time", lambda: clock[0])
    file = JobFile(Workspace(tmp_path), "/data/a", "a")
    for done in range(100):
        clock[0] += 0.05
        file.progress("embeddings", done, 100)
    assert 10 <= len(written) <= 20
    assert written == sorted(written)


def test_shares_are_of_the_stages_and_make_one():
    assert tuple(SHARES) == STAGES
    assert sum(SHARES.values()) == pytest.approx(1.0)


def test_download_counts_its_own_progress():
    job = Job("x", "fetch:x", "x", 1, stage="fetch", done=3, total=4)
    assert job.ratio == 0.75
    assert Job("x", "fetch:x", "x", 1, stage="fetch").ratio == 0.0


# A child that builds


def test_child_tells_its_progress_and_a_second_start_is_ignored(yard: Yard):
    location = yard.rows("a.jsonl")
    yard.hold.touch()
    yard.start([location])
    first = yard.embedding(location)
    assert (first.state, first.done, first.total, first.name) == ("running", 2, 6, "a.jsonl")
    assert yard.workspace.manifests() == []
    yard.start([location])
    assert yard.job(location).pid == first.pid
    assert [job.pid for job in jobs.jobs(yard.workspace)] == [first.pid]
    yard.hold.unlink()
    done = yard.ended(location)
    assert (done.state, done.slug, done.error) == ("done", "a", None)
    assert len(load_map(yard.workspace, yard.workspace.find(location))) == 6


def test_killed_build_is_failed_with_a_sentence_and_leaves_the_old_map(yard: Yard):
    location = yard.rows("a.jsonl")
    yard.start([location])
    assert yard.ended(location).state == "done"
    old = yard.workspace.find(location)
    yard.rows("a.jsonl", 12)
    yard.hold.touch()
    yard.start([location])
    os.killpg(yard.embedding(location).pid, signal.SIGKILL)
    failed = yard.ended(location)
    assert failed.state == "failed"
    sentence = "a.jsonl: the build stopped at embeddings (killed, or out of memory?). Build it again: it goes on from there."
    assert failed.error == sentence
    assert yard.workspace.find(location) == old
    assert len(load_map(yard.workspace, old)) == 6
    jobs.dismiss(yard.workspace, failed)
    assert jobs.jobs(yard.workspace) == []


def _living(group: int) -> list[str]:
    """The command lines of the processes of a group that run; ended ones that nobody has reaped do not count."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, of = stat.read_text().rpartition(")")[2].split()[:3]
            if int(of) == group and state not in "ZX":
                found.append(stat.with_name("cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    return found


def test_cancel_ends_the_build_within_two_seconds_and_leaves_the_old_map(yard: Yard):
    location = yard.rows("a.jsonl")
    yard.start([location])
    assert yard.ended(location).state == "done"
    old = yard.workspace.find(location)
    yard.rows("a.jsonl", 12)
    yard.hold.touch()
    yard.start([location], options=["--k", "3"])
    running = yard.embedding(location)
    began = time.monotonic()
    jobs.cancel(yard.workspace, running)
    assert time.monotonic() - began < 2
    assert (yard.job(location).state, yard.job(location).error) == ("cancelled", None)
    # A killed process stays in the table until its last thread is gone and it is reaped; multiprocessing's resource tracker ignores
    # the signal and ends once the build's pipe is closed. So what counts is that nothing of the group runs any more.
    deadline = time.monotonic() + 30
    while living := _living(running.pid):
        assert time.monotonic() < deadline, living
        time.sleep(0.05)
    assert load_map(yard.workspace, old).manifest.rows == 6
    yard.hold.unlink()
    yard.start([location])
    assert yard.ended(location).state == "done"
    assert yard.workspace.find(location).rows == 12


def test_several_locations_are_built_one_after_the_other_and_a_bad_one_stops_no_other(yard: Yard):
    good, other = yard.rows("a.jsonl"), yard.rows("b.jsonl")
    bad = str(write_rows(yard.folder / "bad.jsonl", [{"n": 1}, {"n": 2}]))
    yard.start([good, bad, other])
    assert len({yard.job(location).pid for location in (good, bad, other)}) == 1
    assert {yard.ended(location).state for location in (good, other)} == {"done"}
    failed = yard.ended(bad)
    assert failed.state == "failed"
    assert failed.error == f"{bad} line 1: no text field (found: n). Choose the text field."
    assert [manifest.slug for manifest in yard.workspace.manifests()] == ["a", "b"]


def test_cancel_takes_with_it_what_waits_in_the_same_child(yard: Yard):
    first, second = yard.rows("a.jsonl"), yard.rows("b.jsonl")
    yard.hold.touch()
    yard.start([first, second])
    jobs.cancel(yard.workspace, yard.embedding(first))
    assert [yard.job(location).state for location in (first, second)] == ["cancelled", "cancelled"]


# Processes that are gone, or are not ours


def test_process_that_is_gone_is_failed_with_its_last_line(yard: Yard):
    process = ended_but_unread()
    process.wait()
    log = yard.workspace.root / "jobs" / f"{job_id('/data/a')}.log"
    log.parent.mkdir(parents=True)
    log.write_text("Traceback\n  ...\nMemoryError: no room\n\n")
    job = yard.write("/data/a", process.pid, stage="neighbors")
    assert job.state == "failed"
    assert re.search(r"^a: the build stopped at neighbors .* Its last line: MemoryError: no room$", job.error or "")


def test_zombie_of_another_parent_counts_as_gone(yard: Yard):
    process = ended_but_unread()
    try:
        assert yard.write("/data/a", process.pid).state == "failed"
    finally:
        process.wait()


@pytest.mark.parametrize("born", [0.0, 1.7e9, None, "", "8123456", "Sat Nov 28 08:05:24 2026"])  # texts: of earlier versions
def test_number_that_went_to_another_process_is_neither_running_nor_killed(
    yard: Yard, stubborn: subprocess.Popen[bytes], born: float | str | None
):
    job = yard.write("/data/a", stubborn.pid, born=born)
    assert job.state == "failed"
    jobs.cancel(yard.workspace, Job(**{**asdict(job), "state": "running"}))
    assert stubborn.poll() is None


def test_clock_that_was_put_right_makes_no_process_another_one(yard: Yard, stubborn: subprocess.Popen[bytes]):
    born = psutil.Process(stubborn.pid).create_time()
    assert yard.write("/data/a", stubborn.pid, born=born - 2).state == "running"
    assert yard.write("/data/a", stubborn.pid, born=born + 2).state == "running"


def test_process_that_ignores_the_request_is_killed(yard: Yard, stubborn: subprocess.Popen[bytes]):
    job = yard.write("/data/a", stubborn.pid)
    assert job.state == "running"
    began = time.monotonic()
    jobs.cancel(yard.workspace, job)
    assert stubborn.wait(1) == -signal.SIGKILL
    assert time.monotonic() - began < 2
    assert yard.job("/data/a").state == "cancelled"


def test_cancel_of_what_has_just_ended_changes_nothing(yard: Yard):
    process = ended_but_unread()
    process.wait()
    seen = yard.write("/data/a", os.getpid())
    yard.write("/data/a", process.pid, state="done", slug="a")
    jobs.cancel(yard.workspace, Job(**{**asdict(seen), "pid": process.pid}))
    assert yard.job("/data/a").state == "done"


def test_half_a_file_and_a_file_of_another_version_are_passed_over(yard: Yard):
    yard.write("/data/a", os.getpid(), state="done")
    (yard.workspace.root / "jobs" / "half.json").write_text('{"id": ')
    (yard.workspace.root / "jobs" / "other.json").write_text(json.dumps({"unknown": 1}))
    assert [job.location for job in jobs.jobs(yard.workspace)] == ["/data/a"]
