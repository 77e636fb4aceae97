"""The plan that is open on the page, with all that its steps tell of."""

from dataclasses import dataclass

from evalmap.data.errors import DatasetError
from evalmap.data.store.manifest import Manifest
from evalmap.pages.server import caches, written
from evalmap.pages.server.written import StoredResult
from evalmap.writing.plan_files import plan_content
from evalmap.writing.plan_shelf import PlanPlace, PlanState
from evalmap.writing.plans import WritePlan, parse_plan


@dataclass(frozen=True)
class OpenPlan:
    """A plan as it is saved.

    Attributes
    ----------
    content : of its file
    plan : what that says; None where it cannot be run
    result : what the last run left, if any
    map : that is built of its rows, if any
    """

    state: PlanState
    content: bytes
    plan: WritePlan | None
    result: StoredResult | None
    map: Manifest | None

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
        rows = str(result.rows.resolve())
        built = next((manifest for manifest in caches.workspace().manifests() if manifest.source == rows), None)
    return OpenPlan(state, content, plan, result, built)
