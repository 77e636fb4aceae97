"""Adding a dataset: upload, path, address or hub id; how it would be read is shown, asked where in doubt, and can be changed."""

from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from evalmap.data.errors import DatasetError, TextReading
from evalmap.data.locations import location_kind, not_found
from evalmap.data.overview import Overview
from evalmap.data.readers import formats
from evalmap.data.records import PARTS, ROLE_NAMES, TURN_CHOICES, ReadOptions
from evalmap.data.store.manifest import Manifest
from evalmap.embeddings.encoder import DEFAULT_MODEL
from evalmap.pages.parts.library.preview import Preview, look
from evalmap.pages.server import caches, changes, workers
from evalmap.pages.server.access import require_this_machine, serves_this_machine_only, without_paths
from evalmap.pages.shared import reading, text

DETECTED, NONE = "as detected", "none"
OTHER = "another field, or several together"
ALL = "all of them, as one text"
TURNS = {"last-user": "the last user turn", "first-user": "the first user turn", "all": "all turns"}
HEADERS = {"as it looks": None, "names the columns": True, "is a row": False}  # the first row of a table
OF_FILES = ("encoding", "header", "no_header")
OF_MAPS = ("model", "k", "n_neighbors", "min_dist", "seed")
CONTROLS = (*ROLE_NAMES, "part", "turn", "embed", *OF_FILES, *OF_MAPS)  # settings that the dialog offers
SIDE_BY_SIDE = 4  # readings in doubt that are shown beside each other


@st.dialog("Add a dataset", width="large")
def dialog(again: Manifest | None = None) -> None:
    """The form in a dialog."""
    draw(again)


def draw(again: Manifest | None = None) -> None:
    """Ask for a source, show how it would be read, and build it in the background; `again`: the map to build again."""
    if again:
        st.caption(text.in_label(without_paths(again.location, again.location), limit=200))
    where = again.location if again else _source()
    before = ReadOptions(**again.read) if again else ReadOptions()
    as_file = _file_options(before)
    found = _look(where, as_file) if where and _may_look(where) else None
    told = st.container()
    answered, options = _fields(found, before)
    seen = _look(where, options) if found and options != as_file else found
    if seen:
        with told:
            _tell(seen, in_doubt=not answered)
    settings = _settings()
    ready = bool(where) and answered and not (seen and seen.seen.problem)
    if st.button("Build the map", type="primary", icon=":material/play_arrow:", disabled=not ready):
        given = [*options.as_options(), *settings]
        try:
            if again:
                workers.build_again(caches.workspace(), again, options=given)
            else:
                workers.build(caches.workspace(), [where], options=given)
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


def _may_look(where: str) -> bool:
    """What lies here is looked at at once; what has to be fetched, when the user asks for it."""
    if location_kind(where) == "path":
        return True
    asked = st.button("Look at it first", icon=":material/visibility:", key=f"look-{where}", help="Fetches it; nothing is built.")
    if asked:
        st.session_state["looked-at"] = where
    return st.session_state.get("looked-at") == where


def _look(where: str, options: ReadOptions) -> Preview | None:
    """What a source holds; None where it can't be read (the sentence is shown)."""
    try:
        return look(where, options)
    except DatasetError as error:
        text.show_error(error, *CONTROLS)
        return None


# What is told


def _tell(found: Preview, *, in_doubt: bool) -> None:
    """Rows and fields, how they would be read, the first texts; in doubt, the fields alone."""
    seen = found.seen
    of_files = f" in {found.files:,} files" if len(seen.files) == found.files > 1 else ""
    first = f" in the first of {found.files:,} files" if len(seen.files) < found.files else ""
    st.markdown(f"**{seen.rows:,} rows{of_files}{first}, {len(seen.fields):,} fields**")
    with st.expander("What the fields hold", expanded=in_doubt or not seen.reading, icon=":material/table_rows:"):
        _field_table(seen)
    if in_doubt or not seen.reading:
        for note in seen.notes:
            st.caption(f":material/info: {text.in_label(without_paths(note), limit=400)}")
    if in_doubt:
        return
    if seen.problem:
        text.show_error(DatasetError(seen.problem, "text"), *CONTROLS)
    elif seen.reading:
        st.markdown("**It would be read so**")
        reading.draw(seen.reading, seen.notes)
        if aside := seen.rows - seen.examples:
            st.caption(f":material/info: {aside:,} rows have no text: they are set aside, and listed.")
        st.markdown("**The first examples**" if len(seen.texts) > 1 else "**The example**")
        for shown in seen.texts:
            with st.container(border=True):
                text.show(_cut(shown))


def _field_table(seen: Overview) -> None:
    table = pd.DataFrame(
        {
            "field": [text.sendable(one.name) for one in seen.fields],
            "type": [one.kind for one in seen.fields],
            "missing": [100 * one.missing for one in seen.fields],
            "distinct": [one.distinct for one in seen.fields],
            "first value": [text.sendable(one.example) for one in seen.fields],
        }
    )
    number = st.column_config.NumberColumn
    st.dataframe(
        table,
        hide_index=True,
        height=min(36 * (len(table) + 1) + 2, 300),
        column_config={
            "missing": number("missing", format="%.0f %%", width=70),
            "distinct": number("different", format="localized", width=80),
            "first value": st.column_config.TextColumn("first value", width="large"),
        },
        alt="The fields with their types, shares missing and first values",
    )


# What is asked


def _fields(found: Preview | None, before: ReadOptions) -> tuple[bool, ReadOptions]:
    """(whether the text is beyond doubt, what the user decided about the fields)."""
    decided: dict[str, Any] = {}
    readings = found.seen.readings if found else ()
    answer = _ask(readings, found.key, before.text) if found and readings else OTHER
    if answer != OTHER:
        decided["text"] = answer
    open_ = bool(found and not found.seen.reading and not readings) or (bool(readings) and answer == OTHER)
    with st.expander("Read other fields", expanded=open_, icon=":material/tune:"):
        if answer == OTHER:
            decided["text"] = _text_fields(found, before)
        columns = st.columns(3)
        others = [role for role in ROLE_NAMES if role != "text"]
        for at, role in enumerate(others):
            decided[role] = _role(columns[at % 3], role, found, getattr(before, role))
        decided["encoding"], decided["header"] = _file_controls(columns, before)
        decided["embed"] = _embedded(columns[1], found, decided["text"], before)
        decided["turn"] = _turn(found, before)
        decided["part"] = _part(found, before)
    unanswered = bool(readings) and not decided["text"]
    return not unanswered, ReadOptions(**{name: value for name, value in decided.items() if value is not None})


def _ask(readings: tuple[TextReading, ...], key: str, before: str | None) -> str | None:
    """The reading that the user chooses, `OTHER`, or None as long as none is chosen; the first rows under each are shown."""
    st.markdown("**Which field is the text?**")
    st.caption("More than one could be. The text is what is embedded, laid out on the map and compared; choose by the first rows.")
    shown = readings[:SIDE_BY_SIDE]
    for column, one in zip(st.columns(len(shown), gap="small"), shown, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.markdown(f"**{text.in_label(one.text)}**")
            st.caption(f"{text.in_label(one.reason, limit=160)}")
            for example in one.examples:
                text.show(_cut(example))
    names = [one.text for one in readings]
    index = names.index(before) if before in names else len(names) if before else None
    return st.radio(
        "The text is",
        [*names, OTHER],
        index=index,
        format_func=lambda name: name if name == OTHER else text.in_label(name),
        horizontal=True,
        key=f"reading-{key}",
    )


def _text_fields(found: Preview | None, before: ReadOptions) -> str | None:
    """The fields of the text in the order in which they were chosen, with commas between; None for what is detected."""
    if found is None:
        return st.text_input("text field", value=before.text or "", key="role-text", placeholder="detected") or None
    of_text = found.seen.reading.fields_of("text") if found.seen.reading else ()
    options = list(dict.fromkeys((*found.fields, *of_text)))
    chosen = st.multiselect(
        "text field, or several in the order in which they are put together",
        options,
        default=_named(before.text, options),
        placeholder=f"{DETECTED}: {', '.join(of_text)}" if of_text else "choose",
        key=f"role-text-{found.key}",
    )
    return ",".join(chosen) or None


def _role(column, role: str, found: Preview | None, before: str | None) -> str | None:
    """The field chosen for a role: a name, "" for none, None for what is detected."""
    if found is None:
        return column.text_input(f"{role} field", value=before or "", key=f"role-{role}", placeholder="detected") or None
    detected = ",".join(found.seen.reading.fields_of(role)) if found.seen.reading else ""
    first = f"{DETECTED}: {detected or NONE}"
    choices = [first, NONE, *found.fields, *([before] if before and before not in found.fields else [])]
    index = 0 if before is None else 1 if before == "" else choices.index(before, 2)
    choice = column.selectbox(f"{role} field", range(len(choices)), index, lambda at: choices[at], key=f"role-{role}-{found.key}")
    return None if choice == 0 else "" if choice == 1 else choices[choice]


def _embedded(column, found: Preview | None, chosen: str | None, before: ReadOptions) -> str | None:
    """The one part of a joined text that is embedded; None for all of it."""
    if found is None:
        return None
    detected = found.seen.reading
    parts = _named(chosen, list(found.fields)) or (
        list(detected.fields_of("text")) if detected and detected.form == "joined" else []
    )
    if len(parts) < 2:
        return None
    index = parts.index(before.embed) + 1 if before.embed in parts else 0
    choice = column.selectbox("what of it is embedded", [ALL, *parts], index, key=f"embed-{found.key}-{','.join(parts)}")
    return None if choice == ALL else choice


def _turn(found: Preview | None, before: ReadOptions) -> Any:
    """Which turn of a chat is the text; None where nothing is a chat."""
    chats = found is not None and any(one.kind == "chat" for one in found.seen.fields)
    if not chats and before.turn == "last-user":
        return None
    return st.radio(
        "the text of a chat is",
        TURN_CHOICES,
        TURN_CHOICES.index(before.turn),
        lambda turn: TURNS[turn],
        horizontal=True,
        key="turn",
    )


def _part(found: Preview | None, before: ReadOptions) -> Any:
    """What of a multiple-choice question is embedded; None where there is none."""
    detected = found.seen.reading if found else None
    if found and detected and not detected.fields_of("choices") and before.part == "whole" and not _holds_options(found):
        return None
    words = {"whole": "the whole of it", "stem": "the question without its options", "choices": "its options alone"}
    return st.radio(
        "embedded of a multiple choice is", PARTS, PARTS.index(before.part), lambda part: words[part], horizontal=True, key="part"
    )


def _holds_options(found: Preview) -> bool:
    from evalmap.data.text.multiple_choice import split

    return any(split(shown) is not None for shown in found.seen.texts)


def _file_options(before: ReadOptions) -> ReadOptions:
    """How files are to be read, as the controls further down were set before this run."""
    given = st.session_state
    encoding = given.get("encoding", before.encoding)
    header = HEADERS[given["first-row"]] if "first-row" in given else before.header
    return ReadOptions(encoding=encoding or None, header=header)


def _file_controls(columns, before: ReadOptions) -> tuple[str | None, bool | None]:
    """The encoding of text files, and whether a table's first row names its columns; None for what the files say."""
    encoding = columns[2].text_input("Encoding", value=before.encoding or "", key="encoding", placeholder="UTF-8")
    index = list(HEADERS.values()).index(before.header)
    return encoding or None, HEADERS[columns[0].selectbox("First row of a table", list(HEADERS), index, key="first-row")]


def _settings() -> list[str]:
    """The settings of the map, as options of `evalmap build`."""
    with st.expander("Settings of the map", icon=":material/scatter_plot:"):
        columns = st.columns(3)
        k = columns[0].number_input("k-means clusters", 1, 1000, 10, key="k")
        n_neighbors = columns[1].number_input("UMAP neighbours", 2, 200, 15, key="n-neighbors")
        min_dist = columns[2].number_input("UMAP minimal distance", 0.0, 0.99, 0.1, step=0.05, key="min-dist")
        seed = columns[0].number_input("Seed", 0, 2**31, 42, key="seed")
        model = columns[1].text_input("Model", key="model", placeholder=DEFAULT_MODEL) if serves_this_machine_only() else ""
    chosen = ["--k", str(int(k)), "--seed", str(int(seed)), "--n-neighbors", str(int(n_neighbors)), "--min-dist", f"{min_dist:g}"]
    return [*chosen, "--model", model] if model else chosen


def _named(chosen: str | None, fields: list[str]) -> list[str]:
    """The fields that a choice names; a field whose own name holds a comma is taken as it stands."""
    if not chosen:
        return []
    return [chosen] if chosen in fields else [part for part in map(str.strip, chosen.split(",")) if part in fields]


def _cut(shown: str, limit: int = 300) -> str:
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


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
