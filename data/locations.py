"""How a dataset is named: a path, an https address, an id on the hub. Nothing is looked up here, neither on disk nor on the net."""

import re
from typing import Literal

from evalmap.data.errors import DatasetError

HUB = "hf://"

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(?:@[\w./-]+)?")
_HUB_SOURCE = re.compile(r"([A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*)@[0-9a-f]{40}")


def location_kind(location: str) -> Literal["path", "url", "hub"]:
    """What a location is, by its form alone: what bears no scheme is a path, so that the name of a file is never sent anywhere.

    Raises
    ------
    DatasetError : a scheme other than https:// and hf://, or no dataset's id behind hf://
    """
    if location.startswith(HUB):
        if not _HUB_ID.fullmatch(hub_id(location)):
            raise DatasetError(f"{location}: no id of a dataset. Expected hf://owner/name or hf://owner/name@revision.")
        return "hub"
    if "://" not in location:
        return "path"
    if not location.startswith("https://"):
        raise DatasetError(f"{location}: only https addresses are opened. Use https://… or a file.")
    return "url"


def hub_id(location: str) -> str:
    """`owner/name` or `owner/name@revision` of a location that begins with hf:// (or, as the hub itself writes it, hf://datasets/)."""
    return location.removeprefix(HUB).removeprefix("datasets/")


def not_found(path: str) -> DatasetError:
    """For a path that leads nowhere; what could be an id on the hub, without a file's ending, is told how such a one is written."""
    from evalmap.data.readers.formats import format_of

    if _HUB_ID.fullmatch(path) and format_of(path) is None:
        return DatasetError(
            f"{path}: no such file or folder. Check the path, or write {HUB}{path} for the dataset of the Hugging Face hub."
        )
    return DatasetError(f"{path}: no such file or folder. Check the path.")


def location_of(source: str) -> str:
    """What opens a `Dataset.source` again: of the hub, its id with hf://; else the source itself."""
    return f"{HUB}{source}" if _HUB_SOURCE.fullmatch(source) else source


def hub_location(location: str, *, source: str) -> str:
    """The location with hf:// before it, where the source of what was built says that it is a dataset of the hub.

    Until 0.1 such a dataset was named by its bare id, and so stands in what was kept then.
    """
    found = _HUB_SOURCE.fullmatch(source)
    is_bare_id = found is not None and hub_id(location).split("@")[0] == found.group(1)
    return f"{HUB}{hub_id(location)}" if is_bare_id else location


def without_revision(source: str) -> str:
    """The dataset that a `Dataset.source` is a state of: of the hub, `hf://owner/name` whatever the commit; else the source."""
    found = _HUB_SOURCE.fullmatch(source)
    return f"{HUB}{found.group(1)}" if found else source
