"""What is not measured yet: started in a process of its own, with progress and cancel."""

import streamlit as st

from evalmap.data.store import jobs
from evalmap.data.store.manifest import Manifest
from evalmap.pages.server import access, caches, workers
from evalmap.pages.server.quality_reports import StoredReport
from evalmap.pages.shared import job_progress, state
from evalmap.pages.shared.action import action
from evalmap.screening.default_screening import AT_ONCE
from evalmap.screening.quality.quality_job import job_location

LONGEST = "shortcuts"  # the section that takes longest


def draw(manifest: Manifest, found: StoredReport) -> None:
    """Nothing where all is measured; a small dataset is measured as soon as the page is opened, a large one when asked for."""
    if not found.missing:
        return
    space, slug = caches.workspace(), manifest.slug
    job = jobs.find(space, job_location(slug))
    names = tuple(section.name for section in found.missing)
    titles = ", ".join(section.title for section in found.missing)
    if not access.writable():
        st.info(f"Not measured yet: {titles}. This site is read-only.", icon=":material/lock:")
        return
    if job is None or job.state != "running":
        once = (slug, manifest.fingerprint, names)
        stopped = job is not None and job.state in ("failed", "cancelled")
        if manifest.rows <= AT_ONCE and not stopped and st.session_state.get(state.MEASURED_FOR) != once:
            st.session_state[state.MEASURED_FOR] = once
            workers.measure_quality(space, slug)
        else:
            st.info(f"Not measured yet: {titles}. Of {manifest.rows:,} examples this takes minutes.", icon=":material/monitoring:")
            with st.container(horizontal=True):
                st.button("Measure", type="primary", key="measure", on_click=action(workers.measure_quality), args=(space, slug))
                if LONGEST in names and len(names) > 1:
                    st.button("Measure all but the shortcuts", key="measure-most", on_click=action(_most), args=(slug,))
    job_progress.draw_jobs(jobs.jobs(space), each_stage=True)


def _most(slug: str) -> None:
    workers.measure_quality(caches.workspace(), slug, without=[LONGEST])
