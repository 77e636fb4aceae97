"""How much of each dataset has something like it in the other: curves over the similarity asked for."""

import plotly.graph_objects as go
import streamlit as st

from evalmap.pages.parts.compare.compared import Compared
from evalmap.pages.shared import charts, text

DASHES = ("solid", "dash", "dot", "dashdot")


def draw(compared: Compared) -> None:
    """A curve with its interval for each direction, and the shares at the similarity of the gaps in words."""
    for gap in compared.report["gaps"]:
        n, missing = compared.report["datasets"][gap["of"]]["n"], len(gap["rows"])
        st.caption(
            f"At a similarity of {gap['similarity']:g}, **{compared.label(gap['by'])}** covers {text.percent(1 - missing / n)} of "
            f"**{compared.label(gap['of'])}**; {missing:,} of its {n:,} rows have nothing like them there."
        )
    figure = go.Figure()
    for found in compared.report["coverage"]:
        color = compared.color(found["of"])
        dash = DASHES[found["by"] % len(DASHES)] if len(compared.maps) > 2 else "solid"
        name = (
            f"of {charts.escaped(compared.name(found['of']), limit=40)}, by {charts.escaped(compared.name(found['by']), limit=40)}"
        )
        x, lows, highs = found["similarities"], found["lows"], found["highs"]
        if any(value is None for value in found["shares"]):
            continue
        shares, lows, highs = ([100 * value for value in values] for values in (found["shares"], lows, highs))
        figure.add_trace(
            go.Scatter(
                x=[*x, *x[::-1]],
                y=[*highs, *lows[::-1]],
                fill="toself",
                fillcolor=color,
                opacity=0.2,
                line={"width": 0},
                hoverinfo="skip",
                showlegend=False,
                legendgroup=name,
            )
        )
        figure.add_trace(
            go.Scatter(
                x=x,
                y=shares,
                mode="lines",
                name=name,
                legendgroup=name,
                line={"color": color, "width": 2, "dash": dash},
                customdata=[[low, high] for low, high in zip(lows, highs, strict=True)],
                hovertemplate="similarity %{x:.2f}: %{y:.1f} % (%{customdata[0]:.1f}–%{customdata[1]:.1f})<extra></extra>",
            )
        )
    figure.update_layout(
        height=340,
        margin={"l": 60, "r": 12, "t": 12, "b": 48},
        xaxis={"title": "similarity of the nearest row, at least"},
        yaxis={"title": "% of rows covered", "range": [0, 101]},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
    )
    charts.draw(figure, key="coverage-curves", alt="Share of each dataset that another one covers, over the similarity")
    st.caption("Bands: 95 % intervals (Wilson), with near-duplicates counted as less than a row each.")
