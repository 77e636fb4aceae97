"""Curating a map: a step is put into the journal, and what it changes of the clusters is shown."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import cluster_edits
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.embeddings.layers import layer_of
from evalmap.embeddings.naming import folded_name
from evalmap.screening.curation import curation_journal
from evalmap.screening.curation.curation_journal import read_curation
from evalmap.screening.curation.replay import cluster_edits_of, curated_rows
from evalmap.screening.curation.steps import MOST_NAME, Action, ClusterRows, CurationStep, keys_of
from evalmap.screening.keep.by_hand import DecisionLog, Decisions

Rows = NDArray[np.integer] | Sequence[int]


def delete(workspace: Workspace, built: BuiltMap, rows: Rows, *, chosen: str) -> CurationStep:
    """Delete rows from the screened set; the dataset's own file is not touched.

    Parameters
    ----------
    rows : by position
    chosen : how they were chosen, in words: "lasso", "Label is Yes"

    Raises
    ------
    DatasetError : no row
    """
    return _of_rows(workspace, built, "delete", rows, chosen)


def tag(workspace: Workspace, built: BuiltMap, rows: Rows, name: str, *, chosen: str) -> CurationStep:
    """Tag rows; the other arguments are those of `delete`.

    Raises
    ------
    DatasetError : no row; the tag is empty, too long or has a comma
    """
    if "," in name:
        raise DatasetError(f"{name[:60]}: a tag has no comma, as tags of one row are listed with commas. Leave it out.", "name")
    return _of_rows(workspace, built, "tag", rows, chosen, name=_name(name, "tag"))


def rename(workspace: Workspace, built: BuiltMap, layer: str, cluster: int, name: str) -> CurationStep:
    """Call a cluster of a map by another name.

    Raises
    ------
    DatasetError : the name is empty or too long, or another cluster of the layer has it
    """
    name = _name(name, "name")
    if any(one.id != cluster and folded_name(one.name) == folded_name(name) for one in built.names_by_layer[layer]):
        title = layer_of(layer).title
        raise DatasetError(f"{name}: another cluster of {title} is called so. Choose another name, or merge them.", "name")
    return _of_clusters(workspace, built, "rename", layer, [cluster], name)


def merge(workspace: Workspace, built: BuiltMap, layer: str, clusters: Sequence[int], *, into: int) -> CurationStep:
    """Count clusters of a map as one with another, which keeps its name.

    Raises
    ------
    DatasetError : there is none to merge
    """
    others = [one for one in dict.fromkeys(clusters) if one != into]
    if not others:
        raise DatasetError("nothing to merge: name two different clusters.", "cluster")
    return _of_clusters(workspace, built, "merge", layer, [into, *others], built.names_by_layer[layer][into].name)


def undo(workspace: Workspace, manifest: Manifest, number: int | None = None) -> CurationStep:
    """Take a step back: one by its number, else the last; see `curation_journal.undo`."""
    step = curation_journal.undo(workspace, manifest.source, number)
    _show(workspace, step)
    return step


def redo(workspace: Workspace, manifest: Manifest, number: int | None = None) -> CurationStep:
    """Do an undone step again: one by its number, else the last undone; see `curation_journal.redo`."""
    step = curation_journal.redo(workspace, manifest.source, number)
    _show(workspace, step)
    return step


def refresh(workspace: Workspace, slug: str) -> Manifest | None:
    """Show a map's clusters as the journal has them: after a step, and after a build that found others.

    Returns
    -------
    the manifest as it now is; None where there is no such map
    """
    with workspace.lock("cluster-edits"):  # whoever comes last has read the newest journal
        manifest = workspace.manifest(slug)
        if manifest is None:
            return None
        steps = read_curation(workspace, manifest.source).active
        plain = cluster_edits.as_built(manifest)
        if not any(step.clusters and step.map == slug for step in steps):
            return manifest if plain == manifest else cluster_edits.show(workspace, manifest, ())
        built = load_map(workspace, plain)
        edits = cluster_edits_of(steps, map=slug, examples=built.examples, clusterings=built.clusterings, names=built.names)
        return cluster_edits.show(workspace, manifest, edits)


def decisions_of(workspace: Workspace, built: BuiltMap) -> Decisions:
    """What was decided about the rows of a map by hand: on the duplicates page, and deleted on the map."""
    source = built.manifest.source
    log = DecisionLog.load(workspace, source).rows(built.examples)
    return curated_rows(read_curation(workspace, source).active, built.examples).within(log)


def _of_rows(workspace: Workspace, built: BuiltMap, action: Action, rows: Rows, chosen: str, *, name: str = "") -> CurationStep:
    if not len(rows):
        raise DatasetError(f"nothing to {action}: no row was chosen. Select rows on the map, or filter them.", "where")
    step = CurationStep(0, action, "", " ".join(chosen.split()) or "chosen one by one", name, keys_of(built.examples, rows))
    return curation_journal.append(workspace, built.manifest.source, step)


def _of_clusters(
    workspace: Workspace, built: BuiltMap, action: Action, layer: str, clusters: Sequence[int], name: str
) -> CurationStep:
    labels, names = built.clustering(layer).labels, built.names_by_layer[layer]
    about = tuple(ClusterRows(names[one].name, keys_of(built.examples, np.flatnonzero(labels == one))) for one in clusters)
    step = CurationStep(0, action, "", layer_of(layer).title, name, (), built.manifest.slug, layer_of(layer).id, about)
    done = curation_journal.append(workspace, built.manifest.source, step)
    _show(workspace, done)
    return done


def _show(workspace: Workspace, step: CurationStep) -> None:
    if step.map:
        refresh(workspace, step.map)


def _name(name: str, what: str) -> str:
    plain = " ".join(name.split())
    if not plain:
        raise DatasetError(f"the {what} is empty. Write a word.", "name")
    if len(plain) > MOST_NAME:
        raise DatasetError(f"the {what} has {len(plain):,} characters; expected {MOST_NAME} at most.", "name")
    return plain
