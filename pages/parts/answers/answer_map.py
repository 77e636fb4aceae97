"""The map on the answers page, and beside it one example with what each model answered."""

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from evalmap.answers.statistics.clusters import MIN_N
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.component.map_view import MapView, rows_selected, show_map
from evalmap.pages.parts.answers import answer_clusters
from evalmap.pages.parts.answers.answer_controls import AnswerChoices
from evalmap.pages.server import caches
from evalmap.pages.shared import example_address, text


@dataclass(frozen=True)
class RowSelection:
    """Which rows the reader looks at, and what they are."""

    rows: NDArray[np.int64]
    what: str
    selected: bool


def draw(built: BuiltMap, choices: AnswerChoices) -> RowSelection:
    """Draw the map; the cluster that is selected in the table below stays in colour, the others turn grey."""
    manifest = built.manifest
    mask = in_cluster(built, choices)
    view = show_map(
        f"{manifest.slug}/{manifest.fingerprint}",
        key=f"answers-map-{manifest.slug}-{manifest.fingerprint}",
        n=len(built),
        column=choices.column,
        mask=mask,
        opened=choices.opened,
        names=choices.names,
        dark=st.context.theme.type == "dark",
        name=f"{manifest.name}, {choices.column.title}",
        on_click=lambda row: example_address.open_row(built, row),
    )
    return _selection(built, choices, mask, view)


def in_cluster(built: BuiltMap, choices: AnswerChoices) -> NDArray[np.bool_] | None:
    """(n,) the rows of the cluster that is selected in the table; None where none is."""
    cluster = answer_clusters.selected(built, choices)
    return None if cluster is None else np.asarray(built.clustering(choices.layer).labels == cluster)


def draw_legend_note(built: BuiltMap, choices: AnswerChoices) -> None:
    """What the colours say, in a sentence."""
    st.caption(_what(choices, in_cluster(built, choices)))


def _selection(built: BuiltMap, choices: AnswerChoices, mask: NDArray[np.bool_] | None, view: MapView) -> RowSelection:
    visible = np.ones(len(built), dtype=bool) if mask is None else mask.copy()
    if view.hidden and choices.column.kind == "category":
        codes = caches.codes(built.manifest.slug, built.manifest.fingerprint, choices.column.key)
        visible &= ~np.isin(codes, view.hidden)
    if view.selection:
        rows = rows_selected(built, view)
        return RowSelection(rows[visible[rows]], "selected on the map", True)
    return RowSelection(np.flatnonzero(visible), "in the dataset" if visible.all() else "in colour on the map", False)


def _what(choices: AnswerChoices, mask: NDArray[np.bool_] | None) -> str:
    column = choices.column
    caption = "Each point is an example."
    if column.key.endswith(".p"):
        caption += " Blue: the matching answer has more than half of the options' probability; orange: less."
    elif column.kind == "number":
        caption += " Blue: the first set puts more probability on the matching answer; orange: the second does."
    if column.missing:
        caption += f" {column.missing:,} examples have no value here and are grey."
    if mask is not None:
        caption += f" Only the selected cluster is in colour ({int(mask.sum()):,} examples)."
    return caption


def draw_deviating(built: BuiltMap, choices: AnswerChoices) -> None:
    """The clusters that deviate most, in a sentence each."""
    found = answer_clusters.figures(built, choices)
    flagged = [f for f in found if f.flagged]
    names = built.names_by_layer[choices.layer]
    if flagged:
        st.markdown("**Clusters that deviate from the rest**, adjusted for their labels")
        for figures in sorted(flagged, key=lambda f: -abs(f.deviation))[:6]:
            way = "more" if figures.deviation > 0 else "less"
            name = text.in_label(names[figures.id].name)
            st.caption(
                f"{100 * abs(figures.deviation):.1f} points {way} matching: **{name}** "
                f"(n = {figures.n:,}, q = {figures.qvalue:.2g})"
            )
        if len(flagged) > 6:
            st.caption(f"… and {len(flagged) - 6} more, in the table below.")
    elif all(f.hidden for f in found):
        st.markdown(f"**No cluster can be tested**: none has {MIN_N} answers. Coarser clusters: “Clusters of” in the sidebar.")
    else:
        st.markdown("**No cluster deviates from the rest** once its labels are taken into account (q < .05).")
