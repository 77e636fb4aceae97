"""The build: records → embeddings → neighbors → projection → clustering → naming → thumbnail, each kept and reused by its key."""

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from evalmap.data.errors import DatasetError
from evalmap.data.labels import label_counts
from evalmap.data.records import Dataset
from evalmap.data.roles import describe
from evalmap.data.store import disk
from evalmap.data.store.manifest import BoilerplateRecord, Manifest, SettingsRecord, StageRecord
from evalmap.data.store.workspace import Workspace, stage_key
from evalmap.embeddings import cluster_edits, clustering, model_names, naming, placement, stages, thumbnail, vectors
from evalmap.embeddings.array_types import Encoder, Vectors
from evalmap.embeddings.encoder import DEFAULT_MODEL, SentenceEncoder, versions
from evalmap.embeddings.kept_layout import layout_to_keep
from evalmap.embeddings.neighbors import GRAPH
from evalmap.embeddings.settings import Settings
from evalmap.embeddings.stages import Build, Stage, StageProgress, entry

# In the order in which they run. A stage is redone when something that it reads has changed, and then those that read its key.
PIPELINE: tuple[Stage, ...] = (
    entry("records", share=0.05, reads=lambda b: [stages.digest(b.dataset)], write=stages.write_records),
    Stage("embeddings", share=0.6, run=stages.embed),
    entry(
        "neighbors",
        share=0.15,
        reads=lambda b: [b.keys["embeddings"], GRAPH],
        write=stages.write_neighbors,
    ),
    stages.lay_out(
        entry(
            "projection",
            share=0.12,
            reads=lambda b: [
                *(b.keys["neighbors"], b.settings.n_neighbors, b.settings.min_dist, b.settings.seed),
                *([b.kept.projection, b.kept.embeddings, placement.VERSION] if b.kept else []),
            ],
            write=stages.write_projection,
        )
    ),
    entry(
        "clustering",
        share=0.05,
        reads=lambda b: [b.keys["neighbors"], b.settings.k, b.settings.seed, clustering.VERSION],
        write=stages.write_clustering,
    ),
    entry(
        "naming",
        share=0.02,
        reads=lambda b: [b.keys["clustering"], b.keys["records"], naming.VERSION],
        write=stages.write_names,
    ),
    # Last: it is for the library's card alone, and a map is whole without it.
    entry(
        "thumbnail",
        share=0.01,
        reads=lambda b: [b.keys["projection"], *b.colored_by, thumbnail.VERSION],
        write=stages.write_thumbnail,
    ),
)
STAGES = tuple(stage.name for stage in PIPELINE)
SHARES = {stage.name: stage.share for stage in PIPELINE}


def build(
    dataset: Dataset,
    *,
    workspace: Workspace,
    settings: Settings | None = None,
    encoder: Encoder | None = None,
    location: str | None = None,
    keep_layout: bool = False,
    layout_of: Manifest | None = None,
    progress: StageProgress = lambda stage, done, total: None,
) -> Manifest:
    """Build a dataset's map and move the dataset's pointer to it.

    Two names of one source are two maps; where the user gave no name, `Workspace.map_to_replace` tells which map is built again.
    A stage whose key is in the workspace is not done again. The pointer moves last: until then the old map is what is read.

    Parameters
    ----------
    location : what a later build opens to read the same rows again; default: the dataset's source
    keep_layout : rows whose text is on the map that this build takes the place of stay where they are, bit for bit, and the others
        are placed among them (`placement.py`); clusters and names are found anew. Without such a map this does nothing.
    layout_of : keep the layout of this map instead, of another source say
    progress : called with (stage, done, total), total 0 where it is not known

    Returns
    -------
    what `evalmap info --json` prints, less the clusters

    Raises
    ------
    DatasetError : which map is meant can't be told; the layout can't be kept; the disk refuses
    """
    with workspace.leased() as leased:
        return _build(dataset, leased, settings or Settings(), encoder, location, keep_layout, layout_of, progress)


def _build(
    dataset: Dataset,
    workspace: Workspace,
    settings: Settings,
    encoder: Encoder | None,
    location: str | None,
    keep: bool,
    layout_of: Manifest | None,
    progress: StageProgress,
) -> Manifest:
    # What can't be built is refused before the work, not after it.
    before = workspace.map_to_replace(dataset.source, dataset.name, name_given=dataset.name_given)
    encoder = encoder or SentenceEncoder(settings.model)
    under_way = Build(dataset, workspace, settings, encoder, progress)
    if layout := layout_of or (before if keep else None):
        under_way.kept = layout_to_keep(workspace, layout, settings=settings, encoder=encoder)
    records = []
    for stage in PIPELINE:
        started = time.perf_counter()
        key, cached = stage.run(under_way)
        under_way.keys[stage.name] = key
        records.append(StageRecord(stage.name, key, round(time.perf_counter() - started, 3), cached))
    with disk.reading(workspace.root, is_there=True):
        encoder_record = json.loads((under_way.folder("embeddings") / "meta.json").read_text())
        projection_record = json.loads((under_way.folder("projection") / "settings.json").read_text())
        outliers = int(np.load(under_way.folder("neighbors") / "outliers.npy").sum())
    manifest = Manifest(
        **_summary(dataset),
        slug="",
        location=location or dataset.source,
        truncated=under_way.truncated,
        embedded=under_way.embedded,
        reused=under_way.reused,
        outliers=outliers,
        settings=SettingsRecord(**settings.as_dict(), part=dataset.part, encoder=encoder_record, projection=projection_record),
        versions=versions(),
        stages=tuple(records),
        fingerprint=stage_key("map", *under_way.keys.values()),
        built_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    with workspace.lock("entries"):  # no other build takes the same slug meanwhile
        manifest = _placed(manifest, workspace, dataset)
        workspace.save_manifest(manifest)
    return manifest


def _placed(manifest: Manifest, workspace: Workspace, dataset: Dataset) -> Manifest:
    """A manifest with the slug of the map that it replaces, and with its name where the user gave none; else with a new slug."""
    before = workspace.map_to_replace(dataset.source, dataset.name, name_given=dataset.name_given)
    if before is None:
        return replace(manifest, slug=workspace.free_slug(dataset.source, dataset.name))
    name = dataset.name if dataset.name_given else before.name
    again = replace(manifest, slug=before.slug, name=name, name_given=dataset.name_given or before.name_given)
    return cluster_edits.carried(model_names.carried(again, before), before)


def embed_texts(
    texts: Sequence[str],
    *,
    workspace: Workspace,
    model: str = DEFAULT_MODEL,
    encoder: Encoder | None = None,
    progress: StageProgress = lambda stage, done, total: None,
) -> tuple[str, Vectors]:
    """Just the vectors: (key of the entry, (n_samples, n_dims) float32, unit norm, read-only from disk). No map is built."""
    with workspace.leased() as leased:
        key, _ = vectors.embed(
            list(texts),
            encoder=encoder or SentenceEncoder(model),
            workspace=leased,
            progress=lambda done, total: progress("embeddings", done, total),
        )
        return key, vectors.load_vectors(leased.entry("embeddings", key))


def encoder_of(manifest: Manifest) -> Encoder:
    """The encoder that a map was built with, in the same dtype.

    Raises
    ------
    DatasetError : its files, or its revision, are others now
    """
    made_with = manifest.settings.encoder
    encoder = SentenceEncoder(manifest.settings.model, dtype=made_with.get("dtype"))
    if encoder.model_key != made_with.get("model_key", encoder.model_key):
        raise DatasetError(
            f"{manifest.name}: the files of model {manifest.settings.model}, or its revision, are not those that the map was built "
            f"with. Build it again: evalmap build {manifest.location}"
        )
    return encoder


def _summary(dataset: Dataset) -> dict[str, Any]:
    examples = dataset.examples
    files = examples["dataset"].value_counts(sort=False)
    return {
        "name": dataset.name,
        "name_given": dataset.name_given,
        "source": dataset.source,
        "rows": len(dataset),
        "rows_read": len(dataset) + len(dataset.set_aside),
        "roles": describe(dataset.roles),
        "schema": dataset.roles.schema,
        "read": dataset.options.given(),
        "reading": dataset.reading,
        "labels": label_counts(examples["label"]),
        "boilerplate": _boilerplate(dataset),
        "set_aside": len(dataset.set_aside),
        "set_aside_rows": tuple({"dataset": r.dataset, "line": r.line, "reason": r.reason} for r in dataset.set_aside[:1000]),
        "notes": tuple(dataset.notes),
        "datasets": {str(name): int(count) for name, count in files.items()},
    }


def _boilerplate(dataset: Dataset) -> BoilerplateRecord | None:
    """The boilerplate that most rows bear; None where there is none."""
    if not dataset.boilerplate:
        return None
    borne: dict[tuple[str, str], list[int]] = {}
    for one in dataset.boilerplate:
        rows = borne.setdefault((one.prefix, one.suffix), [0, 0])
        rows[0] += one.rows
        rows[1] += one.of
    (prefix, suffix), (rows, of) = max(borne.items(), key=lambda item: item[1][0])
    return BoilerplateRecord(prefix, suffix, rows, of, len(borne))
