"""The map: colour, filter, search, select, read."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.data.facets.predicates import Filter, describe
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.component.map_view import MapView, current_view, rows_inside, rows_selected, show_map
from evalmap.pages.parts.map import (
    about,
    chips,
    cluster_table,
    curating,
    example_card,
    facet_charts,
    map_columns,
    neighbor_lines,
    row_list,
    rows_table,
    subsets,
    where,
    write_more,
)
from evalmap.pages.parts.map.map_controls import TOP, Choices, draw_controls, draw_search
from evalmap.pages.server import caches
from evalmap.pages.server.curations import curation_of
from evalmap.pages.shared import drawers, example_address, more_rows, state, text

EXAMPLES, CLUSTERS, SUBSETS, ABOUT = "Examples", "Clusters", "Subsets", "About this map"


def draw() -> None:
    manifest = state.require_dataset()
    slug, fingerprint = manifest.slug, manifest.fingerprint
    built = caches.open_map(slug, fingerprint)
    with st.sidebar:
        choices = draw_controls(built)
        hidden = curating.hidden_rows(built)
        opened = example_address.draw_address(built)
        charts = st.container()
    columns = map_columns.columns(built)
    asked = where.read(built, columns.facets)
    listed = row_list.read(built)
    shown = _shown(hidden, listed)
    passing = columns.cross_filter.apply(asked, within=shown)
    mask = passing.mask
    key = f"map-{slug}-{fingerprint}"
    seen = current_view(key, len(built))
    with charts:  # they follow the filters and what is selected on the map
        if (selected := _selected(built, seen)) is not None:
            within = np.zeros(len(built), dtype=bool)
            within[selected] = True if shown is None else shown[selected]
            passing = columns.cross_filter.apply(asked, within=within)
        facet_charts.draw(built, columns, asked, passing, choices.column)
    with drawers.around_map():
        with drawers.above():
            with st.container(horizontal=True, vertical_alignment="center", key="drawers-title"):
                text.heading(manifest.name)
                meaning = draw_search()
            st.caption(_summary(built, mask, seen))
            chips.draw(built, asked, columns.facets, mask, meaning)
            hits = _search(built, meaning)
            where.draw_not_asked()
            row_list.draw(listed)
            group = _group(built)
            if seen.selection:
                chosen = _to_curate(built, choices, columns, asked, mask, meaning, hits, seen)
                curating.draw_bar(built, chosen, write_more.draw_button)
        with drawers.canvas():
            view = _map(built, key, choices, mask, group or [row for row, _ in hits if mask[row]], opened)
        if opened is not None or st.session_state.get(state.EXAMPLE):
            with drawers.card("Example", on_close=example_address.close):
                example_card.draw(built, opened)
        in_group = (np.array(group, dtype=np.int64), "in this group of near-duplicates", {})
        parts: dict[str, Callable[[], None]] = {
            EXAMPLES: lambda: rows_table.draw(
                built, *(in_group if group else _chosen_rows(built, choices, mask, meaning, hits, view))
            ),
            CLUSTERS: lambda: cluster_table.draw(built),
            curating.PART: lambda: curating.draw(built, _to_curate(built, choices, columns, asked, mask, meaning, hits, view)),
        }
        if more_rows.may_plan():
            parts[write_more.PART] = lambda: write_more.draw(
                built, _to_curate(built, choices, columns, asked, mask, meaning, hits, view)
            )
        parts |= {
            SUBSETS: lambda: subsets.draw(built, columns, subsets.Subset(asked, _selected(built, view)), mask),
            ABOUT: lambda: about.draw(built),
        }
        drawers.draw_panel(parts, key=state.PANEL)


def _shown(hidden: np.ndarray | None, listed: row_list.RowList | None) -> np.ndarray | None:
    """(n,) bool: the rows of the list, where one is shown alone, less those that are hidden as deleted; None: all."""
    if listed is None:
        return None if hidden is None else ~hidden
    return listed.mask if hidden is None else listed.mask & ~hidden


def _map(built: BuiltMap, key: str, choices: Choices, mask: np.ndarray, hits: list[int], opened: int | None) -> MapView:
    manifest = built.manifest
    return show_map(
        f"{manifest.slug}/{manifest.fingerprint}",
        key=key,
        n=len(built),
        column=choices.column,
        mask=mask,
        highlight=hits,
        opened=opened,
        lines=neighbor_lines.lines(built, opened),
        names=choices.names,
        cleared=st.session_state.get(state.CLEARED, 0),
        dark=st.context.theme.type == "dark",
        name=manifest.name,
        on_click=lambda row: example_address.open_row(built, row),
    )


def _group(built: BuiltMap) -> list[int]:
    """The group of near-duplicates that the duplicates page asked to show, until it is dismissed; [] without one."""
    slug, rows = st.session_state.get(state.GROUP_ROWS) or ("", [])
    if slug != built.manifest.slug or max(rows) >= len(built):
        return []
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"A group of {len(rows):,} near-duplicates is ringed.")
        st.button("Show all again", type="tertiary", on_click=state.forget, args=(state.GROUP_ROWS,))
    return list(rows)


def _selected(built: BuiltMap, view: MapView) -> np.ndarray | None:
    """The rows that are selected on the map; None where nothing is."""
    return rows_selected(built, view) if view.selection else None


def _search(built: BuiltMap, meaning: str) -> list[tuple[int, float]]:
    if not meaning:
        return []
    manifest = built.manifest
    model = manifest.settings.model
    try:
        return caches.search(manifest.slug, manifest.fingerprint, model, meaning, TOP)
    except DatasetError as error:
        text.show_error(error)
        return []


def _chosen_rows(
    built: BuiltMap, choices: Choices, mask: np.ndarray, meaning: str, hits: list[tuple[int, float]], view: MapView
) -> tuple[np.ndarray, str, dict[int, float]]:
    """The rows that the table shows, what they are, and their similarity to the search."""
    visible = mask.copy()
    if view.hidden and choices.column.kind == "category":
        visible &= ~np.isin(caches.codes(built.manifest.slug, built.manifest.fingerprint, choices.column.key), view.hidden)
    if view.selection:
        rows = rows_selected(built, view)
        return rows[visible[rows]], "selected on the map", dict(hits)
    if hits:
        return np.array([row for row, _ in hits if visible[row]], dtype=np.int64), f"nearest to “{meaning}”", dict(hits)
    if visible.all():
        return np.flatnonzero(visible), "in the dataset", {}
    narrowed = bool(where.now() or view.hidden)
    return np.flatnonzero(visible), "that pass the filters" if narrowed else "that are not deleted", {}


def _to_curate(
    built: BuiltMap,
    choices: Choices,
    columns: map_columns.MapColumns,
    asked: Filter,
    mask: np.ndarray,
    meaning: str,
    hits: list[tuple[int, float]],
    view: MapView,
) -> curating.ChosenRows:
    """The rows of the table, and in words how they came there; no words where nothing was chosen."""
    rows, _, _ = _chosen_rows(built, choices, mask, meaning, hits, view)
    words = [describe(one, columns.facets[one.column].title) for one in asked]
    if view.selection:
        words.insert(0, "lasso on the map" if "lasso" in view.selection else "box on the map")
    elif meaning and hits:
        words.insert(0, f"nearest to “{meaning}”")
    if words and view.hidden and choices.column.kind == "category":
        words.append(f"less what the legend hides of {choices.column.title}")
    return curating.ChosenRows(rows, " and ".join(words))


def _summary(built: BuiltMap, mask: np.ndarray, view: MapView) -> str:
    manifest = built.manifest
    parts = [f"{manifest.rows:,} examples"]
    if manifest.labels:
        parts.append(text.balance(built.examples["label"]))
    if view.view:
        inside = rows_inside(built.coordinates, {"box": view.view})
        inside = inside[mask[inside]]
        parts.append(f"{len(inside):,} in view ({text.balance(built.examples['label'].iloc[inside])})")
    if deleted := len(curation_of(built).rows.deleted):
        parts.append(f"{deleted:,} deleted")
    if manifest.set_aside:
        parts.append(f"{manifest.set_aside:,} rows set aside")
    if manifest.outliers:
        parts.append(f"{manifest.outliers:,} {'outlier' if manifest.outliers == 1 else 'outliers'}")
    return " · ".join(parts)


draw()
