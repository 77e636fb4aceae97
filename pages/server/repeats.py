"""Which rows of a map repeat one another, in memory: shared by the route that the map asks and by the pages."""

import numpy as np
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.server.loaded_once import LoadedOnce
from evalmap.pages.server.maps import TOGETHER
from evalmap.screening.default_screening import AT_ONCE, find_repeats
from evalmap.screening.pairs import pair_store

_kept: LoadedOnce[tuple[str, str, str], NDArray[np.uint32]] = LoadedOnce(4)


def repeats_of(built: BuiltMap) -> NDArray[np.uint32]:
    """`find_repeats` of a map, once; nothing is written. Read-only.

    Raises
    ------
    DatasetError : the near-duplicates of a large map were not looked for yet, or it is one of several datasets
    """
    workspace = Workspace.default()
    manifest = built.manifest
    return _kept.get((str(workspace.root), manifest.slug, manifest.fingerprint), lambda: _find(built, workspace))


def forget() -> None:
    """Drop all of them from memory."""
    _kept.clear()


def _find(built: BuiltMap, workspace: Workspace) -> NDArray[np.uint32]:
    if len(built) < 2:
        return np.arange(len(built), dtype=np.uint32)
    pairs = pair_store.stored_pairs(built, workspace)
    if pairs is None:
        if len(built) > AT_ONCE and TOGETHER in built.manifest.slug:
            raise DatasetError(
                f"Repeats are collapsed on a map of several datasets up to {AT_ONCE:,} examples; this has {len(built):,}."
            )
        if len(built) > AT_ONCE:
            raise DatasetError(
                f"{built.manifest.slug}: the near-duplicates of these {len(built):,} examples were not looked for yet. "
                "The Duplicates page does it."
            )
        pairs = pair_store.search(built)
    found = find_repeats(built, pairs)
    found.setflags(write=False)
    return found
