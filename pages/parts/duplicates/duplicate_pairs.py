"""The pairs of a built map, and the selection made from them: what all parts of the duplicates page look at."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from evalmap.data.store import jobs
from evalmap.data.store.manifest import Manifest
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.duplicates.duplicate_controls import ScreenChoices
from evalmap.pages.server import access, caches, screenings, workers
from evalmap.pages.server.curations import curation_of
from evalmap.pages.shared import job_progress
from evalmap.pages.shared.action import action
from evalmap.screening.default_screening import AT_ONCE
from evalmap.screening.flagged_rows import less_decided, mark_flagged, without_rows
from evalmap.screening.keep.by_hand import DecisionLog, Step
from evalmap.screening.keep.order import prioritize
from evalmap.screening.keep.select import select
from evalmap.screening.pair_types import Pairs, Selection
from evalmap.screening.pairs import pairs_job
from evalmap.screening.templates.find_templates import Templates, find_templates
from evalmap.screening.templates.template_rules import rules_of
from evalmap.writing.review.disputed_rows import rows_to_drop


@dataclass(frozen=True)
class PageScreening:
    """A selection, and the decisions by hand that went into it."""

    selection: Selection
    log: DecisionLog


def require_pairs(manifest: Manifest) -> tuple[BuiltMap, Pairs]:
    """The map and its pair list; where there is none yet, it is looked for in the background and the page ends."""
    built = caches.open_map(manifest.slug, manifest.fingerprint)
    pairs = screenings.stored_pairs(manifest.slug, manifest.fingerprint)
    if pairs is not None:
        return built, pairs
    space = caches.workspace()
    job = jobs.find(space, pairs_job.job_location(manifest.slug))
    if not access.writable():
        st.info("The near-duplicates of this dataset were not looked for yet, and this site is read-only.", icon=":material/lock:")
    elif job is None and len(built) <= AT_ONCE:
        workers.find_pairs(space, manifest.slug)
    elif job is None or job.state != "running":
        st.info(
            f"The near-duplicates among {len(built):,} examples are looked for once, every pair; this takes minutes on two cores.",
            icon=":material/join_inner:",
        )
        st.button("Find near-duplicates", type="primary", on_click=action(workers.find_pairs), args=(space, manifest.slug))
    job_progress.draw_jobs(jobs.jobs(space))
    st.stop()


def select_rows(built: BuiltMap, pairs: Pairs, choices: ScreenChoices) -> PageScreening:
    """Which rows stay under the choices and the decisions made by hand."""
    log = _log(built, choices)
    manifest = built.manifest
    order = _order(manifest.slug, manifest.fingerprint, choices.keep)
    decisions = curation_of(built).rows.within(log.rows(built.examples))
    flagged = less_decided(screenings.flagged(built, choices.drop_flagged, choices.threshold), decisions)
    sound = without_rows(pairs, flagged)
    rules = None
    if choices.templates or choices.template_rules:
        found = screenings.templates(manifest.slug, manifest.fingerprint)
        if flagged:  # rows that go first fill no template
            found = find_templates(built.examples["embedded_text"].tolist(), sound)
        rules = rules_of(found, choices.templates, choices.template_rules)
    selection = select(
        sound,
        threshold=choices.threshold,
        method=choices.method,
        normalization=choices.normalization,
        order=order,
        labels=built.examples["label"],
        contrast="protect" if choices.protect else "remove",
        differences=screenings.differences(built),
        merge=choices.merge,
        keep_apart=None if rules is None else rules.keep_apart(sound),
        decisions=decisions,
    )
    selection = mark_flagged(selection, flagged)
    if rules is not None:
        selection = rules.apply(selection, order=order, labels=built.examples["label"], protect=choices.protect, pairs=sound)
    return PageScreening(selection, log)


def _log(built: BuiltMap, choices: ScreenChoices) -> DecisionLog:
    """The decisions by hand; before them, as evalmap screen --drop-disputed has it, that the rows go that people refuse."""
    log = screenings.decisions(built)
    if not choices.drop_disputed:
        return log
    refused = tuple(rows_to_drop(caches.workspace(), built.manifest.source, built.examples))
    return DecisionLog([Step("remove", refused), *log.steps]) if refused else log


def templates(built: BuiltMap, pairs: Pairs, choices: ScreenChoices, *, asked: bool = False) -> Templates:
    """The templates of a map; none of a large one where nothing asks for them, since they take half a minute over 120,000 rows."""
    manifest = built.manifest
    if asked or choices.templates or choices.template_rules or len(built) <= AT_ONCE:
        return screenings.templates(manifest.slug, manifest.fingerprint)
    return Templates(len(built))


@st.cache_resource(max_entries=32)
def _order(slug: str, fingerprint: str, keep: str) -> np.ndarray:
    built = caches.open_map(slug, fingerprint)
    return prioritize(keep, built.examples, fields=built.fields, pairs=screenings.stored_pairs(slug, fingerprint))
