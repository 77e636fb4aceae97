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
LABELLED = 20  # batches whose rows are written beside their bars


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
    saturation, ended = told.get("saturation") or {}, told.get("ended") or {}
    if sentence := saturation.get("sentence"):
        st.markdown(f"**{text.in_label(str(sentence), limit=400)}**")
    if told.get("until_new") and (why := ended.get("sentence")):
        st.caption(text.in_label(f"It ended because {why}.", limit=300))
    batches = told.get("batches") or []
    if len(batches) < 2:
        return
    figure = go.Figure()
    figure.add_bar(
        x=[batch["batch"] for batch in batches],
        y=[100 * batch["yield"] for batch in batches],
        text=[f"+{batch['kept']:,}" for batch in batches] if len(batches) <= LABELLED else None,
        customdata=[[batch["kept"], batch["pieces"], batch["kept_so_far"]] for batch in batches],
        marker_color=palette.BLUE,
        hovertemplate="batch %{x}: %{customdata[0]:,} of %{customdata[1]:,} pieces kept, %{customdata[2]:,} so far<extra></extra>",
    )
    figure.update_layout(
        height=240,
        margin={"l": 60, "r": 12, "t": 12, "b": 48},
        xaxis={"title": "batch", "dtick": max(1, len(batches) // 10)},
        yaxis={"title": "kept of its pieces, %", "range": [0, 105]},
    )
    charts.draw(figure, key="yield", alt=f"Yield of {len(batches):,} batches; {batches[-1]['kept_so_far']:,} rows kept")
