"""What was done on a map so far, and what it comes to on its rows: read when the journal changes, for pages and routes alike."""

from dataclasses import dataclass

from evalmap.data.store import disk
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.server.loaded_once import LoadedOnce
from evalmap.screening.curation.curation_journal import Curation, journal_path, read_curation
from evalmap.screening.curation.replay import CuratedRows, curated_rows


@dataclass(frozen=True)
class MapCuration:
    """The curation of a map.

    signature : changes with the journal; "" where there is none
    steps : of the journal
    rows : which are deleted, which are tagged
    """

    signature: str
    steps: Curation
    rows: CuratedRows


_kept: LoadedOnce[tuple[str, str, str, str], MapCuration] = LoadedOnce(8)
_NONE = MapCuration("", Curation(), CuratedRows())


def curation_of(built: BuiltMap) -> MapCuration:
    """The curation of a map as of now.

    Raises
    ------
    DatasetError : its journal is damaged
    """
    workspace = Workspace.default()
    path = journal_path(workspace, built.manifest.source)
    try:
        with disk.reading(path):
            found = path.stat()
    except FileNotFoundError:
        return _NONE
    signature = f"{found.st_mtime_ns:x}-{found.st_size:x}"
    key = (str(workspace.root), built.manifest.slug, built.manifest.fingerprint, signature)
    return _kept.get(key, lambda: _read(workspace, built, signature))


def _read(workspace: Workspace, built: BuiltMap, signature: str) -> MapCuration:
    steps = read_curation(workspace, built.manifest.source)
    return MapCuration(signature, steps, curated_rows(steps.active, built.examples))
