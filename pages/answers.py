"""Model answers: what models said, on the map, per cluster, side by side, over sizes, before and after screening."""

from collections.abc import Callable, Sequence

import streamlit as st

from evalmap.answers.answer_types import Scores
from evalmap.data.errors import DatasetError
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.answers import (
    answer_calibration,
    answer_card,
    answer_clusters,
    answer_compare,
    answer_controls,
    answer_figures,
    answer_files,
    answer_import,
    answer_map,
    answer_pronouns,
    answer_rows,
    answer_scaling,
    answer_screening_effect,
    answer_sets,
)
from evalmap.pages.parts.answers.answer_controls import AnswerChoices
from evalmap.pages.parts.answers.answer_map import RowSelection
from evalmap.pages.server import answer_cache, caches
from evalmap.pages.shared import drawers, example_address, state, text

FIGURES = "Figures"


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
    with st.sidebar:
        choices = answer_controls.draw(built, sets)
    ordered = answer_controls.ordered(sets, choices)
    with drawers.around_map():
        with drawers.above():
            text.heading(manifest.name)
            answer_map.draw_legend_note(built, choices)
        with drawers.canvas():
            selection = answer_map.draw(built, choices)
        if choices.opened is not None:
            with drawers.card("Example", on_close=example_address.close):
                answer_card.draw_example(built, sets, choices.opened)
        parts = _parts(built, sets, ordered, choices, selection)
        first = answer_pronouns.NAME if answer_pronouns.NAME in parts else FIGURES
        drawers.draw_panel(parts, key=state.ANSWERS_PANEL, default=first)


def _parts(
    built: BuiltMap, sets: Sequence[Scores], ordered: list[Scores], choices: AnswerChoices, selection: RowSelection
) -> dict[str, Callable[[], None]]:
    def figures() -> None:
        st.caption(f"The dataset was read so: {text.in_label(built.manifest.reading_line(), limit=300)}")
        answer_figures.draw(built, choices)
        if selection.selected:
            answer_figures.draw_region(built, choices, selection.rows)
        answer_map.draw_deviating(built, choices)

    pronouns = (
        {answer_pronouns.NAME: lambda: answer_pronouns.draw(built, choices)} if answer_pronouns.tells(built, choices.a) else {}
    )
    return {
        FIGURES: figures,
        **pronouns,
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


draw()
