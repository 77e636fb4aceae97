"""What a visitor can change in the workspace; what is started in a process of its own is in workers.py.

Each function is marked `@changing`, the one door: a read-only site refuses it, whatever a page shows.
"""

import hashlib
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalmap.answers import import_pipeline
from evalmap.answers.import_pipeline import AnswerImport
from evalmap.answers.importers.import_options import AS_DETECTED, ImportOptions
from evalmap.answers.reading.reviews import Review
from evalmap.answers.store import AnswerStore
from evalmap.data.errors import DatasetError
from evalmap.data.overview import Overview, overview
from evalmap.data.records import ReadOptions
from evalmap.data.store import jobs
from evalmap.data.store.atomic import write_bytes
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.server.access import changing, require_this_machine
from evalmap.pages.server.map_reviews import keys_of
from evalmap.screening.curation import curation_actions
from evalmap.screening.curation.steps import CurationStep
from evalmap.screening.keep.by_hand import DecisionLog
from evalmap.screening.pair_judgements import PairJudgements
from evalmap.writing import plan_shelf
from evalmap.writing.plan_shelf import PlanPlace
from evalmap.writing.review.review_store import Judgement, ReviewStore
from evalmap.writing.review.review_table import read_reviews


@changing
def remove_map(workspace: Workspace, slug: str) -> None:
    """Forget a dataset's map, or a manifest that can't be read."""
    workspace.remove(slug)


@changing
def cancel_job(workspace: Workspace, job: jobs.Job) -> None:
    """End a job under way."""
    jobs.cancel(workspace, job)


@changing
def dismiss_job(workspace: Workspace, job: jobs.Job) -> None:
    """Forget a job that has ended."""
    jobs.dismiss(workspace, job)


@changing
def keep_upload(workspace: Workspace, name: str, content: bytes) -> Path:
    """Store an uploaded dataset under a name of ours; the same content twice is one file."""
    safe = re.sub(r"[^\w.-]+", "_", Path(name).name).lstrip(".")[-100:] or "upload"
    target = workspace.root / "uploads" / hashlib.sha256(content).hexdigest()[:12] / safe
    if not target.exists():
        write_bytes(target, content)
    return target


@changing
def fetch_and_look(workspace: Workspace, location: str, options: ReadOptions) -> Overview:
    """Fetch what an address or a hub id leads to, and look at it.

    Raises
    ------
    DatasetError : as `evalmap.data.overview.overview`
    """
    return overview(location, options=options, downloads=workspace.downloads)


@changing
def import_answers(
    workspace: Workspace, slug: str, files: Sequence[tuple[str, bytes]], *, options: ImportOptions = AS_DETECTED
) -> list[AnswerImport]:
    """Store uploads with answers under names of ours in a folder of their own, as files of one evaluation must lie together, and
    import them.

    Raises
    ------
    DatasetError : as `evalmap.answers.import_answers`
    """
    named = [(re.sub(r"[^\w.+-]+", "_", Path(name).name).lstrip(".")[-150:] or "upload", content) for name, content in files]
    digest = hashlib.sha256(b"\0".join(name.encode() + b"\0" + content for name, content in named)).hexdigest()[:16]
    folder = workspace.root / "answers" / "uploads" / digest
    for name, content in named:
        write_bytes(folder / name, content)
    return import_pipeline.import_answers([folder / name for name, _ in named], workspace, dataset=slug, options=options)


@changing
def remove_answers(workspace: Workspace, id: str) -> None:
    """Forget an answer set."""
    AnswerStore(workspace).remove(id)


@changing
def decide(workspace: Workspace, built: BuiltMap, change: Callable[[DecisionLog], object]) -> None:
    """Change the decisions made by hand about a dataset, and store them."""
    with DecisionLog.changing(workspace, built.manifest.source) as log:
        change(log)


@changing
def delete_rows(workspace: Workspace, built: BuiltMap, rows: NDArray[np.int64], chosen: str) -> CurationStep:
    """Delete rows of a map from the screened set."""
    return curation_actions.delete(workspace, built, rows, chosen=chosen)


@changing
def tag_rows(workspace: Workspace, built: BuiltMap, rows: NDArray[np.int64], name: str, chosen: str) -> CurationStep:
    """Tag rows of a map."""
    return curation_actions.tag(workspace, built, rows, name, chosen=chosen)


@changing
def rename_cluster(workspace: Workspace, built: BuiltMap, layer: str, cluster: int, name: str) -> CurationStep:
    """Call a cluster of a map by another name."""
    return curation_actions.rename(workspace, built, layer, cluster, name)


@changing
def merge_clusters(workspace: Workspace, built: BuiltMap, layer: str, cluster: int, into: int) -> CurationStep:
    """Count a cluster of a map to another."""
    return curation_actions.merge(workspace, built, layer, [cluster], into=into)


@changing
def undo_step(workspace: Workspace, manifest: Manifest, number: int) -> CurationStep:
    """Take a step back."""
    return curation_actions.undo(workspace, manifest, number)


@changing
def redo_step(workspace: Workspace, manifest: Manifest, number: int) -> CurationStep:
    """Do an undone step again."""
    return curation_actions.redo(workspace, manifest, number)


@changing
def judge_pairs(workspace: Workspace, built: BuiltMap, change: Callable[[PairJudgements], object]) -> None:
    """Change what was said of pairs of a dataset, and store it."""
    with PairJudgements.changing(workspace, built.manifest.source) as made:
        change(made)


@changing
def review_row(workspace: Workspace, built: BuiltMap, row: int, said: Review) -> None:
    """Keep what a person said of a row; it is on the disk before this returns."""
    ReviewStore(workspace, built.manifest.source).add([(keys_of(built)[row], said)])


@changing
def take_review_back(workspace: Workspace, built: BuiltMap, reviewer: str, row: int | None) -> Judgement | None:
    """Take back what a person said last, of a row or of any; None where there is nothing."""
    key = None if row is None else keys_of(built)[row]
    return ReviewStore(workspace, built.manifest.source).take_back(reviewer, row=key)


@changing
def settle_review(workspace: Workspace, built: BuiltMap, row: int, label_fits: bool | None) -> None:
    """Decide by hand whether a row's label fits; None leaves it to the majority."""
    ReviewStore(workspace, built.manifest.source).settle(keys_of(built)[row], label_fits)


@changing
def import_reviews(workspace: Workspace, built: BuiltMap, name: str, content: bytes) -> tuple[int, int]:
    """Read an uploaded file of reviews and keep them. Returns how many it holds, and how many were new.

    Raises
    ------
    DatasetError : as `evalmap.writing.review.review_table.read_reviews`
    """
    ending = ".csv" if Path(name).suffix.lower() == ".csv" else ".jsonl"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"reviews{ending}")
        write_bytes(path, content)
        try:
            given = read_reviews(path, built.examples)
        except DatasetError as error:
            raise DatasetError(str(error).replace(str(path), Path(name).name)) from error
    return len(given), ReviewStore(workspace, built.manifest.source).add(given)


NO_PLANS = "makes and changes no plans: one may name files of this machine. Use: evalmap write init"


@changing
def shelve_plan(workspace: Workspace, content: bytes) -> PlanPlace:
    """Keep a new plan.

    Raises
    ------
    DatasetError : it cannot be run, or others than this machine's users reach the site
    """
    require_this_machine(NO_PLANS)
    return plan_shelf.shelve(workspace, content)


@changing
def save_plan(workspace: Workspace, place: PlanPlace, content: bytes, before: str | None) -> None:
    """Write a plan over the one that was read.

    Raises
    ------
    DatasetError : as `plan_shelf.save_plan`, or others than this machine's users reach the site
    """
    require_this_machine(NO_PLANS)
    plan_shelf.save_plan(workspace, place, content, before=before)
