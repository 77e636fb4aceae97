"""What a local source holds, before it is built."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.data.inner_fields import with_inner_fields
from evalmap.data.readers import passed_over, read_file, readable_files
from evalmap.data.records import ReadOptions
from evalmap.data.roles import describe, read_roles
from evalmap.data.row_texts import row_texts


@dataclass(frozen=True)
class Preview:
    """The first file of a source.

    Attributes
    ----------
    key : tells one source from another, for widget keys
    files, rows : files of the source, and rows of the first
    fields : its fields
    roles : {role: field} as detected; empty where no text field was found
    first : its first text, cut at 400 characters
    notes : how the file was read, where it is not plainly what its ending says; what is passed over
    """

    key: str
    files: int
    rows: int
    fields: tuple[str, ...]
    roles: dict[str, str]
    first: str
    notes: tuple[str, ...] = ()


@st.cache_data(max_entries=16, show_spinner="Reading …")
def preview(location: str, modified: int, encoding: str | None = None, header: bool | None = None) -> Preview:
    """Read the first file of a local source; `modified` says when to read it anew, the others are as in `ReadOptions`.

    Raises
    ------
    DatasetError : it can't be read
    """
    path = Path(location)
    paths = readable_files(path) if path.is_dir() else [path]
    file = with_inner_fields(read_file(paths[0], options=ReadOptions(encoding=encoding, header=header)), ReadOptions())
    notes = tuple(note for note in (*file.notes, passed_over(path) if path.is_dir() else "") if note)
    fields = tuple(map(str, file.fields.columns))
    try:
        found = read_roles(file, ReadOptions())
    except DatasetError:  # no text field, or two that may be it: the dialog offers all of them
        return Preview(f"{location}@{modified}", len(paths), len(file.lines), fields, {}, "", notes)
    roles = describe(found.roles)
    texts = row_texts(file.fields.head(200), found.text_fields, found.reading.form).texts
    first = next((text for text in texts if isinstance(text, str) and text), "")
    return Preview(f"{location}@{modified}", len(paths), len(file.lines), fields, roles, first[:400], notes)
