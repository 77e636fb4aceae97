"""The probability of the intended label, as the filter's model gives it: a histogram a label, with the threshold as a line."""

from itertools import cycle

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.embeddings import palette
from evalmap.pages.server.written import StoredResult
from evalmap.pages.shared import charts, text

BINS = 20
FIGURES = (
    ("threshold", "Threshold", "Rows below it are set aside."),
    ("mean", "Mean confidence", "Of all rows that were judged: P(intended label), 0 to 1."),
    ("kept_mean", "Of the rows kept", "If the probabilities are right, the share of rows whose label fits."),
)


def draw(result: StoredResult) -> None:
    """The histogram, and what the filter tells of itself."""
    told = result.told["filter"]
    try:
        pieces = [(piece.label, piece.confidence) for piece in result.pieces() if piece.confidence is not None]
    except DatasetError as error:
        text.show_error(error)
        return
    threshold = told.get("threshold")
    with st.container(horizontal=True, gap="large"):
        st.metric("Rows judged", f"{told.get('n', len(pieces)):,}")
        for name, title, help in FIGURES:
            if (value := told.get(name)) is not None:
                st.metric(title, f"{value:.2f}", help=help)
        if (best := told.get("best")) is not None:
            st.metric("Best of each label", f"{best:,}")
        if (accuracy := told.get("accuracy")) is not None:
            limits = f"{text.percent(told['accuracy_low'])} to {text.percent(told['accuracy_high'])}, {told['accuracy_n']:,} rows"
            st.metric("Agrees with people", text.percent(accuracy), help=f"P > .5 against reviewed rows: {limits}.")
    asked = f"{told['model']} was asked {told.get('asks', 'for the label')}."
    st.caption(text.in_label(asked, limit=240) + ("" if told.get("accuracy_n") else " Nobody has reviewed these rows yet."))
    if not pieces:
        return
    edges = np.linspace(0, 1, BINS + 1)
    figure = go.Figure()
    colors = cycle((palette.BLUE, palette.ORANGE, palette.MISSING))
    for label in (label for label in result.table if label != "all"):
        counts, _ = np.histogram([confidence for of, confidence in pieces if of == label], bins=edges)
        figure.add_bar(
            x=(edges[:-1] + edges[1:]) / 2,
            y=counts,
            name=charts.escaped(label, limit=40),
            marker_color=next(colors),
            hovertemplate="%{y:,} rows at %{x:.2f}<extra></extra>",
        )
    if isinstance(threshold, (int, float)):
        figure.add_vline(x=threshold, line_dash="dash", line_color=palette.MISSING, annotation_text="threshold")
    figure.update_layout(
        barmode="group",
        bargap=0.1,
        height=280,
        margin={"l": 60, "r": 12, "t": 24, "b": 48},
        xaxis={"title": "label confidence", "range": [0, 1]},
        yaxis={"title": "rows"},
        legend={"orientation": "h", "y": 1.15},
    )
    charts.draw(figure, key="confidence", alt=f"Label confidence of {len(pieces):,} rows, by label")
