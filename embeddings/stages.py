"""The stages of a build: what each reads, and what it writes into its entry. `pipeline.py` says in which order they run."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from evalmap.data.records import OPTIONAL_COLUMNS, Dataset
from evalmap.data.store.disk import save_array
from evalmap.data.store.workspace import Workspace, stage_key
from evalmap.embeddings import palette, thumbnail, vectors
from evalmap.embeddings.array_types import Encoder, Vectors
from evalmap.embeddings.clustering import Clustering, cluster_graph, cluster_kmeans
from evalmap.embeddings.faithfulness import faithfulness_record
from evalmap.embeddings.kept_layout import KeptLayout, keep_layout
from evalmap.embeddings.layers import LAYERS, TOPICS_COARSE
from evalmap.embeddings.naming import name_clusters
from evalmap.embeddings.neighbors import GRAPH, NeighborGraph, find_neighbors, mark_outliers
from evalmap.embeddings.projection import Projection, project
from evalmap.embeddings.settings import Settings

StageProgress = Callable[[str, int, int], None]  # (stage, done, total)


@dataclass
class Build:
    """A build under way: its inputs, and the keys of the stages that are done.

    embedded, reused : texts that the encoder was asked for; found again from an earlier build
    truncated : texts longer than the encoder's window
    kept : the layout that this build keeps, where it keeps one
    """

    dataset: Dataset
    workspace: Workspace
    settings: Settings
    encoder: Encoder
    progress: StageProgress
    keys: dict[str, str] = field(default_factory=dict)
    embedded: int = 0
    reused: int = 0
    truncated: int = 0
    kept: KeptLayout | None = None

    def folder(self, stage: str) -> Path:
        """The entry of a stage that is done."""
        return self.workspace.entry(stage, self.keys[stage])

    @cached_property
    def texts(self) -> list[str]:
        return self.dataset.examples["embedded_text"].tolist()

    @cached_property
    def vectors(self) -> Vectors:
        return vectors.load_vectors(self.folder("embeddings"))

    @cached_property
    def graph(self) -> NeighborGraph:
        return load_graph(self.folder("neighbors"))

    @cached_property
    def clusterings(self) -> tuple[Clustering, ...]:
        return load_clusterings(self.folder("clustering"))

    @cached_property
    def label_categories(self) -> thumbnail.Categories | None:
        """The labels as the map's picture has them; None where there are none, and it shows the coarse topics."""
        return thumbnail.by_label(self.dataset.examples)

    @property
    def colored_by(self) -> Sequence[str]:
        """What the picture's colours are made from. Not from the topics themselves, which another CPU may draw otherwise."""
        labels = self.label_categories
        return [labels.digest()] if labels else [self.keys["clustering"], *palette.CYCLE]


@dataclass(frozen=True)
class Stage:
    """One stage of a build.

    name : of its folder in the workspace
    share : of a build's time, 0–1: how far the bar is when it begins
    run : does it, or finds it done; returns its key and whether it was there already
    """

    name: str
    share: float
    run: Callable[["Build"], tuple[str, bool]]


def entry(name: str, *, share: float, reads: Callable[[Build], Sequence[object]], write: Callable[[Build, Path], None]) -> Stage:
    """A stage that writes one entry, keyed by what it reads: JSON-able values, the keys of earlier stages among them."""

    def run(build: Build) -> tuple[str, bool]:
        key = stage_key(name, *reads(build))
        build.progress(name, 0, 1)
        cached = build.workspace.has(name, key)
        if not cached:
            with build.workspace.create(name, key) as folder:
                write(build, folder)
        build.progress(name, 1, 1)
        return key, cached

    return Stage(name, share, run)


def digest(dataset: Dataset) -> str:
    """A hash of everything that the records stage writes."""
    found = hashlib.sha256()
    columns = ("dataset", "line", "raw", "text", "embedded_text", "label", "confidence", "choices", "group", "id")
    for column in (*columns, *(name for name in OPTIONAL_COLUMNS if name in dataset.examples)):
        values = dataset.examples[column]
        texts = ("\x00" if missing else str(value) for value, missing in zip(values, values.isna(), strict=True))
        found.update("\x1f".join(texts).encode())
    found.update(_set_aside(dataset).encode())
    found.update(json.dumps([asdict(dataset.roles), [asdict(f) for f in dataset.boilerplate], dataset.part]).encode())
    return found.hexdigest()


def write_records(build: Build, folder: Path) -> None:
    """examples.parquet, fields.parquet, set_aside.json."""
    dataset = build.dataset
    for name, table in (("examples", dataset.examples), ("fields", dataset.fields)):
        with (folder / f"{name}.parquet").open("wb") as file:  # Python's own, so that its errors are those of any file
            table.to_parquet(file, compression="zstd", index=False)
    (folder / "set_aside.json").write_text(_set_aside(dataset), encoding="utf-8")


def embed(build: Build) -> tuple[str, bool]:
    """The vectors, per text: those that an earlier build embedded are found again."""
    key, counts = vectors.embed(
        build.texts,
        encoder=build.encoder,
        workspace=build.workspace,
        progress=lambda done, total: build.progress("embeddings", done, total),
    )
    build.embedded, build.reused, build.truncated = counts["embedded"], counts["reused"], counts["truncated"]
    return key, counts["embedded"] == 0


def write_neighbors(build: Build, folder: Path) -> None:
    """indices.npy, similarities.npy, outliers.npy."""
    graph = find_neighbors(
        build.vectors,
        n_neighbors=GRAPH,
        progress=lambda done, total: build.progress("neighbors", done, total),
    )
    save_array(folder / "indices.npy", graph.knn_indices)
    save_array(folder / "similarities.npy", graph.knn_similarities)
    save_array(folder / "outliers.npy", mark_outliers(graph))


def lay_out(projection: Stage) -> Stage:
    """The stage `projection`; nothing is to do where a build keeps its layout and has the same texts in the same order."""

    def run(build: Build) -> tuple[str, bool]:
        if build.kept and build.kept.embeddings == build.keys["embeddings"]:
            return build.kept.projection, True
        return projection.run(build)

    return Stage(projection.name, projection.share, run)


def write_projection(build: Build, folder: Path) -> None:
    """coordinates.npy, settings.json; placed.npy where a layout is kept."""
    if build.kept:
        found, placed = keep_layout(
            build.kept,
            build.texts,
            build.vectors,
            name=build.dataset.name,
            progress=lambda done, total: build.progress("projection", done, total),
        )
        save_array(folder / "placed.npy", placed)
    else:
        found = _project(build)
    save_array(folder / "coordinates.npy", found.coordinates)
    record = {**found.settings, **faithfulness_record(build.vectors, found.coordinates)}
    (folder / "settings.json").write_text(json.dumps(record))


def _project(build: Build) -> Projection:
    settings, graph = build.settings, build.graph
    if settings.n_neighbors - 1 > GRAPH:  # UMAP counts the row itself; a wider graph is the projection's alone
        graph = find_neighbors(
            build.vectors,
            n_neighbors=settings.n_neighbors - 1,
            progress=lambda done, total: build.progress("projection", done, total),
        )
    return project(
        build.vectors,
        graph=graph,
        n_neighbors=settings.n_neighbors,
        min_dist=settings.min_dist,
        random_state=settings.seed,
    )


def write_clustering(build: Build, folder: Path) -> None:
    """<layer>.npy, one a layer."""
    settings = build.settings
    for clustering in (
        cluster_kmeans(build.vectors, k=settings.k, random_state=settings.seed),
        *cluster_graph(build.graph, build.vectors, random_state=settings.seed),
    ):
        save_array(folder / f"{clustering.layer}.npy", clustering.labels)


def write_names(build: Build, folder: Path) -> None:
    """names.json, with how far each name holds."""

    def embed(texts: Sequence[str]) -> Vectors:
        return vectors.embed_few(texts, build.encoder)

    names = name_clusters(build.texts, build.clusterings, build.vectors, embed=embed)
    records = [{field: value for field, value in asdict(name).items() if field != "model"} for name in names]
    (folder / "names.json").write_text(json.dumps(records, ensure_ascii=False))


def write_thumbnail(build: Build, folder: Path) -> None:
    """thumbnail.webp."""
    coordinates = np.load(build.folder("projection") / "coordinates.npy")
    coarse = next(one for one in build.clusterings if one.layer == TOPICS_COARSE.id)
    categories = build.label_categories or thumbnail.by_cluster(coarse.labels)
    (folder / thumbnail.FILE).write_bytes(thumbnail.draw_thumbnail(coordinates, categories))


def load_graph(folder: Path) -> NeighborGraph:
    """The neighbour graph of an entry, read-only from disk."""
    return NeighborGraph(np.load(folder / "indices.npy", mmap_mode="r"), np.load(folder / "similarities.npy", mmap_mode="r"))


def load_clusterings(folder: Path) -> tuple[Clustering, ...]:
    """All layers of an entry, whichever names its files bear."""
    found = []
    for layer in LAYERS:
        path = folder / f"{layer.id}.npy"
        former = folder / f"{layer.former_id}.npy"
        found.append(Clustering(layer.id, np.load(former if layer.former_id and former.exists() else path)))
    return tuple(found)


def _set_aside(dataset: Dataset) -> str:
    return json.dumps([asdict(row) for row in dataset.set_aside])
