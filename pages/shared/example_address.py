"""Which example is open: how the URL names it, and opening another one from a table or the map."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.shared import state, text

CHARACTER, MOST_WIDE = 6, 400  # pixels: of a letter in a table on average, of a column of file names


def address(built: BuiltMap, row: int) -> str:
    """How the URL names an example: its line, after its file where there are several."""
    dataset, line = built.identity(row)
    return str(line) if len(built.manifest.datasets) == 1 else f"{dataset}:{line}"


def place(built: BuiltMap, row: int) -> str:
    """Where an example stands, for a place that reads Markdown: its file, whole, and its line."""
    dataset, line = built.identity(row)
    return f"{text.in_label(dataset, limit=250)}, line {line:,}"


def place_columns(built: BuiltMap, rows: Sequence[int] | NDArray[np.int64]) -> dict[str, list[Any]]:
    """Where examples stand, as columns of a table: the source file where there are several, and the line; see `place_config`."""
    places = [built.identity(int(row)) for row in rows]
    lines = {"line": [line for _, line in places]}
    return lines if len(built.manifest.datasets) == 1 else {"file": [dataset for dataset, _ in places], **lines}


def place_config(built: BuiltMap) -> dict[str, Any]:
    """How a table shows `place_columns`: the file's name as wide as the longest one of the map needs, up to a limit."""
    width = min(max(map(len, built.manifest.datasets)) * CHARACTER + 20, MOST_WIDE)
    return {
        "file": st.column_config.TextColumn("source file", width=max(width, 90)),
        "line": st.column_config.NumberColumn("line", format="%d", width=55, help="Counted from 1, as in the file."),
    }


def opened_row(built: BuiltMap) -> int | None:
    """The row that the session has open, or None."""
    named = str(st.session_state.get(state.EXAMPLE) or "").strip()
    dataset, _, line = named.rpartition(":")
    if not (line.isdecimal() and len(line) < 19):  # "²" is a digit; a line fits int64
        return None
    return built.row_of(dataset or next(iter(built.manifest.datasets)), int(line))


def draw_address(built: BuiltMap) -> int | None:
    """Draw the field that names the open example, and return its row; None where none is open."""
    several = len(built.manifest.datasets) > 1
    st.text_input(
        "Example",
        key=state.EXAMPLE,
        bind="query-params",
        placeholder="file:line, from 1" if several else "line, from 1",
        help="Which example is open: its line in the file, counted from 1. Click a point of the map to fill this in.",
        icon=":material/tag:",
    )
    return opened_row(built)


def open_row(built: BuiltMap, row: int) -> None:
    """Open an example; to be called from a callback, before the page is drawn."""
    st.session_state[state.EXAMPLE] = address(built, row)


def close() -> None:
    """Close the open example; to be called from a callback."""
    state.forget(state.EXAMPLE)


def opener(built: BuiltMap, rows: Sequence[int] | NDArray[np.int64], key: str) -> Callable[[], None]:
    """The callback of a table of examples with that key: opens the row that was picked."""

    def opened() -> None:
        picked = st.session_state[key]["selection"]["rows"]
        if picked:
            open_row(built, int(rows[picked[0]]))

    return opened
