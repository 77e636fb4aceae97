"""The pairs of a built map, and the selection made from them: what all parts of the duplicates page look at."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from evalmap.data.store import jobs
from evalmap.data.store.manifest import Manifest
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.duplicates.duplicate_controls import ScreenChoices
from evalmap.pages.server import caches, workers
from evalmap.pages.shared import library_cards
from evalmap.screening.default_screening import AT_ONCE
from evalmap.screening.keep.by_hand import DecisionLog
from evalmap.screening.keep.order import prioritize
from evalmap.screening.keep.select import select
from evalmap.screening.pair_types import Pairs, Selection
from evalmap.screening.pairs import pairs_job
from evalmap.screening.pairs.pair_store import stored_pairs


@dataclass(frozen=True)
class PageScreening:
    """A selection, and the decisions by hand that went into it."""

    selection: Selection
    log: DecisionLog


def require_pairs(manifest: Manifest) -> tuple[BuiltMap, Pairs]:
    """The map and its pair list; where there is none yet, it is looked for in the background and the page ends."""
    built = caches.open_map(manifest.slug, manifest.fingerprint)
    pairs = _pairs(manifest.slug, manifest.fingerprint)
    if pairs is not None:
        return built, pairs
    _pairs.clear(manifest.slug, manifest.fingerprint)
    space = caches.workspace()
    job = jobs.find(space, pairs_job.job_location(manifest.slug))
    if job is None and len(built) <= AT_ONCE:
        workers.find_pairs(space, manifest.slug)
    elif job is None or job.state != "running":
        st.info(
            f"The near-duplicates among {len(built):,} examples are looked for once, every pair; this takes minutes on two cores.",
            icon=":material/join_inner:",
        )
        st.button("Find near-duplicates", type="primary", on_click=workers.find_pairs, args=(space, manifest.slug))
    library_cards.draw_jobs(jobs.jobs(space))
    st.stop()


def select_rows(built: BuiltMap, pairs: Pairs, choices: ScreenChoices) -> PageScreening:
    """Which rows stay under the choices and the decisions made by hand."""
    log = decisions(built)
    manifest = built.manifest
    order = _order(manifest.slug, manifest.fingerprint, choices.keep)
    selection = select(
        pairs,
        threshold=choices.threshold,
        method=choices.method,
        normalization=choices.normalization,
        order=order,
        labels=built.examples["label"],
        contrast="protect" if choices.protect else "remove",
        decisions=log.rows(built.examples),
    )
    return PageScreening(selection, log)


def decisions(built: BuiltMap) -> DecisionLog:
    """The decisions made by hand about this dataset, from the workspace."""
    return DecisionLog.load(caches.workspace(), built.manifest.source)


@st.cache_resource(max_entries=4, show_spinner="Reading the pairs …")
def _pairs(slug: str, fingerprint: str) -> Pairs | None:
    return stored_pairs(caches.open_map(slug, fingerprint), caches.workspace())


@st.cache_resource(max_entries=32)
def _order(slug: str, fingerprint: str, keep: str) -> np.ndarray:
    built = caches.open_map(slug, fingerprint)
    return prioritize(keep, built.examples, fields=built.fields, pairs=_pairs(slug, fingerprint))
