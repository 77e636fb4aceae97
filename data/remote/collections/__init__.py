"""Known collections: which files there are, where, under which licence, and how a whole one is told."""

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

from evalmap.data.errors import DatasetError

__all__ = ["Collection", "Group", "SourceFile", "collection", "collections"]


@dataclass(frozen=True)
class SourceFile:
    """One upstream file.

    Attributes
    ----------
    name : its path without the ending, as `readers.read_files` calls it in a copy of the whole collection
    path : its posix path in the collection
    group : the id of its group
    url : https address at the pinned revision
    sha256, rows : hex digest and number of examples; None for a file that is known by name only
    """

    name: str
    path: str
    group: str
    url: str
    sha256: str | None = None
    rows: int | None = None


@dataclass(frozen=True)
class Group:
    """Files that belong together, sorted by name."""

    id: str
    title: str
    files: tuple[SourceFile, ...]


@dataclass(frozen=True)
class Collection:
    """A published set of datasets at one revision (a commit)."""

    id: str
    title: str
    licence: str
    citation: str
    homepage: str
    revision: str
    groups: tuple[Group, ...]

    @property
    def files(self) -> tuple[SourceFile, ...]:
        return tuple(file for group in self.groups for file in group.files)


@functools.cache
def collections() -> tuple[Collection, ...]:
    """All known collections, sorted by id: one a .toml file beside this one."""
    return tuple(_read(path) for path in sorted(Path(__file__).parent.glob("*.toml")))


def collection(id: str) -> Collection:
    """The known collection of this id.

    Raises
    ------
    DatasetError : not known
    """
    for known in collections():
        if known.id == id:
            return known
    raise DatasetError(f"{id}: no known collection. Choose one of {', '.join(known.id for known in collections())}.")


def _read(path: Path) -> Collection:
    values = tomllib.loads(path.read_text("utf-8"))
    address = values.pop("address")
    groups = tuple(
        Group(group["id"], group["title"], tuple(_file(file, group["id"], address, values["revision"]) for file in group["files"]))
        for group in values.pop("groups")
    )
    return Collection(**values, groups=groups)


def _file(values: dict[str, str | int], group: str, address: str, revision: str) -> SourceFile:
    path = str(values["path"])
    url = address.format(revision=revision, path=path)
    sha256, rows = values.get("sha256"), values.get("rows")
    return SourceFile(
        path.rsplit(".", 1)[0], path, group, url, None if sha256 is None else str(sha256), None if rows is None else int(rows)
    )
