"""How the number of distinct rows grew with the rows, beside a dataset in which every row is new."""

from typing import Any

import plotly.graph_objects as go

from evalmap.embeddings import palette
from evalmap.pages.shared import charts


def draw(saturation: Any) -> None:
    """The growth curve; nothing without rows."""
    n, curve = saturation["n"], saturation["growth"]
    if not n:
        return
    rows, distinct = [0, *(point[0] for point in curve)], [0, *(point[1] for point in curve)]
    figure = go.Figure()
    figure.add_scatter(
        x=[0, n], y=[0, n], mode="lines", line={"color": palette.MISSING, "dash": "dot"}, name="every row new", hoverinfo="skip"
    )
    figure.add_scatter(
        x=rows,
        y=distinct,
        mode="lines",
        line={"color": palette.BLUE},
        name="this dataset",
        hovertemplate="%{y:,} distinct among the first %{x:,}<extra></extra>",
    )
    figure.update_layout(
        height=260,
        margin={"l": 60, "r": 12, "t": 12, "b": 48},
        xaxis={"title": "rows, as they stand in the file", "rangemode": "tozero"},
        yaxis={"title": "distinct rows", "rangemode": "tozero"},
        legend={"x": 0.02, "y": 0.98},
    )
    alt = f"Distinct rows over rows: {distinct[-1]:,} of {n:,}"
    charts.draw(figure, key="growth", alt=alt)
