"""A chart for every column beside the map: what each shows under the filters, and what an act on one asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from evalmap.data.facets.cross_filter import Passing
from evalmap.data.facets.facet import DateFacet, Facet, NumberFacet
from evalmap.data.facets.moments import end_of, start_of
from evalmap.data.facets.predicates import Filter, Predicate, plain
from evalmap.embeddings import palette
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.layers import KMEANS, LAYERS
from evalmap.pages.component.facet_view import Act, Bar, Choice, FacetChart, show_facets
from evalmap.pages.component.map_data import Column
from evalmap.pages.component.map_view import category_colors
from evalmap.pages.parts.map import where
from evalmap.pages.parts.map.map_columns import MapColumns
from evalmap.pages.server import caches
from evalmap.pages.shared import state, text

MOST_BARS = 100  # of a column that are sent; the others are found by a search
MOST_NAME = 120  # characters
OPEN = 6  # charts that stand open at first, but for the layers beside the first, which say much the same
MILLISECONDS = 1_000


def draw(built: BuiltMap, columns: MapColumns, filter: Filter, passing: Passing, coloring: Column) -> None:
    """Draw the charts, and say which columns have none.

    Parameters
    ----------
    coloring : of the map; its chart has the map's colours, as that of the labels always has
    """
    manifest = built.manifest
    facets = columns.facets
    key = f"facets-{manifest.slug}-{manifest.fingerprint}"
    searches = st.session_state.get(state.FACET_SEARCH, {})
    own = caches.columns(manifest.slug, manifest.fingerprint)
    colored = [*(column for column in own if column.key == where.LABEL), coloring]
    colors = {column.key: colors_of(column) for column in colored if column.kind == "category"}
    closed = {where.cluster_column(layer.id) for layer in LAYERS if layer != KMEANS}
    charts: list[FacetChart] = []
    for facet in facets.values():
        if facet.kind == "text":
            continue
        asked = tuple(one for one in filter if one.column == facet.key)
        open = facet.key not in closed and sum(drawn.open for drawn in charts) < OPEN
        drawn = chart(facet, asked, passing, colors=colors.get(facet.key), query=searches.get(facet.key, ""), open=open)
        if facet.key == where.CONFIDENCE and drawn.brush:
            drawn = replace(
                drawn, note=f"keeps {passing.n:,}: {text.balance(built.examples['label'][passing.mask], markdown=False)}"
            )
        charts.append(drawn)
    show_facets(
        charts,
        key=key,
        name=manifest.slug,
        total=len(passing.mask),
        passing=passing.n,
        left_out=_without_chart(columns),
        on_act=lambda act: do(act, facets),
    )


def do(act: Act, facets: Mapping[str, Facet]) -> None:
    """What a reader did to a chart, as a filter or a search; to be called from a callback."""
    facet = facets.get(act.column)
    if facet is None:  # gone since the chart was drawn
        return
    if act.op == "search":
        st.session_state[state.FACET_SEARCH] = {**st.session_state.get(state.FACET_SEARCH, {}), act.column: act.text}
    else:
        where.ask(after(where.now(), act, facet))


def after(filter: Filter, act: Act, facet: Facet) -> Filter:
    """The filter once a chart was clicked or brushed; what was asked in words of the same column stays until it is cleared."""
    kept = (
        () if act.op == "clear" else tuple(one for one in filter if one.column == act.column and one.op in ("contains", "matches"))
    )
    return where.in_place(filter, act.column, (*_asked(act, facet), *kept))


def _asked(act: Act, facet: Facet) -> Filter:
    asked: list[Predicate] = []
    if chosen := _names(facet, act.chosen):
        asked.append(Predicate(facet.key, "is", chosen))
    if excluded := _names(facet, act.excluded):
        asked.append(Predicate(facet.key, "is_not", excluded))
    if act.range is not None and isinstance(facet, NumberFacet):
        asked.append(_between(facet, *act.range))
    if act.missing:
        asked.append(Predicate(facet.key, "missing" if act.missing == 1 else "not_missing"))
    return tuple(asked)


def _names(facet: Facet, places: Sequence[int]) -> tuple[str, ...]:
    return tuple(facet.names[place] for place in places if 0 <= place < len(facet.names))


def _between(facet: NumberFacet, low: float, high: float) -> Predicate:
    if not isinstance(facet, DateFacet):
        return Predicate(facet.key, "between", (low, high))
    starts = facet.edges * MILLISECONDS  # a brush over dates holds whole bins, which have names
    first = int(np.clip(np.searchsorted(starts, low, side="right") - 1, 0, facet.n_bins - 1))
    last = int(np.clip(np.searchsorted(starts, high, side="left") - 1, first, facet.n_bins - 1))
    return facet.brush(first, last)


def chart(
    facet: Facet, asked: Filter, passing: Passing, *, colors: Mapping[str, str] | None = None, query: str = "", open: bool = True
) -> FacetChart:
    """A column under a filter, as it is drawn.

    Parameters
    ----------
    asked : the predicates on this column
    colors : by name; None for the accent
    query : only names with this text are sent
    """
    totals, counts = passing.totals[facet.key], passing.counts[facet.key]
    missing: tuple[int, int, Choice] | None = None
    if facet.missing:
        ops = {one.op for one in asked}
        choice: Choice = 1 if "missing" in ops else -1 if "not_missing" in ops else 0
        missing = (facet.missing, passing.missing[facet.key], choice)
    if isinstance(facet, NumberFacet):
        unit = MILLISECONDS if isinstance(facet, DateFacet) else 1
        return FacetChart(
            key=facet.key,
            title=facet.title,
            open=open,
            active=bool(asked),
            missing=missing,
            edges=(facet.edges * unit).tolist(),
            totals=totals.tolist(),
            passing=counts.tolist(),
            brush=_brush(facet, asked),
            date=isinstance(facet, DateFacet),
            whole=is_whole(facet),
        )
    choices = _choices(facet, asked)
    places = _shown(facet, totals, choices, query)
    bars = [cast(Bar, (_short(facet.names[p]), int(totals[p]), int(counts[p]), p, choices.get(p, 0))) for p in places]
    return FacetChart(
        key=facet.key,
        title=facet.title,
        open=open,
        active=bool(asked),
        missing=missing,
        bars=bars,
        more=len(facet.names) - len(bars),
        colors=None if colors is None else [colors.get(facet.names[p], palette.MISSING) for p in places],
        query=query,
    )


def colors_of(column: Column) -> dict[str, str]:
    """The colours that the map gives to the categories of a colouring."""
    return dict(zip((name for name, _ in column.categories), category_colors(column), strict=True))


def _without_chart(columns: MapColumns) -> str:
    """A sentence on the columns that have no chart, with the reasons; "" where all have one."""
    searched = [(facet.title, "texts: “Add a filter” searches them") for facet in columns.facets.values() if facet.kind == "text"]
    reasons = [*searched, *((one.title, one.reason) for one in columns.left_out)]
    told = "; ".join(f"{text.in_line(title, limit=40)} ({text.in_line(reason)})" for title, reason in reasons)
    return f"Without a chart: {told}." if told else ""


def is_whole(facet: NumberFacet) -> bool:
    """Whether all values are whole numbers."""
    finite = facet.values[facet.present]
    return bool((finite == np.floor(finite)).all())


def _choices(facet: Facet, asked: Filter) -> dict[int, Choice]:
    places = {name: place for place, name in enumerate(facet.names)}
    found: dict[int, Choice] = {}
    for one in asked:
        if one.op in ("is", "is_not"):
            found |= {places[plain(value)]: 1 if one.op == "is" else -1 for value in one.values if plain(value) in places}
    return found


def _shown(facet: Facet, totals: NDArray[np.int64], choices: Mapping[int, Choice], query: str) -> list[int]:
    """The places of the names that are sent: the most frequent, those that are chosen, and those that are searched for."""
    order = np.argsort(-totals, kind="stable").tolist()
    words = query.casefold()
    found = [place for place in order if words in facet.names[place].casefold()] if words else order
    sent = set(order[:8]) | set(found[:MOST_BARS]) | set(choices)
    return [place for place in order if place in sent]


def _brush(facet: NumberFacet, asked: Filter) -> tuple[float, float] | None:
    """The range that is asked for, where it is one; in the chart's units and no wider than the chart."""
    ranges = [one for one in asked if one.op == "between"]
    if len(ranges) != 1 or not facet.n_bins:
        return None
    low, high = ranges[0].values
    ends = (start_of(low), end_of(high)) if isinstance(facet, DateFacet) else (float(low), float(high))
    low, high = (float(np.clip(end, facet.edges[0], facet.edges[-1])) for end in ends)
    unit = MILLISECONDS if isinstance(facet, DateFacet) else 1
    return low * unit, high * unit


def _short(name: str) -> str:
    name = text.sendable(name)
    return name if len(name) <= MOST_NAME else f"{name[: MOST_NAME - 1]}…"
