"""How far the jobs in the background are: builds, searches for pairs, runs of a model."""

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.data.store import jobs
from evalmap.pages.server import access, caches, changes
from evalmap.pages.shared import text
from evalmap.pages.shared.action import action


@st.fragment(run_every=1.0)
def draw_jobs(known: list[jobs.Job], *, each_stage: bool = False) -> None:
    """Builds that run, with progress and cancel, and those that failed, with the reason; looks again every second.

    Parameters
    ----------
    each_stage : the page is drawn again also when a job has come to its next stage
    """
    space = caches.workspace()
    try:
        now = jobs.jobs(space)
    except DatasetError as error:  # a fragment that draws itself again has no page around it
        text.show_error(error)
        return
    before = {job.id: job.state for job in known}
    if any(job.state in ("done", "cancelled") and before.get(job.id) == "running" for job in now):
        st.rerun(scope="app")  # a map has come to the cards below
    stages = {job.id: job.stage for job in known if job.state == "running"}
    if each_stage and any(job.stage != stages.get(job.id, job.stage) for job in now):
        st.rerun(scope="app")
    locations = [job.location for job in now]
    for job in now:
        if job.state == "running":
            _running(job)
        elif job.state == "failed":
            with st.container(horizontal=True, vertical_alignment="center"):
                told = f"{job.name}: {job.error}" if job.name not in str(job.error) else str(job.error)
                st.error(text.in_label(access.without_paths(told, *locations), limit=600))
                if access.writable():
                    st.button("Dismiss", key=f"dismiss-{job.id}", on_click=action(changes.dismiss_job), args=(space, job))


def _running(job: jobs.Job) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        count = f" · {job.done:,} of {job.total:,}" if job.total > 1 else ""
        st.progress(job.ratio, text=f"**{text.in_label(job.name)}** · {job.stage}{count}")
        if access.writable():
            cancel = (caches.workspace(), job)
            st.button("Cancel", key=f"cancel-{job.id}", icon=":material/stop:", on_click=action(changes.cancel_job), args=cancel)
