"""The plan that is open on the page, with all that its steps tell of."""

from dataclasses import dataclass
from pathlib import Path

from evalmap.data.errors import DatasetError
from evalmap.data.store.manifest import Manifest
from evalmap.pages.server import caches, written
from evalmap.pages.server.written import StoredResult
from evalmap.writing import grown_dataset
from evalmap.writing.plan_shelf import PlanPlace, PlanState
from evalmap.writing.plans import WritePlan, parse_plan, plan_content


@dataclass(frozen=True)
class OpenPlan:
    """A plan as it is saved.

    Attributes
    ----------
    content : of its file
    plan : what that says; None where it cannot be run
    result : what the last run left, if any
    map : that is built of its rows, if any; of a plan that adds to a dataset, the one with the old rows and the new
    grown : whether the map is such a one
    """

    state: PlanState
    content: bytes
    plan: WritePlan | None
    result: StoredResult | None
    map: Manifest | None
    grown: bool = False

    @property
    def place(self) -> PlanPlace:
        return self.state.place


def opened(state: PlanState) -> OpenPlan:
    """Read all of a plan.

    Raises
    ------
    DatasetError : its file is gone or cannot be read
    """
    place = state.place
    content = plan_content(place.path)
    try:
        plan = parse_plan(content, place.path)
    except DatasetError:
        plan = None
    result = written.stored_result(place)
    built = None
    if result is not None:
        rows, all_rows = str(result.rows.resolve()), (place.result / grown_dataset.FOLDER).resolve()
        manifests = caches.workspace().manifests()
        built = next((manifest for manifest in manifests if manifest.source == rows), None)
        if plan is not None and plan.extends is not None:
            grown = next((manifest for manifest in manifests if Path(manifest.source).is_relative_to(all_rows)), None)
            if grown is not None:
                return OpenPlan(state, content, plan, result, grown, grown=True)
    return OpenPlan(state, content, plan, result, built)
