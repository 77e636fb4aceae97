"""What is said of a dataset's quality, section by section."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import load_map
from evalmap.screening.quality.report_tables import headline
from evalmap.screening.quality.section_store import is_stored, measured, stored
from evalmap.screening.quality.sections import QualitySettings, Section, SectionInput, chosen, of_names
from evalmap.screening.quality.todo import Facts, Problem, ranked

PAIRS = "pairs"  # the stage of a job that looks for near-duplicates
StageProgress = Callable[[str, int, int], None]  # (stage, done, total)


@dataclass(frozen=True)
class QualityReport:
    """The sections that were measured.

    Attributes
    ----------
    facts : the dataset, as the to-do list and the headline name it
    sections : by name, each as JSON holds it
    """

    facts: Facts
    sections: Mapping[str, Any] = field(default_factory=dict)

    @property
    def headline(self) -> str:
        """The report in a sentence."""
        return headline(self.facts, self.sections)

    @cached_property
    def todo(self) -> list[Problem]:
        """What is to be done, the problem of the most rows first."""
        return ranked([problem for section, value in of_names(self.sections) for problem in section.problems(value, self.facts)])

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON holds it: what cannot be said is null."""
        return {"dataset": self.facts.as_dict(), **self.sections, "todo": [one.as_dict() for one in self.todo]}


def quality(
    workspace: Workspace,
    manifest: Manifest,
    *,
    sections: Sequence[str] | None = None,
    without: Sequence[str] = (),
    settings: QualitySettings | None = None,
    progress: StageProgress = lambda stage, done, total: None,
) -> QualityReport:
    """Measure how good a built dataset is; a section that was measured before, and whose input has not changed, is read.

    Parameters
    ----------
    sections, without : names of `evalmap.screening.quality.sections.SECTIONS`: which, None for all; and which not
    progress : told the stage ("pairs" or a section's name) and how far it is

    Raises
    ------
    DatasetError : there is no section of a name; a result of the map is gone from the workspace
    """
    wanted, settings = chosen(sections, without=without), settings or QualitySettings()
    if all(is_stored(workspace, manifest, section, settings) for section in wanted):
        return stored_report(workspace, manifest, wanted, settings=settings)
    given = SectionInput(load_map(workspace, manifest), workspace, settings, lambda done, total: progress(PAIRS, done, total))
    found = {}
    for section in wanted:
        progress(section.name, 0, 1)
        found[section.name] = measured(given, section, progress=lambda done, total, name=section.name: progress(name, done, total))
        progress(section.name, 1, 1)
    return QualityReport(Facts.of(manifest), {name: value for name, value in found.items() if value is not None})


def stored_report(
    workspace: Workspace, manifest: Manifest, sections: Sequence[Section] | None = None, *, settings: QualitySettings | None = None
) -> QualityReport:
    """What was measured so far; nothing is measured for it, and the map is not read."""
    settings = settings or QualitySettings()
    found = {one.name: stored(workspace, manifest, one, settings) for one in (chosen() if sections is None else sections)}
    return QualityReport(Facts.of(manifest), {name: value for name, value in found.items() if value is not None})


def missing(workspace: Workspace, manifest: Manifest, *, settings: QualitySettings | None = None) -> list[Section]:
    """The sections that were not measured yet."""
    return [section for section in chosen() if not is_stored(workspace, manifest, section, settings or QualitySettings())]
