"""Cards of built maps."""

import streamlit as st

from evalmap.data.store.manifest import Manifest
from evalmap.data.store.workspace import DamagedManifest
from evalmap.embeddings.built_map import thumbnail_file
from evalmap.pages.parts.library import add_dataset
from evalmap.pages.server import access, caches, changes, workers
from evalmap.pages.server.routes import thumbnail_url
from evalmap.pages.shared import text
from evalmap.pages.shared.action import action
from evalmap.pages.shared.navigation import open_map


def draw(manifests: list[Manifest], *, across: int = 3) -> None:
    """One card a map, several across."""
    for start in range(0, len(manifests), across):
        columns = st.columns(across, gap="small")
        for column, manifest in zip(columns, manifests[start : start + across], strict=False):
            with column, st.container(border=True, height="stretch"):
                _card(manifest)


def _card(manifest: Manifest) -> None:
    if thumbnail_file(caches.workspace(), manifest):
        address = thumbnail_url(manifest.slug, manifest.fingerprint)  # of our own: the browser asks nobody else for a picture
        st.markdown(f"![Map of {text.in_label(manifest.name, limit=60)}]({address})")
    st.markdown(f"**{text.in_label(manifest.name, limit=60)}**")
    files = len(manifest.datasets)
    st.caption(f"{manifest.rows:,} examples" + (f" in {files:,} files" if files > 1 else "") + f" · {_labels(manifest)}")
    with st.container(horizontal=True, vertical_alignment="center"):
        slug = manifest.slug
        st.button("Open map", key=f"open-{slug}", icon=":material/scatter_plot:", on_click=open_map, args=(slug,))
        st.badge("ready", color="green", icon=":material/check:")
        if not manifest.sample and access.writable():
            with st.popover("", icon=":material/more_horiz:", type="tertiary", help="Build again or remove"):
                _more(manifest)


def _more(manifest: Manifest) -> None:
    space = caches.workspace()
    st.caption(text.in_label(access.without_paths(manifest.source, manifest.source), limit=200))
    if not manifest.location.startswith("memory:"):  # rows that a program held are built by a program
        again = (space, manifest)
        st.button(
            "Build again", key=f"again-{manifest.slug}", icon=":material/refresh:", on_click=action(workers.build_again), args=again
        )
        st.button(
            "Build again, points stay",
            key=f"grown-{manifest.slug}",
            icon=":material/add_location_alt:",
            on_click=action(workers.build_grown),
            args=again,
            help="For a dataset that has grown: rows whose text is unchanged keep their place, and new ones are placed among them.",
        )
        if st.button("Other fields or settings", key=f"settings-{manifest.slug}", icon=":material/tune:"):
            add_dataset.dialog(manifest)
    remove = (space, manifest.slug)
    st.button(
        "Remove the map", key=f"remove-{manifest.slug}", icon=":material/delete:", on_click=action(changes.remove_map), args=remove
    )
    st.caption("Removing a map leaves the dataset's own files as they are.")


def draw_damaged(damaged: list[DamagedManifest]) -> None:
    """The maps that can't be read, each with its reason and a way to be rid of it."""
    space = caches.workspace()
    for one in damaged:
        with st.container(border=True):
            st.markdown(f"**{text.in_label(one.slug, limit=60)}** can't be opened")
            st.caption(text.in_label(access.without_paths(one.reason, str(one.path)), limit=400))
            if access.writable():
                remove = (space, one.slug)
                st.button("Remove the map", key=f"remove-damaged-{one.slug}", on_click=action(changes.remove_map), args=remove)


def _labels(manifest: Manifest) -> str:
    labels = manifest.labels
    total = sum(labels.values())
    if not total:
        return "no labels"
    shares = [f"{text.in_label(label, limit=20)} {text.percent(count / total)}" for label, count in list(labels.items())[:3]]
    return " · ".join(shares) + (" …" if len(labels) > 3 else "")
