"""Adding a dataset: upload, path, address or hub id; what was detected is shown and can be overridden before the build."""

from pathlib import Path

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.data.locations import location_kind, not_found
from evalmap.data.readers import formats
from evalmap.data.records import PARTS, ROLE_NAMES
from evalmap.data.store.manifest import Manifest
from evalmap.embeddings.encoder import DEFAULT_MODEL
from evalmap.pages.parts.library.preview import Preview, preview
from evalmap.pages.server import caches, changes, workers
from evalmap.pages.server.access import require_this_machine, serves_this_machine_only, without_paths
from evalmap.pages.shared import text

DETECTED, NONE = "as detected", "none"
HEADERS = {"as it looks": None, "names the columns": True, "is a row": False}  # the first row of a table
CONTROLS = (
    *ROLE_NAMES,
    "encoding",
    "header",
    "no_header",
    "part",
    "model",
    "k",
    "n_neighbors",
    "min_dist",
    "seed",
)  # settings that the dialog offers


@st.dialog("Add a dataset", width="large")
def dialog(again: Manifest | None = None) -> None:
    """Ask for a source, show what was found in it, and build it in the background; `again`: the map to build again."""
    if again:
        st.caption(text.in_label(without_paths(again.location, again.location), limit=200))
    where = again.location if again else _source()
    found = _look(where) if where else None
    options = _options(found)
    if st.button("Build the map", type="primary", icon=":material/play_arrow:", disabled=not where):
        try:
            if again:
                workers.build_again(caches.workspace(), again, options=options)
            else:
                workers.build(caches.workspace(), [where], options=options)
        except DatasetError as error:
            text.show_error(error)
        else:
            st.rerun()


def _source() -> str:
    """Where the data is: a kept upload's path, a checked path, an address or an id; "" as long as nothing valid was given."""
    upload, named = st.tabs(["Upload a file", "Path, address or hub dataset"])
    with upload:
        file = st.file_uploader(formats.names(), type=formats.upload_endings(), key="upload")
    with named:
        location = st.text_input(
            "File or folder on this machine, https address, or dataset of the Hugging Face hub",
            placeholder="/data/my-evals.jsonl · https://… · hf://owner/name",
            key="location",
        )
        if not serves_this_machine_only():
            st.caption("This server can be reached from other machines: paths on its disk are not opened from here.")
    if not (file or location):
        return ""
    try:
        if file:
            return str(changes.keep_upload(caches.workspace(), file.name, file.getvalue()))
        return _checked(location.strip())
    except DatasetError as error:
        text.show_error(error, *CONTROLS)
        return ""


def _look(where: str) -> Preview | None:
    """What a local source holds; None for what has to be fetched first, and where it can't be read (the sentence is shown)."""
    if location_kind(where) != "path":
        return None
    path = Path(where)
    try:
        if not path.exists():  # a dataset that was built and is gone meanwhile
            raise not_found(where)
        header = HEADERS[st.session_state.get("first-row") or next(iter(HEADERS))]
        found = preview(where, path.stat().st_mtime_ns, st.session_state.get("encoding") or None, header)
    except DatasetError as error:
        text.show_error(error, *CONTROLS)
        return None
    rows = f"{found.rows:,} rows" + (f" in the first of {found.files:,} files" if found.files > 1 else "")
    roles = " · ".join(f"{role}: {text.in_label(field)}" for role, field in found.roles.items())
    st.caption(f"{rows} · found {roles or 'no text field: choose one below'}")
    for note in found.notes:
        st.caption(text.in_label(note, limit=300))
    if found.first:
        with st.container(border=True):
            text.show(found.first)
    return found


def _options(found: Preview | None) -> list[str]:
    """The fields and settings that the user sets, as options of `evalmap build`."""
    chosen: list[str] = []
    with st.expander("Fields and settings", expanded=bool(found and not found.roles)):
        columns = st.columns(3)
        for at, role in enumerate(ROLE_NAMES):
            value = _role(columns[at % 3], role, found)
            if value is not None:
                chosen += [f"--{role}", value]
        encoding = columns[0].text_input("Encoding", key="encoding", placeholder="UTF-8")
        first_row = columns[1].selectbox("First row of a table", list(HEADERS), key="first-row")
        chosen += ["--encoding", encoding] if encoding else []
        header = HEADERS[first_row]
        chosen += [] if header is None else ["--header" if header else "--no-header"]
        part = columns[0].selectbox("Embed of a multiple choice", PARTS, key="part")
        k = columns[1].number_input("k-means clusters", 1, 1000, 10, key="k")
        seed = columns[2].number_input("Seed", 0, 2**31, 42, key="seed")
        n_neighbors = columns[0].number_input("UMAP neighbours", 2, 200, 15, key="n-neighbors")
        min_dist = columns[1].number_input("UMAP minimal distance", 0.0, 0.99, 0.1, step=0.05, key="min-dist")
        model = columns[2].text_input("Model", key="model", placeholder=DEFAULT_MODEL) if serves_this_machine_only() else ""
        chosen += ["--part", str(part), "--k", str(int(k)), "--seed", str(int(seed))]
        chosen += ["--n-neighbors", str(int(n_neighbors)), "--min-dist", f"{min_dist:g}"] + (["--model", model] if model else [])
    return chosen


def _role(column, role: str, found: Preview | None) -> str | None:
    """The field chosen for a role: a name, "" for none, None for what is detected."""
    if found is None:
        return column.text_input(f"{role} field", key=f"role-{role}", placeholder="detected") or None
    detected = found.roles.get(role)
    first = f"{DETECTED}: {detected or NONE}"
    choices = [first, *([NONE] if role != "text" else []), *found.fields]
    choice = column.selectbox(f"{role} field", choices, key=f"role-{role}-{found.key}")
    return None if choice == first else "" if choice == NONE and NONE not in found.fields else choice


def _checked(location: str) -> str:
    if location_kind(location) == "path":
        require_this_machine(
            "opens no paths. Upload the file instead; a dataset of the Hugging Face hub is written hf://owner/name"
        )
        path = Path(location).expanduser()
        if not path.exists():
            raise not_found(location)
        return str(path.resolve())
    return location
