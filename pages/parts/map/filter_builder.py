"""Adding a filter in words: a column, what is asked of it, and the values."""

from collections.abc import Mapping, Sequence

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.data.facets.facet import Facet
from evalmap.data.facets.predicates import Filter, Op, Predicate
from evalmap.pages.parts.map import where
from evalmap.pages.shared import text

OPEN = "filter-add"
COLUMN = "filter-column"
OP = "filter-op"
VALUES = "filter-values"
VALUE = "filter-value"
LOW = "filter-low"
HIGH = "filter-high"
FAILED = "filter-failed"
MOST_NAMES = 1_000  # that are offered to choose from
WORDS: dict[Op, str] = {
    "is": "is one of",
    "is_not": "is not",
    "contains": "contains",
    "matches": "matches the regular expression",
    "between": "is between",
    "missing": "is missing",
    "not_missing": "is not missing",
}


def draw(filter: Filter, facets: Mapping[str, Facet]) -> None:
    """The popover; what stands in it is kept until it is added."""
    with st.popover("Add a filter", icon=":material/add:", type="tertiary", key=OPEN, on_change="rerun"):
        keys = list(facets)
        key = st.selectbox("Column", keys, format_func=lambda key: facets[key].title, key=COLUMN)
        if key is None:
            return
        facet = facets[key]
        ops: list[Op] = [op for op in WORDS if op in facet.ops and (facet.missing or op not in ("missing", "not_missing"))]
        op = st.selectbox("Question", ops, format_func=WORDS.__getitem__, key=f"{OP}-{facet.kind}-{bool(facet.missing)}")
        values = _values(facet, op) if op else None
        st.button(
            "Add",
            type="primary",
            key="filter-put",
            disabled=values is None,
            on_click=_add,
            args=(facet, op, values),
        )
        if failed := st.session_state.pop(FAILED, None):
            st.error(failed, icon=":material/error:")


def _values(facet: Facet, op: Op) -> tuple[str | float, ...] | None:
    """Draw what the values are given in; None where they are not all there."""
    if op in ("missing", "not_missing"):
        return ()
    if op == "between":
        return _ends(facet)
    if op in ("is", "is_not"):
        if facet.names and len(facet.names) <= MOST_NAMES:
            return tuple(st.multiselect("Values", facet.names, key=f"{VALUES}-{facet.key}")) or None
        one = st.text_input("Value", key=f"{VALUE}-{facet.key}-{op}", help="The whole of it, as it stands in the data.")
        return _only(one)
    if op == "matches":
        bounded = "Found anywhere; (?i) at the start means any case. It ends where it takes more than two seconds."
        example = "e.g. ^I (would|do) not"
        return _only(st.text_input("Regular expression", key=f"{VALUE}-{facet.key}-{op}", placeholder=example, help=bounded))
    return _only(st.text_input("Text", key=f"{VALUE}-{facet.key}-{op}", placeholder="literal text, any case"))


def _ends(facet: Facet) -> tuple[str | float, ...] | None:
    left, right = st.columns(2)
    if facet.kind == "date":
        ends = [
            column.text_input(words, key=f"{key}-{facet.key}", placeholder="2024-03 or 2024-03-05").strip()
            for column, words, key in ((left, "From", LOW), (right, "To", HIGH))
        ]
        return tuple(ends) if all(ends) else None
    edges = facet.edges
    if not len(edges):
        return None
    low = left.number_input("From", value=float(edges[0]), step=None, format="%g", key=f"{LOW}-{facet.key}")
    high = right.number_input("To", value=float(edges[-1]), step=None, format="%g", key=f"{HIGH}-{facet.key}")
    return low, high


def _only(value: str | None) -> tuple[str] | None:
    return (value,) if value else None


def _add(facet: Facet, op: Op, values: Sequence[str | float]) -> None:
    try:
        predicate = Predicate(facet.key, op, tuple(values))
        facet.passes(predicate)
    except DatasetError as error:
        st.session_state[FAILED] = text.error_sentence(error)
        return
    where.ask_too(predicate)
    st.session_state[OPEN] = False
