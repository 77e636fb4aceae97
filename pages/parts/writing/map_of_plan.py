"""The map of what was written: built, built again with its points where they were, opened."""

import streamlit as st

from evalmap.data.store import jobs
from evalmap.embeddings import build_job
from evalmap.pages.parts.writing.open_plan import OpenPlan
from evalmap.pages.server import access, caches, workers
from evalmap.pages.shared import job_progress
from evalmap.pages.shared.action import action
from evalmap.pages.shared.navigation import open_map
from evalmap.writing import grown_dataset


def draw(plan: OpenPlan) -> None:
    """The button that leads on, or the build that is under way."""
    if plan.result is None or plan.result.rows is None:
        return
    space, kept = caches.workspace(), int(plan.result.table["all"]["kept"])
    location = str(plan.result.rows.resolve())
    if jobs.is_running(space, build_job.job_location(location, None)):
        job_progress.draw_jobs(jobs.jobs(space))
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if plan.map is not None:
            slug = plan.map.slug
            st.button(
                "Open the map", type="primary", icon=":material/scatter_plot:", key="open-map", on_click=open_map, args=(slug,)
            )
            if plan.map.source != location:  # the dataset that the rows are for, with them in it
                where = grown_dataset.new_rows(str(plan.result.told["plan"]))
                st.button(
                    "Only the new rows",
                    icon=":material/filter_alt:",
                    key="open-new",
                    on_click=action(lambda: open_map(slug, where=where)),
                )
        may = access.writable()
        if plan.map is None and may and kept:
            st.button(
                "Build the map",
                type="primary",
                icon=":material/scatter_plot:",
                key="build-map",
                on_click=action(workers.build),
                args=(space, [location]),
            )
        elif plan.map is not None and may and plan.map.source == location and plan.map.rows != kept:
            st.button(
                "Take the new rows into the map",
                icon=":material/add_location_alt:",
                key="grow-map",
                on_click=action(workers.build_grown),
                args=(space, plan.map),
                help="Rows that are there keep their place.",
            )
            st.caption(f"The map has {plan.map.rows:,} rows, the result {kept:,}.")


def draw_needed(plan: OpenPlan, what: str) -> bool:
    """Whether there is a map; where there is none, the sentence that says what needs it, and the button."""
    if plan.result is None:
        st.info("Nothing is written yet.", icon=":material/edit_note:")
        return False
    if plan.map is None:
        st.markdown(f"{what} needs the map of the rows.")
        draw(plan)
        return False
    return True
