"""What was written from the plans of the workspace, and what a run of one would ask; read again when its files change."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import streamlit as st

from evalmap.answers.asking.endpoint import file_address, server_address
from evalmap.answers.asking.journal import journal_path
from evalmap.data.errors import DatasetError
from evalmap.data.store import disk
from evalmap.data.store.workspace import Workspace
from evalmap.writing.label_confidence import FilterAsking, plan_filter
from evalmap.writing.plan_shelf import PlanPlace
from evalmap.writing.plans import ModelChoice, WritePlan
from evalmap.writing.result_files import TABLE, rows_file
from evalmap.writing.result_pieces import ReadPiece, read_pieces, read_told, result_parts
from evalmap.writing.result_reading import read_result
from evalmap.writing.schemas.schema_plan import SchemaPlan
from evalmap.writing.schemas.schema_run import StageEstimate, estimate_stages, plan_asking
from evalmap.writing.write_requests import WriteAsking, plan_write
from evalmap.writing.write_run import WriteEstimate, estimate_write


@dataclass(frozen=True)
class StoredResult:
    """What the last run of a plan left, of one template where the plan has several.

    Attributes
    ----------
    template : which; "" where there is one only
    told : table.json
    """

    template: str
    folder: Path
    told: Mapping[str, Any]

    @property
    def table(self) -> Mapping[str, Mapping[str, Any]]:
        return self.told["table"]

    @property
    def rows(self) -> Path | None:
        """The file of the rows; None where there is none."""
        return rows_file(self.folder)

    def pieces(self) -> list[ReadPiece]:
        """Each row, and each piece that is none.

        Raises
        ------
        DatasetError : a file of the result is gone or not whole
        """
        names = [TABLE, *disk.names(self.folder, ".jsonl")]
        return _pieces(str(self.folder), tuple(_stamp(self.folder / name) for name in names))


def stored_results(place: PlanPlace) -> list[StoredResult]:
    """What the last run of a plan left, one a template."""
    parts = result_parts(place.result)
    return [StoredResult(name, folder, told) for name, folder in parts.items() if (told := read_told(folder)) is not None]


def asking_of(plan: WritePlan, place: PlanPlace) -> WriteAsking:
    """What a run of the plan would ask of the model that it names.

    Raises
    ------
    DatasetError : it names nobody, or not whole
    """
    model, server = _target(plan.model, place, "model")
    return _asking(plan.hash, model, server, plan)


def filter_of(plan: WritePlan, place: PlanPlace) -> FilterAsking | None:
    """What a run would ask of the model that filters, the writer where the plan names no other; None without a filter.

    Raises
    ------
    DatasetError : as `asking_of`
    """
    if plan.filter is None:
        return None
    other = plan.filter.model
    if not (other.name or other.base_url or other.gguf):
        other = plan.model
    elif other.name and not (other.base_url or other.gguf):  # another model of the same server
        other = replace(other, base_url=plan.model.base_url)
    model, server = _target(other, place, "filter.model")
    return plan_filter(plan, model=model, server=server)


def estimate_of(asking: WriteAsking, filter: FilterAsking | None, workspace: Workspace, most: int | None) -> WriteEstimate:
    """What a run would ask now.

    Raises
    ------
    DatasetError : a journal is not one of ours
    """
    runs = (asking.run_id, *((filter.run_id,) if filter else ()))
    stamps = tuple(_stamp(journal_path(workspace, run)) for run in runs)
    return _estimate(asking.plan.hash, runs, stamps, most, asking, filter, workspace)


def estimate_schemas(plan: SchemaPlan, place: PlanPlace, workspace: Workspace, most: int | None) -> dict[str, StageEstimate]:
    """{stage: what a run of a Winogender-like plan would ask now}.

    Raises
    ------
    DatasetError : it names nobody to ask, or a journal is not one of ours
    """
    other = plan.vote.model or ModelChoice()
    if other.name and not (other.base_url or other.gguf):
        other = replace(other, base_url=plan.model.base_url)
    voter = other if other != ModelChoice() else plan.model
    asking = plan_asking(plan, writer=_target(plan.model, place, "model"), voter=_target(voter, place, "vote.model"))
    return estimate_stages(asking, workspace, most=most)


def _target(chosen: ModelChoice, place: PlanPlace, table: str) -> tuple[str, str]:
    """The model's name and its address, as the command line calls them."""
    if chosen.gguf:
        path = place.folder / Path(chosen.gguf).expanduser()
        if not path.is_file():
            raise DatasetError(
                f"{chosen.gguf}: no such model file. Give the path of a .gguf file on this machine.", f"{table}.gguf"
            )
        return path.stem, file_address(path)
    if not chosen.base_url:
        raise DatasetError("The plan names nobody to ask. Give the address of a server, or a model file.", f"{table}.base_url")
    if not chosen.name:
        raise DatasetError("The plan names no model. Name it as the server calls it.", f"{table}.name")
    try:
        return chosen.name, server_address(chosen.base_url)
    except DatasetError as error:
        raise DatasetError(str(error), f"{table}.base_url") from None


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return found.st_mtime_ns, found.st_size


@st.cache_resource(max_entries=8, show_spinner=False)
def _pieces(folder: str, signature: tuple[tuple[int, int], ...]) -> list[ReadPiece]:
    return read_pieces(read_result(Path(folder)))


@st.cache_resource(max_entries=16, show_spinner=False)
def _asking(plan_hash: str, model: str, server: str, _plan: WritePlan) -> WriteAsking:
    return plan_write(_plan, model=model, server=server)


@st.cache_data(max_entries=64, show_spinner=False)
def _estimate(
    plan_hash: str,
    runs: tuple[str, ...],
    stamps: tuple[tuple[int, int], ...],
    most: int | None,
    _asking: WriteAsking,
    _filter: FilterAsking | None,
    _workspace: Workspace,
) -> WriteEstimate:
    return estimate_write(_asking, _workspace, filter=_filter, most=most)
