"""Cards of built maps, and of builds under way."""

import streamlit as st

from evalmap.data.store import jobs
from evalmap.data.store.manifest import Manifest
from evalmap.pages.parts.library import add_dataset
from evalmap.pages.server import caches, workers
from evalmap.pages.shared import state, text


def draw(manifests: list[Manifest], *, across: int = 3) -> None:
    """One card a map, several across."""
    for start in range(0, len(manifests), across):
        columns = st.columns(across, gap="small")
        for column, manifest in zip(columns, manifests[start : start + across], strict=False):
            with column, st.container(border=True, height="stretch"):
                _card(manifest)


def open_map(slug: str, example: str = "") -> None:
    """Go to the map of a dataset, with an example open; to be called from a callback, before the picker is drawn."""
    state.forget(*state.OF_ONE_DATASET)
    st.session_state[state.DATASET] = slug
    st.session_state[state.EXAMPLE] = example
    st.session_state[state.GO_TO] = "map.py"


@st.fragment(run_every=1.0)
def draw_jobs(known: list[jobs.Job]) -> None:
    """Builds that run, with progress and cancel, and those that failed, with the reason; looks again every second."""
    space = caches.workspace()
    now = jobs.jobs(space)
    before = {job.id: job.state for job in known}
    if any(job.state in ("done", "cancelled") and before.get(job.id) == "running" for job in now):
        st.rerun(scope="app")  # a map has come to the cards below
    for job in now:
        if job.state == "running":
            _running(job)
        elif job.state == "failed":
            with st.container(horizontal=True, vertical_alignment="center"):
                st.error(text.in_label(f"{job.name}: {job.error}" if job.name not in str(job.error) else str(job.error), limit=600))
                st.button("Dismiss", key=f"dismiss-{job.id}", on_click=jobs.dismiss, args=(space, job))


def _running(job: jobs.Job) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        count = f" · {job.done:,} of {job.total:,}" if job.total > 1 else ""
        st.progress(job.ratio, text=f"**{text.in_label(job.name)}** · {job.stage}{count}")
        st.button("Cancel", key=f"cancel-{job.id}", icon=":material/stop:", on_click=jobs.cancel, args=(caches.workspace(), job))


def _card(manifest: Manifest) -> None:
    st.markdown(f"**{text.in_label(manifest.name, limit=60)}**")
    files = len(manifest.datasets)
    st.caption(f"{manifest.rows:,} examples" + (f" in {files:,} files" if files > 1 else "") + f" · {_labels(manifest)}")
    with st.container(horizontal=True, vertical_alignment="center"):
        slug = manifest.slug
        st.button("Open map", key=f"open-{slug}", icon=":material/scatter_plot:", on_click=open_map, args=(slug,))
        st.badge("ready", color="green", icon=":material/check:")
        if not manifest.sample:
            with st.popover("", icon=":material/more_horiz:", type="tertiary", help="Build again or remove"):
                _more(manifest)


def _more(manifest: Manifest) -> None:
    space = caches.workspace()
    st.caption(text.in_label(manifest.source, limit=200))
    again = (space, [manifest.location])
    st.button("Build again", key=f"again-{manifest.slug}", icon=":material/refresh:", on_click=workers.build, args=again)
    if st.button("Other fields or settings", key=f"settings-{manifest.slug}", icon=":material/tune:"):
        add_dataset.dialog(manifest.location)
    remove = (manifest.slug,)
    st.button("Remove the map", key=f"remove-{manifest.slug}", icon=":material/delete:", on_click=space.remove, args=remove)
    st.caption("Removing a map leaves the dataset's own files as they are.")


def _labels(manifest: Manifest) -> str:
    labels = manifest.labels
    total = sum(labels.values())
    if not total:
        return "no labels"
    shown = [f"{text.in_label(label, limit=20)} {text.percent(count / total)}" for label, count in list(labels.items())[:3]]
    return " · ".join(shown) + (" …" if len(labels) > 3 else "")
