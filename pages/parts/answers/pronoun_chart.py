"""The scatter of occupations: the share of women over what a model makes of their sentences, with the line of least squares."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import streamlit as st
from numpy.typing import NDArray

from evalmap.answers.reading.occupations import OccupationRows
from evalmap.answers.statistics.pronoun_bias import BiasFit, OccupationBias
from evalmap.embeddings import palette
from evalmap.pages.shared import charts

COLORS = (palette.BLUE, palette.ORANGE)
KEY = "pronoun-scatter"


@dataclass(frozen=True)
class ChartSet:
    """One model's points: `values` are of its occupations, on the upright axis."""

    label: str
    occupations: Sequence[OccupationBias]
    values: NDArray[np.float64]
    fit: BiasFit
    of: str = "bias"


def draw(found: OccupationRows, sets: Sequence[ChartSet], measure: str, *, chosen: str | None, opens: str) -> None:
    """Draw the chart; a click on a point puts the name of its occupation under the session key `opens`.

    Parameters
    ----------
    measure : the title of the upright axis
    chosen : the occupation that is open, which is ringed
    """
    signed = any(np.nanmin(one.values, initial=0.0) < 0 for one in sets)
    figure = go.Figure()
    for one, color in zip(sets, COLORS, strict=False):
        figure.add_trace(_points(found, one, color, signed=signed))
        if not one.fit.why_not:
            figure.add_trace(_line(one, color))
    for one in sets:
        at = [i for i, own in enumerate(one.occupations) if found.names[own.at] == chosen and own.share == own.share]
        if at:
            ring = {"size": 16, "color": "rgba(0,0,0,0)", "line": {"width": 2.5, "color": palette.MISSING}}
            figure.add_trace(
                go.Scatter(
                    x=[100 * one.occupations[at[0]].share], y=[one.values[at[0]]], mode="markers", marker=ring, hoverinfo="skip"
                )
            )
    if signed:
        figure.add_hline(y=0, line_dash="dot", line_color=palette.MISSING)
    figure.update_layout(
        height=400,
        margin={"l": 60, "r": 12, "t": 28 if len(sets) > 1 else 12, "b": 48},
        xaxis={"title": "% women among those who have the occupation", "range": [-2, 102]},
        yaxis={"title": measure, "range": [-1.05, 1.05] if signed else [-0.02, 1.02]},
        showlegend=len(sets) > 1,
        legend={"orientation": "h", "y": 1.1, "x": 0},
        clickmode="event+select",
        dragmode=False,
    )
    for trace in figure.data:
        trace.showlegend = trace.mode == "markers" and bool(trace.name)  # type: ignore[attr-defined]

    def clicked() -> None:
        event = st.session_state.get(KEY) or {}
        points = event.get("selection", {}).get("points", [])
        place = points[0].get("customdata") if points else None
        place = place[0] if isinstance(place, list | tuple) else place
        if isinstance(place, int) and 0 <= place < len(found.names):
            st.session_state[opens] = found.names[place]

    st.plotly_chart(
        figure,
        config={"displayModeBar": False, "displaylogo": False},
        key=KEY,
        alt=f"{measure} over the share of women, {sum(len(one.occupations) for one in sets):,} points",
        on_select=clicked,
        selection_mode="points",
    )


def _points(found: OccupationRows, one: ChartSet, color: str, *, signed: bool) -> go.Scatter:
    form = "+.2f" if signed else ".2f"
    hover = [
        f"{charts.escaped(found.names[own.at], limit=60)}<br>{100 * own.share:.1f} % women, {value:{form}}, n = {own.n:,}"
        f"<br>P(female) {own.p_female:.2f}, P(male) {own.p_male:.2f}, P(neutral) {own.p_neutral:.2f}"
        for own, value in zip(one.occupations, one.values, strict=True)
    ]
    return go.Scatter(
        x=np.array([100 * own.share for own in one.occupations]),
        y=one.values,
        mode="markers",
        name=charts.escaped(one.label, limit=50),
        marker={"size": [min(18.0, 4 + 1.2 * own.n**0.5) for own in one.occupations], "color": color, "opacity": 0.6},
        selected={"marker": {"opacity": 0.9}},
        unselected={"marker": {"opacity": 0.6}},
        customdata=[own.at for own in one.occupations],
        text=hover,
        hovertemplate="%{text}<extra></extra>",
    )


def _line(one: ChartSet, color: str) -> go.Scatter:
    shares = np.array([own.share for own in one.occupations])
    ends = np.array([np.nanmin(shares), np.nanmax(shares)])
    heights = one.fit.intercept + one.fit.slope * ends
    return go.Scatter(x=100 * ends, y=heights, mode="lines", line={"color": color, "width": 2}, hoverinfo="skip")
