"""Screen: what repeats, what each batch still brought, and the way to a finer screening."""

from typing import Any

import plotly.graph_objects as go
import streamlit as st

from evalmap.embeddings import palette
from evalmap.pages.parts.writing import map_of_plan, piece_lists
from evalmap.pages.parts.writing.open_plan import OpenPlan
from evalmap.pages.shared import charts, text
from evalmap.pages.shared.navigation import open_duplicates

REPEATING = ("repeats", "near_duplicates")


def draw(plan: OpenPlan) -> None:
    """The yield of each batch, what repeats, and the pages that screen."""
    if plan.result is None:
        st.info("Nothing is written yet.", icon=":material/edit_note:")
        return
    _draw_growth(plan.result.told)
    with st.container(horizontal=True, vertical_alignment="center"):
        if plan.map is None:
            map_of_plan.draw(plan)
            st.caption("A map comes first: it finds near-duplicates, templates and shortcuts in all rows together.")
        else:
            slug = plan.map.slug
            st.button("Near-duplicates", icon=":material/join_inner:", key="go-duplicates", on_click=open_duplicates, args=(slug,))
            st.page_link("quality.py", label="Quality report", icon=":material/verified:", query_params={"dataset": slug})
    piece_lists.draw_alike(plan.result, REPEATING)


def _draw_growth(told: Any) -> None:
    """How many rows each batch brought, and the sentence on whether more would."""
    saturation = told.get("saturation") or {}
    if sentence := saturation.get("sentence"):
        st.markdown(text.in_label(str(sentence), limit=400))
    batches = told.get("batches") or []
    if len(batches) < 2:
        return
    figure = go.Figure()
    x = [batch["batch"] for batch in batches]
    figure.add_bar(
        x=x,
        y=[100 * (batch.get("yield") or 0) for batch in batches],
        marker_color=palette.BLUE,
        name="yield",
        hovertemplate="batch %{x}: %{y:.0f} % of its pieces were kept<extra></extra>",
    )
    figure.add_scatter(
        x=x,
        y=[batch.get("kept_so_far") for batch in batches],
        yaxis="y2",
        mode="lines+markers",
        line={"color": palette.ORANGE},
        name="rows kept so far",
        hovertemplate="%{y:,} rows kept after batch %{x}<extra></extra>",
    )
    figure.update_layout(
        height=260,
        margin={"l": 60, "r": 60, "t": 12, "b": 48},
        xaxis={"title": "batch", "dtick": max(1, len(x) // 10)},
        yaxis={"title": "kept of its pieces, %", "rangemode": "tozero"},
        yaxis2={"title": "rows kept", "overlaying": "y", "side": "right", "rangemode": "tozero", "showgrid": False},
        legend={"orientation": "h", "y": 1.12},
    )
    charts.draw(figure, key="yield", alt=f"Yield of {len(x):,} batches, and rows kept so far")
