"""Charts of the answers page: SVG, in the theme's own template and the map's palette."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from evalmap.answers.answer_types import Scores
from evalmap.answers.statistics.calibration import CalibrationCurve
from evalmap.answers.statistics.comparison import compared_rows
from evalmap.answers.statistics.scaling import ScalePoint, Scaling
from evalmap.embeddings import palette
from evalmap.pages.shared import charts

MOST_POINTS = 2_000  # of a scatter; beyond, a heat map tells more
MARGIN = {"l": 60, "r": 12, "t": 12, "b": 48}


def scatter(a: Scores, b: Scores) -> None:
    """P(matching) of two sets against each other, an example a point; nothing where one has no probabilities."""
    both = compared_rows(a, b).used & np.isfinite(a.p_matching) & np.isfinite(b.p_matching)
    if not both.any():
        return
    x, y = a.p_matching[both], b.p_matching[both]
    if len(x) <= MOST_POINTS:
        marks = go.Scatter(
            x=x,
            y=y,
            mode="markers",
            marker={"size": 5, "color": palette.BLUE, "opacity": 0.45},
            hovertemplate="%{x:.2f}, %{y:.2f}<extra></extra>",
        )
    else:
        counts, xs, ys = np.histogram2d(x, y, bins=40, range=[[0, 1], [0, 1]])
        marks = go.Heatmap(
            x=(xs[:-1] + xs[1:]) / 2,
            y=(ys[:-1] + ys[1:]) / 2,
            z=np.log10(1 + counts.T),
            customdata=counts.T,
            colorscale="Cividis",
            showscale=False,
            hovertemplate="%{customdata} examples<extra></extra>",
        )
    figure = go.Figure(marks)
    figure.add_shape(type="line", x0=0, y0=0, x1=1, y1=1, line={"color": palette.MISSING, "dash": "dot"})
    figure.update_layout(
        height=300,
        margin=MARGIN,
        xaxis={"title": f"P(matching), {charts.escaped(a.label, limit=36)}", "range": [0, 1]},
        yaxis={"title": f"P(matching), {charts.escaped(b.label, limit=36)}", "range": [0, 1]},
        showlegend=False,
    )
    alt = f"P(matching) of the two sets over {len(x):,} examples"
    charts.draw(figure, key="answers-scatter", alt=alt)


def scaling(points: Sequence[ScalePoint], found: Scaling, *, title: str, chance: float) -> None:
    """% matching over size with Wilson intervals, the fitted line and the chance line."""
    ratios = np.array([point.ratio for point in points])
    intervals = [point.interval for point in points]
    x = np.array([point.x for point in points])
    figure = go.Figure()
    figure.add_trace(
        go.Scatter(
            x=x,
            y=100 * ratios,
            mode="markers",
            marker={"size": 9, "color": palette.BLUE},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [100 * (i.high - r) for i, r in zip(intervals, ratios, strict=True)],
                "arrayminus": [100 * (r - i.low) for i, r in zip(intervals, ratios, strict=True)],
            },
            text=[f"{charts.escaped(point.label)} (n = {point.n:,})" for point in points],
            hovertemplate="%{text}: %{y:.1f} %<extra></extra>",
        )
    )
    logarithmic = bool((x > 0).all())
    grid = np.geomspace(x.min(), x.max(), 60) if logarithmic else np.linspace(x.min(), x.max(), 60)
    line = {"color": palette.ORANGE, "width": 2}
    figure.add_trace(go.Scatter(x=grid, y=100 * found.fitted(grid), mode="lines", line=line, hoverinfo="skip"))
    figure.add_hline(y=100 * chance, line_dash="dot", line_color=palette.MISSING, annotation_text="chance")
    figure.update_layout(
        height=340,
        margin=MARGIN,
        xaxis={"title": title, "type": "log" if logarithmic else "linear"},
        yaxis={"title": "% matching", "range": [0, 100]},
        showlegend=False,
    )
    charts.draw(figure, key="answers-scaling", alt=f"% matching over {title} for {len(points)} models")


def calibration(curves: Sequence[CalibrationCurve], *, ceiling: float, floor: float) -> None:
    """Mean P(matching) over label confidence, a curve a label, with a bar for each bin's spread of matching."""
    figure = go.Figure()
    for curve, color in zip(curves, palette.colors([curve.label for curve in curves]), strict=True):
        bins = [b for b in curve.bins if b.n]
        figure.add_trace(
            go.Scatter(
                x=[b.confidence for b in bins],
                y=[b.mean_p if b.mean_p == b.mean_p else b.matching for b in bins],
                mode="lines+markers",
                name=charts.escaped(curve.label),
                marker={"size": 8, "color": color},
                line={"color": color},
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": [b.mean_p_interval.high - b.mean_p for b in bins],
                    "arrayminus": [b.mean_p - b.mean_p_interval.low for b in bins],
                },
                text=[f"n = {b.n:,}" for b in bins],
                hovertemplate="confidence %{x:.2f}: %{y:.2f}, %{text}<extra></extra>",
            )
        )
    for level, name in ((ceiling, "ceiling"), (floor, "floor")):
        if level == level:
            figure.add_hline(y=level, line_dash="dot", line_color=palette.MISSING, annotation_text=name)
    figure.update_layout(
        height=360,
        margin=MARGIN,
        xaxis={"title": "label confidence"},
        yaxis={"title": "mean P(matching)", "range": [0, 1]},
        legend={"title": {"text": "label"}},
    )
    charts.draw(figure, key="answers-calibration", alt="P(matching) over label confidence, within each label")
