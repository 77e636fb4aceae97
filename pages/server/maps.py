"""The maps in memory: one object a map, shared by the routes and the pages."""

from collections.abc import Sequence

from evalmap.data.errors import DatasetError
from evalmap.data.store import disk
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace, stage_key
from evalmap.embeddings import model_names
from evalmap.embeddings.built_map import BuiltMap, load_map, thumbnail_file
from evalmap.embeddings.shared_layout import layout_key, stored_shared_layout
from evalmap.embeddings.shared_map import shared_map
from evalmap.pages.server.loaded_once import LoadedOnce

TOGETHER = "~"  # between the slugs of maps that are laid out together: no slug has one
# Eight that are compared, what they are together, and some beside: the texts of 120,000 examples are about 100 MB
_maps: LoadedOnce[tuple[str, str, str], BuiltMap] = LoadedOnce(12)


def built_map(slug: str, fingerprint: str) -> BuiltMap:
    """The map of a dataset as of a fingerprint, read once and kept; its arrays are read-only.

    `together` says by which slug and fingerprint several maps are one.

    Raises
    ------
    DatasetError : no such dataset, built again since, or results gone from the workspace
    """
    workspace = Workspace.default()
    return _maps.get((str(workspace.root), slug, fingerprint), lambda: _load(workspace, slug, fingerprint))


def together(manifests: Sequence[Manifest]) -> tuple[str, str]:
    """The slug and the fingerprint by which `built_map`, and so each address of a map, gives several maps laid out together."""
    marks = [manifest.fingerprint for manifest in manifests]
    return TOGETHER.join(manifest.slug for manifest in manifests), stage_key("together", layout_key(manifests), *marks)


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
    if TOGETHER in slug:
        built = _load_together(workspace, slug, fingerprint)
    else:
        built = load_map(workspace, _manifest(workspace, slug, fingerprint))
    for array in (built.coordinates, built.outliers, built.truncated, *(layer.labels for layer in built.clusterings)):
        array.setflags(write=False)
    return built


def _load_together(workspace: Workspace, slug: str, fingerprint: str) -> BuiltMap:
    found = [(one, workspace.manifest(one)) for one in slug.split(TOGETHER)]
    if gone := [one for one, manifest in found if manifest is None]:
        raise DatasetError(f"{gone[0]}: no map of this name in the workspace. Choose a dataset from the library.")
    manifests = [manifest for _, manifest in found if manifest]
    if together(manifests)[1] != fingerprint:
        raise DatasetError(f"{slug}: one of these maps was built again. Reload the page to see the new one.")
    maps = [built_map(manifest.slug, manifest.fingerprint) for manifest in manifests]
    layout = stored_shared_layout(maps, workspace)
    if layout is None:
        raise DatasetError(f"{slug}: these maps were not laid out together yet. The Compare page does it.")
    return shared_map(layout, maps, slug=slug, fingerprint=fingerprint)


def _manifest(workspace: Workspace, slug: str, fingerprint: str) -> Manifest:
    manifest: Manifest | None = workspace.manifest(slug)
    if manifest is None:
        raise DatasetError(f"{slug}: no map of this name in the workspace. Choose a dataset from the library.")
    shown = next((one for one in (manifest, model_names.by_terms(manifest)) if one.fingerprint == fingerprint), None)
    if shown is None:
        raise DatasetError(f"{slug}: this map was built again. Reload the page to see the new one.")
    return shown
