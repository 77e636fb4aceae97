"""The plans that a site keeps in its workspace, each in a folder of its own, with what came of it.

written/<name>/plan.toml   the plan
written/<name>/phrasings.json   its templates side by side, where it has several
written/<name>/result/     what `evalmap write` leaves (`result_files.py`)
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from evalmap.answers.asking.run_job import write_job_location
from evalmap.data.errors import DatasetError
from evalmap.data.store import disk, jobs
from evalmap.data.store.atomic import write_bytes
from evalmap.data.store.workspace import Workspace
from evalmap.writing.plan_files import TOML, file_values, plan_content
from evalmap.writing.plans import WritePlan, parse_plan
from evalmap.writing.result_files import PLANS, dataset_name
from evalmap.writing.result_pieces import read_told, result_parts
from evalmap.writing.schemas.schema_plan import SchemaPlan, is_schema_plan, parse_schema_plan

FOLDER, RESULT, PHRASINGS = "written", "result", "phrasings.json"
LOCK = "written"  # whoever makes a plan, or writes over one, holds it
MOST_BYTES = 1_000_000  # of a plan; more is none


@dataclass(frozen=True)
class PlanPlace:
    """Where a plan and its result lie."""

    name: str
    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / PLANS[TOML]

    @property
    def result(self) -> Path:
        return self.folder / RESULT

    @property
    def phrasings(self) -> Path:
        """Where the comparison of its templates is kept."""
        return self.folder / PHRASINGS


@dataclass(frozen=True)
class PlanState:
    """How a plan stands.

    Attributes
    ----------
    behaviour : in words; the plan's name where it cannot be read
    wanted : rows that the plan asks for, all labels together; None where that cannot be told
    problem : why the plan cannot be run, one sentence; None where it can
    kept : rows of the result; None as long as there is none
    stopped : why the last run ended before its end, one sentence
    job : of the run, if there was one
    """

    place: PlanPlace
    behaviour: str
    wanted: int | None
    problem: str | None
    kept: int | None
    stopped: str | None
    job: jobs.Job | None

    @property
    def running(self) -> bool:
        return self.job is not None and self.job.state == "running"


def place_of(workspace: Workspace, name: str) -> PlanPlace:
    """Where the plan of a name lies; it need not be there.

    Raises
    ------
    DatasetError : no name of a plan
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,99}", name):
        raise DatasetError(f"{name[:60]!r} is no plan's name here. Choose one from the list.")
    return PlanPlace(name, workspace.root / FOLDER / name)


def places(workspace: Workspace) -> Iterator[PlanPlace]:
    """Those of all plans, by name."""
    root = workspace.root / FOLDER
    for name in disk.names(root):
        if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,99}", name) and (root / name / PLANS[TOML]).is_file():
            yield PlanPlace(name, root / name)


def state_of(workspace: Workspace, place: PlanPlace) -> PlanState:
    """How a plan stands. Reads the plan, the counts of its result and the file of its run."""
    behaviour, wanted, problem = place.name.replace("-", " "), None, None
    try:
        plan = parse_any(plan_content(place.path), place.path)
        if isinstance(plan, SchemaPlan):
            behaviour = f"pronouns of {plan.list_name}"
            wanted = plan.per_occupation * len(plan.occupations.occupations)
        else:
            behaviour, wanted = plan.behaviour, sum(plan.count.values()) * len(plan.phrasings())
    except DatasetError as error:
        problem = sentence_of(error, place)
    counts = [told["table"]["all"] for folder in result_parts(place.result).values() if (told := read_told(folder))]
    job = jobs.find(workspace, write_job_location(place.path))
    stopped = job.error if job is not None and job.state == "failed" else None
    if job is not None and job.state == "cancelled":
        stopped = "Cancelled; what was answered is kept."
    kept = sum(of_template["kept"] for of_template in counts) if counts else None
    return PlanState(place, behaviour, wanted, problem, kept, stopped, job)


def parse_any(content: bytes, path: Path) -> WritePlan | SchemaPlan:
    """The plan that a file holds, of whatever kind.

    Raises
    ------
    DatasetError : as `parse_plan` and `parse_schema_plan`
    """
    if is_schema_plan(file_values(content, path).told):
        return parse_schema_plan(content, path)
    return parse_plan(content, path)


def version(content: bytes) -> str:
    """What tells one content of a plan's file from another."""
    return hashlib.sha256(content).hexdigest()[:20]


def sentence_of(error: DatasetError, place: PlanPlace) -> str:
    """An error of a plan without its path, which the reader of a page knows."""
    told = str(error).removeprefix(f"{place.path}: ")
    return told[:1].upper() + told[1:]


def shelve(workspace: Workspace, content: bytes, *, name: str | None = None) -> PlanPlace:
    """Keep a new plan under a name that is free.

    Parameters
    ----------
    name : what it would be called; without one the plan is read, and called by its behaviour

    Raises
    ------
    DatasetError : it was read, and is no plan that can be run
    """
    plain = name or dataset_name(parse_plan(content, Path("the plan.toml")))
    with workspace.lock(LOCK):
        taken = {place.name for place in places(workspace)}
        free = next(one for one in (plain, *(f"{plain}-{n}" for n in range(2, len(taken) + 3))) if one not in taken)
        place = place_of(workspace, free)
        write_bytes(place.path, content)
    return place


def save_plan(workspace: Workspace, place: PlanPlace, content: bytes, *, before: str | None) -> None:
    """Write a plan over the one that was read.

    Parameters
    ----------
    before : the `version` that was read; None: whatever lies there

    Raises
    ------
    DatasetError : it is no plan that can be run, it was changed elsewhere meanwhile, or it is gone; the file is as it was
    """
    if len(content) > MOST_BYTES:
        raise DatasetError(f"The plan has {len(content):,} bytes, and one may have {MOST_BYTES:,}. Put examples into fewer words.")
    parse_any(content, place.path)
    with workspace.lock(LOCK):
        if before is not None and version(plan_content(place.path)) != before:
            raise DatasetError("The plan was changed elsewhere since it was opened here. Nothing was saved.")
        write_bytes(place.path, content)
