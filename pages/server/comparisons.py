"""What the compare page looks at: the maps, their layout together, and what `evalmap compare` kept of them."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.shared_layout import SharedLayout, stored_shared_layout
from evalmap.pages.server import maps
from evalmap.screening.coverage.comparison_store import stored_comparison


def open_maps(manifests: Sequence[Manifest]) -> list[BuiltMap]:
    """The maps that are compared, shared by all sessions and routes."""
    return [maps.built_map(manifest.slug, manifest.fingerprint) for manifest in manifests]


def layout_of(compared: Sequence[BuiltMap]) -> SharedLayout | None:
    """The maps' layout together; None where they were not laid out yet."""
    slugs, fingerprints = _marks(compared)
    found = _layout(slugs, fingerprints)
    if found is None:
        _layout.clear(slugs, fingerprints)  # they may be laid out later
    return found


def report_of(compared: Sequence[BuiltMap]) -> dict[str, Any] | None:
    """What a comparison with the default settings found, in the order given; None where they were not compared yet."""
    slugs, fingerprints = _marks(compared)
    found = _report(slugs, fingerprints)
    if found is None:
        _report.clear(slugs, fingerprints)
    return found


def _marks(compared: Sequence[BuiltMap]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    manifests = [built.manifest for built in compared]
    return tuple(one.slug for one in manifests), tuple(f"{one.fingerprint} {one.name}" for one in manifests)


def _opened(slugs: tuple[str, ...], fingerprints: tuple[str, ...]) -> list[BuiltMap]:
    return [maps.built_map(slug, mark.split(" ")[0]) for slug, mark in zip(slugs, fingerprints, strict=True)]


@st.cache_resource(max_entries=8)
def _layout(slugs: tuple[str, ...], fingerprints: tuple[str, ...]) -> SharedLayout | None:
    return stored_shared_layout(_opened(slugs, fingerprints), Workspace.default())


@st.cache_resource(max_entries=8)
def _report(slugs: tuple[str, ...], fingerprints: tuple[str, ...]) -> dict[str, Any] | None:
    return stored_comparison(Workspace.default(), _opened(slugs, fingerprints))
