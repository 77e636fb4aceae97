"""What was written from the plans of the workspace, and what a run of one would ask; read again when its files change."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from evalmap.answers.asking.endpoint import file_address, server_address
from evalmap.answers.asking.journal import journal_path
from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace
from evalmap.writing.plan_shelf import PlanPlace
from evalmap.writing.plans import WritePlan
from evalmap.writing.result_files import REJECTED, TABLE
from evalmap.writing.result_pieces import ReadPiece, read_pieces, read_told, rows_file
from evalmap.writing.write_run import WriteAsking, WriteEstimate, estimate_write, plan_write


@dataclass(frozen=True)
class StoredResult:
    """What the last run of a plan left.

    Attributes
    ----------
    told : table.json, as `evalmap write --json` prints it
    rows : the file of the rows
    """

    place: PlanPlace
    told: Mapping[str, Any]
    rows: Path

    @property
    def table(self) -> Mapping[str, Mapping[str, Any]]:
        return self.told["table"]

    def pieces(self) -> list[ReadPiece]:
        """Each row, and each piece that is none.

        Raises
        ------
        DatasetError : a file of the result is gone or not whole
        """
        signature = tuple(_stamp(self.place.result / name) for name in (TABLE, REJECTED, self.rows.name))
        return _pieces(str(self.place.result), self.rows.name, signature)


def stored_result(place: PlanPlace) -> StoredResult | None:
    """What the last run of a plan left; None where there was none that came so far."""
    told = read_told(place.result)
    rows = rows_file(place.result)
    return StoredResult(place, told, rows) if told is not None and rows is not None else None


def asking_of(plan: WritePlan, place: PlanPlace) -> WriteAsking:
    """What a run of the plan would ask of the model that it names.

    Raises
    ------
    DatasetError : it names nobody, or not whole
    """
    model, server = _target(plan, place)
    return _asking(plan.hash, model, server, plan)


def estimate_of(asking: WriteAsking, workspace: Workspace, most: int | None) -> WriteEstimate:
    """What a run would ask now.

    Raises
    ------
    DatasetError : the journal is not one of ours
    """
    path = journal_path(workspace, asking.run_id)
    return _estimate(asking.plan.hash, asking.run_id, _stamp(path), most, asking, workspace)


def _target(plan: WritePlan, place: PlanPlace) -> tuple[str, str]:
    """The model's name and its address, as the command line calls them."""
    chosen = plan.model
    if chosen.gguf:
        path = place.folder / Path(chosen.gguf).expanduser()
        if not path.is_file():
            raise DatasetError(f"{chosen.gguf}: no such model file. Give the path of a .gguf file on this machine.", "model.gguf")
        return path.stem, file_address(path)
    if not chosen.base_url:
        raise DatasetError("The plan names nobody to ask. Give the address of a server, or a model file.", "model.base_url")
    if not chosen.name:
        raise DatasetError("The plan names no model. Name it as the server calls it.", "model.name")
    try:
        return chosen.name, server_address(chosen.base_url)
    except DatasetError as error:
        raise DatasetError(str(error), "model.base_url") from None


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return found.st_mtime_ns, found.st_size


@st.cache_resource(max_entries=8, show_spinner=False)
def _pieces(folder: str, rows: str, signature: tuple[tuple[int, int], ...]) -> list[ReadPiece]:
    return read_pieces(Path(folder), rows)


@st.cache_resource(max_entries=16, show_spinner=False)
def _asking(plan_hash: str, model: str, server: str, _plan: WritePlan) -> WriteAsking:
    return plan_write(_plan, model=model, server=server)


@st.cache_data(max_entries=64, show_spinner=False)
def _estimate(
    plan_hash: str, run_id: str, stamp: tuple[int, int], most: int | None, _asking: WriteAsking, _workspace: Workspace
) -> WriteEstimate:
    return estimate_write(_asking, _workspace, most=most)
