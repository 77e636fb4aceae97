"""What all parts of the compare page look at: the datasets, their map together, what was found."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import streamlit as st

from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.shared_layout import SharedLayout
from evalmap.pages.component.map_view import category_colors
from evalmap.pages.server import caches
from evalmap.pages.shared import text


@dataclass(frozen=True)
class Compared:
    """The datasets that are compared.

    Attributes
    ----------
    maps : in the order chosen, as the report counts them
    together : those same maps by slug, as the layout counts them
    layout, shared : of `together`; as one map
    report : as `evalmap compare --json` prints it
    """

    maps: Sequence[BuiltMap]
    together: Sequence[BuiltMap]
    layout: SharedLayout
    shared: BuiltMap
    report: dict[str, Any]

    def name(self, place: int) -> str:
        """What a dataset is called, by its place in `maps`; with its slug where two are called so."""
        names = [built.manifest.name for built in self.maps]
        own = names[place]
        return own if names.count(own) == 1 else f"{own} ({self.maps[place].manifest.slug})"

    def label(self, place: int, *, limit: int = 60) -> str:
        """The name for a place that reads Markdown."""
        return text.in_label(self.name(place), limit=limit)

    def line(self, place: int, *, limit: int = 60) -> str:
        """The name for a place that shows text as it is."""
        return text.in_line(self.name(place), limit=limit)

    def color(self, place: int) -> str:
        """The colour of a dataset, that of its points on the map."""
        manifest = self.shared.manifest
        columns = caches.columns(manifest.slug, manifest.fingerprint)
        column = next(column for column in columns if column.key == "dataset")
        colors = category_colors(column)
        slugs = [name for name, _ in column.categories]
        return colors[slugs.index(self.maps[place].manifest.slug)]

    def shared_row(self, place: int, row: int) -> int | None:
        """The row of the shared map that is a row of a dataset; None where the sample left it out."""
        return self.layout.row_of(self._source(place), row)

    def own_row(self, shared: int) -> tuple[int, int]:
        """(place of the dataset, its row) of a row of the shared map."""
        source = self.together[int(self.layout.sources[shared])]
        return next(at for at, built in enumerate(self.maps) if built is source), int(self.layout.rows[shared])

    def _source(self, place: int) -> int:
        return next(at for at, built in enumerate(self.together) if built is self.maps[place])


def choose_pair(compared: Compared, *, key: str, ordered: bool = False, label: str = "Which two") -> tuple[int, int]:
    """Which two datasets a part tells of; without a question where there are two and their order does not matter.

    Parameters
    ----------
    ordered : (a, b) and (b, a) are two choices
    """
    n = len(compared.maps)
    pairs = [(a, b) for a, b in permutations(range(n), 2) if ordered or a < b]
    if len(pairs) == 1:
        return pairs[0]
    between = "not in" if ordered else "and"
    words = [f"{compared.line(a)} {between} {compared.line(b)}" for a, b in pairs]
    place = st.selectbox(label, range(len(pairs)), format_func=lambda at: words[at], key=key)
    return pairs[place or 0]
