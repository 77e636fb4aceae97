"""The map of all compared datasets together."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from evalmap.pages.component.map_data import Column
from evalmap.pages.component.map_view import show_map
from evalmap.pages.parts.compare import shared_example
from evalmap.pages.parts.compare.compared import Compared
from evalmap.pages.server import caches
from evalmap.pages.shared import state

DATASET = "Dataset"


@dataclass(frozen=True)
class ViewChoices:
    """column : the colouring; shown : the places of the datasets in colour; names : whether cluster names stand on the map."""

    column: Column
    shown: tuple[int, ...]
    names: bool


def draw_controls(compared: Compared) -> ViewChoices:
    """Draw what is set of the map, and read it."""
    places = range(len(compared.maps))
    manifest = compared.shared.manifest
    shown = st.pills(
        "In colour",
        places,
        selection_mode="multi",
        default=places,
        format_func=compared.label,
        key=f"{state.COMPARE_SHOWN}-{manifest.slug}",
        help="The others stay on the map in grey.",
    )
    columns = {column.title: column for column in caches.columns(manifest.slug, manifest.fingerprint)}
    first = list(columns).index(DATASET)
    chosen = st.selectbox("Colour by", list(columns), index=first, key=state.COMPARE_COLOR, bind="query-params")
    names = st.toggle("Cluster names on the map", value=True, key=state.NAMES, bind="query-params")
    return ViewChoices(columns.get(chosen or "", columns[DATASET]), tuple(shown), names)


def draw(compared: Compared, choices: ViewChoices, opened: int | None, ringed: list[int]) -> None:
    """Draw the map; a click opens the example.

    Parameters
    ----------
    opened, ringed : rows of the shared map
    """
    manifest = compared.shared.manifest
    slugs = [compared.maps[place].manifest.slug for place in choices.shown]
    show_map(
        f"{manifest.slug}/{manifest.fingerprint}",
        key=f"compare-map-{manifest.slug}-{manifest.fingerprint}",
        n=len(compared.shared),
        column=choices.column,
        mask=np.isin(compared.shared.examples["dataset"].to_numpy(dtype=object), slugs),
        highlight=ringed,
        opened=opened,
        names=choices.names,
        dark=st.context.theme.type == "dark",
        name=manifest.name,
        on_click=lambda row: shared_example.open_row(compared, row),
    )


def draw_note(compared: Compared) -> None:
    """Of which datasets only a sample lies on the map, where it is so."""
    rows = dict(zip((built.manifest.slug for built in compared.together), compared.layout.settings["rows"], strict=True))
    told = [(place, rows[built.manifest.slug]) for place, built in enumerate(compared.maps)]
    sampled = [
        f"{one['laid_out']:,} of {one['of']:,} rows of {compared.label(place)}"
        for place, one in told
        if one["laid_out"] < one["of"]
    ]
    if sampled:
        st.caption(f"On the map is a random sample: {', '.join(sampled)}. The figures are of all rows.")
