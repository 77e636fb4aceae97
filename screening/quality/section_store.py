"""Sections of a quality report, each kept in the workspace as an entry of its own, so that a second look reads what the first one
measured.

An entry is named after the key of the map's cluster names, the last of what sections read of a map: it goes with the map.
"""

import json
import math
from dataclasses import asdict
from typing import Any

from evalmap.data.store import disk
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace, stage_key
from evalmap.embeddings import model_names
from evalmap.embeddings.array_types import Progress
from evalmap.screening.quality.sections import QualitySettings, Section, SectionInput
from evalmap.screening.screening_options import DEFAULTS

STAGE = "quality"
_FILE = "section.json"
_READ = ("records", "embeddings", "neighbors", "clustering", "naming", model_names.STAGE)  # of the map; it may be laid out anew


def section_key(workspace: Workspace, manifest: Manifest, section: Section, settings: QualitySettings) -> str:
    """The key of a section: of the map, the settings, what else it reads, and its version."""
    keys = {stage.name: stage.key for stage in manifest.stages if stage.name in _READ}
    told = {name: value for name, value in asdict(settings).items() if name != "few_shot" or (value and section.name == "flags")}
    parts = (section.name, section.version, keys, told, asdict(DEFAULTS), section.reads(workspace, manifest))
    return f"{manifest.key('naming')}-{stage_key(STAGE, *parts)}"


def stored(workspace: Workspace, manifest: Manifest, section: Section, settings: QualitySettings) -> Any:
    """What was measured of a section; None where it was not, or where there is nothing to tell.

    Raises
    ------
    DiskError : the disk does not give it
    """
    path = workspace.entry(STAGE, section_key(workspace, manifest, section, settings)) / _FILE
    try:
        with disk.reading(path):
            return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:  # not measured, or removed meanwhile
        return None


def is_stored(workspace: Workspace, manifest: Manifest, section: Section, settings: QualitySettings) -> bool:
    """Whether a section was measured."""
    return workspace.has(STAGE, section_key(workspace, manifest, section, settings))


def measured(given: SectionInput, section: Section, *, progress: Progress) -> Any:
    """A section, read where it is stored, else measured and stored.

    Raises
    ------
    DatasetError : in one sentence, what it cannot be measured of
    """
    workspace, manifest = given.workspace, given.built.manifest
    key = section_key(workspace, manifest, section, given.settings)
    with workspace.leased() as leased:
        if not leased.has(STAGE, key):
            value = without_nan(section.measure(given, progress))
            with leased.create(STAGE, key) as folder:
                (folder / _FILE).write_text(json.dumps(value, ensure_ascii=False, allow_nan=False), encoding="utf-8")
        path = leased.entry(STAGE, key) / _FILE
        with disk.reading(path, is_there=True):
            return json.loads(path.read_text(encoding="utf-8"))


def without_nan(value: Any) -> Any:
    """A value as JSON can hold it: what cannot be said (nan, infinite) is null."""
    if isinstance(value, dict):
        return {key: without_nan(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
