"""Comparisons kept in the workspace, so that a second look reads what the first one computed."""

import json
from collections.abc import Sequence
from typing import Any

from evalmap.data.store import disk
from evalmap.data.store.atomic import write_json
from evalmap.data.store.workspace import Workspace, stage_key
from evalmap.embeddings.built_map import BuiltMap
from evalmap.screening.coverage.dataset_comparison import ComparisonReport, ComparisonSettings

STAGE = "comparison"
VERSION = 2  # raise it when the meaning of what is kept, or how it is computed, changes
_FILE = "comparison.json"


def stored_comparison(
    workspace: Workspace, maps: Sequence[BuiltMap], settings: ComparisonSettings | None = None
) -> dict[str, Any] | None:
    """What `write_comparison` kept of these maps in this order, as JSON holds it; None where they were not compared so yet."""
    folder = workspace.entry(STAGE, comparison_key(maps, settings))
    try:
        with disk.reading(folder):
            return json.loads((folder / _FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:  # none there, or removed meanwhile
        return None


def write_comparison(
    workspace: Workspace, maps: Sequence[BuiltMap], report: ComparisonReport, settings: ComparisonSettings | None = None
) -> None:
    """Keep a comparison; it goes when the first of the maps goes."""
    key = comparison_key(maps, settings)
    with workspace.leased() as leased:
        if not leased.has(STAGE, key):
            with leased.create(STAGE, key) as folder:
                write_json(folder / _FILE, report.as_dict())


def comparison_key(maps: Sequence[BuiltMap], settings: ComparisonSettings | None = None) -> str:
    """The key of a comparison: that of the first map's embeddings, and a hash of all maps and of the settings.

    The layout and the clusters of the maps are not in it: no figure depends on them.
    """
    own = [[built.manifest.slug, built.manifest.name, built.manifest.key("records"), _embeddings(built)] for built in maps]
    given = (settings or ComparisonSettings()).as_dict()
    return f"{_embeddings(maps[0])}-{stage_key(STAGE, VERSION, own, given)}"


def _embeddings(built: BuiltMap) -> str:
    return built.manifest.key("embeddings")
