"""Reading a built map back: everything that a page or a command needs of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.labels import label_counts
from evalmap.data.records import SetAside
from evalmap.data.store import disk
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import cluster_edits, model_names
from evalmap.embeddings.array_types import Vectors
from evalmap.embeddings.clustering import Clustering, parents
from evalmap.embeddings.faithfulness import neighbors_kept
from evalmap.embeddings.layers import TOPICS, layer_of
from evalmap.embeddings.naming import SEPARATOR, ClusterName
from evalmap.embeddings.neighbors import NeighborGraph
from evalmap.embeddings.stages import load_clusterings, load_graph
from evalmap.embeddings.thumbnail import FILE
from evalmap.embeddings.vectors import load_vectors

BREADCRUMB = " › "


@dataclass(frozen=True)
class BuiltMap:
    """A map as it lies in the workspace; row i of everything is example i.

    Attributes
    ----------
    manifest : what the build recorded
    examples, fields : as in `evalmap.data.records.Dataset`
    vectors : (n_samples, n_dims) float32, unit norm, on disk until read
    graph : k nearest neighbours
    coordinates : (n_samples, 2) float32
    clusterings : k-means, then graph layers coarse → fine
    names : one a cluster of each layer
    outliers, truncated : (n_samples,) bool
    set_aside : rows of the source that are no examples
    """

    manifest: Manifest
    examples: pd.DataFrame
    fields: pd.DataFrame
    vectors: Vectors
    graph: NeighborGraph
    coordinates: NDArray[np.float32]
    clusterings: tuple[Clustering, ...]
    names: tuple[ClusterName, ...]
    outliers: NDArray[np.bool_]
    truncated: NDArray[np.bool_]
    set_aside: tuple[SetAside, ...] = ()

    def __len__(self) -> int:
        return len(self.examples)

    def clustering(self, layer: str) -> Clustering:
        """The layer by its id (`evalmap.embeddings.layers`); ValueError where there is none."""
        wanted = layer_of(layer).id
        return next(clustering for clustering in self.clusterings if clustering.layer == wanted)

    @cached_property
    def names_by_layer(self) -> dict[str, list[ClusterName]]:
        """The names of each layer's clusters, by cluster id."""
        found: dict[str, list[ClusterName]] = {}
        for name in self.names:
            found.setdefault(name.layer, []).append(name)
        return found

    @cached_property
    def parents_by_layer(self) -> dict[str, NDArray[np.int32]]:
        """Of each layer the parents of its clusters (`clustering.parents`)."""
        found = parents(self.clusterings)
        return {clustering.layer: parent for clustering, parent in zip(self.clusterings, found, strict=True)}

    def lineage(self, layer: str, cluster: int) -> tuple[ClusterName, ...]:
        """The parents of a topic, coarse → fine, and the topic itself; a cluster of k-means alone.

        A parent that has no other child is left out: it holds the same rows.
        """
        own = self.names_by_layer[layer][cluster]
        order = [topics.id for topics in TOPICS]
        place = order.index(layer) if layer in order else 0
        if not place:
            return (own,)
        parent = self.parents_by_layer[layer]
        above = self.lineage(order[place - 1], int(parent[cluster]))
        return (*(above if (parent == parent[cluster]).sum() > 1 else above[:-1]), own)

    def breadcrumb(self, layer: str, cluster: int) -> str:
        """A cluster's name behind those of its parents, each in short: "work · office › deadlines · late · boss"."""
        return BREADCRUMB.join([*self.crumbs(layer, cluster), self.names_by_layer[layer][cluster].name])

    def crumbs(self, layer: str, cluster: int) -> list[str]:
        """The names of a cluster's parents in short, coarse → fine: two terms each that no finer name has; a model's name whole.

        A parent of whose name nothing is left is left out.
        """
        *above, own = self.lineage(layer, cluster)
        said, found = set(own.name.split(SEPARATOR)), []
        for name in reversed(above):
            terms = [name.name] if name.model else [term for term in name.name.split(SEPARATOR) if term not in said][:2]
            said.update(terms)
            found.insert(0, SEPARATOR.join(terms))
        return [crumb for crumb in found if crumb]

    def clusters(self) -> list[dict[str, Any]]:
        """[{layer, id, name, terms, size, labels, medoid}] of every layer."""
        found = []
        for layer in self.clusterings:
            counts = [label_counts(self.examples["label"][layer.labels == cluster]) for cluster in range(layer.n_clusters)]
            sizes = np.bincount(layer.labels)
            for name in self.names_by_layer[layer.layer]:
                found.append(
                    {
                        "layer": layer.layer,
                        "id": name.id,
                        "name": name.name,
                        "terms": list(name.terms),
                        "size": int(sizes[name.id]),
                        "labels": counts[name.id],
                        "medoid": self.text(name.medoid),
                    }
                )
        return found

    def text(self, row: int) -> str:
        """The text of an example as it stands."""
        return str(self.examples["text"].iloc[row])

    def identity(self, row: int) -> tuple[str, int]:
        """(dataset, line counted from 1) of an example."""
        return str(self.examples["dataset"].iloc[row]), int(self.examples["line"].to_numpy()[row])

    def similar(self, row: int, *, top: int = 10) -> list[tuple[int, float]]:
        """The nearest rows of a row with their cosine similarities, the nearest first."""
        indices, similarities = self.graph.knn_indices[row][:top], self.graph.knn_similarities[row][:top]
        return [(int(i), float(s)) for i, s in zip(indices, similarities, strict=True)]

    @property
    def nearest_similarities(self) -> NDArray[np.float32]:
        """(n_samples,) the cosine similarity of each row's nearest other row."""
        return self.graph.knn_similarities[:, 0]

    @cached_property
    def neighbors_kept(self) -> NDArray[np.int16]:
        """(n_samples,) how many of each row's nearest neighbours in the embeddings are among its nearest on the map."""
        return neighbors_kept(self.graph, self.coordinates, n_neighbors=self.graph.knn_indices.shape[1])

    def search(self, query: NDArray[np.float32], *, top: int = 50) -> list[tuple[int, float]]:
        """The rows nearest to a query vector (n_dims,), unit norm, with their cosine similarities."""
        similarities = np.asarray(self.vectors @ query)
        best = np.lexsort((np.arange(len(similarities)), -similarities))[:top]
        return [(int(i), float(similarities[i])) for i in best]

    def row_of(self, dataset: str, line: int) -> int | None:
        """The row of an example by its identity; None where there is none."""
        found = np.flatnonzero((self.examples["line"].to_numpy() == line) & (self.examples["dataset"] == dataset).to_numpy())
        return int(found[0]) if len(found) else None


def load_map(workspace: Workspace, manifest: Manifest | str) -> BuiltMap:
    """Read a map.

    Parameters
    ----------
    manifest : what `build` returned; or the dataset's name in the workspace, its title, or the path or address that was built

    Raises
    ------
    DatasetError : nothing built is called so, a stage's result is gone from the workspace, or the disk does not give it
    """
    if isinstance(manifest, str):
        manifest = workspace.find(manifest)
    # Less the picture: it is the library's, a map built before there were any has none, and a lost one loses nobody's work.
    folders = {stage.name: workspace.entry(stage.name, stage.key) for stage in manifest.stages if stage.name != "thumbnail"}
    gone: Sequence[str] = [name for name, folder in folders.items() if not folder.is_dir()]
    if gone:
        raise _gone(workspace, manifest, gone[0])
    try:
        with disk.reading(workspace.root):
            return _read(manifest, folders)
    except FileNotFoundError as error:  # removed between the look and the reading
        if lost := [name for name, folder in folders.items() if not folder.exists()]:
            raise _gone(workspace, manifest, lost[0]) from error
        raise DatasetError(f"{error.filename}: is gone. Build the map again: evalmap build {manifest.location}") from error
    except DatasetError:
        raise
    except (ValueError, EOFError) as error:  # an array or a table that is not whole, JSON that is none
        raise DatasetError(
            f"{manifest.name}: what {workspace.root} holds of its map is damaged ({error}). Remove the map and build it again: "
            f"evalmap remove {manifest.slug}, evalmap build {manifest.location}"
        ) from error


def thumbnail_file(workspace: Workspace, manifest: Manifest) -> Path | None:
    """Where the picture of a map lies; None for a map that was built before there were any, or whose picture is gone."""
    for stage in manifest.stages:
        if stage.name == "thumbnail" and workspace.has(stage.name, stage.key):
            return workspace.entry(stage.name, stage.key) / FILE
    return None


def _gone(workspace: Workspace, manifest: Manifest, stage: str) -> DatasetError:
    return DatasetError(
        f"{manifest.name}: the results of stage {stage} are gone from {workspace.root}. "
        f"Build it again: evalmap build {manifest.location}"
    )


def _read(manifest: Manifest, folders: Mapping[str, Path]) -> BuiltMap:
    with (folders["naming"] / "names.json").open(encoding="utf-8") as file:
        names = [_name(**values) for values in json.load(file)]
    if model_names.STAGE in folders:
        names = model_names.applied(names, model_names.load(folders[model_names.STAGE]))
    clusterings = load_clusterings(folders["clustering"])
    if cluster_edits.STAGE in folders:
        clusterings, names = cluster_edits.applied(clusterings, names, cluster_edits.load(folders[cluster_edits.STAGE]))
    return BuiltMap(
        manifest=manifest,
        examples=pd.read_parquet(folders["records"] / "examples.parquet"),
        fields=pd.read_parquet(folders["records"] / "fields.parquet"),
        vectors=load_vectors(folders["embeddings"]),
        graph=load_graph(folders["neighbors"]),
        coordinates=np.load(folders["projection"] / "coordinates.npy"),
        clusterings=clusterings,
        names=tuple(names),
        outliers=np.load(folders["neighbors"] / "outliers.npy"),
        truncated=np.load(folders["embeddings"] / "truncated.npy"),
        set_aside=tuple(SetAside(**row) for row in json.loads((folders["records"] / "set_aside.json").read_text(encoding="utf-8"))),
    )


def _name(*, layer: str, terms: list[str], exemplars: list[int], **more: Any) -> ClusterName:
    return ClusterName(layer=layer_of(layer).id, terms=tuple(terms), exemplars=tuple(exemplars), **more)
