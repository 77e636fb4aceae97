"""Entries shown over a built map, which its pointer names as further stages: names by a model, what a person made of clusters.

An overlay's key is that of the names it changes and a mark of its own, so it stays as long as those do. Without it the map has the
fingerprint that it was built with.
"""

from dataclasses import replace

from evalmap.data.errors import DatasetError
from evalmap.data.store.manifest import Manifest, StageRecord
from evalmap.data.store.workspace import Workspace, stage_key


def with_overlay(manifest: Manifest, stage: str, record: StageRecord | None) -> Manifest:
    """The map with this overlay in place of the stage's earlier one, or without any, and the fingerprint that it then has."""
    stages = (*(one for one in manifest.stages if one.name != stage), *([record] if record else []))
    if stages == manifest.stages:
        return manifest
    return replace(manifest, stages=stages, fingerprint=stage_key("map", *(one.key for one in stages)))


def carried_overlay(manifest: Manifest, before: Manifest | None, stage: str) -> Manifest:
    """A map that was built again, with the overlay of the one before, where its clusters are the same."""
    record = next((one for one in before.stages if one.name == stage), None) if before else None
    return with_overlay(manifest, stage, record) if record and record.key.split("-")[0] == manifest.key("naming") else manifest


def show_overlay(workspace: Workspace, manifest: Manifest, stage: str, record: StageRecord | None, *, again: str) -> Manifest:
    """Move the dataset's pointer to a map with this overlay, or without one.

    Parameters
    ----------
    again : what to do where the map is another one by now, as a sentence

    Raises
    ------
    DatasetError : the map was built anew or removed meanwhile
    """
    with workspace.lock("entries"):
        there = workspace.manifest(manifest.slug)
        if there is None or there.key("naming") != manifest.key("naming"):
            raise DatasetError(f"{manifest.name}: its map was built again or removed meanwhile. {again}")
        changed = with_overlay(there, stage, record)
        if changed != there:
            workspace.save_manifest(changed)
    return changed
