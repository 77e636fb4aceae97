"""Sections of a quality report: measured once, read again until something that they read has changed, gone with the map."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.screening.keep.by_hand import DecisionLog, row_keys
from evalmap.screening.quality import sections
from evalmap.screening.quality.report import missing, quality, stored_report
from evalmap.screening.quality.report_tables import ReportTable
from evalmap.screening.quality.sections import SECTIONS, QualitySettings, Section, chosen
from evalmap.screening.quality.todo import Problem
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows

FAST = ["duplicates", "saturation", "flags", "balance"]


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


def built(space: Workspace, folder: Path, **settings: Any) -> Manifest:
    texts = sentences(40)
    rows = [{"text": text, "label": "ab"[i % 2]} for i, text in enumerate([*texts, *texts[:10]])]
    path = write_rows(folder / "some.jsonl", rows)
    return build(open_dataset(path), workspace=space, settings=Settings(k=4, **settings), encoder=FakeEncoder())


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the sections that were measured, as they come."""
    names: list[str] = []

    def counted(section: Section) -> Section:
        def measure(given: sections.SectionInput, progress: Any) -> Any:
            names.append(section.name)
            return section.measure(given, progress)

        return replace(section, measure=measure)

    for name, section in list(SECTIONS.items()):
        monkeypatch.setitem(SECTIONS, name, counted(section))
    return names


def measure(space: Workspace, manifest: Manifest, measured: list[str], names: Sequence[str] = FAST, **more: Any) -> list[str]:
    """Which sections were measured for a report."""
    measured.clear()
    quality(space, manifest, sections=names, **more)
    return list(measured)


def test_a_second_report_measures_nothing_and_does_not_read_the_map(
    space: Workspace, tmp_path: Path, measured: list[str], monkeypatch: pytest.MonkeyPatch
):
    manifest = built(space, tmp_path)
    first = quality(space, manifest, sections=FAST)
    assert measured == FAST
    monkeypatch.setattr("evalmap.screening.quality.report.load_map", None)
    assert quality(space, manifest, sections=FAST).as_dict() == first.as_dict()
    assert measured == FAST
    assert [one.name for one in missing(space, manifest)] == ["scorecard", "shortcuts", "shortcut_parts", "map"]
    assert set(stored_report(space, manifest).sections) == set(FAST)


def test_what_a_section_reads_has_it_measured_again_and_no_other(
    space: Workspace, tmp_path: Path, measured: list[str], monkeypatch: pytest.MonkeyPatch
):
    manifest = built(space, tmp_path)
    assert measure(space, manifest, measured) == FAST
    assert measure(space, manifest, measured, settings=QualitySettings(shuffle=3)) == FAST
    moved = built(space, tmp_path, min_dist=0.5)
    assert moved.fingerprint != manifest.fingerprint
    assert measure(space, moved, measured) == []  # laid out anew: no section reads where a point lies
    examples = open_dataset(tmp_path / "some.jsonl").examples
    with DecisionLog.changing(space, manifest.source) as log:
        log.remove(row_keys(examples)[0])
    assert measure(space, moved, measured) == ["duplicates"]
    monkeypatch.setitem(SECTIONS, "flags", replace(SECTIONS["flags"], version=99))
    assert measure(space, moved, measured) == ["flags"]


def test_sections_go_with_their_map(space: Workspace, tmp_path: Path):
    manifest = built(space, tmp_path)
    quality(space, manifest, sections=FAST)
    assert len(space.entries("quality")) == 4
    space.remove(manifest.slug)
    assert space.entries("quality") == []


def test_a_new_section_is_one_entry_of_the_table(space: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    manifest = built(space, tmp_path)
    problem = Problem("colours", "colours", "Too blue", 2, (1, 3), "Two rows are blue.", "decide", "Paint them.")
    new = Section(
        "colours",
        "Colours",
        1,
        lambda given, progress: {"blue": [1, 3], "share": float("nan")},
        lambda value, facts: [ReportTable("", lead=f"{len(value['blue'])} of {facts.rows} rows are blue.")],
        lambda value, facts: [problem],
    )
    monkeypatch.setitem(SECTIONS, "colours", new)
    monkeypatch.setitem(SECTIONS, "nothing", replace(new, name="nothing", measure=lambda given, progress: None))
    report = quality(space, manifest, sections=["colours", "nothing"])
    assert report.as_dict()["colours"] == {"blue": [1, 3], "share": None}
    assert report.as_dict()["todo"] == [problem.as_dict()]
    assert "nothing" not in report.sections
    assert {"colours", "nothing"}.isdisjoint(one.name for one in missing(space, manifest))


def test_unknown_sections_and_none_left_are_one_sentence():
    with pytest.raises(DatasetError, match=r"there is no section 'colour'; choose from scorecard, duplicates, saturation, flags"):
        chosen(["colour"])
    with pytest.raises(DatasetError, match=r"no section is left to measure"):
        chosen(["flags"], without=["flags"])
    assert [one.name for one in chosen(["flags", "scorecard"])] == ["scorecard", "flags"]
