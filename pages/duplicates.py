"""Near-duplicates: choose the threshold by reading, see what goes and why, decide by hand, take the rest away."""

from collections.abc import Callable

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.pages.parts.duplicates import (
    contrast_list,
    dataset_overlap,
    duplicate_controls,
    duplicate_counts,
    duplicate_export,
    duplicate_pairs,
    group_cards,
    pair_reader,
    template_list,
    threshold_reader,
    variant_list,
)
from evalmap.pages.shared import state, text


def draw() -> None:
    manifest = state.require_dataset()
    built, pairs = duplicate_pairs.require_pairs(manifest)
    with st.sidebar:
        choices = duplicate_controls.draw(built, pairs)
    try:
        screening = duplicate_pairs.select_rows(built, pairs, choices)
    except DatasetError as error:
        text.show_error(error, *duplicate_controls.CONTROLS, place="in the sidebar")
        st.stop()
    duplicate_counts.draw(built, pairs, screening, choices)
    parts: dict[str, Callable[[], None]] = {
        "Groups": lambda: group_cards.draw(built, pairs, screening, choices),
        "Around the cut": lambda: pair_reader.draw(built, pairs, choices),
        "Threshold by example": lambda: threshold_reader.draw(built, pairs, choices),
        "Contrast pairs": lambda: contrast_list.draw(built, pairs, screening),
        "Variants": lambda: variant_list.draw(built, screening),
        "Templates": lambda: template_list.draw(built, pairs, screening, choices),
        "Across files": lambda: dataset_overlap.draw_files(built, pairs, choices),
        "Against another dataset": lambda: dataset_overlap.draw_against(built, choices),
        "Export": lambda: duplicate_export.draw(built, pairs, screening, choices),
    }
    # Only the open tab is drawn: the slider must not wait for the others.
    for tab, part in zip(st.tabs(list(parts), key=state.DUPLICATES_PANEL, on_change="rerun"), parts.values(), strict=True):
        if tab.open:
            with tab:
                part()


draw()
