"""Lists of pairs kept in the workspace, so that a second look reads what the first one searched."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from evalmap.data.store import disk
from evalmap.data.store.disk import save_array
from evalmap.data.store.workspace import Workspace, stage_key
from evalmap.data.text.normalization import ALIASES
from evalmap.embeddings.array_types import Progress, Vectors, no_progress
from evalmap.embeddings.built_map import BuiltMap
from evalmap.screening.pair_types import Pairs
from evalmap.screening.pairs.near_duplicates import FLOOR, LEXICAL_FLOOR, MAX_PAIRS, SEARCHED, find_near_duplicates

STAGE = "pairs"
VERSION = 1  # raise it when the meaning of the list changes
_EARLIER: dict[str, str] = {"layers": "methods", "stars": "hubs"}  # settings of earlier lists
_COLUMNS = ("left", "right", "exact", "lexical", "semantic")


def pairs_of(
    built: BuiltMap,
    workspace: Workspace,
    *,
    methods: Sequence[str] = SEARCHED,
    floor: float = FLOOR,
    lexical_floor: float = LEXICAL_FLOOR,
    max_pairs: int = MAX_PAIRS,
    progress: Progress = no_progress,
) -> Pairs:
    """The pairs of a built map, of what was embedded; kept in the workspace, so that a second call reads them.

    Raises
    ------
    DatasetError : as `find_near_duplicates`
    """
    texts, key = built.examples["embedded_text"].tolist(), _embeddings_key(built)
    options = {"methods": methods, "floor": floor, "lexical_floor": lexical_floor, "max_pairs": max_pairs}
    return pairs_of_embeddings(texts, built.vectors, key=key, workspace=workspace, progress=progress, **options)


def pairs_of_embeddings(
    texts: Sequence[str],
    embeddings: Vectors,
    *,
    key: str,
    workspace: Workspace,
    methods: Sequence[str] = SEARCHED,
    floor: float = FLOOR,
    lexical_floor: float = LEXICAL_FLOOR,
    max_pairs: int = MAX_PAIRS,
    progress: Progress = no_progress,
) -> Pairs:
    """The pairs of an entry of embeddings, by its key and the texts it was made from; kept in the workspace.

    Raises
    ------
    DatasetError : as `find_near_duplicates`
    """
    entry = _key(key, methods, floor, lexical_floor, max_pairs)
    with workspace.leased() as leased:
        if not leased.has(STAGE, entry):
            options = {"methods": methods, "floor": floor, "lexical_floor": lexical_floor, "max_pairs": max_pairs}
            found = find_near_duplicates(texts, embeddings, progress=progress, **options)
            with leased.create(STAGE, entry) as folder:
                _write(folder, found)
        return load_pairs(leased.entry(STAGE, entry))


def search(built: BuiltMap) -> Pairs:
    """What `pairs_of` finds in a map with its default settings; nothing is kept.

    Raises
    ------
    DatasetError : as `find_near_duplicates`
    """
    options = {"methods": SEARCHED, "floor": FLOOR, "lexical_floor": LEXICAL_FLOOR, "max_pairs": MAX_PAIRS}
    return find_near_duplicates(built.examples["embedded_text"].tolist(), built.vectors, **options)


def stored_pairs(built: BuiltMap, workspace: Workspace) -> Pairs | None:
    """What `pairs_of` kept of a map with its default settings; None where it was not asked yet."""
    key = _key(_embeddings_key(built), SEARCHED, FLOOR, LEXICAL_FLOOR, MAX_PAIRS)
    folder = workspace.entry(STAGE, key)
    try:
        with disk.reading(folder):
            return _read(folder)
    except FileNotFoundError:  # none there, or removed meanwhile
        return None


def _embeddings_key(built: BuiltMap) -> str:
    return built.manifest.key("embeddings")


def _key(embeddings: str, methods: Sequence[str], floor: float, lexical_floor: float, max_pairs: int) -> str:
    """The key of embeddings stands for the texts too; the list is named after it, and goes when the embeddings go.

    "layers" is the methods' name in keys, so that lists made by earlier versions are found.
    """
    given = {"layers": sorted(set(methods)), "floor": floor, "lexical_floor": lexical_floor, "max_pairs": max_pairs}
    return f"{embeddings}-{stage_key(STAGE, VERSION, embeddings, given)}"


def load_pairs(folder: Path) -> Pairs:
    """The pairs of an entry, read-only.

    Raises
    ------
    DiskError : the disk does not give them
    """
    with disk.reading(folder, is_there=True):
        return _read(folder)


def _read(folder: Path) -> Pairs:
    stored = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    floors = {name: math.inf if value is None else value for name, value in stored["floors"].items()}
    given: dict[str, Any] = stored["settings"]
    settings = {_EARLIER.get(name, name): value for name, value in given.items()}
    settings["exact_level"] = ALIASES.get(settings["exact_level"], settings["exact_level"])
    columns = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in _COLUMNS}
    return Pairs(n=stored["n"], floors=floors, settings=settings, **columns)


def _write(folder: Path, pairs: Pairs) -> None:
    for name in _COLUMNS:
        save_array(folder / f"{name}.npy", getattr(pairs, name))
    floors = {name: None if math.isinf(value) else value for name, value in pairs.floors.items()}
    stored = {"n": pairs.n, "floors": floors, "settings": pairs.settings}
    (folder / "settings.json").write_text(json.dumps(stored, ensure_ascii=False))
