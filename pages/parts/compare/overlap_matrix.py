"""Which share of each dataset's rows is repeated in each."""

import plotly.graph_objects as go
import streamlit as st

from evalmap.pages.parts.compare.compared import Compared
from evalmap.pages.shared import charts


def draw(compared: Compared) -> None:
    """A matrix: the rows of one, near-duplicates in another."""
    overlap = compared.report["overlap"]
    matrix, n = overlap["matrix"], len(compared.maps)
    names = [f"{at + 1} · {charts.escaped(compared.name(at), limit=40)}" for at in range(n)]
    shares = [[100 * value for value in row] for row in matrix]
    figure = go.Figure(
        go.Heatmap(
            z=shares,
            x=names,
            y=names,
            zmin=0,
            zmax=100,
            colorscale="Cividis",
            showscale=False,
            texttemplate="%{z:.1f} %",
            hovertemplate="%{z:.1f} % of the rows of %{y}<br>have a near-duplicate in %{x}<extra></extra>",
        )
    )
    figure.update_layout(height=140 + 46 * n, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    figure.update_xaxes(type="category", title="… have a near-duplicate in", automargin=True)
    figure.update_yaxes(type="category", title="of the rows of …", autorange="reversed", automargin=True)
    charts.draw(figure, key="overlap-matrix", alt=f"Share of rows with a near-duplicate, between {n} datasets")
    st.caption(
        f"Near-duplicates: at least {overlap['threshold']:g} alike, or equal texts. In the diagonal: inside a dataset itself."
    )
