"""Names that a language model gave the clusters of a map: judged beside those of their terms, kept, and shown in their place.

The entry bears the key of the names that it stands in for, so it stays as long as those do and goes with them. The dataset's
pointer names the entry that is shown; without it the map is the one that was built, with the fingerprint that it had.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from evalmap.data.store.manifest import Manifest, StageRecord
from evalmap.data.store.workspace import Workspace, stage_key
from evalmap.embeddings.array_types import Vectors
from evalmap.embeddings.clustering import Clustering, centroids, parents
from evalmap.embeddings.map_overlays import carried_overlay, show_overlay, with_overlay
from evalmap.embeddings.name_quality import name_contrast
from evalmap.embeddings.naming import ClusterName, Embed, folded_name

STAGE = "model-names"
Proposals = Mapping[tuple[str, int], str]  # (layer, cluster) → the name that a model proposes


@dataclass(frozen=True)
class ModelName:
    """What a model called a cluster.

    layer, id : which cluster
    name : one line without markup
    refused : why it is not taken; None where it is
    """

    layer: str
    id: int
    name: str
    refused: str | None = None


@dataclass(frozen=True)
class ModelNames:
    """What a model called the clusters of a map.

    model, server : who, and where
    prompt, prompt_version : how it was asked
    names : one a cluster that it named
    """

    model: str
    server: str
    prompt: str
    prompt_version: int
    names: tuple[ModelName, ...]

    @property
    def taken(self) -> tuple[ModelName, ...]:
        """The names that are shown."""
        return tuple(name for name in self.names if name.refused is None)


def judge(
    proposals: Proposals, names: Sequence[ClusterName], clusterings: Sequence[Clustering], embeddings: Vectors, *, embed: Embed
) -> tuple[ModelName, ...]:
    """Take a proposal where it tells its cluster from the siblings at least as well as the terms do.

    That is by `name_contrast`; for a cluster without siblings, among all clusters of its layer. Nor is a name taken that another
    cluster of the layer bears.

    Parameters
    ----------
    names : those made of terms, of every layer by cluster id
    clusterings, embeddings : of the map
    embed : of the map's encoder
    """
    found: list[ModelName] = []
    for clustering, parent in zip(clusterings, parents(clusterings), strict=True):
        named = [name for name in names if name.layer == clustering.layer]
        asked = [name for name in named if (name.layer, name.id) in proposals]
        if not asked:
            continue
        means = centroids(embeddings, clustering.labels)
        proposed = [proposals.get((name.layer, name.id), name.name) for name in named]
        both = embed([name.name for name in named] + proposed)
        scores = []
        for vectors in (both[: len(named)], both[len(named) :]):
            among = name_contrast(vectors, means, parent)
            scores.append(np.where(np.isnan(among), name_contrast(vectors, means, parent * 0), among))
        bear = {folded_name(name.name): name.id for name in named}
        for name in asked:
            text, (terms, own) = proposed[name.id], (float(score[name.id]) for score in scores)
            refused = None
            if own < terms:
                refused = f"finds its cluster less well than its terms do (contrast {own:.3f}, theirs {terms:.3f})"
            elif bear.setdefault(folded_name(text), name.id) != name.id:
                refused = "another cluster bears this name"
            found.append(ModelName(name.layer, name.id, text, refused))
    return tuple(found)


def keep(workspace: Workspace, manifest: Manifest, names: ModelNames) -> Manifest:
    """Keep the names and show them: the dataset's pointer moves last, unless its map was built anew meanwhile.

    Returns
    -------
    the manifest with the names

    Raises
    ------
    DatasetError : the map was built anew or removed meanwhile
    """
    kept = [asdict(name) for name in names.names]
    mark = stage_key(STAGE, manifest.key("naming"), names.model, names.server, names.prompt_version, kept)[:12]
    key = f"{manifest.key('naming')}-{mark}"
    with workspace.leased() as leased:
        if not leased.has(STAGE, key):
            with leased.create(STAGE, key) as folder:
                (folder / "names.json").write_text(json.dumps(asdict(names), ensure_ascii=False, indent=1), encoding="utf-8")
        return _show(leased, manifest, StageRecord(STAGE, key, 0.0, False))


def drop(workspace: Workspace, manifest: Manifest) -> Manifest:
    """Show the terms again. The names stay in the workspace as long as the map does."""
    return _show(workspace, manifest, None)


def load(folder: Path) -> ModelNames:
    """Read an entry."""
    values = json.loads((folder / "names.json").read_text(encoding="utf-8"))
    return ModelNames(**{**values, "names": tuple(ModelName(**name) for name in values["names"])})


def applied(names: Sequence[ClusterName], given: ModelNames) -> list[ClusterName]:
    """The names of the clusters with those of the model in place, where they were taken; terms stay as they are."""
    taken = {(name.layer, name.id): name.name for name in given.taken}
    return [
        replace(name, name=taken[name.layer, name.id], model=given.model, holds=None) if (name.layer, name.id) in taken else name
        for name in names
    ]


def by_terms(manifest: Manifest) -> Manifest:
    """The map as it was built, with the names of its terms and the fingerprint that it then had."""
    return with_overlay(manifest, STAGE, None)


def carried(manifest: Manifest, before: Manifest | None) -> Manifest:
    """A map that was built again, with the model's names of the one before, where its clusters are the same."""
    return carried_overlay(manifest, before, STAGE)


def _show(workspace: Workspace, manifest: Manifest, record: StageRecord | None) -> Manifest:
    return show_overlay(workspace, manifest, STAGE, record, again="Name it again.")
