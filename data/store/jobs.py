"""Builds under way: each runs in a process of its own and tells its progress through a small file in the workspace.

Whoever builds (the command line or the site) writes the same file, so the library shows both.
"""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from evalmap.data.store.workspace import Workspace, write_json

ROOT = Path(__file__).resolve().parents[2]
# How much of a build's time each stage takes, in their order: embedding takes most.
SHARES = {"records": 0.05, "embeddings": 0.6, "neighbors": 0.15, "projection": 0.12, "clustering": 0.05, "naming": 0.03}
COMMAND = (sys.executable, "-P", "-m", "evalmap.cli")  # -P: the folder it is called from is no place to import from
PATIENCE = 0.9  # seconds that a build gets to end by itself before it is killed, and then to be gone
_ANSWERS = "answers:"
_children: dict[int, subprocess.Popen[bytes]] = {}  # those that this process started: they must be reaped by it


@dataclass(frozen=True)
class Job:
    """What a build is doing; `state` is running, done, failed or cancelled; `error` is its one sentence.

    `born` is when its process began: a number of a process that has ended goes to another one sooner or later.
    """

    id: str
    location: str
    name: str
    pid: int
    born: str = ""
    state: str = "running"
    stage: str = "records"
    done: int = 0
    total: int = 0
    started: float = 0.0
    updated: float = 0.0
    slug: str | None = None
    error: str | None = None

    @property
    def ratio(self) -> float:
        """Progress over all stages, 0–1; embedding takes most of the time and counts so."""
        if self.stage not in SHARES:  # a download, a search for pairs, a run of a model
            return self.done / self.total if self.total else 0.0
        stages = list(SHARES)
        before = sum(SHARES[name] for name in stages[: stages.index(self.stage)])
        return min(1.0, before + SHARES[self.stage] * (self.done / self.total if self.total else 0.0))


class JobFile:
    """The build's side: writes its progress, several times a second at most."""

    def __init__(self, workspace: Workspace, location: str, name: str) -> None:
        self._path = _path(workspace, location)
        now = time.time()
        self.job = Job(job_id(location), location, name, os.getpid(), _born(os.getpid()), started=now, updated=now)
        self._write()

    def progress(self, stage: str, done: int, total: int) -> None:
        now = time.time()
        begins = stage != self.job.stage or (done > 0 and not self.job.done)  # a job that then hangs has been seen to begin
        self.job = replace(self.job, stage=stage, done=done, total=total)
        if begins or now - self.job.updated > 0.3:
            self.job = replace(self.job, updated=now)
            self._write()

    def finish(self, state: str, *, slug: str | None = None, error: str | None = None) -> None:
        self.job = replace(self.job, state=state, slug=slug, error=error, updated=time.time())
        self._write()

    def _write(self) -> None:
        write_json(self._path, asdict(self.job))


def start(workspace: Workspace, locations: Sequence[str], *, options: Sequence[str] = ()) -> None:
    """Build locations one after the other in a child process; returns at once. What is being built already is left out."""
    wanted = [location for location in locations if not ((job := find(workspace, location)) and job.state == "running")]
    if wanted:
        _spawn(workspace, wanted, ["build", "--workspace", str(workspace.root), *options, "--", *wanted])


def start_fetch(workspace: Workspace, collection: str, *, options: Sequence[str] = ()) -> None:
    """Fetch a known collection in a child process; returns at once."""
    location = fetch_location(collection)
    if not ((job := find(workspace, location)) and job.state == "running"):
        _spawn(workspace, [location], ["fetch", collection, "--workspace", str(workspace.root), *options])


def start_pairs(workspace: Workspace, slug: str) -> None:
    """Find the near-duplicates of a built dataset in a child process; returns at once."""
    start_command(workspace, pairs_location(slug), slug, ["pairs", slug])


def start_command(
    workspace: Workspace, location: str, name: str, arguments: Sequence[str], *, environment: Mapping[str, str] | None = None
) -> None:
    """Run `evalmap ARGUMENTS…` in a child process, filed under `location` and shown as `name`; returns at once.

    What runs under that location already is left alone. The command writes its own `JobFile` under the same location.

    Parameters
    ----------
    arguments : command and options, without --workspace
    environment : further variables for the child. A key goes here: arguments are seen by everyone on the machine.
    """
    if not ((job := find(workspace, location)) and job.state == "running"):
        command = [*arguments, "--workspace", str(workspace.root)]
        _spawn(workspace, [location], command, name=name, environment=environment)


def pairs_location(slug: str) -> str:
    """What the job of finding a dataset's near-duplicates is filed under."""
    return f"pairs:{slug}"


def answers_location(slug: str, model: str, prompt: str) -> str:
    """What the job of asking a model a dataset's questions is filed under; `prompt` is the prompt's id."""
    return f"{_ANSWERS}{slug}:{model}:{prompt}"


def fetch_location(collection: str) -> str:
    """What the job of fetching a collection is filed under."""
    return f"fetch:{collection}"


def _spawn(
    workspace: Workspace,
    locations: Sequence[str],
    arguments: list[str],
    *,
    name: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> None:
    log = _path(workspace, locations[0]).with_suffix(".log")
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [*COMMAND, *arguments]
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=output,
            start_new_session=True,
            env={**os.environ, **environment} if environment else None,
        )
    _children[child.pid] = child
    now = time.time()
    for location in locations:
        shown = name or Path(location).name or location
        job = Job(job_id(location), location, shown, child.pid, _born(child.pid), started=now, updated=now)
        write_json(_path(workspace, location), asdict(job))


def jobs(workspace: Workspace) -> list[Job]:
    """All builds that the workspace knows of, the latest first; one whose process is gone is failed, with the reason."""
    found = [_read(path) for path in (workspace.root / "jobs").glob("*.json")]
    return sorted((_checked(workspace, job) for job in found if job), key=lambda job: -job.started)


def find(workspace: Workspace, location: str) -> Job | None:
    """The latest build of a location, if any."""
    job = _read(_path(workspace, location))
    return _checked(workspace, job) if job else None


def cancel(workspace: Workspace, job: Job) -> None:
    """End a build within two seconds, and with it those that wait for the same process.

    What it embedded so far is kept for the next one.
    """
    if _checked(workspace, job).state != "running":
        return
    together = [other for other in jobs(workspace) if other.state == "running" and (other.pid, other.born) == (job.pid, job.born)]
    for number in (signal.SIGTERM, signal.SIGKILL):
        if _alive(job):
            _signal(job.pid, number)
            _wait(job)
    for other in together:
        latest = _read(_path(workspace, other.location))  # it may have ended before the signal came
        if latest and latest.state == "running":
            ended = replace(latest, state="cancelled", updated=time.time(), error=None)
            write_json(_path(workspace, other.location), asdict(ended))


def _wait(job: Job) -> None:
    """Until the build's process is gone (and reaped, where it is our child), or patience is."""
    until = time.monotonic() + PATIENCE
    while _alive(job) and time.monotonic() < until:
        time.sleep(0.02)


def dismiss(workspace: Workspace, job: Job) -> None:
    """Forget a build that has ended."""
    if job.state != "running":
        _path(workspace, job.location).unlink(missing_ok=True)


def job_id(location: str) -> str:
    return hashlib.sha256(location.encode()).hexdigest()[:12]


def _path(workspace: Workspace, location: str) -> Path:
    return workspace.root / "jobs" / f"{job_id(location)}.json"


def _read(path: Path) -> Job | None:
    try:
        return Job(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, json.JSONDecodeError, TypeError):
        return None


def _checked(workspace: Workspace, job: Job) -> Job:
    if job.state != "running" or _alive(job):
        return job
    latest = _read(_path(workspace, job.location))  # it may have ended between the two looks
    if latest and latest.state != "running":
        return latest
    return replace(job, state="failed", error=_last_words(workspace, job))


def _last_words(workspace: Workspace, job: Job) -> str:
    log = _path(workspace, job.location).with_suffix(".log")
    lines = [line for line in log.read_text("utf-8", "replace").splitlines() if line.strip()] if log.exists() else []
    told = f" Its last line: {lines[-1].strip()[:300]}" if lines else ""
    if job.location.startswith(_ANSWERS):
        return f"{job.name}: the run stopped (killed, or out of memory?). Start it again: the answers so far are kept.{told}"
    return f"{job.name}: the build stopped at {job.stage} (killed, or out of memory?). Build it again: it goes on from there.{told}"


def _alive(job: Job) -> bool:
    born = _born(job.pid)
    if born and born == job.born:
        return True
    if child := _children.get(job.pid):
        child.poll()  # reaps it
    return False


def _born(pid: int) -> str:
    """When a process began, in the system's words; "" where there is none, or it has ended and nobody has asked after it."""
    proc = Path("/proc")
    if (proc / "self").exists():
        try:
            fields = (proc / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if fields[0] in "ZX" else fields[19]  # state and start, fields 3 and 22 of proc(5)
    told = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    state, _, began = told.strip().partition(" ")
    return "" if state.startswith("Z") else began.strip()


def _signal(pid: int, number: int) -> None:
    try:
        if os.getpgid(pid) == pid:  # a build that the site started leads a group of its own
            os.killpg(pid, number)
        else:
            os.kill(pid, number)
    except ProcessLookupError:
        pass
