"""The sections of a quality report: one table, in the order in which they are told.

A section is measured from a built map and what is known of it, as a value that JSON can hold. It is kept in the workspace
(`section_store.py`) and read again as long as nothing that it reads has changed. A new one is a function and a line of `SECTIONS`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalmap.data.errors import DatasetError
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.array_types import Progress, no_progress
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.layers import KMEANS
from evalmap.screening.curation.curation_journal import read_curation
from evalmap.screening.default_screening import DefaultScreening, default_screening
from evalmap.screening.groups.components import find_components
from evalmap.screening.keep.by_hand import DecisionLog
from evalmap.screening.pair_types import Pairs
from evalmap.screening.pairs.pair_store import pairs_of
from evalmap.screening.quality import report_tables, todo
from evalmap.screening.quality.flags.find_flags import find_flags
from evalmap.screening.quality.flags.flag_rules import FlagInput
from evalmap.screening.quality.label_balance import label_balance
from evalmap.screening.quality.map_truth import measure_map_truth, of_map_truth
from evalmap.screening.quality.report_tables import ReportTable
from evalmap.screening.quality.saturation import measure_saturation
from evalmap.screening.quality.scorecard import score
from evalmap.screening.quality.shortcuts import find_shortcuts, find_shortcuts_of_parts
from evalmap.screening.quality.todo import Facts, Problem
from evalmap.screening.screening_options import DEFAULTS


@dataclass(frozen=True)
class QualitySettings:
    """What a report is asked for.

    shuffle : a seed that shuffles the rows for the growth curve; None keeps their order
    seed : of the samples of the scorecard
    few_shot : texts that the writer was given as examples; only flags read them
    """

    shuffle: int | None = None
    seed: int = 0
    few_shot: tuple[str, ...] = ()


@dataclass(frozen=True)
class SectionInput:
    """What sections read; what several of them read is made once, when the first one asks.

    pairs_progress : told how far the search for pairs is, where the workspace does not have them yet
    """

    built: BuiltMap
    workspace: Workspace
    settings: QualitySettings = field(default_factory=QualitySettings)
    pairs_progress: Progress = no_progress

    @cached_property
    def pairs(self) -> Pairs:
        return pairs_of(self.built, self.workspace, progress=self.pairs_progress)

    @cached_property
    def screening(self) -> DefaultScreening | None:
        """What a screening with default settings leaves."""
        return default_screening(self.built, self.workspace, pairs=self.pairs)

    @cached_property
    def groups(self) -> NDArray[np.integer]:
        """(n,) rows that hang together as near-duplicates share a number."""
        alike = {"threshold": DEFAULTS.threshold, "method": DEFAULTS.method, "normalization": DEFAULTS.normalization}
        return find_components(self.pairs, **alike).labels


Measure = Callable[[SectionInput, Progress], Any]


@dataclass(frozen=True)
class Section:
    """One section of the report.

    Attributes
    ----------
    name : its key in the JSON
    title : what a person calls it
    version : raise it when what is stored changes in meaning: it is measured anew then
    measure : (input, progress) → what JSON can hold; nan is stored as null. None: there is nothing to tell, the section is left out
    tables : (value, facts) → what a person is shown, the same in the terminal, the HTML file and the page
    problems : (value, facts) → what is to be done, for the to-do list; none by default
    reads : what it reads beside the map and the settings, as JSON-able parts of its key
    effort : roughly how long it takes, beside the others
    belongs_to : the section with which it is left out; None: it stands alone
    """

    name: str
    title: str
    version: int
    measure: Measure
    tables: Callable[[Any, Facts], Sequence[ReportTable]]
    problems: Callable[[Any, Facts], Sequence[Problem]] = lambda value, facts: ()
    reads: Callable[[Workspace, Manifest], Any] = lambda workspace, manifest: None
    effort: float = 1.0
    belongs_to: str | None = None


def _scorecard(given: SectionInput, progress: Progress) -> Any:
    kept = None if given.screening is None else given.screening.kept
    options = {"threshold": DEFAULTS.threshold, "normalization": DEFAULTS.normalization}
    return asdict(score(given.built, given.pairs, kept=kept, seed=given.settings.seed, progress=progress, **options))


def _duplicates(given: SectionInput, progress: Progress) -> Any:
    """What a screening with default settings removes: rows, ratio (0–1, near 0 is good), and the groups they hang together in."""
    n = len(given.built)
    if given.screening is None:
        return None
    removed = np.flatnonzero(~given.screening.kept)
    sizes = np.bincount(given.screening.groups)
    told = {"rows": removed.tolist(), "count": len(removed), "ratio": len(removed) / n, "threshold": given.screening.threshold}
    return {**told, "groups": int((sizes > 1).sum()), "largest": int(sizes.max())}


def _saturation(given: SectionInput, progress: Progress) -> Any:
    found = measure_saturation(given.groups, shuffle=given.settings.shuffle)
    return {**asdict(found), "sentence": found.sentence}


def _flags(given: SectionInput, progress: Progress) -> Any:
    built = given.built
    few_shot = given.settings.few_shot
    known = {"truncated": built.truncated, "outliers": built.outliers, "few_shot": few_shot}
    rows = FlagInput(built.examples, pairs=given.pairs, threshold=DEFAULTS.threshold, **known)
    return [one.as_dict() for one in find_flags(rows)]


def _shortcuts(given: SectionInput, progress: Progress) -> Any:
    found = find_shortcuts(given.built.examples, groups=given.groups, progress=progress)
    return [{**one.as_dict(), "rows": list(one.worst)} for one in found]


def _shortcut_parts(given: SectionInput, progress: Progress) -> Any:
    """Shortcuts inside each file of a collection, and inside each cluster."""
    built, names = given.built, given.built.names_by_layer[KMEANS.id]
    datasets, clusters = built.examples["dataset"].astype(str).to_numpy(), built.clustering(KMEANS.id)
    files = {("dataset", name): np.flatnonzero(datasets == name) for name in dict.fromkeys(datasets.tolist())}
    topics = {("cluster", f"{at} {names[at].name}"): np.flatnonzero(clusters.labels == at) for at in range(clusters.n_clusters)}
    parts = {**(files if len(files) > 1 else {}), **topics}
    return [one.as_dict() for one in find_shortcuts_of_parts(built.examples, parts, groups=given.groups, progress=progress)]


def _balance(given: SectionInput, progress: Progress) -> Any:
    names = [name.name for name in given.built.names_by_layer[KMEANS.id]]
    return label_balance(given.built.examples["label"], given.built.clustering(KMEANS.id), names=names).as_dict()


def _map(given: SectionInput, progress: Progress) -> Any:
    return measure_map_truth(given.built, progress=progress)


def _decisions(workspace: Workspace, manifest: Manifest) -> Any:
    """Those made by hand, and what was deleted on the map: the default screening follows both."""
    steps = [step.as_dict() for step in read_curation(workspace, manifest.source).active if step.action == "delete"]
    made = DecisionLog.load(workspace, manifest.source).as_list()
    return [made, steps] if steps else made


def _layout(workspace: Workspace, manifest: Manifest) -> Any:
    """Where the points lie; no other section reads that."""
    return manifest.key("projection")


SECTIONS: dict[str, Section] = {
    section.name: section
    for section in (
        Section("scorecard", "Diversity", 2, _scorecard, report_tables.of_scorecard, reads=_decisions, effort=4),
        Section("duplicates", "Near-duplicates", 1, _duplicates, report_tables.of_duplicates, todo.of_duplicates, reads=_decisions),
        Section("saturation", "Saturation", 2, _saturation, report_tables.of_saturation, todo.of_saturation),
        Section("flags", "Flags", 2, _flags, report_tables.of_flags, todo.of_flags),
        Section("shortcuts", "Shortcuts", 2, _shortcuts, report_tables.of_shortcuts, todo.of_shortcuts, effort=8),
        Section(
            "shortcut_parts",
            "Shortcuts inside files and clusters",
            1,
            _shortcut_parts,
            report_tables.of_shortcut_parts,
            effort=8,
            belongs_to="shortcuts",
        ),
        Section("balance", "Label balance", 2, _balance, report_tables.of_balance, todo.of_balance),
        Section("map", "The map itself", 3, _map, of_map_truth, reads=_layout, effort=4),
    )
}


def chosen(names: Sequence[str] | None = None, *, without: Sequence[str] = ()) -> list[Section]:
    """The sections of these names in the order of the table; None: all.

    Raises
    ------
    DatasetError : there is no section of a name, or none is left
    """
    if unknown := [name for name in (*(names or ()), *without) if name not in SECTIONS]:
        raise DatasetError(f"there is no section {unknown[0]!r}; choose from {', '.join(SECTIONS)}.")
    wanted = [
        one for name, one in SECTIONS.items() if (names is None or name in names) and not {name, one.belongs_to} & set(without)
    ]
    if not wanted:
        raise DatasetError("no section is left to measure. Name fewer to leave out.", "without")
    return wanted


def of_names(values: Mapping[str, Any]) -> list[tuple[Section, Any]]:
    """The sections of a report with their values, in the order of the table."""
    return [(section, values[name]) for name, section in SECTIONS.items() if name in values]
