"""The dataset that a plan adds to: whose rows the new ones must not repeat, known to be the one that the plan was made for."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from evalmap.data.errors import DatasetError
from evalmap.data.locations import location_kind
from evalmap.data.opening import open_dataset
from evalmap.data.records import Dataset, ReadOptions
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.array_types import Vectors
from evalmap.embeddings.built_map import BuiltMap

DIGITS = 20  # of a digest


@dataclass(frozen=True)
class Extends:
    """What a plan says of the dataset that it adds to.

    path : a file, folder, address or hub id; a path counts from the plan's folder
    sha256 : 20 hex digits of its rows as they were when the plan was made; None: any
    map : the name in the workspace of the map that new rows are shown on; None: the one that is built of the path
    """

    path: str
    sha256: str | None = None
    map: str | None = None


@dataclass(frozen=True)
class ExtendedDataset:
    """The dataset that a plan adds to, as it was opened; `manifest` is that of its map, None where none is built."""

    dataset: Dataset
    manifest: Manifest | None

    def compared(self, kind: str) -> tuple[list[str], list[str]]:
        """(texts, labels) of its rows, as written rows are compared: without boilerplate, but for questions with their answers."""
        examples = self.dataset.examples
        texts = examples["text" if kind == "a_b" else "embedded_text"].tolist()
        labels = ["" if missing else str(label) for label, missing in zip(examples["label"], examples["label"].isna(), strict=True)]
        return texts, labels


def open_extended(extends: Extends, workspace: Workspace, *, plan: Path) -> ExtendedDataset:
    """Open what a plan adds to, read as its map was.

    Parameters
    ----------
    plan : its file; paths count from its folder, and errors name it

    Raises
    ------
    DatasetError : it is gone, has changed since the plan was made, or cannot be read
    """
    location = located(extends, plan)
    manifest = map_of(extends, workspace, plan=plan)
    if location_kind(location) == "path" and not Path(location).exists():
        raise DatasetError(f"{plan}: extends {extends.path}: is gone. Put it back, or name where it lies now.")
    options = ReadOptions(**manifest.read) if manifest else None
    dataset = open_dataset(location, options=options, downloads=workspace.downloads)
    if extends.sha256 is not None and digest_of(dataset.examples) != extends.sha256:
        raise DatasetError(
            f"{plan}: extends {extends.path}: has changed since the plan was made ({len(dataset):,} rows now). Make the plan "
            "again with evalmap write gap, or take sha256 out to add to it as it is."
        )
    return ExtendedDataset(dataset, manifest)


def located(extends: Extends, plan: Path) -> str:
    """Where the dataset is; a path counts from the plan's folder."""
    if location_kind(extends.path) != "path":
        return extends.path
    return str((plan.parent / Path(extends.path).expanduser()).resolve())


def map_of(extends: Extends, workspace: Workspace, *, plan: Path) -> Manifest | None:
    """The map that the new rows are shown on; None where there is none, or several and the plan names none."""
    if extends.map and (manifest := workspace.manifest(extends.map)):
        return manifest
    location = located(extends, plan)
    found = [one for one in workspace.manifests() if location in (one.location, one.source)]
    return found[0] if len(found) == 1 else None


def digest_of(examples: pd.DataFrame) -> str:
    """20 hex digits of the rows as they stand."""
    found = hashlib.sha256()
    for line in examples["raw"]:
        found.update(str(line).encode("utf-8", "surrogatepass") + b"\n")
    return found.hexdigest()[:DIGITS]


def embed_beside(built: BuiltMap, embed: Callable[[Sequence[str]], Vectors]) -> Callable[[Sequence[str]], Vectors]:
    """`embed`, but texts of the map have the vectors that they have there already."""
    known = {text: row for row, text in enumerate(built.examples["embedded_text"].tolist())}

    def embed_new(texts: Sequence[str]) -> Vectors:
        rows = [known.get(text, -1) for text in texts]
        new = [text for text, row in zip(texts, rows, strict=True) if row < 0]
        found = np.empty((len(texts), built.vectors.shape[1]), dtype=np.float32)
        is_new = np.array(rows) < 0
        found[~is_new] = built.vectors[[row for row in rows if row >= 0]]
        if new:
            found[is_new] = embed(new)
        return found

    return embed_new
