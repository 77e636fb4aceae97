"""What the steps of a curation come to on the rows and clusters that are there now."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalmap.embeddings.cluster_edits import ClusterEdits, LayerEdits
from evalmap.embeddings.clustering import Clustering
from evalmap.embeddings.naming import ClusterName
from evalmap.screening.curation.steps import ClusterRows, CurationStep
from evalmap.screening.keep.by_hand import Decisions, RowKey, find_rows


@dataclass(frozen=True)
class CuratedRows:
    """Which rows are deleted and which are tagged, by position.

    deleted : row → the first step that deletes it
    tags : row → its tags, in the order in which they were given
    found : number of a step → how many of its rows the dataset holds now
    """

    deleted: Mapping[int, CurationStep] = field(default_factory=dict)
    tags: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    found: Mapping[int, int] = field(default_factory=dict)

    def mask(self, n: int) -> NDArray[np.bool_]:
        """(n,) the rows that are deleted."""
        found = np.zeros(n, dtype=bool)
        found[list(self.deleted)] = True
        return found

    def within(self, decisions: Decisions) -> Decisions:
        """The decisions by hand with the deleted rows among them."""
        return replace(decisions, deleted={row: f"step {step.number}, {step.chosen}" for row, step in self.deleted.items()})


def curated_rows(steps: Sequence[CurationStep], examples: pd.DataFrame) -> CuratedRows:
    """Replay the steps that are about rows; rows that the dataset no longer holds rest until it holds them again."""
    own = [step for step in steps if step.rows]
    if not own:
        return CuratedRows()
    rows = find_rows(examples, {key for step in own for key in step.rows})
    deleted: dict[int, CurationStep] = {}
    tags: dict[int, tuple[str, ...]] = {}
    found: dict[int, int] = {}
    for step in own:
        there = [rows[key] for key in step.rows if key in rows]
        found[step.number] = len(there)
        for row in there:
            if step.action == "delete":
                deleted.setdefault(row, step)
            elif step.name not in (given := tags.get(row, ())):
                tags[row] = (*given, step.name)
    return CuratedRows(deleted, tags, found)


def curation_report(steps: Sequence[CurationStep], curated: CuratedRows) -> list[dict[str, Any]]:
    """What each step did, for report.json: its rows, how many of them the dataset holds now, and how many of those it removed; a
    row that several steps delete counts with the first.
    """
    removed = Counter(step.number for step in curated.deleted.values())
    return [
        {
            "step": step.number,
            "action": step.action,
            "at": step.at,
            "chosen": step.chosen,
            "name": step.name,
            "rows": len(step.rows),
            "found": curated.found.get(step.number, 0),
            "removed": removed[step.number],
        }
        for step in steps
    ]


def cluster_edits_of(
    steps: Sequence[CurationStep],
    *,
    map: str,
    examples: pd.DataFrame,
    clusterings: Sequence[Clustering],
    names: Sequence[ClusterName],
) -> ClusterEdits:
    """Replay the steps about the clusters of a map, as it was built; () where they change nothing.

    A step's cluster is the one whose rows and the step's have a Jaccard similarity above 0.5, of which there is one at most; where
    there is none, the step rests. So does a name that another cluster has been given meanwhile.

    Parameters
    ----------
    map : its slug
    clusterings, names : as they were built
    """
    own = [step for step in steps if step.clusters and step.map == map]
    if not own:
        return ()
    rows = find_rows(examples, {key for step in own for one in step.clusters for key in one.rows})
    found: list[LayerEdits] = []
    for clustering in clusterings:
        group = np.arange(clustering.n_clusters, dtype=np.int32)
        given: dict[int, str] = {}
        for step in (step for step in own if step.layer == clustering.layer):
            there = [_cluster(one, rows, group[clustering.labels]) for one in step.clusters]
            target = there[0]
            if target is None:
                continue
            for other in (one for one in there[1:] if one not in (None, target)):
                group[group == other] = target
                given.pop(other, None)  # type: ignore[arg-type]
            built = {name.id: name.name for name in names if name.layer == clustering.layer}
            called = {given.get(id, built[id]) for id in set(group.tolist()) - {target}}
            if step.name and step.name not in called:
                given[target] = step.name
            if given.get(target) == built[target]:
                given.pop(target)
        if given or (group != np.arange(len(group))).any():
            found.append(LayerEdits(clustering.layer, tuple(group.tolist()), given))
    return tuple(found)


def _cluster(one: ClusterRows, rows: Mapping[RowKey, int], labels: NDArray[np.int32]) -> int | None:
    """The cluster that shares more than half of all rows of both with the step's."""
    there = [rows[key] for key in one.rows if key in rows]
    if not there:
        return None
    shared = np.bincount(labels[there], minlength=int(labels.max()) + 1)
    best = int(shared.argmax())
    both = int(shared[best])
    return best if 2 * both > len(one.rows) + int((labels == best).sum()) - both else None
