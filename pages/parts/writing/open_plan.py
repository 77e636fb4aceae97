"""The plan that is open on the page, with all that its steps tell of."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.data.store.manifest import Manifest
from evalmap.pages.server import caches, written
from evalmap.pages.server.written import StoredResult
from evalmap.pages.shared import state
from evalmap.writing import grown_dataset
from evalmap.writing.plan_files import plan_content
from evalmap.writing.plan_shelf import PlanPlace, PlanState, parse_any
from evalmap.writing.plans import WritePlan
from evalmap.writing.schemas.schema_plan import SchemaPlan


@dataclass(frozen=True)
class OpenPlan:
    """A plan as it is saved.

    Attributes
    ----------
    content : of its file
    plan, schemas : what that says, by its kind; both None where it cannot be run
    results : what the last run left, one a template
    """

    state: PlanState
    content: bytes
    plan: WritePlan | None
    schemas: SchemaPlan | None
    results: tuple[StoredResult, ...]

    @property
    def place(self) -> PlanPlace:
        return self.state.place

    @property
    def result(self) -> StoredResult | None:
        """Of the template that the reader chose, or the first."""
        chosen = st.session_state.get(state.PHRASING)
        return next((one for one in self.results if one.template == chosen), self.results[0] if self.results else None)

    @property
    def map(self) -> Manifest | None:
        """That is built of the rows, or of the dataset that they were written for with them in it; None where there is none."""
        if self.result is None or self.result.rows is None:
            return None
        rows, grown = str(self.result.rows.resolve()), self.result.folder.resolve() / grown_dataset.FOLDER
        manifests = caches.workspace().manifests()
        of_rows = [one for one in manifests if one.source == rows]
        return next(iter(of_rows or [one for one in manifests if Path(one.source).is_relative_to(grown)]), None)


def opened(plan_state: PlanState) -> OpenPlan:
    """Read all of a plan.

    Raises
    ------
    DatasetError : its file is gone or cannot be read
    """
    place = plan_state.place
    content = plan_content(place.path)
    plan, schemas = None, None
    with contextlib.suppress(DatasetError):
        found = parse_any(content, place.path)
        plan, schemas = (None, found) if isinstance(found, SchemaPlan) else (found, None)
    order = [one.id for one in plan.templates] if plan is not None else []
    results = sorted(written.stored_results(place), key=lambda one: order.index(one.template) if one.template in order else -1)
    return OpenPlan(plan_state, content, plan, schemas, tuple(results))
