"""Known published collections: what is loaded, what is built, and getting the rest."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import pandas as pd
import streamlit as st

from evalmap.data.remote.collections import Collection, Group, collections
from evalmap.data.store import jobs
from evalmap.pages.server import caches, workers
from evalmap.pages.server.access import serves_this_machine_only, writable
from evalmap.pages.shared import navigation, text


def draw() -> None:
    """One section a collection."""
    for collection in collections():
        _draw(collection)


def _draw(collection: Collection) -> None:
    space = caches.workspace()
    root = space.sources / collection.id
    states = caches.source_states(collection.id, str(root), _signature(collection, root))
    built = {manifest.source: manifest.slug for manifest in space.manifests()}
    running = {job.location for job in jobs.jobs(space) if job.state == "running"}
    loaded = sum(state == "loaded" for state in states.values())
    st.markdown(f"#### {text.in_label(collection.title)}")
    st.caption(
        f"{loaded} of {len(collection.files)} files loaded · {text.in_label(collection.licence)} · revision "
        f"{collection.revision[:10]} · {text.in_label(collection.homepage, limit=120)}"
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if loaded < len(collection.files) and writable():
            st.button(
                f"Download {len(collection.files) - loaded} missing files",
                icon=":material/download:",
                key=f"fetch-{collection.id}",
                on_click=workers.fetch,
                args=(space, collection.id),
            )
            if serves_this_machine_only():
                with st.popover("Use a local copy", icon=":material/folder_open:"):
                    _local(collection)
    with st.expander("Citation"):
        st.code(collection.citation, language=None, wrap_lines=True)
    groups = {group.title: group for group in collection.groups}
    title = st.selectbox("Group", list(groups), key=f"group-{collection.id}")
    _group(groups[title], root, states, built, running)


def _signature(collection: Collection, root: Path) -> tuple[tuple[int, int], ...]:
    """Sizes and times of the files: as long as they stand, no checksum is computed anew."""
    stats = [path.stat() if (path := root / file.path).exists() else None for file in collection.files]
    return tuple((stat.st_size, stat.st_mtime_ns) if stat else (-1, 0) for stat in stats)


def _local(collection: Collection) -> None:
    folder = st.text_input("Folder of a clone of the repository", key=f"from-{collection.id}", placeholder="/data/evals")
    if st.button("Copy from there", key=f"copy-{collection.id}", disabled=not folder):
        if not Path(folder).expanduser().is_dir():
            st.error("There is no such folder on this machine. Check the path.")
            return
        workers.fetch(caches.workspace(), collection.id, options=["--from", str(Path(folder).expanduser().resolve())])
        st.rerun()


def _group(group: Group, root: Path, states: Mapping[str, str], built: dict[str, str], running: set[str]) -> None:
    """The files of a group with their state; selected ones can be opened or built, one by one or as one map."""
    space = caches.workspace()
    paths = [str((root / file.path).resolve()) for file in group.files]

    def state(path: str, name: str) -> str:
        if path in built:
            return "ready"
        if path in running:
            return "building"
        return "not built" if states[name] == "loaded" else "not loaded"

    table = pd.DataFrame(
        {
            "dataset": [Path(file.path).stem for file in group.files],
            "rows": pd.array([file.rows for file in group.files], dtype="Int64"),
            "state": [state(path, file.name) for path, file in zip(paths, group.files, strict=True)],
        }
    )
    picked = st.dataframe(
        table,
        key=f"files-{group.id}",
        hide_index=True,
        height=min(36 * (len(table) + 1) + 2, 400),
        on_select="rerun",
        selection_mode="multi-row",
        column_config={"rows": st.column_config.NumberColumn(format="localized")},
        alt=f"Files of {group.title}",
    )
    chosen = [paths[at] for at in picked["selection"]["rows"] if at < len(paths)]  # type: ignore[index]
    ready = [path for path in chosen if path in built]
    whole = [path for path, file in zip(paths, group.files, strict=True) if states[file.name] == "loaded"]
    to_build = [path for path in whole if path in chosen]
    folder = str(Path(paths[0]).parent)
    with st.container(horizontal=True):
        if len(ready) == 1:
            _open("Open map", built[ready[0]], key=f"open-file-{group.id}", type="primary")
        if writable():
            st.button(
                f"Build {len(to_build)} selected" if to_build else "Build selected",
                key=f"build-{group.id}",
                icon=":material/play_arrow:",
                disabled=not to_build,
                on_click=workers.build,
                args=(space, to_build),
                help="One map a file. Select rows of the table first.",
            )
        if folder in built:
            _open("Open the map of all", built[folder], key=f"open-all-{group.id}")
        if writable():
            st.button(
                f"Build all {len(whole)} loaded files as one map",
                key=f"build-all-{group.id}",
                icon=":material/layers:",
                disabled=len(whole) < 2,
                on_click=workers.build,
                args=(space, [folder]),
            )


def _open(label: str, slug: str, *, key: str, type: Literal["primary", "secondary"] = "secondary") -> None:
    icon = ":material/scatter_plot:"
    st.button(label, type=type, icon=icon, key=key, on_click=navigation.open_map, args=(slug,))
