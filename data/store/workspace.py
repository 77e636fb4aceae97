"""Where results are kept: immutable stage entries keyed by content, and one pointer a dataset.

    stages/<stage>/<key>/        the result of one stage, complete or absent
    vectors/<model key>/…        shards of an embedding under way: a killed build resumes from them (…-<dtype> but for float32)
    datasets/<slug>.json         the pointer: which stage entries make the map of a dataset
    jobs/<slug>.json             what a build is doing
    downloads/, sources/         fetched files

Every write goes to a private temporary name, is synced and renamed; so a killed process leaves the old state readable.
"""

import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from evalmap.data.errors import DatasetError
from evalmap.data.store import atomic
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
        """All that may be the key of an entry in it: what it points to is not taken for left over."""
        return set(re.findall(r"[0-9a-f]{20}", self.path.read_text("utf-8", "replace") if self.path.exists() else ""))


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

    def entries(self, stage: str) -> list[Path]:
        """All complete entries of a stage."""
        return sorted(path for path in (self.root / "stages" / stage).glob("*") if path.is_dir() and not path.name.startswith("."))

    @contextmanager
    def create(self, stage: str, key: str) -> Iterator[Path]:
        """A private folder to write an entry into; it becomes the entry when the block ends without an error."""
        with atomic.new_folder(self.entry(stage, key)) as folder:
            yield folder

    # Pointers

    def manifests(self) -> list[Manifest]:
        """The pointers of all built datasets, by slug; those that can't be read are left out (`damaged` tells of them)."""
        return [found for found in self._pointers() if isinstance(found, Manifest)]

    def damaged(self) -> list[DamagedManifest]:
        """The pointers that can't be read, by slug: not whole, or of a later version of Evalmap."""
        return [found for found in self._pointers() if isinstance(found, DamagedManifest)]

    def _pointers(self) -> Iterator[Manifest | DamagedManifest]:
        for path in sorted((self.root / "datasets").glob("*.json")):
            try:
                if manifest := _read_manifest(path):
                    yield manifest
            except DatasetError as error:
                yield DamagedManifest(path.stem, path, str(error))

    def slugs(self) -> list[str]:
        """The slugs of all built datasets, sorted."""
        return sorted(path.stem for path in (self.root / "datasets").glob("*.json"))

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
        """Forget a dataset's map, and with it the stage entries that no pointer needs.

        An entry named "<key>-…" was made from the entry <key> and goes with it. Entries that never had a pointer stay for a day:
        they may belong to a build under way.
        """
        try:
            own = _entries_of(self.manifest(slug))
        except DatasetError:
            own = set()  # a damaged pointer goes; what it pointed to goes when it is a day old
        (self.root / "datasets" / f"{_safe(slug)}.json").unlink(missing_ok=True)
        used = {entry for manifest in self.manifests() for entry in _entries_of(manifest)}
        keys, own_keys = {key for _, key in used}, {key for _, key in own}
        keys |= {key for damaged in self.damaged() for key in damaged.entry_keys()}
        for folder in (self.root / "stages").glob("*/*"):
            key = folder.name.split("-")[0]
            if key not in keys and (key in own_keys or time.time() - folder.stat().st_mtime > DAY):
                shutil.rmtree(folder, ignore_errors=True)

    def slug_for(self, source: str, name: str) -> str:
        """The slug of a source: the one it has, else one made of its name that no other source has."""
        manifests = self.manifests()
        for manifest in manifests:
            if manifest.source == source:
                return manifest.slug
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:80] or "dataset"
        if any(manifest.slug == slug for manifest in manifests):  # another source's: this one has none yet
            slug = f"{slug}-{hashlib.sha256(source.encode()).hexdigest()[:6]}"
        return slug

    def find(self, reference: str) -> Manifest:
        """The pointer of a built dataset, by its slug, its name, or the path or address that was built.

        Raises
        ------
        DatasetError : nothing built answers to the reference, or several do
        """
        manifests = self.manifests()
        path = str(Path(reference).expanduser().resolve())
        for matches in (
            [m for m in manifests if m.source in (reference, path) or m.location in (reference, path)],
            [m for m in manifests if m.slug == reference],
            [m for m in manifests if m.name == reference],
        ):
            if len(matches) == 1:
                return matches[0]
            if matches:
                slugs = ", ".join(m.slug for m in matches)
                raise DatasetError(f"{reference}: {len(matches)} datasets are called so ({slugs}). Use one of these names.")
        for damaged in self.damaged():
            if damaged.slug == reference:
                raise DatasetError(damaged.reason)
        known = ", ".join(m.slug for m in manifests[:8]) or "none yet"
        raise DatasetError(f"{reference}: not built in {self.root} (built: {known}). Build it with: evalmap build {reference}")


def _read_manifest(path: Path) -> Manifest | None:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
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
