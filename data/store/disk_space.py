"""What takes room in a workspace: the bytes of each map, and what nobody needs any more."""

import hashlib
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from evalmap.data.errors import DatasetError
from evalmap.data.store import atomic, disk, jobs, leases, private_names
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace

Kind = Literal["entry", "vectors", "leftover", "download"]
KINDS: dict[Kind, str] = {
    "entry": "stage entries that no map needs",
    "vectors": "vectors kept of builds that were cut short",
    "leftover": "what killed processes left",
    "download": "downloads that no map was built of",
}


@dataclass(frozen=True)
class MapSize:
    """The bytes of a map's entries: those that only it needs, and those that it shares with other maps."""

    own: int
    shared: int


@dataclass(frozen=True)
class Unneeded:
    """A file or folder that nobody needs, and its bytes."""

    kind: Kind
    path: Path
    size: int


def map_sizes(workspace: Workspace) -> dict[str, MapSize]:
    """The size of each map by its slug; what was made of its entries (pairs) counts with them."""
    sizes: Counter[str] = Counter()
    stages = workspace.root / "stages"
    with disk.reading(stages):
        for folder in (stages / stage / key for stage in disk.names(stages) for key in disk.names(stages / stage)):
            sizes[folder.name.split("-")[0]] += _size(folder)
    keys = {manifest.slug: {stage.key for stage in manifest.stages} for manifest in workspace.manifests()}
    users = Counter(key for of_map in keys.values() for key in of_map)
    return {
        slug: MapSize(
            own=sum(sizes[key] for key in of_map if users[key] == 1), shared=sum(sizes[key] for key in of_map if users[key] > 1)
        )
        for slug, of_map in keys.items()
    }


def find_unneeded(workspace: Workspace, *, downloads: bool = False) -> list[Unneeded]:
    """What `collect` would remove.

    Raises
    ------
    DatasetError : as `collect`
    """
    with workspace.lock("entries"):
        return list(_unneeded(workspace, downloads))


def collect(workspace: Workspace, *, downloads: bool = False) -> list[Unneeded]:
    """Remove what no map and no work under way needs; returns what went.

    Maps that are read meanwhile are not touched, nor is what a manifest that can't be read may point to.

    Parameters
    ----------
    downloads : also the downloads that no map was built of

    Raises
    ------
    DatasetError : downloads are to go while a job runs, which may need them, or a manifest can't be read
    """
    aside = []
    with workspace.lock("entries"):
        gone = list(_unneeded(workspace, downloads))
        for one in gone:
            with suppress(FileNotFoundError):
                aside.append(one.path if one.kind == "leftover" else atomic.take_away(one.path))
    for path in aside:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    return gone


def _unneeded(workspace: Workspace, downloads: bool) -> Iterator[Unneeded]:
    for folder in workspace.unneeded_entries():
        yield Unneeded("entry", folder, _size(folder))
    at_work = {key for stage, key in leases.leased_entries(workspace.root) if stage == "vectors"}
    for folder in sorted((workspace.root / "vectors").glob("[!.]*")):
        if folder.name not in at_work and (size := _size(folder)):
            yield Unneeded("vectors", folder, size)
    for folder in workspace.written_folders():
        for path in private_names.leftovers(folder, aged=True):
            yield Unneeded("leftover", path, _size(path))
    if downloads:
        needed = _needed_downloads(workspace)
        for folder in sorted((workspace.downloads).glob("*")):
            versions = sorted(folder.glob("*")) if "--" in folder.name else [folder]  # of a hub dataset each revision is apart
            for one in versions:
                if one.relative_to(workspace.downloads).as_posix() not in needed:
                    yield Unneeded("download", one, _size(one))


def _needed_downloads(workspace: Workspace) -> set[str]:
    """The folders below `downloads` that maps were built of."""
    if running := next((job for job in jobs.jobs(workspace) if job.state == "running"), None):
        raise DatasetError(f"{running.name} is under way and may need a download. Wait until it ends, or leave the downloads.")
    if damaged := next(iter(workspace.damaged()), None):
        raise DatasetError(f"{damaged.slug}: which downloads it needs can't be told. {damaged.reason}")
    return {folder for manifest in workspace.manifests() for folder in _downloads_of(manifest)}


def _downloads_of(manifest: Manifest) -> Iterator[str]:
    for address in (manifest.source, manifest.location):
        yield hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    name, _, revision = manifest.source.partition("@")
    yield f"{name.replace('/', '--')}/{revision}"


def _size(path: Path) -> int:
    """The bytes of a file, or of all files in a folder; what is gone meanwhile has none."""
    total = 0
    with suppress(OSError):
        if not path.is_dir():
            return path.lstat().st_size
    for folder, _, names in os.walk(path):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(folder, name)).st_size
    return total
