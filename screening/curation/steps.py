"""A step of curating a dataset: what was done to which rows or clusters, when, and how they were chosen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.screening.keep.by_hand import RowKey, row_keys

Action = Literal["delete", "tag", "rename", "merge"]
ACTIONS: tuple[Action, ...] = ("delete", "tag", "rename", "merge")
MOST_NAME = 80  # characters of a tag or of a cluster's name


@dataclass(frozen=True)
class ClusterRows:
    """A cluster as it was when a step was made; on another map it is the cluster that shares most of these rows.

    name : what it was then called
    rows : all of its rows
    """

    name: str
    rows: tuple[RowKey, ...]


@dataclass(frozen=True)
class CurationStep:
    """One step.

    number : from 1, in the order in which the steps of a dataset were made
    action : "delete" and "tag" are about rows, "rename" and "merge" about clusters
    at : when, ISO 8601 in UTC
    chosen : how the rows or clusters were chosen, in words
    name : the tag, or what the cluster is called from now on
    rows : that are deleted or tagged
    map, layer : whose clusters; a map is named by its slug
    clusters : the one that is renamed; or those that are merged, into the first
    """

    number: int
    action: Action
    at: str
    chosen: str
    name: str = ""
    rows: tuple[RowKey, ...] = ()
    map: str = ""
    layer: str = ""
    clusters: tuple[ClusterRows, ...] = ()

    def sentence(self) -> str:
        """What was done, for a list of steps and as a reason in files."""
        n = f"{len(self.rows):,} {'row' if len(self.rows) == 1 else 'rows'}"
        names = [one.name for one in self.clusters]
        match self.action:
            case "delete":
                return f"deleted {n}: {self.chosen}"
            case "tag":
                return f"tagged {n} “{self.name}”: {self.chosen}"
            case "rename":
                return f"renamed “{names[0]}” to “{self.name}”"
            case "merge":
                return f"merged {', '.join(f'“{one}”' for one in names[1:])} into “{self.name}”"

    def as_dict(self) -> dict[str, Any]:
        """For JSON and YAML; `step_from` reads it back."""
        found: dict[str, Any] = {"number": self.number, "action": self.action, "at": self.at, "chosen": self.chosen}
        found |= {name: value for name in ("name", "map", "layer") if (value := getattr(self, name))}
        if self.rows:
            found["rows"] = _written(self.rows)
        if self.clusters:
            found["clusters"] = [{"name": one.name, "rows": _written(one.rows)} for one in self.clusters]
        return found


def step_from(values: Mapping[str, Any], *, where: str) -> CurationStep:
    """Read what `CurationStep.as_dict` wrote.

    Raises
    ------
    DatasetError : it is something else; `where` names the file
    """
    try:
        step = CurationStep(
            int(values["number"]),
            values["action"],
            str(values["at"]),
            str(values["chosen"]),
            str(values.get("name", "")),
            _read(values.get("rows", {})),
            str(values.get("map", "")),
            str(values.get("layer", "")),
            tuple(ClusterRows(str(one["name"]), _read(one["rows"])) for one in values.get("clusters", ())),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DatasetError(f"{where}: not a step of a curation, with number, action, at and chosen.") from error
    if step.action not in ACTIONS:
        raise DatasetError(f"{where}: action {step.action!r} is unknown; choose one of {', '.join(ACTIONS)}.")
    needed = {"rename": 1, "merge": 2}.get(step.action, 0)
    if (not needed and not step.rows) or len(step.clusters) < needed or any(not one.rows for one in step.clusters):
        what = "rows" if not needed else "a cluster with rows" if needed == 1 else "two clusters with rows"
        raise DatasetError(f"{where}: step {step.number} ({step.action}) needs {what}.")
    return step


def keys_of(examples: pd.DataFrame, rows: NDArray[np.integer] | Sequence[int]) -> tuple[RowKey, ...]:
    """The keys of some rows by position, file by file; no row twice."""
    keys = row_keys(examples)
    return _ordered(keys[row] for row in np.unique(np.asarray(rows, dtype=np.int64)).tolist())


def _ordered(keys: Iterable[RowKey]) -> tuple[RowKey, ...]:
    of_dataset: dict[str, list[RowKey]] = {}
    for key in keys:
        of_dataset.setdefault(key.dataset, []).append(key)
    return tuple(key for own in of_dataset.values() for key in own)


def _written(keys: Sequence[RowKey]) -> dict[str, str]:
    """{dataset: the ids of its rows, with blanks between; id~1 is the second of equal rows}: a cluster may have 20,000."""
    found: dict[str, list[str]] = {}
    for key in keys:
        found.setdefault(key.dataset, []).append(f"{key.example_id}~{key.occurrence}" if key.occurrence else key.example_id)
    return {dataset: " ".join(ids) for dataset, ids in found.items()}


def _read(rows: Mapping[str, str]) -> tuple[RowKey, ...]:
    found = []
    for dataset, ids in rows.items():
        for one in ids.split():
            example_id, _, occurrence = one.partition("~")
            found.append(RowKey(str(dataset), example_id, int(occurrence or 0)))
    return tuple(found)
