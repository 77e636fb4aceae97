"""What a person made of the clusters of a map: other names, and several merged into one. The map itself stays as it was built.

The entry bears the key of the names that it changes, as names by a model do (`model_names.py`), so it stays as long as those do and
goes with them. The dataset's pointer names the entry that is shown; without it the map has the fingerprint that it was built with.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evalmap.data.store.manifest import Manifest, StageRecord
from evalmap.data.store.workspace import Workspace, stage_key
from evalmap.embeddings.clustering import Clustering, by_size
from evalmap.embeddings.map_overlays import carried_overlay, show_overlay, with_overlay
from evalmap.embeddings.naming import ClusterName, folded_name

STAGE = "cluster-edits"


@dataclass(frozen=True)
class LayerEdits:
    """What became of the clusters of a layer.

    layer : which
    group : of each cluster as it was built, by id, the cluster that it now counts to: itself, or the one that it was merged into
    names : of clusters that stay, by the id that they were built with, the name that a person gave
    """

    layer: str
    group: tuple[int, ...]
    names: dict[int, str]


ClusterEdits = tuple[LayerEdits, ...]


def applied(
    clusterings: Sequence[Clustering], names: Sequence[ClusterName], edits: ClusterEdits
) -> tuple[tuple[Clustering, ...], list[ClusterName]]:
    """The clusters and their names with the edits in place; clusters are numbered anew where some were merged, the largest first.

    A merged cluster has the terms, medoid and exemplars of the one that the others were merged into. A given name that another
    cluster bears, which can come about when names by a model are switched, leaves that one with a number behind its own.
    """
    of_layer = {one.layer: one for one in edits}
    found: list[ClusterName] = []
    edited: list[Clustering] = []
    for clustering in clusterings:
        own = [name for name in names if name.layer == clustering.layer]
        one = of_layer.get(clustering.layer)
        if one is None:
            edited.append(clustering)
            found += own
            continue
        group = np.asarray(one.group, dtype=np.int32)
        grouped = group[clustering.labels]
        labels = by_size(grouped)
        edited.append(Clustering(clustering.layer, labels))
        found += _renamed(own, grouped, labels, one.names)
    return tuple(edited), found


def show(workspace: Workspace, manifest: Manifest, edits: ClusterEdits) -> Manifest:
    """Show a map with these edits, and with none as it was built; the dataset's pointer moves last.

    Returns
    -------
    the manifest as it now is

    Raises
    ------
    DatasetError : the map was built anew or removed meanwhile
    """
    record, kept = None, [asdict(one) for one in edits]
    if kept:
        key = f"{manifest.key('naming')}-{stage_key(STAGE, manifest.key('naming'), kept)[:12]}"
        record = StageRecord(STAGE, key, 0.0, False)
    with workspace.leased() as leased:
        if record and not leased.has(STAGE, record.key):
            with leased.create(STAGE, record.key) as folder:
                (folder / "edits.json").write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")
        return show_overlay(leased, manifest, STAGE, record, again="Try again.")


def load(folder: Path) -> ClusterEdits:
    """Read an entry."""
    values = json.loads((folder / "edits.json").read_text(encoding="utf-8"))
    return tuple(
        LayerEdits(one["layer"], tuple(one["group"]), {int(cluster): name for cluster, name in one["names"].items()})
        for one in values
    )


def as_built(manifest: Manifest) -> Manifest:
    """The map without the edits, with the fingerprint that it then has."""
    return with_overlay(manifest, STAGE, None)


def carried(manifest: Manifest, before: Manifest | None) -> Manifest:
    """A map that was built again, with the edits of the one before, where its clusters are the same."""
    return carried_overlay(manifest, before, STAGE)


def _renamed(
    names: Sequence[ClusterName], grouped: NDArray[np.int32], labels: NDArray[np.int32], given: dict[int, str]
) -> list[ClusterName]:
    """The names of the clusters that stay, by their new ids."""
    new_id = dict(zip(grouped.tolist(), labels.tolist(), strict=True))
    taken = {folded_name(name) for name in given.values()}
    found = []
    for name in names:
        if name.id not in new_id:
            continue
        text = given.get(name.id)
        if text is None:
            text, number = name.name, 2
            while folded_name(text) in taken:
                text, number = f"{name.name} ({number})", number + 1
        found.append(replace(name, id=new_id[name.id], name=text, model=None if name.id in given else name.model))
    return sorted(found, key=lambda name: name.id)
