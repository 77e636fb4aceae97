"""What every chart beside the map has in common: SVG in the theme's own template, no mode bar, texts of the data escaped."""

from html import escape

import plotly.graph_objects as go
import streamlit as st


def draw(figure: go.Figure, *, key: str, alt: str) -> None:
    """Draw a chart; `alt` is what a screen reader says of it."""
    st.plotly_chart(figure, config={"displayModeBar": False, "displaylogo": False}, key=key, alt=alt)


def escaped(text: str, *, limit: int | None = None) -> str:
    """A text of the dataset inside a chart: Plotly reads tags, so they are escaped; cut to `limit` characters."""
    return escape(text if limit is None or len(text) <= limit else f"{text[: limit - 1]}…")
