"""Charts of the duplicates page: where the threshold cuts, and which files share rows."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from evalmap.embeddings import palette
from evalmap.pages.shared import charts


def similarity_histogram(values: NDArray[np.float32], *, cut: float, n: int) -> None:
    """Rows by the similarity of their nearest other row, those at or above the cut in colour.

    values : (m,) of the rows whose nearest lies above the floor of the pair list; n : rows of the dataset
    """
    low = float(values.min()) if len(values) else 0.8
    edges = np.linspace(min(low, cut), 1.0, 61)
    counts, _ = np.histogram(values, bins=edges)
    centers = (edges[:-1] + edges[1:]) / 2
    colors = [palette.ORANGE if center >= cut else palette.MISSING for center in centers]
    hover = "%{x:.3f}: %{y} rows<extra></extra>"
    figure = go.Figure(go.Bar(x=centers, y=counts, marker_color=colors, width=np.diff(edges), hovertemplate=hover))
    figure.add_vline(x=cut, line_width=2, line_color=palette.BLUE)
    figure.update_layout(
        height=190,
        margin={"l": 48, "r": 8, "t": 8, "b": 40},
        bargap=0,
        xaxis={"title": f"similarity of the nearest row ({len(values):,} of {n:,} rows above the floor)"},
        yaxis={"title": "rows", "type": "log" if counts.max(initial=0) > 200 else "linear"},
        showlegend=False,
    )
    alt = f"Histogram of nearest-neighbour similarity, cut at {cut:.3f}"
    charts.draw(figure, key="similarity-histogram", alt=alt)


def file_matrix(pairs: NDArray[np.int64], names: Sequence[str]) -> None:
    """Pairs of alike rows between files as a heat map: (f, f), logarithmic in colour; the diagonal is inside a file."""
    scaled = np.log10(1 + pairs.astype(np.float64))
    short = [charts.escaped(name, limit=40) for name in names]
    labels = short if len(set(short)) == len(short) and len(short) <= 30 else None
    data: Any = pairs
    hover = "%{customdata} pairs<extra></extra>"
    if labels is not None:  # the axes cut the names, the hover text does not
        whole = [charts.escaped(name) for name in names]
        data = [[(one, other, int(pairs[i, j])) for j, other in enumerate(whole)] for i, one in enumerate(whole)]
        hover = "%{customdata[0]} × %{customdata[1]}: %{customdata[2]} pairs<extra></extra>"
    heat = go.Heatmap(z=scaled, x=labels, y=labels, customdata=data, colorscale="Cividis", showscale=False, hovertemplate=hover)
    figure = go.Figure(heat)
    figure.update_layout(height=360, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    # A category whatever it is called: a file named like a number or a date is no place on a scale.
    axis = {"showticklabels": labels is not None, **({} if labels is None else {"type": "category"})}
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis, autorange="reversed")
    charts.draw(figure, key="file-matrix", alt=f"Pairs of alike rows between {len(names)} files")
