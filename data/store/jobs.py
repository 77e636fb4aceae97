"""Work under way: each job runs in a process of its own and tells its progress through a small file in the workspace.

Whoever does the work (a command in a terminal, or one that the site has started) writes the same file, so the library shows both.
What a job does, and by which command, is not known here.
"""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import psutil

from evalmap.data.errors import DatasetError
from evalmap.data.store import disk
from evalmap.data.store.atomic import write_json
from evalmap.data.store.disk import DiskError
from evalmap.data.store.workspace import Workspace

PATIENCE = 0.9  # seconds that a process gets to end by itself before it is killed, and then to be gone
SAME_BIRTH = 10.0  # seconds: when a process began is reckoned from the clock, which is put right now and then
NO_PROGRESS = "EVALMAP_PROGRESS"  # "off" for children: their log holds reasons, and their progress stands in the job's file
IF_KILLED = "the build stopped at {stage} (killed, or out of memory?). Build it again: it goes on from there."
_FOLDER = Path(__file__).resolve().parents[2]  # where children run: it is there wherever they are started from
LOCK = "jobs"  # whoever looks for a job and starts one holds it


@dataclass(frozen=True)
class Job:
    """What a job is doing.

    location : what it is filed under: one job a location
    name : what a person calls it
    pid, born : of its process, and when that began (seconds since 1970; a text in files of earlier versions, whose jobs count as
        gone): a number of a process that has ended goes to another one sooner or later
    state : running, done, failed or cancelled
    stage, done, total : how far it is within a stage
    overall : how far it is over all stages, 0–1; None where it has one stage only
    started, updated : seconds since 1970
    slug : the dataset that came of it
    error : the one sentence of a failed job
    if_killed : what to say where its process is gone without a word; `{stage}` stands for where it was
    """

    id: str
    location: str
    name: str
    pid: int
    born: float | str | None = None
    state: str = "running"
    stage: str = "start"
    done: int = 0
    total: int = 0
    overall: float | None = None
    started: float = 0.0
    updated: float = 0.0
    slug: str | None = None
    error: str | None = None
    if_killed: str = IF_KILLED

    @property
    def ratio(self) -> float:
        """Progress over the whole job, 0–1."""
        if self.overall is not None:
            return self.overall
        return self.done / self.total if self.total else 0.0


class JobFile:
    """The working side: writes its progress, several times a second at most.

    Where another process is at work under the location, that one's file stays, and this work is told of nowhere.

    Parameters
    ----------
    shares : how much of the job each stage takes, in their order, 1 in all; without it, a job has one stage
    if_killed : as in `Job`

    Attributes
    ----------
    filed : whether it is this work that the file tells of
    """

    def __init__(
        self,
        workspace: Workspace,
        location: str,
        name: str,
        *,
        shares: Mapping[str, float] | None = None,
        if_killed: str = IF_KILLED,
    ) -> None:
        self._path = _path(workspace, location)
        self._shares = shares or {}
        now = time.time()
        pid = os.getpid()
        self.job = Job(job_id(location), location, name, pid, _born(pid), started=now, updated=now, if_killed=if_killed)
        with workspace.lock(LOCK):
            other = find(workspace, location)
            self.filed = other is None or other.state != "running" or other.pid == pid
            self._write()

    def progress(self, stage: str, done: int, total: int) -> None:
        now = time.time()
        begins = stage != self.job.stage or (done > 0 and not self.job.done)  # a job that then hangs has been seen to begin
        self.job = replace(self.job, stage=stage, done=done, total=total, overall=self._overall(stage, done, total))
        if begins or now - self.job.updated > 0.3:
            self.job = replace(self.job, updated=now)
            with contextlib.suppress(DiskError):  # a note: what the job makes meets the same disk and tells of it
                self._write()

    def finish(self, state: str, *, slug: str | None = None, error: str | None = None) -> None:
        """Note how the job has ended; where the disk does not take the note, no note is left that says it runs."""
        self.job = replace(self.job, state=state, slug=slug, error=error, updated=time.time())
        try:
            self._write()
        except DiskError:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def ended_if_stopped(self) -> Iterator[None]:
        """What stops the block is how the job ended: "failed" with its sentence, or "cancelled" where a person interrupts it.

        Without it the job would be said to run until its process is gone, and then to be killed, or out of memory.
        """
        try:
            yield
        except DatasetError as error:
            self.finish("failed", error=str(error))
            raise
        except Exception as error:
            self.finish("failed", error=f"{type(error).__name__}: {error}")
            raise
        except BaseException:
            self.finish("cancelled")
            raise

    def _overall(self, stage: str, done: int, total: int) -> float | None:
        if stage not in self._shares:
            return None
        stages = list(self._shares)
        before = sum(self._shares[name] for name in stages[: stages.index(stage)])
        return min(1.0, before + self._shares[stage] * (done / total if total else 0.0))

    def _write(self) -> None:
        if self.filed:
            write_json(self._path, asdict(self.job))


def start(
    workspace: Workspace,
    command: Sequence[str],
    *,
    locations: Sequence[str],
    name: str | None = None,
    environment: Mapping[str, str] | None = None,
    if_killed: str = IF_KILLED,
) -> None:
    """Run a command in a child process and file it under its locations; returns at once.

    Nothing is started while a job runs under one of them, however many ask at once. The command writes its own `JobFile` under each
    location, in turn. A thread waits for the child, so that it does not stay in the system's table once it has ended.

    Parameters
    ----------
    command : the whole command line
    name : what a person calls the job; without it, the end of its location
    environment : further variables for the child. A key goes here: arguments are seen by everyone on the machine.
    if_killed : as in `Job`, until the child's own file says otherwise
    """
    with workspace.lock(LOCK):  # until the files are written: the child waits for it before it writes its own
        if any(is_running(workspace, location) for location in locations):
            return
        log = _path(workspace, locations[0]).with_suffix(".log")
        with disk.writing(log):
            log.parent.mkdir(parents=True, exist_ok=True)
            output = log.open("wb")
        with output, disk.writing(log):  # without a file, or a process, to spare nothing is started
            child = subprocess.Popen(
                list(command),
                cwd=_FOLDER,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=output,
                start_new_session=True,
                env={**os.environ, NO_PROGRESS: "off", **(environment or {})},
            )
        threading.Thread(target=child.wait, name=f"waits for {child.pid}", daemon=True).start()
        now = time.time()
        for location in locations:
            called = name or Path(location).name or location
            born = _born(child.pid)
            job = Job(job_id(location), location, called, child.pid, born, started=now, updated=now, if_killed=if_killed)
            write_json(_path(workspace, location), asdict(job))


def is_running(workspace: Workspace, location: str) -> bool:
    """Whether a job runs under a location."""
    job = find(workspace, location)
    return job is not None and job.state == "running"


def jobs(workspace: Workspace) -> list[Job]:
    """All jobs that the workspace knows of, the latest first; one whose process is gone is failed, with the reason."""
    folder = workspace.root / "jobs"
    found = [_read(folder / name) for name in disk.names(folder, ".json")]
    return sorted((_checked(workspace, job) for job in found if job), key=lambda job: -job.started)


def find(workspace: Workspace, location: str) -> Job | None:
    """The latest job of a location, if any."""
    job = _read(_path(workspace, location))
    return _checked(workspace, job) if job else None


def cancel(workspace: Workspace, job: Job) -> None:
    """End a job within two seconds, and with it those that wait for the same process.

    What it has kept so far, such as vectors, is there for the next one.
    """
    if _checked(workspace, job).state != "running":
        return
    together = [other for other in jobs(workspace) if other.state == "running" and (other.pid, other.born) == (job.pid, job.born)]
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process := _process(job):
            _signal(process, number)
            _wait(job)
    with workspace.lock(LOCK):
        for other in together:
            latest = _read(_path(workspace, other.location))  # it may have ended before the signal came, and another have begun
            if latest and latest.state == "running" and (latest.pid, latest.born) == (other.pid, other.born):
                ended = replace(latest, state="cancelled", updated=time.time(), error=None)
                write_json(_path(workspace, other.location), asdict(ended))


def _wait(job: Job) -> None:
    """Until the job's process is gone, or patience is."""
    until = time.monotonic() + PATIENCE
    while _process(job) and time.monotonic() < until:
        time.sleep(0.02)


def dismiss(workspace: Workspace, job: Job) -> None:
    """Forget a job that has ended; one that was started meanwhile under its location stays."""
    with workspace.lock(LOCK):
        if job.state != "running" and not is_running(workspace, job.location):
            path = _path(workspace, job.location)
            with disk.writing(path):
                path.unlink(missing_ok=True)


def job_id(location: str) -> str:
    return hashlib.sha256(location.encode()).hexdigest()[:12]


def _path(workspace: Workspace, location: str) -> Path:
    return workspace.root / "jobs" / f"{job_id(location)}.json"


def _read(path: Path) -> Job | None:
    try:
        with disk.reading(path):
            return Job(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, json.JSONDecodeError, TypeError):
        return None


def _checked(workspace: Workspace, job: Job) -> Job:
    if job.state != "running" or _process(job):
        return job
    latest = _read(_path(workspace, job.location))  # it may have ended between the two looks
    if latest and latest.state != "running":
        return latest
    return replace(job, state="failed", error=_last_words(workspace, job))


def _last_words(workspace: Workspace, job: Job) -> str:
    log = _path(workspace, job.location).with_suffix(".log")
    lines: list[str] = []
    with contextlib.suppress(OSError):  # there is none, or it can't be read
        lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    last = f" Its last line: {lines[-1].strip()[:300]}" if lines else ""
    return f"{job.name}: {job.if_killed.replace('{stage}', job.stage)}{last}"


def _process(job: Job) -> psutil.Process | None:
    """The process of a job, as long as it runs; None where it has ended, or its number went to another one."""
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(job.pid)
        ended = process.status() in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)  # the former: nobody has asked after it
        if not ended and isinstance(job.born, float) and abs(process.create_time() - job.born) < SAME_BIRTH:
            return process
    return None


def _born(pid: int) -> float | None:
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def _signal(process: psutil.Process, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
        if os.getpgid(process.pid) == process.pid:  # what `start` has started leads a group of its own
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
