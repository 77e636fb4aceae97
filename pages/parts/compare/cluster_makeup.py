"""Which part of each dataset lies in which cluster of all together."""

import plotly.graph_objects as go
import streamlit as st

from evalmap.pages.parts.compare.compared import Compared
from evalmap.pages.shared import charts


def draw(compared: Compared) -> None:
    """Bars: of each dataset the share that lies in each cluster."""
    clusters = compared.report["clusters"]
    sizes = [dataset["n"] for dataset in compared.report["datasets"]]
    names = [f"{at + 1} · {charts.escaped(cluster['name'], limit=50)}" for at, cluster in enumerate(clusters)]
    figure = go.Figure()
    for place in range(len(compared.maps)):
        counts = [cluster["counts"][place] for cluster in clusters]
        figure.add_trace(
            go.Bar(
                y=names,
                x=[100 * count / sizes[place] for count in counts],
                orientation="h",
                name=charts.escaped(compared.name(place), limit=40),
                marker={"color": compared.color(place)},
                customdata=counts,
                hovertemplate="%{customdata:,} rows, %{x:.1f} %<extra></extra>",
            )
        )
    figure.update_layout(
        height=90 + len(clusters) * (14 + 12 * len(compared.maps)),
        margin={"l": 8, "r": 12, "t": 12, "b": 40},
        bargap=0.25,
        xaxis={"title": "% of the dataset's rows"},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
    )
    figure.update_yaxes(type="category", autorange="reversed", automargin=True)
    charts.draw(figure, key="cluster-makeup", alt="Share of each dataset in each cluster of all together")
    trust = compared.layout.settings.get("trustworthiness")
    told = f" Trustworthiness of the map of all together: {trust:.2f} of 1." if trust is not None else ""
    st.caption(f"The clusters are k-means on the embeddings of all datasets together, the largest first.{told}")
