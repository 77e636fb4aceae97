"""What the reader of the answers page chooses: which answer set, beside which other one, and what the map shows of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from evalmap.answers.answer_types import Scores
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.layers import LAYERS
from evalmap.pages.component import answer_columns
from evalmap.pages.component.map_data import Column
from evalmap.pages.server import caches
from evalmap.pages.shared import example_address, state

NOTHING = "nothing"
P, ANSWER, DIFFERENCE, LABEL = "P(matching)", "Answer", "Difference of the two", "Label"


@dataclass(frozen=True)
class AnswerChoices:
    """What the reader set; `b` is None where nothing is compared."""

    a: Scores
    b: Scores | None
    column: Column
    layer: str
    names: bool
    opened: int | None


def draw(built: BuiltMap, sets: Sequence[Scores]) -> AnswerChoices:
    """Draw the choices and read them."""
    by_label = {scores.label: scores for scores in sets}
    chosen = st.selectbox("Answers of", list(by_label), key=state.ANSWERS, bind="query-params")
    a = by_label.get(chosen or "", sets[0])
    others = [NOTHING, *(label for label in by_label if label != a.label)]
    beside = st.selectbox("Compare with", others, key=state.VERSUS, bind="query-params", disabled=len(others) == 1)
    b = by_label.get(beside or "")
    column = _color(built, a, b)
    title = st.selectbox("Clusters of", [layer.title for layer in LAYERS], key=state.LAYER, bind="query-params")
    names = st.toggle("Cluster names on the map", value=True, key=state.NAMES, bind="query-params")
    opened = example_address.draw_address(built)
    layer = next((layer for layer in LAYERS if layer.title == title), LAYERS[0]).id
    return AnswerChoices(a, b, column, layer, names, opened)


def ordered(sets: Sequence[Scores], choices: AnswerChoices) -> list[Scores]:
    """The chosen sets first, then the others."""
    first = [choices.a] + ([choices.b] if choices.b else [])
    return [*first, *(scores for scores in sets if all(scores.id != one.id for one in first))]


def _color(built: BuiltMap, a: Scores, b: Scores | None) -> Column:
    offered: dict[str, Column | None] = {P: answer_columns.p_column(a), ANSWER: answer_columns.answer_column(a)}
    if b is not None:
        offered[DIFFERENCE] = answer_columns.difference_column(a, b)
    manifest = built.manifest
    offered[LABEL] = next((c for c in caches.columns(manifest.slug, manifest.fingerprint) if c.key == "label"), None)
    columns = {title: column for title, column in offered.items() if column is not None}
    chosen = st.selectbox("Colour by", list(columns), key=state.ANSWER_COLOR, bind="query-params")
    return columns.get(chosen or "", next(iter(columns.values())))
