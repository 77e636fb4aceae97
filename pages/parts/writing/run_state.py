"""What runs of every kind of plan have: progress, how the last one ended, and the bound on what is asked."""

import streamlit as st

from evalmap.data.store import jobs
from evalmap.pages.parts.writing.open_plan import OpenPlan
from evalmap.pages.server import access, caches
from evalmap.pages.shared import job_progress, text

GUARD = "write-most"


def draw_running() -> None:
    """How far the run is, with Cancel."""
    job_progress.draw_jobs(jobs.jobs(caches.workspace()))
    st.caption("You may leave or close this page: writing goes on, and each reply is kept as it comes.")


def most() -> int | None:
    """Requests that the next run asks at most; None: all."""
    return int(st.session_state.get(GUARD, 0)) or None


def draw_guard() -> None:
    """The box that bounds the next run."""
    st.number_input(
        "Ask at most (0: all)",
        0,
        1_000_000,
        key=GUARD,
        persist_state="session",
        width=180,
        help="Requests that this run asks, retries aside: a guard for the cost. Write again, and it goes on.",
    )


def draw_ended(plan: OpenPlan, job: jobs.Job) -> None:
    """Why the last run ended early."""
    if job.state == "cancelled":
        st.info("The last run was cancelled. Its replies are kept.", icon=":material/pause:")
        return
    st.error(text.in_label(access.without_paths(str(job.error), str(plan.place.path)), limit=600), icon=":material/error:")
