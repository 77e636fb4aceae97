"""Where results are kept: immutable stage entries keyed by content, and one pointer a dataset.

    stages/<stage>/<key>/        the result of one stage, complete or absent
    vectors/<model key>/…        shards of an embedding under way: a killed build resumes from them (…-<dtype> but for float32)
    datasets/<slug>.json         the pointer: which stage entries make the map of a dataset
    jobs/<slug>.json             what a build is doing
    downloads/, sources/         fetched files
    written/<name>/              a plan that a model writes rows by, and what came of it
    locks/                       who is at work (`leases.py`)

Every write goes to a private temporary name, is synced and renamed; so a killed process leaves the old state readable.
"""

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from evalmap.data.errors import DatasetError
from evalmap.data.locations import hub_location
from evalmap.data.store import atomic, disk, leases, private_names
from evalmap.data.store.manifest import Manifest

DAY = 86_400.0  # seconds
FORMAT = 1  # raise it when the meaning of stored files changes: older entries are then built anew


def stage_key(stage: str, *parts: object) -> str:
    """The key of a stage's result: a hash of the format version, the stage and what it read (JSON-able parts)."""
    canonical = json.dumps([FORMAT, stage, *parts], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:20]


@dataclass(frozen=True)
class DamagedManifest:
    """A dataset's pointer that can't be read, and why, in one sentence."""

    slug: str
    path: Path
    reason: str

    def entry_keys(self) -> set[str]:
        """All that may be the key of an entry in it: what it points to is not taken for left over.

        Raises
        ------
        DiskError : the disk does not give it
        """
        try:
            with disk.reading(self.path):
                return set(re.findall(r"[0-9a-f]{20}", self.path.read_text("utf-8", "replace")))
        except FileNotFoundError:  # removed meanwhile
            return set()

    def source(self) -> str | None:
        """The source that it was built of, as far as that can be read."""
        try:
            values = json.loads(self.path.read_text(encoding="utf-8"))
            return values["source"] if isinstance(values["source"], str) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None


class Workspace:
    """A folder of results: the maps that were built, and what was fetched, found or answered for them.

    `Workspace(folder)` is the one in a folder, which need not exist yet; `Workspace.default()` is the one that the site and the
    terminal use. Several processes may use one at a time: whatever is read is whole.

    Parameters
    ----------
    root : the folder; `~` is the home folder

    Attributes
    ----------
    root : the folder, absolute
    downloads : where files from addresses and from the hub are kept
    sources : where known collections are kept
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root).expanduser().absolute()

    @classmethod
    def default(cls, root: Path | str | None = None) -> "Workspace":
        """The workspace at `root`, else at EVALMAP_HOME, else in the platform's data folder."""
        if root is None and not (root := os.environ.get("EVALMAP_HOME")):
            from platformdirs import user_data_dir

            root = user_data_dir("evalmap", appauthor=False)
        return cls(root)

    @property
    def downloads(self) -> Path:
        """Where files from addresses and from the hub are kept."""
        return self.root / "downloads"

    @property
    def sources(self) -> Path:
        """Where known collections are kept."""
        return self.root / "sources"

    # Stage entries

    def entry(self, stage: str, key: str) -> Path:
        """Where the entry lies once complete (it may not exist)."""
        return self.root / "stages" / stage / key

    def has(self, stage: str, key: str) -> bool:
        """Whether the entry is there, complete."""
        return self.entry(stage, key).is_dir()

    def hold(self, stage: str, key: str) -> None:
        """Within `leased`: have an entry, or the vectors of a model, stay. Elsewhere this does nothing."""

    def entries(self, stage: str) -> list[Path]:
        """All complete entries of a stage."""
        folder = self.root / "stages" / stage
        return [path for path in (folder / name for name in disk.names(folder)) if path.is_dir()]

    @contextmanager
    def create(self, stage: str, key: str) -> Iterator[Path]:
        """A private folder to write an entry into; it becomes the entry when the block ends without an error."""
        with atomic.new_folder(self.entry(stage, key)) as folder:
            yield folder

    @contextmanager
    def leased(self) -> Iterator["Workspace"]:
        """This workspace for a piece of work: the entries that it asks for by `has`, or makes, stay until the block ends.

        Without that, another process may remove an entry between the look and the use.
        """
        self.sweep()
        with leases.lease(self.root) as lease:
            yield _Leased(self.root, lease) if lease else self

    def sweep(self) -> None:
        """Delete what processes that are gone were writing here when they were killed. Work does so as it begins."""
        with suppress(OSError):  # tidying up fails nobody's work; what the disk refuses, the work itself tells of
            private_names.sweep(self.written_folders(), aged=True)

    def written_folders(self) -> list[Path]:
        """The folders that files and folders are made in."""
        depths = [
            "datasets",
            "decisions",
            "judgements",
            "jobs",
            "stages/*",
            "vectors",
            "vectors/*",
            "uploads",
            "uploads/*",
            "downloads",
            "downloads/*",
        ]
        depths += ["answers", "answers/*", "answers/uploads/*", "written/*", "written/*/result"]
        return [self.root, *(folder for depth in depths for folder in sorted(self.root.glob(depth)) if folder.is_dir())]

    def lock(self, name: str) -> AbstractContextManager[None]:
        """A lock of this workspace, to be held for moments: `with workspace.lock("decisions")`."""
        return leases.lock(self.root, name)

    # Pointers

    def pointers(self) -> tuple[list[Manifest], list[DamagedManifest]]:
        """`manifests` and `damaged` in one reading."""
        found = list(self._pointers())
        return [one for one in found if isinstance(one, Manifest)], [one for one in found if isinstance(one, DamagedManifest)]

    def manifests(self) -> list[Manifest]:
        """The pointers of all built datasets, by slug; those that can't be read are left out (`damaged` tells of them)."""
        return self.pointers()[0]

    def damaged(self) -> list[DamagedManifest]:
        """The pointers that can't be read, by slug: not whole, or of a later version of Evalmap."""
        return self.pointers()[1]

    def _pointers(self) -> Iterator[Manifest | DamagedManifest]:
        for name in disk.names(self.root / "datasets", ".json"):
            path = self.root / "datasets" / name
            try:
                if manifest := _read_manifest(path):
                    yield manifest
            except DatasetError as error:
                yield DamagedManifest(path.stem, path, str(error))

    def slugs(self) -> list[str]:
        """The slugs of all built datasets, sorted."""
        return [name.removesuffix(".json") for name in disk.names(self.root / "datasets", ".json")]

    def manifest(self, slug: str) -> Manifest | None:
        """The pointer of a dataset, or None where it was never built.

        Raises
        ------
        DatasetError : the slug is none; the pointer's file is damaged, or of a later version of Evalmap
        """
        return _read_manifest(self.root / "datasets" / f"{_safe(slug)}.json")

    def save_manifest(self, manifest: Manifest) -> None:
        """Move a dataset's pointer."""
        atomic.write_json(self.root / "datasets" / f"{_safe(manifest.slug)}.json", manifest.as_dict())

    def remove(self, slug: str) -> None:
        """Forget a dataset's map, and with it the stage entries that no pointer and no work under way needs.

        An entry named "<key>-…" was made from the entry <key> and goes with it. Entries that never had a pointer stay for a day.
        """
        path = self.root / "datasets" / f"{_safe(slug)}.json"
        with self.lock("entries"):
            try:
                own = _entries_of(self.manifest(slug))
            except DatasetError:
                own = set()  # a damaged pointer goes; what it pointed to goes when it is a day old
            with disk.writing(path):
                path.unlink(missing_ok=True)
            own_keys = {key for _, key in own}
            gone = [
                folder
                for folder in self.unneeded_entries()
                if folder.name.split("-")[0] in own_keys or time.time() - folder.stat().st_mtime > DAY
            ]
            with disk.writing(self.root):
                aside = [atomic.take_away(folder) for folder in gone]
        for folder in aside:
            shutil.rmtree(folder, ignore_errors=True)

    def unneeded_entries(self) -> list[Path]:
        """The entries that no pointer and no work under way needs; call it with the lock "entries" held.

        An entry named "<key>-…" was made from the entry <key> and is needed with it.
        """
        manifests, all_damaged = self.pointers()
        needed = {key for manifest in manifests for _, key in _entries_of(manifest)}
        needed |= {key for damaged in all_damaged for key in damaged.entry_keys()}
        in_use = leases.leased_entries(self.root)
        needed |= {key.split("-")[0] for _, key in in_use}
        stages = self.root / "stages"
        folders = [stages / stage / key for stage in disk.names(stages) for key in disk.names(stages / stage)]
        return [folder for folder in folders if folder.name.split("-")[0] not in needed]

    def map_to_replace(self, source: str, name: str, *, name_given: bool) -> Manifest | None:
        """Which map of a source a build takes the place of; None: it makes a new one.

        Two names are two maps. Where the user gave none, the only map of the source is built again and keeps its name; of several,
        the one that bears the name that the source gives.

        Parameters
        ----------
        name : that the user gave, else that the source gives

        Raises
        ------
        DatasetError : no name was given, and which of several maps is meant can't be told
        """
        maps = [manifest for manifest in self.manifests() if manifest.source == source]
        of_name = [manifest for manifest in maps if manifest.name == name]
        if of_name or name_given:
            return of_name[0] if of_name else None
        for meant in (maps, [manifest for manifest in maps if not manifest.name_given]):
            if len(meant) == 1:
                return meant[0]
        if maps:
            names = ", ".join(manifest.name for manifest in maps)
            raise DatasetError(
                f"{source}: {len(maps)} maps are built of it ({names}). Say by its name which one to build again.", "name"
            )
        return None

    def free_slug(self, source: str, name: str) -> str:
        """A slug for a new map of a source, made of its name, that no other map has."""
        manifests, all_damaged = self.pointers()
        taken = {manifest.slug for manifest in manifests}
        taken |= {damaged.slug for damaged in all_damaged if damaged.source() not in (None, source)}
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:80] or "dataset"
        marks = (source, f"{source}\0{name}", *(f"{source}\0{name}\0{number}" for number in range(len(taken))))
        slugs = (plain, *(f"{plain}-{hashlib.sha256(mark.encode('utf-8', 'surrogatepass')).hexdigest()[:6]}" for mark in marks))
        return next(slug for slug in slugs if slug not in taken)

    def find(self, reference: str) -> Manifest:
        """The pointer of a built dataset, by its slug, its name, or the path or address that was built.

        Raises
        ------
        DatasetError : nothing built answers to the reference, or several do
        """
        manifests, all_damaged = self.pointers()
        path = str(Path(reference).expanduser().resolve())
        of_source = [m for m in manifests if {m.source, m.location} & {reference, path, hub_location(reference, source=m.source)}]
        if len(of_source) > 1:
            slugs = ", ".join(m.slug for m in of_source)
            raise DatasetError(f"{reference}: {len(of_source)} maps are built of it ({slugs}). Name one of them.")
        for matches in (of_source, [m for m in manifests if m.slug == reference], [m for m in manifests if m.name == reference]):
            if len(matches) == 1:
                return matches[0]
            if matches:
                slugs = ", ".join(m.slug for m in matches)
                raise DatasetError(f"{reference}: {len(matches)} datasets are called so ({slugs}). Use one of these names.")
        for damaged in all_damaged:
            if damaged.slug == reference:
                raise DatasetError(damaged.reason)
        known = ", ".join(m.slug for m in manifests[:8]) or "none yet"
        raise DatasetError(f"{reference}: not built in {self.root} (built: {known}). Build it with: evalmap build {reference}")


class _Leased(Workspace):
    """A workspace whose entries stay as long as a piece of work lasts."""

    def __init__(self, root: Path, lease: leases.Lease) -> None:
        super().__init__(root)
        self._lease = lease

    def hold(self, stage: str, key: str) -> None:
        self._lease.note(stage, key)

    def has(self, stage: str, key: str) -> bool:
        self._lease.note(stage, key)
        return super().has(stage, key)

    @contextmanager
    def create(self, stage: str, key: str) -> Iterator[Path]:
        self._lease.note(stage, key)
        with super().create(stage, key) as folder:
            yield folder

    @contextmanager
    def leased(self) -> Iterator[Workspace]:
        yield self  # within the work that the lease is of


def _read_manifest(path: Path) -> Manifest | None:
    try:
        with disk.reading(path):
            values = json.loads(path.read_text(encoding="utf-8"))
    except DatasetError:
        raise
    except FileNotFoundError:
        return None
    except ValueError as error:  # not JSON, or not UTF-8
        raise DatasetError(f"{path}: not a whole manifest ({error}). Remove the file and build the dataset again.") from error
    return Manifest.from_dict(values, where=str(path))


def _entries_of(manifest: Manifest | None) -> set[tuple[str, str]]:
    return {(stage.name, stage.key) for stage in manifest.stages} if manifest else set()


def _safe(slug: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,199}", slug):  # a file's name has room for 255 bytes
        raise DatasetError(f"{slug[:60]!r} is no dataset's name here. Choose one from the library.")
    return slug
