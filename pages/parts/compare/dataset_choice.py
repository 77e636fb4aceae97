"""Which datasets are compared, and the wait until they are."""

from collections.abc import Sequence
from typing import NoReturn

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.data.store import jobs
from evalmap.data.store.manifest import Manifest
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.shared_layout import MOST
from evalmap.pages.parts.compare.compared import Compared
from evalmap.pages.server import access, caches, comparisons, maps, workers
from evalmap.pages.shared import job_progress, state, text
from evalmap.pages.shared.action import action
from evalmap.screening.coverage import comparison_job
from evalmap.screening.coverage.dataset_comparison import check_comparable

AT_ONCE = 5_000  # rows in all: up to here they are compared as soon as they are chosen


def draw() -> list[Manifest]:
    """Draw the choice and read it."""
    space = caches.workspace()
    chosen = st.multiselect(
        "Compare",
        space.slugs(),
        max_selections=MOST,
        placeholder="Two to eight datasets",
        key=state.COMPARED,
        bind="query-params",
        help="Built with one encoder. The order counts where a part tells of the first two.",
    )
    return [manifest for slug in chosen if (manifest := space.manifest(slug))]


def require(chosen: Sequence[Manifest]) -> Compared:
    """The comparison; where there is none yet, it is made in the background and the page ends."""
    if len(chosen) < 2:
        missing = "One dataset is chosen: choose another one" if chosen else "Choose two to eight built datasets"
        st.info(f"{missing} in the sidebar, such as one written by people and one by a model.", icon=":material/compare:")
        st.stop()
    try:
        compared = comparisons.open_maps(chosen)
        check_comparable(compared)
        together = sorted(compared, key=lambda built: built.manifest.slug)
        layout, report = comparisons.layout_of(together), comparisons.report_of(compared)
    except DatasetError as error:
        text.show_error(error)
        st.stop()
    if layout is None or report is None:
        _wait(compared)
    slug, fingerprint = maps.together([built.manifest for built in together])
    return Compared(compared, together, layout, caches.open_map(slug, fingerprint), report)


def _wait(compared: Sequence[BuiltMap]) -> NoReturn:
    space = caches.workspace()
    slugs = [built.manifest.slug for built in compared]
    job = jobs.find(space, comparison_job.job_location(slugs))
    rows = sum(len(built) for built in compared)
    if not access.writable():
        st.info("These datasets were not compared yet, and this site is read-only.", icon=":material/lock:")
    elif job is None or job.state != "running":
        once = tuple((built.manifest.slug, built.manifest.fingerprint) for built in compared)
        stopped = job is not None and job.state in ("failed", "cancelled")
        if rows <= AT_ONCE and not stopped and st.session_state.get(state.COMPARED_FOR) != once:
            st.session_state[state.COMPARED_FOR] = once  # what ends without a result is not begun again by itself
            workers.compare(space, slugs)
            job_progress.draw_jobs(jobs.jobs(space))
            st.stop()
        st.info(
            f"These {rows:,} examples are laid out together and compared once, in the background; the result is kept.",
            icon=":material/compare:",
        )
        st.button("Compare", type="primary", on_click=action(workers.compare), args=(space, slugs))
    job_progress.draw_jobs(jobs.jobs(space))
    st.stop()
    raise AssertionError("st.stop ends the page")
