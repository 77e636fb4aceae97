"""What a source holds, before it is built."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from evalmap.data.locations import location_kind, not_found
from evalmap.data.overview import Overview, overview
from evalmap.data.readers import readable_files
from evalmap.data.records import ReadOptions
from evalmap.pages.server import caches, changes

MOST_BYTES = 64_000_000  # of a folder's files; of a larger one the first is looked at

Decided = tuple[tuple[str, Any], ...]  # `ReadOptions.given` as pairs, which a cache can tell apart


@dataclass(frozen=True)
class Preview:
    """A source, looked at.

    Attributes
    ----------
    key : tells one source from another, for widget keys
    files : of the source
    seen : what they hold; where they are large, what the first of them holds
    """

    key: str
    files: int
    seen: Overview

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.seen.fields)


def look(location: str, options: ReadOptions) -> Preview:
    """Look at a source that lies on this machine, or that is fetched for it.

    Raises
    ------
    DatasetError : it is gone, can't be fetched, or can't be read
    """
    decided = tuple(sorted(options.given().items()))
    if location_kind(location) != "path":
        return _fetched(location, str(caches.workspace().root), decided)
    path = Path(location)
    if not path.exists():  # a dataset that was built and is gone meanwhile
        raise not_found(location)
    return preview(location, path.stat().st_mtime_ns, decided)


@st.cache_data(max_entries=32, show_spinner="Reading …")
def preview(location: str, modified: int, decided: Decided = ()) -> Preview:
    """Look at a local source; `modified` says when to look anew.

    Raises
    ------
    DatasetError : it can't be read
    """
    path = Path(location)
    files: Sequence[Path] = readable_files(path) if path.is_dir() else [path]
    whole = len(files) == 1 or sum(file.stat().st_size for file in files) <= MOST_BYTES
    seen = overview(path if whole else files[0], options=ReadOptions(**dict(decided)))
    return Preview(f"{location}@{modified}", len(files), seen)


@st.cache_data(max_entries=8, show_spinner="Fetching and reading …")
def _fetched(location: str, root: str, decided: Decided) -> Preview:
    """Fetch and look; `root`, the workspace, says where what is fetched is kept."""
    seen = changes.fetch_and_look(caches.workspace(), location, ReadOptions(**dict(decided)))
    return Preview(location, len(seen.files), seen)
