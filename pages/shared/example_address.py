"""Which example is open: how the URL names it, and opening another one from a table or the map."""

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.shared import state


def address(built: BuiltMap, row: int) -> str:
    """How the URL names an example: its line, after its file where there are several."""
    dataset, line = built.identity(row)
    return str(line) if len(built.manifest.datasets) == 1 else f"{dataset}:{line}"


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


def opener(built: BuiltMap, rows: Sequence[int] | NDArray[np.int64], key: str) -> Callable[[], None]:
    """The callback of a table of examples with that key: opens the row that was picked."""

    def opened() -> None:
        picked = st.session_state[key]["selection"]["rows"]
        if picked:
            open_row(built, int(rows[picked[0]]))

    return opened
