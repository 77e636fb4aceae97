"""What the rows of a dataset are to show, in one line for whoever reads them."""

from pathlib import Path

from evalmap.answers.reporting.judge_section import judge_journals
from evalmap.data.errors import DatasetError
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace
from evalmap.writing.plans import read_plan
from evalmap.writing.result_files import plan_of


def behaviour_line(workspace: Workspace, manifest: Manifest) -> str:
    """The behaviour of the plan that lies beside the rows, else what the last judge was told; "" where nothing is known."""
    beside = plan_of(Path(manifest.source).parent)
    try:
        if beside is not None:
            return read_plan(beside).behaviour
        told = [header.get("behaviour") for _, header in judge_journals(workspace, manifest.source)]
    except (DatasetError, OSError, ValueError):
        return ""  # a plan that cannot be read keeps nobody from reading the rows
    return next((line for line in told if isinstance(line, str) and line.strip()), "")
