"""The answers that ship with the bundled samples."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evalmap.answers.import_pipeline import keep_staged
from evalmap.answers.importers import tables
from evalmap.answers.store import AnswerStore
from evalmap.data.store import disk
from evalmap.data.store.atomic import write_json
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import sample_maps


def install(workspace: Workspace) -> list[str]:
    """Import the shipped answers into a workspace whose samples are installed; returns the ids of the sets.

    Done once for each state of the shipped files: a set that the user removes stays away. Sets of an earlier version go.
    """
    files = sorted(sample_maps.ANSWERS.glob("*.jsonl"))
    state = hashlib.sha256(b"\0".join(path.name.encode() + b"\0" + path.read_bytes() for path in files)).hexdigest()
    marker = workspace.root / "answers" / "samples.json"
    there = _read(marker)
    if there.get("state") == state:
        return list(there["sets"])
    with workspace.lock("sample-answers"):  # of two servers that start at once, one installs
        return _install(workspace, files, state, marker)


def _install(workspace: Workspace, files: Sequence[Path], state: str, marker: Path) -> list[str]:
    there = _read(marker)
    if there.get("state") == state:
        return list(there["sets"])
    ids = []
    for path in files:
        manifest = workspace.manifest(path.stem.split("__")[0])
        if manifest is not None and manifest.sample:  # not one that the user built anew from other rows
            ids += [keep_staged(workspace, manifest, staged).record.id for staged in tables.read([path])]
    store = AnswerStore(workspace)
    for id in set(there.get("sets", ())) - set(ids):
        store.remove(id)
    write_json(marker, {"state": state, "sets": ids})
    return ids


def _read(marker: Path) -> dict[str, Any]:
    try:
        with disk.reading(marker):
            return json.loads(marker.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
