"""What the site starts in processes of their own: the commands of the terminal, each filed as a job that the library shows."""

import sys
from collections.abc import Mapping, Sequence

from evalmap.answers.asking import run_job
from evalmap.data.remote.collections import fetching
from evalmap.data.store import jobs
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import build_job
from evalmap.screening.pairs import pairs_job

COMMAND = (sys.executable, "-P", "-m", "evalmap.cli")  # -P: the folder it is called from is no place to import from


def build(workspace: Workspace, locations: Sequence[str], *, options: Sequence[str] = (), name: str | None = None) -> None:
    """Build locations one after the other in one child; what is being built already is left out.

    Parameters
    ----------
    name : that the user gave the map (of one location); without it, the build finds which map is meant
    """
    named = [f"--name={name}"] if name else []
    with workspace.lock(jobs.LOCK):  # a location that another tab starts to build now does not keep the others from it
        wanted = [location for location in locations if not jobs.is_running(workspace, build_job.job_location(location, name))]
        if wanted:
            filed = [build_job.job_location(location, name) for location in wanted]
            _start(workspace, ["build"], *named, *options, "--", *wanted, locations=filed, name=name)


def build_again(workspace: Workspace, manifest: Manifest, *, options: Sequence[str] = ()) -> None:
    """Build a map again, and no other map of its source."""
    build(workspace, [manifest.location], options=options, name=manifest.name if manifest.name_given else None)


def fetch(workspace: Workspace, collection: str, *, options: Sequence[str] = ()) -> None:
    """Fetch a known collection."""
    _start(workspace, ["fetch", collection], *options, locations=[fetching.job_location(collection)])


def find_pairs(workspace: Workspace, slug: str) -> None:
    """Find the near-duplicates of a built dataset."""
    _start(workspace, ["pairs", slug], locations=[pairs_job.job_location(slug)], name=slug)


def run_answers(
    workspace: Workspace,
    slug: str,
    *,
    model: str,
    prompt: str,
    options: Sequence[str],
    name: str,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Ask a model a built dataset's questions.

    Parameters
    ----------
    environment : further variables for the child. A key goes here: arguments are seen by everyone on the machine.
    """
    _start(
        workspace,
        ["answers", "run", slug],
        *("--model", model, "--prompt", prompt),
        *options,
        locations=[run_job.job_location(slug, model, prompt)],
        name=name,
        environment=environment,
        if_killed=run_job.IF_KILLED,
    )


def _start(
    workspace: Workspace,
    command: Sequence[str],
    *arguments: str,
    locations: Sequence[str],
    name: str | None = None,
    environment: Mapping[str, str] | None = None,
    if_killed: str = jobs.IF_KILLED,
) -> None:
    line = [*COMMAND, *command, "--workspace", str(workspace.root), *arguments]
    jobs.start(workspace, line, locations=locations, name=name, environment=environment, if_killed=if_killed)
