"""What was fetched and is kept: from when it is, what the server called it, and whether it is still the same."""

import contextlib
import hashlib
import json
import re
from datetime import UTC, datetime
from pathlib import Path

from evalmap.data.store.atomic import write_json


class KeptFile:
    """A fetched file and the record beside it, `.NAME.origin`: hidden, so that a folder that is opened does not hold it as rows.

    The record is written after the file: where a process ends between the two, the digest no longer fits, and the file counts as
    none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._record = path.with_name(f".{path.name}.origin")

    def record(self, sha256: str, etag: str | None = None, modified: str | None = None) -> None:
        """Note that the file has just been fetched."""
        values = {"sha256": sha256, "etag": etag, "modified": modified, "fetched": datetime.now(UTC).date().isoformat()}
        write_json(self._record, values)

    def is_recorded(self) -> bool:
        return self._record.exists()

    def is_whole(self) -> bool:
        """Whether the file has the digest that was recorded."""
        recorded = self._recorded()
        return recorded is not None and self.path.is_file() and _digest(self.path) == recorded["sha256"]

    def conditions(self) -> dict[str, str]:
        """Headers that ask for the file only if it has changed; none where it is not whole, or the server named no state of it."""
        recorded = self._recorded()
        if recorded is None or not self.is_whole():
            return {}
        named = {"If-None-Match": recorded.get("etag"), "If-Modified-Since": recorded.get("modified")}
        return {header: value for header, value in named.items() if value}

    def fetched(self) -> str | None:
        """The day (ISO 8601, UTC) on which the file was fetched; None where there is none, or it is not what was fetched.

        Evalmap 0.1 wrote no record, and a file only when it was whole: such a file is from the day that it was written.
        """
        if not self._record.exists():
            with contextlib.suppress(OSError):
                return datetime.fromtimestamp(self.path.stat().st_mtime, UTC).date().isoformat()
            return None
        return (self._recorded() or {}).get("fetched") if self.is_whole() else None

    def _recorded(self) -> dict[str, str] | None:
        try:
            values = json.loads(self._record.read_text("utf-8"))
            told = {name: value for name, value in values.items() if isinstance(value, str) and value.isprintable()}
        except (OSError, ValueError, AttributeError):
            return None
        return told if re.fullmatch(r"[0-9a-f]{64}", told.get("sha256", "")) and "fetched" in told else None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
