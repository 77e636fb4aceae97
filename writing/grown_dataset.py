"""A dataset with the rows that were written for it: the old rows as they stand, then the new ones, each with a mark.

<folder>/grown/<dataset>.jsonl    of one file; of a collection, a folder <dataset> with its files and one of the new rows
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from evalmap.data.errors import DatasetError
from evalmap.data.exporting import export_rows
from evalmap.data.facets.column_kinds import field_key
from evalmap.data.facets.predicates import Predicate, to_query
from evalmap.data.opening import open_dataset
from evalmap.data.records import Dataset, ReadOptions
from evalmap.data.store import disk
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.outputs import write_together
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.array_types import Encoder
from evalmap.embeddings.built_map import load_map
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.embeddings.stages import StageProgress

FOLDER = "grown"
MARK = "written"  # the field that new rows bear


@dataclass(frozen=True)
class GrownMap:
    """A map with new rows on it.

    old, new : its rows; how many of the old ones lie bit for bit where they lay is `still`
    where : the predicate that leaves the new rows alone, as a link of the map page holds it
    """

    manifest: Manifest
    old: int
    new: int
    still: int
    where: str


def write_grown(folder: Path, dataset: Dataset, written: Sequence[Mapping[str, Any]], *, plan_hash: str) -> Path:
    """Write the old rows and the new ones into `folder`; what is there of an earlier run is replaced.

    A JSONL file's bytes are copied; rows of another format stand as JSON.

    Parameters
    ----------
    dataset : that grows; its own files are only read
    written : rows in the schema of anthropics/evals

    Returns
    -------
    the file, or the folder of a collection

    Raises
    ------
    DatasetError : the new rows cannot have the fields of the old ones; the disk refuses
    """
    rows = [{**fitted(dataset, row), MARK: mark(plan_hash)} for row in written]
    new = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode("utf-8", "replace")
    names = list(dict.fromkeys(dataset.examples["dataset"].tolist()))
    if len(names) == 1:
        name = str(names[0]).rsplit("/", 1)[-1]
        target = folder / FOLDER / f"{name}.jsonl"
        files = {target: _old_content(dataset) + new}
    else:
        target = folder / FOLDER / dataset.name
        of_file = dataset.examples["dataset"].to_numpy()
        files = {
            target / f"{name}.jsonl": export_rows(
                dataset.examples, dataset.fields, np.flatnonzero(of_file == name).tolist(), "jsonl"
            )
            for name in names
        }
        of_new = MARK
        while of_new in names:
            of_new += "-again"
        files[target / f"{of_new}.jsonl"] = new
    for path in files:
        with disk.writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
    write_together(files)
    return target


def build_grown(
    location: Path,
    before: Manifest,
    workspace: Workspace,
    *,
    plan_hash: str,
    encoder: Encoder,
    progress: StageProgress = lambda stage, done, total: None,
) -> GrownMap:
    """Build the map of a grown dataset, with the layout of the map before.

    Raises
    ------
    DatasetError : the layout cannot be kept, or the disk refuses
    """
    # The file is JSONL now, whatever the old one's encoding and header were.
    options = ReadOptions(**{name: value for name, value in before.read.items() if name not in ("encoding", "header")})
    dataset = open_dataset(location, options=options, name=f"{before.name} with written rows")
    used = Settings(**{name: getattr(before.settings, name) for name in Settings().as_dict()})
    manifest = build(dataset, workspace=workspace, settings=used, encoder=encoder, layout_of=before, progress=progress)
    built, old = load_map(workspace, manifest), load_map(workspace, before)
    is_new = np.asarray(built.fields[MARK] == mark(plan_hash)) if MARK in built.fields else np.zeros(len(built), dtype=bool)
    was_there = min(len(old), int((~is_new).sum()))
    still = (built.coordinates[~is_new][:was_there].view(np.uint32) == old.coordinates[:was_there].view(np.uint32)).all(axis=1)
    return GrownMap(manifest, len(old), int(is_new.sum()), int(still.sum()), new_rows(plan_hash))


def mark(plan_hash: str) -> str:
    """What the field `written` says of rows of a plan: the first digits of the hash that their provenance has."""
    return f"plan {plan_hash[:8]}"


def new_rows(plan_hash: str) -> str:
    """The predicate that leaves the rows of a plan alone, as a link of the map page holds it."""
    (where,) = to_query((Predicate(field_key(MARK), "is", (mark(plan_hash),)),))
    return where


def fitted(dataset: Dataset, row: Mapping[str, Any]) -> dict[str, Any]:
    """A written row with the fields that the dataset's own rows have for text and label.

    Raises
    ------
    DatasetError : its text is put together of several fields, or no row bears the label
    """
    roles = dataset.roles
    if roles.text in row and (roles.label is None or roles.label in row):
        return dict(row)
    if roles.text not in dataset.fields.columns:
        raise DatasetError(
            f"{dataset.name}: its text is made of several fields ({roles.text}), and a written row has one. Show the new rows on a "
            "map of their own."
        )
    frame = dataset.boilerplate[0] if dataset.boilerplate else None
    text = str(next(row[name] for name in ("text", "statement", "question") if name in row))
    told: dict[str, Any] = {roles.text: f"{frame.prefix}{text}{frame.suffix}" if frame else text}
    if roles.label is not None and (said := row.get("answer_matching_behavior", row.get("label"))) is not None:
        label = str(said).strip()
        spelled = dataset.fields[roles.label][(dataset.examples["label"] == label).to_numpy()]
        if spelled.empty:
            raise DatasetError(f"{dataset.name}: no row is labelled {label}, so how its file spells that is not known.")
        told[roles.label] = _plain(spelled.iloc[0])
    if roles.confidence and "label_confidence" in row:
        told[roles.confidence] = row["label_confidence"]
    return told


def _old_content(dataset: Dataset) -> bytes:
    """The bytes of a JSONL file, with a line's end at its end; else its rows as JSON."""
    path = Path(dataset.source)
    if path.is_file() and path.suffix.lower() in (".jsonl", ".ndjson"):
        with disk.reading(path):
            content = path.read_bytes()
        if not content.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16 and ours would not go together
            return content if content.endswith(b"\n") or not content else content + b"\n"
    return export_rows(dataset.examples, dataset.fields, range(len(dataset)), "jsonl")


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value
