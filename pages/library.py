"""The library: what is built, what could be, and adding one's own."""

import streamlit as st

from evalmap.data.store import jobs
from evalmap.pages.component import tour_view
from evalmap.pages.parts.library import add_dataset, cards, published
from evalmap.pages.server import access, caches
from evalmap.pages.shared import job_progress

space = caches.workspace()

with st.container(horizontal=True, vertical_alignment="center"):
    with st.container(width="stretch"):
        st.markdown("### Library")
        st.caption("Open a map, build one of your own data, or look at the published model-written evaluations.")
    st.button("Take the tour", type="tertiary", icon=":material/tour:", on_click=tour_view.begin)
    if access.writable():
        if st.button("Add a dataset", type="primary", icon=":material/add:"):
            add_dataset.dialog()
    else:
        st.badge("read-only", icon=":material/lock:", color="gray", help=access.READ_ONLY)

job_progress.draw_jobs(jobs.jobs(space))
manifests, damaged = space.pointers()
own = [manifest for manifest in manifests if not manifest.sample]
cards.draw_damaged(damaged)
if own:
    st.markdown("#### Your maps")
    cards.draw(own)
else:
    more = "Add a file, a folder, an address or a hub dataset; or open a sample." if access.writable() else "Open a sample."
    st.info(f"Nothing of your own yet. {more}", icon=":material/add:")
st.markdown("#### Samples")
st.caption("Small datasets written by a language model for this project, with duplicates and contradictions planted in them.")
cards.draw([manifest for manifest in manifests if manifest.sample])
published.draw(manifests)
