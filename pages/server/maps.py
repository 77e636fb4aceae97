"""The maps in memory: one object a map, shared by the routes and the pages."""

from evalmap.data.errors import DatasetError
from evalmap.data.store import disk
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import model_names
from evalmap.embeddings.built_map import BuiltMap, load_map, thumbnail_file
from evalmap.pages.server.loaded_once import LoadedOnce

_maps: LoadedOnce[tuple[str, str, str], BuiltMap] = LoadedOnce(4)  # the texts of 120,000 examples are about 100 MB


def built_map(slug: str, fingerprint: str) -> BuiltMap:
    """The map of a dataset as of a fingerprint, read once and kept; its arrays are read-only.

    Raises
    ------
    DatasetError : no such dataset, built again since, or results gone from the workspace
    """
    workspace = Workspace.default()
    return _maps.get((str(workspace.root), slug, fingerprint), lambda: _load(workspace, slug, fingerprint))


def thumbnail(slug: str, fingerprint: str) -> bytes:
    """The picture of a map as of a fingerprint, from its file: the map itself is not read.

    Raises
    ------
    DatasetError : no such dataset, built again since, or it has no picture
    """
    workspace = Workspace.default()
    file = thumbnail_file(workspace, _manifest(workspace, slug, fingerprint))
    try:
        if file is not None:
            with disk.reading(file):
                return file.read_bytes()
    except FileNotFoundError:  # removed between the look and the reading
        pass
    raise DatasetError(f"{slug}: this map has no picture. Build it again to have one drawn.")


def forget() -> None:
    """Drop every map from memory."""
    _maps.clear()


def _load(workspace: Workspace, slug: str, fingerprint: str) -> BuiltMap:
    built = load_map(workspace, _manifest(workspace, slug, fingerprint))
    for array in (built.coordinates, built.outliers, built.truncated, *(layer.labels for layer in built.clusterings)):
        array.setflags(write=False)
    return built


def _manifest(workspace: Workspace, slug: str, fingerprint: str) -> Manifest:
    manifest: Manifest | None = workspace.manifest(slug)
    if manifest is None:
        raise DatasetError(f"{slug}: no map of this name in the workspace. Choose a dataset from the library.")
    shown = next((one for one in (manifest, model_names.by_terms(manifest)) if one.fingerprint == fingerprint), None)
    if shown is None:
        raise DatasetError(f"{slug}: this map was built again. Reload the page to see the new one.")
    return shown
