"""The map component: what a page gives it, and what comes back as geometry or a row.

The browser's part lies in static/ and is served by `evalmap.pages.server.routes`; only the few
lines below and one small JSON travel over the page's websocket.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.components.v2 import component

from evalmap.embeddings import palette
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.faithfulness import RowFaithfulness
from evalmap.pages.component.map_data import MISSING_CODE, Column, bitset
from evalmap.pages.server.repeats import repeats_of
from evalmap.pages.server.routes import assets_url, base_path, plotly_url

LISTED = 60  # legend entries
MAX_VERTICES = 5_000  # of a lasso that we are willing to test points against

_BOOT = """
export default async function (component) {
  const { mount } = await import(new URL(component.data.assets + "/map_view.js", location.origin).href);
  return mount(component);
}
"""
_DRAWERS = (Path(__file__).parent / "static" / "drawers.css").read_text(encoding="utf-8")
_map = component("evalmap_map", html='<div class="evalmap"></div>', css=_DRAWERS, js=_BOOT, isolate_styles=False)

Range = list[float]
Selection = dict[str, dict[str, Range]]


@dataclass(frozen=True)
class MapView:
    """What the reader did on the map.

    Attributes
    ----------
    selection : {"lasso": {"x": […], "y": […]}}, {"box": {"x": [a, b], "y": [a, b]}}, or None; see `rows_inside`
    view : the visible part, {"x": [a, b], "y": [a, b]}, or None where the reader never moved the map
    hidden : codes of the categories that the legend hides (`MISSING_CODE` for rows without a value)
    clicked : the row of the point that was clicked in this run, else None
    collapsed : whether near-duplicates stand as one mark a group; a selection then holds whole groups: `rows_selected`
    """

    selection: Selection | None = None
    view: dict[str, Range] | None = None
    hidden: tuple[int, ...] = ()
    clicked: int | None = None
    collapsed: bool = False


def show_map(
    built_key: str,
    *,
    key: str,
    n: int,
    column: Column,
    base: str | None = None,
    name: str = "",
    mask: NDArray[np.bool_] | None = None,
    highlight: Sequence[int] = (),
    opened: int | None = None,
    lines: RowFaithfulness | None = None,
    names: bool = True,
    cleared: int = 0,
    dark: bool = False,
    height: int | None = None,
    on_click: Callable[[int], None] | None = None,
) -> MapView:
    """Draw a map.

    Parameters
    ----------
    built_key : "<slug>/<fingerprint>" of the built map
    key : the component's key; keep it while the dataset stays
    n : rows of the map
    column : the colouring
    base : the server's base path; None takes the configured one
    name : what the map is called to a screen reader; "" takes the slug
    mask : (n,) rows that pass the filters; the others stay visible in grey. None: all pass
    highlight : rows with a ring (search hits)
    opened : the row with a strong ring
    lines : neighbours of the opened row that lines are drawn to, each kind in a style of its own
    names : whether cluster names stand on the map
    cleared : another number than before lets go of what is selected
    dark : used where the theme's colours cannot be read in the browser
    height : of the map, in pixels; None fills the box that it lies in
    on_click : called with the row of a clicked point, as a callback: before the page runs again
    """
    base = base_path() if base is None else base
    address = f"{base}/evalmap/map/{built_key}"
    listed = column.categories[:LISTED]
    data: dict[str, Any] = {
        "assets": assets_url(),
        "plotly": plotly_url(),
        "map": address,
        "name": name or built_key.split("/")[0],
        "n": n,
        "column": {
            "key": column.key,
            "title": column.title,
            "kind": column.kind,
            "categories": [[text, count, code] for (text, count), code in zip(listed, column.codes, strict=False)],
            "more": len(column.categories) - len(listed),
            "missing": column.missing,
            "colors": category_colors(column)[:LISTED],
            "low": None if math.isnan(column.low) else column.low,
            "high": None if math.isnan(column.high) else column.high,
            "scale": column.scale,
        },
        "cycle": list(palette.CYCLE),
        "missing": palette.MISSING,
        "mask": None if mask is None or bool(mask.all()) else bitset(mask),
        "highlight": [int(row) for row in highlight],
        "opened": None if opened is None else int(opened),
        "lines": None if lines is None else {"kept": lines.kept, "missing": lines.missing, "false": lines.false},
        "names": names,
        "cleared": cleared,
        "dark": dark,
        "height": height,
    }

    def clicked() -> None:
        row = read_view(None, st.session_state[key].get("clicked"), n).clicked
        if on_click and row is not None:
            on_click(row)

    result = _map(key=key, data=data, on_view_change=_ignore, on_clicked_change=clicked)
    return read_view(result.get("view"), result.get("clicked"), n)


def category_colors(column: Column) -> list[str]:
    """A colour for each category of a colouring; that of rows without a value is grey, the others are coloured as without it."""
    known = [name for (name, _), code in zip(column.categories, column.codes, strict=True) if code != MISSING_CODE]
    return [*palette.colors(known), *[palette.MISSING] * (len(column.categories) - len(known))]


def current_view(key: str, n: int) -> MapView:
    """What the reader did on a map of `n` rows, before this run draws it."""
    kept = st.session_state.get(key)
    return read_view(kept.get("view") if isinstance(kept, Mapping) else None, None, n)


def read_view(state: object, clicked: object, n: int) -> MapView:
    """The component's values, checked: they come from a browser. What does not fit is left out."""
    row = clicked if isinstance(clicked, int) and not isinstance(clicked, bool) and 0 <= clicked < n else None
    if not isinstance(state, Mapping):
        return MapView(clicked=row)
    hidden = state.get("hidden")
    codes = [code for code in hidden if isinstance(code, int) and not isinstance(code, bool)] if isinstance(hidden, list) else []
    return MapView(_selection(state.get("selection")), _box(state.get("view")), tuple(codes), row, state.get("collapsed") is True)


def rows_inside(coordinates: NDArray[np.float32], selection: Selection | None) -> NDArray[np.int64]:
    """The rows whose points lie in a selection, ascending; the even-odd rule where a lasso crosses itself.

    Parameters
    ----------
    coordinates : (n_samples, 2)
    selection : as in `MapView`; None selects nothing

    Source: the crossing-number test, Shimrat 1962, doi:10.1145/368637.368653.
    """
    if selection is None:
        return np.empty(0, dtype=np.int64)
    x, y = coordinates[:, 0].astype(np.float64), coordinates[:, 1].astype(np.float64)
    if box := selection.get("box"):
        (left, right), (bottom, top) = sorted(box["x"]), sorted(box["y"])
        return np.flatnonzero((x >= left) & (x <= right) & (y >= bottom) & (y <= top)).astype(np.int64)
    xs, ys = np.asarray(selection["lasso"]["x"], dtype=np.float64), np.asarray(selection["lasso"]["y"], dtype=np.float64)
    if len(xs) < 3:
        return np.empty(0, dtype=np.int64)
    near = np.flatnonzero((x >= xs.min()) & (x <= xs.max()) & (y >= ys.min()) & (y <= ys.max()))
    px, py = x[near], y[near]
    inside = np.zeros(len(near), dtype=bool)
    for x1, y1, x2, y2 in zip(xs, ys, np.roll(xs, 1), np.roll(ys, 1), strict=True):
        if y1 != y2:
            inside ^= ((y1 > py) != (y2 > py)) & (px < (x2 - x1) * (py - y1) / (y2 - y1) + x1)
    return near[inside].astype(np.int64)


def rows_selected(built: BuiltMap, view: MapView) -> NDArray[np.int64]:
    """The rows that a view selects, ascending: those inside the selection, and where near-duplicates are collapsed all rows of the
    groups that have one inside, as the map draws it.
    """
    rows = rows_inside(built.coordinates, view.selection)
    if not view.collapsed or not len(rows):
        return rows
    first = repeats_of(built)
    return np.flatnonzero(np.isin(first, first[rows])).astype(np.int64)


def _selection(value: object) -> Selection | None:
    if not isinstance(value, Mapping):
        return None
    if box := _box(value.get("box")):
        return {"box": box}
    lasso = value.get("lasso")
    if not isinstance(lasso, Mapping):
        return None
    x, y = _numbers(lasso.get("x")), _numbers(lasso.get("y"))
    if x is None or y is None or len(x) != len(y) or not 3 <= len(x) <= MAX_VERTICES:
        return None
    return {"lasso": {"x": x, "y": y}}


def _box(value: object) -> dict[str, Range] | None:
    if not isinstance(value, Mapping):
        return None
    x, y = _numbers(value.get("x")), _numbers(value.get("y"))
    return {"x": x, "y": y} if x and y and len(x) == len(y) == 2 else None


def _numbers(value: object) -> Range | None:
    """A list of finite numbers; None for anything else."""
    if not isinstance(value, list) or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in value):
        return None
    numbers = [float(v) for v in value]
    return numbers if all(map(math.isfinite, numbers)) else None


def _ignore() -> None:
    """Streamlit sends a state or a trigger only where a callback is named."""
