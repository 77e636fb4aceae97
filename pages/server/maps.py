"""The maps in memory: one object a map, shared by the routes and the pages."""

import threading
from collections import OrderedDict

from evalmap.data.errors import DatasetError
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap, load_map

KEPT = 4  # maps; the texts of 120,000 examples are about 100 MB

_Key = tuple[str, str, str]
_maps: OrderedDict[_Key, BuiltMap] = OrderedDict()
_loading: dict[_Key, threading.Lock] = {}
_lock = threading.Lock()


def built_map(slug: str, fingerprint: str) -> BuiltMap:
    """The map of a dataset as of a fingerprint, read once and kept; its arrays are read-only.

    Raises
    ------
    DatasetError : no such dataset, built again since, or results gone from the workspace
    """
    workspace = Workspace.default()
    key = (str(workspace.root), slug, fingerprint)
    with _lock:
        if key in _maps:
            _maps.move_to_end(key)
            return _maps[key]
        loading = _loading.setdefault(key, threading.Lock())
    with loading:  # two readers of one map wait for one load; readers of other maps do not
        with _lock:
            if key in _maps:
                return _maps[key]
        try:
            built = _load(workspace, slug, fingerprint)
            with _lock:
                _maps[key] = built
                while len(_maps) > KEPT:
                    _maps.popitem(last=False)
        finally:
            with _lock:
                _loading.pop(key, None)
        return built


def forget() -> None:
    """Drop every map from memory."""
    with _lock:
        _maps.clear()


def _load(workspace: Workspace, slug: str, fingerprint: str) -> BuiltMap:
    manifest: Manifest | None = workspace.manifest(slug)
    if manifest is None:
        raise DatasetError(f"{slug}: no map of this name in the workspace. Choose a dataset from the library.")
    if manifest.fingerprint != fingerprint:
        raise DatasetError(f"{slug}: this map was built again. Reload the page to see the new one.")
    built = load_map(workspace, manifest)
    for array in (built.coordinates, built.outliers, built.truncated, *(layer.labels for layer in built.clusterings)):
        array.setflags(write=False)
    return built
