"""What the site starts in processes of their own: the commands of the terminal, each filed as a job that the library shows.

Each is marked `@changing`, the one door: a read-only site refuses it, whatever a page shows.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from evalmap.answers.asking import run_job
from evalmap.data.locations import location_kind
from evalmap.data.records import ReadOptions
from evalmap.data.remote.collections import fetching
from evalmap.data.store import jobs
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import build_job
from evalmap.embeddings.encoder import DEFAULT_MODEL
from evalmap.pages.server.access import changing, require_this_machine, serves_this_machine_only
from evalmap.screening.coverage import comparison_job
from evalmap.screening.pairs import pairs_job
from evalmap.screening.quality import quality_job
from evalmap.writing import plan_shelf
from evalmap.writing.plan_shelf import PlanPlace

COMMAND = (sys.executable, "-P", "-m", "evalmap.cli")  # -P: the folder it is called from is no place to import from


@changing
def build(workspace: Workspace, locations: Sequence[str], *, options: Sequence[str] = (), name: str | None = None) -> None:
    """Build locations one after the other in one child; what is being built already is left out.

    Parameters
    ----------
    name : that the user gave the map (of one location); without it, the build finds which map is meant

    Raises
    ------
    DatasetError : others than this machine's users reach the site, and a path was named that the site does not know, or a model
    """
    if not serves_this_machine_only():
        for location in locations:
            if location_kind(location) == "path" and not _is_known(workspace, location):
                require_this_machine("opens no paths. Upload the file instead")
        if "--model" in options:
            require_this_machine("loads no models that a visitor names")
    named = [f"--name={name}"] if name else []
    with workspace.lock(jobs.LOCK):  # a location that another tab starts to build now does not keep the others from it
        wanted = [location for location in locations if not jobs.is_running(workspace, build_job.job_location(location, name))]
        if wanted:
            filed = [build_job.job_location(location, name) for location in wanted]
            _start(workspace, ["build"], *named, *options, "--", *wanted, locations=filed, name=name)


@changing
def build_again(workspace: Workspace, manifest: Manifest, *, options: Sequence[str] | None = None) -> None:
    """Build a map again, and no other map of its source; without options its fields are read as they were told to be."""
    options = ReadOptions(**manifest.read).as_options() if options is None else options
    build(workspace, [manifest.location], options=options, name=manifest.name if manifest.name_given else None)


@changing
def build_grown(workspace: Workspace, manifest: Manifest) -> None:
    """Build a map again of a dataset that has grown: rows whose text is unchanged keep their place, and settings stay."""
    settings = manifest.settings
    options = [
        *ReadOptions(**manifest.read).as_options(),
        *("--keep-layout", "--n-neighbors", str(settings.n_neighbors), "--min-dist", str(settings.min_dist)),
        *("--seed", str(settings.seed), "--k", str(settings.k)),
        *(("--model", settings.model) if settings.model != DEFAULT_MODEL else ()),
    ]
    build_again(workspace, manifest, options=options)


@changing
def fetch(workspace: Workspace, collection: str, *, options: Sequence[str] = ()) -> None:
    """Fetch a known collection.

    Raises
    ------
    DatasetError : others than this machine's users reach the site, and a local copy was named
    """
    if "--from" in options:
        require_this_machine("opens no paths")
    _start(workspace, ["fetch", collection], *options, locations=[fetching.job_location(collection)])


@changing
def find_pairs(workspace: Workspace, slug: str) -> None:
    """Find the near-duplicates of a built dataset."""
    _start(workspace, ["pairs", slug], locations=[pairs_job.job_location(slug)], name=slug)


@changing
def measure_quality(workspace: Workspace, slug: str, *, without: Sequence[str] = ()) -> None:
    """Measure the sections of a built dataset's quality report.

    Parameters
    ----------
    without : sections to leave out
    """
    left_out = ["--without", ",".join(without)] if without else []
    location, name = quality_job.job_location(slug), f"quality of {slug}"
    _start(workspace, ["quality", "report", slug], *left_out, locations=[location], name=name, if_killed=quality_job.IF_KILLED)


@changing
def compare(workspace: Workspace, slugs: Sequence[str]) -> None:
    """Compare built datasets, and lay them out together."""
    _start(
        workspace,
        ["compare"],
        "--shared-map",
        "--",
        *slugs,
        locations=[comparison_job.job_location(slugs)],
        name=f"comparison of {', '.join(slugs)}",
        if_killed=comparison_job.IF_KILLED,
    )


@changing
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

    Raises
    ------
    DatasetError : others than this machine's users reach the site
    """
    require_this_machine("asks no models. Use: evalmap answers run")
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


@changing
def write_plan(
    workspace: Workspace,
    place: PlanPlace,
    *,
    name: str,
    most: int | None,
    options: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
) -> None:
    """Have a model write the rows of a plan.

    Parameters
    ----------
    name : what a person calls the run
    most : requests that it asks at most; None: as many as the plan needs
    options : whom to ask, where the plan does not say all of it
    environment : further variables for the child. A key goes here: arguments are seen by everyone on the machine.

    Raises
    ------
    DatasetError : others than this machine's users reach the site
    """
    require_this_machine("asks no models. Use: evalmap write")
    bound = [] if most is None else ["--max-requests", str(most)]
    _start(
        workspace,
        ["write", "run", str(place.path)],
        *("--output", str(place.result)),
        *bound,
        *options,
        locations=[run_job.write_job_location(place.path)],
        name=name,
        environment=environment,
        if_killed=run_job.IF_KILLED,
    )


@changing
def compare_phrasings(workspace: Workspace, place: PlanPlace) -> None:
    """Set the results of a plan's templates side by side, into `place.phrasings`."""
    _start(
        workspace,
        ["write", "compare", str(place.result)],
        *("--output", str(place.phrasings)),
        locations=[run_job.compare_job_location(place.result)],
        name=f"comparison of the phrasings of {place.name}",
    )


def _is_known(workspace: Workspace, location: str) -> bool:
    """Whether a path is of a file that the site keeps (uploaded, written, published), or that a map was built from."""
    path = Path(location).resolve()
    kept = (workspace.root / "uploads", workspace.root / plan_shelf.FOLDER, workspace.sources)
    return any(path.is_relative_to(folder.resolve()) for folder in kept) or any(
        location in (manifest.location, manifest.source) for manifest in workspace.manifests()
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
