"""The column charts: what a page gives them, and what comes back when a reader clicks or brushes.

As with the map, the browser's part lies in static/ and is served by `evalmap.pages.server.routes`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st
from streamlit.components.v2 import component

from evalmap.pages.server.routes import assets_url

MAX_TEXT = 200  # characters of a search

_BOOT = """
export default async function (component) {
  const { mount } = await import(new URL(component.data.assets + "/facet_view.js", location.origin).href);
  return mount(component);
}
"""
_facets = component(
    "evalmap_facets", html='<div class="evalmap-facets" data-testid="facets"></div>', js=_BOOT, isolate_styles=False
)

Choice = Literal[-1, 0, 1]  # excluded, nothing said, chosen
Bar = tuple[str, int, int, int, Choice]  # name, rows, rows that pass, the name's place in the column, choice


@dataclass(frozen=True, kw_only=True)
class FacetChart:
    """One column as it is drawn: bars where `edges` is empty, else a histogram.

    Attributes
    ----------
    key, title : of the column
    open : whether the chart stands open until the reader says otherwise
    active : whether anything is asked of the column
    note : a sentence below the chart; "" for none
    missing : (rows, rows that pass, choice) without a value; None where every row has one
    bars : those that are sent, the most frequent first
    more : names that are not sent; a search finds them
    colors : of the bars; None for the accent
    query : what `bars` were searched for
    edges : (n_bins + 1,), rising; dates in milliseconds since 1970
    totals, passing : (n_bins,) rows in each bin, and rows that pass the filters of the other columns
    brush : (low, high), both included, or None
    date, whole : whether the numbers are dates, or whole numbers
    """

    key: str
    title: str
    open: bool = True
    active: bool = False
    note: str = ""
    missing: tuple[int, int, Choice] | None = None
    bars: Sequence[Bar] = ()
    more: int = 0
    colors: Sequence[str] | None = None
    query: str = ""
    edges: Sequence[float] = ()
    totals: Sequence[int] = ()
    passing: Sequence[int] = ()
    brush: tuple[float, float] | None = None
    date: bool = False
    whole: bool = False


@dataclass(frozen=True)
class Act:
    """What a reader did to a chart; it says how the column stands now.

    Attributes
    ----------
    column : the chart's key
    op : "values", "range", "clear", or "search" for a name
    chosen, excluded : of "values": places of names in the column
    range : of "range": (low, high), or None for all
    missing : of "values" and "range": what is asked of rows without a value
    text : of "search"
    """

    column: str
    op: Literal["values", "range", "clear", "search"]
    chosen: tuple[int, ...] = ()
    excluded: tuple[int, ...] = ()
    range: tuple[float, float] | None = None
    missing: Choice = 0
    text: str = ""


def show_facets(
    charts: Sequence[FacetChart],
    *,
    key: str,
    name: str,
    total: int,
    passing: int,
    left_out: str = "",
    on_act: Callable[[Act], None] | None = None,
) -> None:
    """Draw the charts below each other.

    Parameters
    ----------
    key : the component's key; keep it while the dataset stays
    name : of the dataset: what the open charts are remembered under
    total, passing : rows, and rows that pass all filters
    left_out : one sentence on columns without a chart
    on_act : called for each act as a callback: before the page runs again
    """
    heard_key = f"{key}-heard"

    def told() -> None:
        heard = int(st.session_state.get(heard_key, 0))
        for number, act in read_acts(st.session_state[key].get("acts")):
            if number > heard:  # the browser repeats what it was not answered
                heard = number
                if on_act:
                    on_act(act)
        st.session_state[heard_key] = heard

    data = {
        "assets": assets_url(),
        "name": name,
        "total": total,
        "passing": passing,
        "charts": [_sent(chart) for chart in charts],
        "leftOut": left_out,
        "heard": int(st.session_state.get(heard_key, 0)),
    }
    _facets(key=key, data=data, on_acts_change=told)


def read_acts(value: object) -> list[tuple[int, Act]]:
    """The component's acts with their numbers, checked: they come from a browser. What does not fit is left out."""
    if not isinstance(value, list):
        return []
    acts = []
    for one in value:
        if isinstance(one, Mapping) and isinstance(number := one.get("n"), int) and _is_whole(number) and (act := _act(one)):
            acts.append((number, act))
    return acts


def _sent(chart: FacetChart) -> dict[str, Any]:
    common = {
        "key": chart.key,
        "title": chart.title,
        "open": chart.open,
        "active": chart.active,
        "note": chart.note,
        "missing": chart.missing and dict(zip(("total", "passing", "chosen"), chart.missing, strict=True)),
    }
    if not len(chart.edges):
        colors = None if chart.colors is None else list(chart.colors)
        return {
            **common,
            "kind": "bars",
            "bars": [list(bar) for bar in chart.bars],
            "more": chart.more,
            "colors": colors,
            "query": chart.query,
        }
    return {
        **common,
        "kind": "histogram",
        "edges": [float(edge) for edge in chart.edges],
        "totals": [int(count) for count in chart.totals],
        "passing": [int(count) for count in chart.passing],
        "brush": chart.brush and list(chart.brush),
        "isDate": chart.date,
        "isInteger": chart.whole,
    }


def _act(value: Mapping[str, Any]) -> Act | None:
    column, op, missing = value.get("column"), value.get("op"), value.get("missing", 0)
    if not isinstance(column, str):
        return None
    if op == "clear":
        return Act(column, op)
    if op == "search":
        text = value.get("text")
        return Act(column, op, text=text[:MAX_TEXT]) if isinstance(text, str) else None
    if not _is_whole(missing) or missing not in (-1, 0, 1):
        return None
    if op == "values":
        chosen, excluded = _places(value.get("chosen")), _places(value.get("excluded"))
        return None if chosen is None or excluded is None else Act(column, op, chosen=chosen, excluded=excluded, missing=missing)
    if op == "range":
        ends = value.get("range")
        if ends is None:
            return Act(column, op, missing=missing)
        if isinstance(ends, list) and len(ends) == 2 and all(_is_number(end) for end in ends) and ends[0] <= ends[1]:
            return Act(column, op, range=(float(ends[0]), float(ends[1])), missing=missing)
    return None


def _places(value: object) -> tuple[int, ...] | None:
    return tuple(value) if isinstance(value, list) and all(map(_is_whole, value)) else None


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= -1


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
