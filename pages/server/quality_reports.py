"""What was measured of a dataset's quality, as the quality page and the map need it; nothing is measured here."""

from dataclasses import dataclass

import streamlit as st

from evalmap.data.store.manifest import Manifest
from evalmap.pages.server import caches
from evalmap.screening.quality.report import QualityReport, missing, stored_report
from evalmap.screening.quality.section_store import section_key
from evalmap.screening.quality.sections import QualitySettings, Section, chosen
from evalmap.screening.quality.todo import Problem


@dataclass(frozen=True)
class StoredReport:
    """The sections that were measured, and those that were not."""

    report: QualityReport
    missing: tuple[Section, ...]


def stored(manifest: Manifest) -> StoredReport:
    """The report as far as it was measured. It is of the map with the names that it bears now, whichever the visitor looks at."""
    workspace = caches.workspace()
    manifest = workspace.manifest(manifest.slug) or manifest
    lacking = missing(workspace, manifest)
    there = [section for section in chosen() if section not in lacking]
    keys = tuple(section_key(workspace, manifest, section, QualitySettings()) for section in there)
    return StoredReport(_report(manifest.slug, manifest.fingerprint, keys), tuple(lacking))


def problem(manifest: Manifest, id: str) -> Problem | None:
    """A problem of the report by its id; None where there is none, or its section was not measured."""
    return next((one for one in stored(manifest).report.todo if one.id == id), None)


@st.cache_resource(max_entries=8, show_spinner=False)
def _report(slug: str, fingerprint: str, keys: tuple[str, ...]) -> QualityReport:
    """`keys`: of the sections that are there; with them, the report stays the same."""
    workspace = caches.workspace()
    manifest = workspace.find(slug)
    return stored_report(workspace, manifest)
