"""Charts of the duplicates page: where the threshold cuts, and which files share rows."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from evalmap.pages.shared import charts, palette


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
    hover = "%{customdata} pairs<extra></extra>" if labels is None else "%{y} × %{x}: %{customdata} pairs<extra></extra>"
    heat = go.Heatmap(z=scaled, x=labels, y=labels, customdata=pairs, colorscale="Cividis", showscale=False, hovertemplate=hover)
    figure = go.Figure(heat)
    figure.update_layout(height=360, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    figure.update_xaxes(showticklabels=labels is not None)
    figure.update_yaxes(showticklabels=labels is not None, autorange="reversed")
    charts.draw(figure, key="file-matrix", alt=f"Pairs of alike rows between {len(names)} files")
