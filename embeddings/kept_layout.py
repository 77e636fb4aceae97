"""A growing dataset keeps its map still: rows whose text is unchanged stay where they are, and new ones are placed among them."""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.store import disk
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.array_types import Encoder, Progress, Vectors, no_progress
from evalmap.embeddings.placement import N_NEIGHBORS, place
from evalmap.embeddings.projection import Projection
from evalmap.embeddings.settings import Settings

KEEPS = ("n_neighbors", "min_dist", "seed")  # settings of the layout


@dataclass(frozen=True)
class KeptLayout:
    """The layout of the map that a build takes the place of.

    Attributes
    ----------
    texts : (n,) what was embedded of each row
    coordinates : (n, 2) float32
    placed : (n,) bool, rows that were placed by an earlier build that kept the layout, and not laid out by UMAP
    record : what made the layout, as in `Projection.settings`
    embeddings, projection : the keys of the stages' entries
    """

    texts: Sequence[str]
    coordinates: NDArray[np.float32]
    placed: NDArray[np.bool_]
    record: dict[str, Any]
    embeddings: str
    projection: str


def layout_to_keep(workspace: Workspace, before: Manifest, *, settings: Settings, encoder: Encoder) -> KeptLayout:
    """The layout of a map that is to be built again, if it can be kept.

    Raises
    ------
    DatasetError : the map was made by another encoder, with other settings of the layout, or its results are gone
    """
    model, now = before.settings.encoder.get("model_key"), encoder.model_key
    if model != now:
        raise DatasetError(
            f"{before.name}: its map was embedded with {before.settings.model}, and this build embeds with {settings.model}: the "
            "layout can't be kept. Build with the same model, or without --keep-layout."
        )
    made, wanted = ({name: getattr(one, name) for name in KEEPS} for one in (before.settings, settings))
    if made != wanted:
        said = [", ".join(f"{name} {value}" for name, value in one.items()) for one in (made, wanted)]
        raise DatasetError(
            f"{before.name}: its map was laid out with {said[0]}, and this build asks for {said[1]}. Give the same, or leave out "
            "--keep-layout for a new layout."
        )
    records, projection = workspace.entry("records", before.key("records")), workspace.entry("projection", before.key("projection"))
    if not (workspace.has("records", records.name) and workspace.has("projection", projection.name)):
        raise DatasetError(f"{before.name}: the results of its map are gone from {workspace.root}. Build without --keep-layout.")
    with disk.reading(workspace.root, is_there=True):
        texts = pd.read_parquet(records / "examples.parquet", columns=["embedded_text"])["embedded_text"].tolist()
        coordinates = np.load(projection / "coordinates.npy")
        placed = np.load(projection / "placed.npy") if (projection / "placed.npy").exists() else np.zeros(len(texts), dtype=bool)
    return KeptLayout(texts, coordinates, placed, dict(before.settings.projection), before.key("embeddings"), projection.name)


def rows_before(texts: Sequence[str], before: Sequence[str]) -> NDArray[np.int64]:
    """(n,) which row before has each row's text, the first of one text the first, and so on; -1 where none has."""
    waiting: dict[str, deque[int]] = defaultdict(deque)
    for row, text in enumerate(before):
        waiting[text].append(row)
    return np.array([waiting[text].popleft() if waiting.get(text) else -1 for text in texts], dtype=np.int64)


def keep_layout(
    kept: KeptLayout, texts: Sequence[str], embeddings: Vectors, *, name: str, progress: Progress = no_progress
) -> tuple[Projection, NDArray[np.bool_]]:
    """Rows whose text was on the map lie where they lay, bit for bit; the others are placed among them.

    Returns
    -------
    the projection, and (n,) bool: rows that this build or an earlier one placed

    Raises
    ------
    DatasetError : no row's text was on the map
    """
    before = rows_before(texts, kept.texts)
    old = before >= 0
    if not old.any():
        raise DatasetError(
            f"{name}: none of its {len(texts):,} texts was on the map before: no layout to keep. Leave out --keep-layout."
        )
    coordinates = np.empty((len(texts), 2), dtype=np.float32)
    coordinates[old] = kept.coordinates[before[old]]
    found = place(embeddings[~old], on=embeddings[old], coordinates=coordinates[old], progress=progress)
    coordinates[~old] = found.coordinates
    placed = ~old
    placed[old] = kept.placed[before[old]]
    told = {
        "kept": int(old.sum()),
        "new": len(found),
        "gone": len(kept.texts) - int(old.sum()),
        "placed": int(placed.sum()),
        "n_neighbors": N_NEIGHBORS,
        "nearest_similarity": _median(found.nearest_similarity),
        "neighbors_kept": round(float(found.neighbors_kept.mean()), 4) if len(found) else None,
    }
    settings = {name: value for name, value in kept.record.items() if name not in ("trustworthiness", "continuity", "layout_kept")}
    return Projection(coordinates, {**settings, "layout_kept": told}), placed


def _median(values: NDArray[np.float32]) -> float | None:
    return round(float(np.median(values)), 4) if len(values) else None
