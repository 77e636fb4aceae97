"""Model answers: what models said, on the map, per cluster, side by side, over sizes, before and after screening."""

from collections.abc import Callable

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.pages.parts.answers import (
    answer_calibration,
    answer_clusters,
    answer_compare,
    answer_controls,
    answer_figures,
    answer_files,
    answer_import,
    answer_map,
    answer_rows,
    answer_scaling,
    answer_screening_effect,
    answer_sets,
)
from evalmap.pages.server import answer_cache, caches
from evalmap.pages.shared import state, text


def draw() -> None:
    manifest = state.require_dataset()
    built = caches.open_map(manifest.slug, manifest.fingerprint)
    try:
        sets = answer_cache.sets_of(built)
    except DatasetError as error:
        text.show_error(error)
        st.stop()
    answer_import.draw_done()
    if not sets:
        answer_import.draw_empty(built)
        return
    text.heading(manifest.name)
    st.caption(f"The dataset was read so: {text.in_label(manifest.reading_line(), limit=300)}")
    choices = answer_controls.draw(built, sets)
    answer_figures.draw(built, choices)
    selection = answer_map.draw(built, sets, choices)
    if selection.selected:
        answer_figures.draw_region(built, choices, selection.rows)
    ordered = answer_controls.ordered(sets, choices)
    parts: dict[str, Callable[[], None]] = {
        "Clusters": lambda: answer_clusters.draw(built, sets, choices),
        "Examples": lambda: answer_rows.draw(built, ordered, selection.rows, selection.what, key="examples"),
        "Compare": lambda: answer_compare.draw(built, sets, choices),
        "Scaling": lambda: answer_scaling.draw(built, sets, choices),
        "Calibration": lambda: answer_calibration.draw(built, choices),
        "Before and after screening": lambda: answer_screening_effect.draw(built, sets),
        "Answer sets": lambda: answer_sets.draw(built, sets),
        "Import and run": lambda: answer_import.draw(built),
        "Export": lambda: answer_files.draw(built, sets),
    }
    # Only the open tab is drawn: what is costly waits until it is asked for.
    for tab, part in zip(st.tabs(list(parts), key="answers-panel", on_change="rerun"), parts.values(), strict=True):
        if tab.open:
            with tab:
                part()


draw()
