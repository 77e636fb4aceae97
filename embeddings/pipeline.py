"""The build: records → embeddings → neighbors → projection → clustering → naming, each stage kept and reused by its key."""

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from evalmap.data.labels import label_counts
from evalmap.data.records import Dataset
from evalmap.data.roles import describe
from evalmap.data.store.manifest import BoilerplateRecord, Manifest, SettingsRecord, StageRecord
from evalmap.data.store.workspace import Workspace, stage_key
from evalmap.embeddings import vectors as vector_store
from evalmap.embeddings.array_types import Encoder, Vectors
from evalmap.embeddings.clustering import GRAPH_LAYERS, KMEANS, Clustering, cluster_graph, cluster_kmeans
from evalmap.embeddings.encoder import DEFAULT_MODEL, SentenceEncoder, versions
from evalmap.embeddings.naming import name_clusters
from evalmap.embeddings.neighbors import NeighborGraph, find_neighbors, mark_outliers
from evalmap.embeddings.projection import project, trustworthiness
from evalmap.embeddings.settings import Settings

STAGES = ("records", "embeddings", "neighbors", "projection", "clustering", "naming")
StageProgress = Callable[[str, int, int], None]  # (stage, done, total)


def build(
    dataset: Dataset,
    *,
    workspace: Workspace,
    settings: Settings | None = None,
    encoder: Encoder | None = None,
    location: str | None = None,
    progress: StageProgress = lambda stage, done, total: None,
) -> Manifest:
    """Build a dataset's map and move the dataset's pointer to it.

    A stage whose key is in the workspace is not done again. The pointer moves last: until then the old map is what is read.

    Returns
    -------
    what `evalmap info --json` prints, less the clusters
    """
    settings = settings or Settings()
    encoder = encoder or SentenceEncoder(settings.model)
    run = _Run(workspace, progress)

    records = run.stage("records", [_digest(dataset)], lambda folder: _write_records(folder, dataset))
    texts = dataset.examples["embedded_text"].tolist()
    embedded = run.embed(texts, encoder)
    matrix = vector_store.load_vectors(workspace.entry("embeddings", embedded))

    def neighbors(folder: Path) -> None:
        graph = find_neighbors(
            matrix, n_neighbors=settings.graph_neighbors, progress=lambda done, total: progress("neighbors", done, total)
        )
        np.save(folder / "indices.npy", graph.knn_indices)
        np.save(folder / "similarities.npy", graph.knn_similarities)
        np.save(folder / "outliers.npy", mark_outliers(graph))

    nearest = run.stage("neighbors", [embedded, settings.graph_neighbors], neighbors)
    graph = load_graph(workspace.entry("neighbors", nearest))

    def projection(folder: Path) -> None:
        found = project(
            matrix, graph=graph, n_neighbors=settings.n_neighbors, min_dist=settings.min_dist, random_state=settings.seed
        )
        np.save(folder / "coordinates.npy", found.coordinates)
        trust = trustworthiness(matrix, found.coordinates)
        write = {**found.settings, "trustworthiness": None if np.isnan(trust) else round(trust, 4)}
        (folder / "settings.json").write_text(json.dumps(write))

    projected = run.stage("projection", [nearest, settings.n_neighbors, settings.min_dist, settings.seed], projection)

    def clustering(folder: Path) -> None:
        for layer in (
            cluster_kmeans(matrix, k=settings.k, random_state=settings.seed),
            *cluster_graph(graph, matrix, random_state=settings.seed),
        ):
            np.save(folder / f"{layer.layer}.npy", layer.labels)

    clustered = run.stage("clustering", [nearest, settings.k, settings.seed], clustering)
    layers = load_clusterings(workspace.entry("clustering", clustered))

    def naming(folder: Path) -> None:
        names = [asdict(name) for name in name_clusters(texts, layers, matrix)]
        (folder / "names.json").write_text(json.dumps(names, ensure_ascii=False))

    named = run.stage("naming", [clustered, records], naming)
    slug = workspace.slug_for(dataset.source, dataset.name)  # now: another build may have taken the name meanwhile
    encoder_record = json.loads((workspace.entry("embeddings", embedded) / "meta.json").read_text())
    projection_record = json.loads((workspace.entry("projection", projected) / "settings.json").read_text())
    manifest = Manifest(
        **_summary(dataset),
        slug=slug,
        location=location or dataset.source,
        truncated=run.embedding["truncated"],
        embedded=run.embedding["embedded"],
        reused=run.embedding["reused"],
        outliers=int(np.load(workspace.entry("neighbors", nearest) / "outliers.npy").sum()),
        settings=SettingsRecord(**settings.as_dict(), part=dataset.part, encoder=encoder_record, projection=projection_record),
        versions=versions(),
        stages=tuple(run.stages),
        fingerprint=stage_key("map", records, embedded, nearest, projected, clustered, named),
        built_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    workspace.save_manifest(manifest)
    return manifest


def embed_texts(
    texts: Sequence[str],
    *,
    workspace: Workspace,
    model: str = DEFAULT_MODEL,
    encoder: Encoder | None = None,
    progress: StageProgress = lambda stage, done, total: None,
) -> tuple[str, Vectors]:
    """Just the vectors: (key of the entry, (n_samples, n_dims) float32, unit norm, read-only from disk). No map is built."""
    run = _Run(workspace, progress)
    key = run.embed(list(texts), encoder or SentenceEncoder(model))
    return key, vector_store.load_vectors(workspace.entry("embeddings", key))


def load_graph(folder: Path) -> NeighborGraph:
    """The neighbour graph of an entry, read-only from disk."""
    return NeighborGraph(np.load(folder / "indices.npy", mmap_mode="r"), np.load(folder / "similarities.npy", mmap_mode="r"))


def load_clusterings(folder: Path) -> tuple[Clustering, ...]:
    """k-means and the three graph layers of an entry."""
    return tuple(Clustering(layer, np.load(folder / f"{layer}.npy")) for layer in (KMEANS, *GRAPH_LAYERS))


class _Run:
    """The stages of one build, timed."""

    def __init__(self, workspace: Workspace, progress: StageProgress) -> None:
        self.workspace, self.progress = workspace, progress
        self.stages: list[StageRecord] = []
        self.embedding: dict[str, int] = {}

    def stage(self, name: str, parts: list[object], write: Callable[[Path], None]) -> str:
        key, started = stage_key(name, *parts), time.perf_counter()
        self.progress(name, 0, 1)
        cached = self.workspace.has(name, key)
        if not cached:
            with self.workspace.create(name, key) as folder:
                write(folder)
        self.progress(name, 1, 1)
        self.stages.append(StageRecord(name, key, round(time.perf_counter() - started, 3), cached))
        return key

    def embed(self, texts: list[str], encoder: Encoder) -> str:
        started = time.perf_counter()
        key, self.embedding = vector_store.embed(
            texts, encoder=encoder, workspace=self.workspace, progress=lambda done, total: self.progress("embeddings", done, total)
        )
        self.stages.append(StageRecord("embeddings", key, round(time.perf_counter() - started, 3), self.embedding["embedded"] == 0))
        return key


def _digest(dataset: Dataset) -> str:
    """A hash of everything that the records stage writes."""
    digest = hashlib.sha256()
    for column in ("dataset", "line", "raw", "text", "embedded_text", "label", "confidence", "choices", "group", "id"):
        values = dataset.examples[column]
        texts = ("\x00" if missing else str(value) for value, missing in zip(values, values.isna(), strict=True))
        digest.update("\x1f".join(texts).encode())
    digest.update(_set_aside(dataset).encode())
    digest.update(json.dumps([asdict(dataset.roles), [asdict(f) for f in dataset.frames], dataset.part]).encode())
    return digest.hexdigest()


def _write_records(folder: Path, dataset: Dataset) -> None:
    dataset.examples.to_parquet(folder / "examples.parquet", compression="zstd", index=False)
    dataset.fields.to_parquet(folder / "fields.parquet", compression="zstd", index=False)
    (folder / "set_aside.json").write_text(_set_aside(dataset), encoding="utf-8")


def _set_aside(dataset: Dataset) -> str:
    return json.dumps([asdict(row) for row in dataset.set_aside])


def _summary(dataset: Dataset) -> dict[str, Any]:
    examples = dataset.examples
    files = examples["dataset"].value_counts(sort=False)
    return {
        "name": dataset.name,
        "source": dataset.source,
        "rows": len(dataset),
        "rows_read": len(dataset) + len(dataset.set_aside),
        "roles": describe(dataset.roles),
        "schema": dataset.roles.schema,
        "read": {name: value for name, value in asdict(dataset.options).items() if value is not None},
        "labels": label_counts(examples["label"]),
        "boilerplate": _boilerplate(dataset),
        "set_aside": len(dataset.set_aside),
        "set_aside_rows": tuple({"dataset": r.dataset, "line": r.line, "reason": r.reason} for r in dataset.set_aside[:1000]),
        "notes": tuple(dataset.notes),
        "datasets": {str(name): int(count) for name, count in files.items()},
    }


def _boilerplate(dataset: Dataset) -> BoilerplateRecord | None:
    """The boilerplate that most rows bear; None where there is none."""
    if not dataset.frames:
        return None
    borne: dict[tuple[str, str], list[int]] = {}
    for frame in dataset.frames:
        rows = borne.setdefault((frame.prefix, frame.suffix), [0, 0])
        rows[0] += frame.rows
        rows[1] += frame.of
    (prefix, suffix), (rows, of) = max(borne.items(), key=lambda item: item[1][0])
    return BoilerplateRecord(prefix, suffix, rows, of, len(borne))
