"""The clusters of a layer: what they are called, how large, how balanced, what is typical of them."""

import pandas as pd
import streamlit as st

from evalmap.data.facets.predicates import Predicate
from evalmap.embeddings import model_names
from evalmap.embeddings.built_map import BREADCRUMB, BuiltMap
from evalmap.embeddings.label_deviations import TEST, reference_label
from evalmap.embeddings.layers import LAYERS, layer_of
from evalmap.embeddings.naming import ClusterName
from evalmap.pages.parts.map import where
from evalmap.pages.server import caches
from evalmap.pages.shared import state, text

MODEL_HELP = "Off: every cluster is named by its terms. A model's name is shown only where it tells its cluster at least as well."

HOLDS = (
    "Rows with at least one of the name's terms. Where it is under half, the name is grey on the map: read the examples instead."
)


def draw(built: BuiltMap) -> None:
    """Draw the table of a layer; a selected row shows its exemplars and can be shown on the map."""
    manifest = built.manifest
    title = st.selectbox("Clusters of", [layer.title for layer in LAYERS], key=state.LAYER, bind="query-params", width=260)
    layer = next((layer for layer in LAYERS if layer.title == title), LAYERS[0]).id
    deviations = caches.deviations_of_labels(manifest.slug, manifest.fingerprint, layer)
    names = built.names_by_layer[layer]
    reference = reference_label(built.examples["label"])
    sizes = pd.Series(built.clustering(layer).labels).value_counts()
    columns: dict[str, list[object]] = {"name": [n.name for n in names]}
    if any(within := [BREADCRUMB.join(built.crumbs(layer, n.id)) for n in names]):
        columns["within"] = list(within)
    columns["size"] = [int(sizes[n.id]) for n in names]
    if any(n.holds is not None for n in names):
        columns["holds"] = [None if n.holds is None else 100 * n.holds for n in names]
    if reference is not None:
        columns["share"] = [100 * d.share for d in deviations]
        columns["deviates"] = ["●" if d.flagged else "" for d in deviations]
    columns["typical"] = [built.text(n.medoid) for n in names]
    table = pd.DataFrame(columns)
    st.caption(f"{layer_of(layer).title}: {len(names)} clusters.")
    there = caches.workspace().manifest(manifest.slug)
    if there and model_names.by_terms(there) != there:
        st.toggle("Names by the language model", value=True, key=state.MODEL_NAMES, persist_state="session", help=MODEL_HELP)
    picked = st.dataframe(
        table,
        key=f"clusters-{manifest.slug}-{layer}",
        hide_index=True,
        height=min(36 * (len(table) + 1) + 2, 420),
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "name": st.column_config.TextColumn("cluster", width=260),
            "within": st.column_config.TextColumn("within", help="The coarser topics that it lies in.", width=220),
            "size": st.column_config.NumberColumn("rows", format="localized", width=60),
            "holds": st.column_config.NumberColumn("name holds", format="%.0f %%", help=HOLDS, width=80),
            "share": st.column_config.ProgressColumn(f"% {reference}", min_value=0, max_value=100, format="%.0f", width=110),
            "deviates": st.column_config.TextColumn("deviates", help=TEST, width=70),
            "typical": st.column_config.TextColumn("most typical example", width=480),
        },
        alt="Clusters with their sizes and label shares",
    )
    if reference is not None:
        st.caption(f"● label share deviates from the dataset's: {TEST}.")
    rows = picked["selection"]["rows"]  # type: ignore[index]
    if not rows or rows[0] >= len(names):
        st.info("Select a cluster to read its most typical examples.", icon=":material/ads_click:")
        return
    name = names[rows[0]]
    deviation = deviations[name.id]
    st.markdown(f"**{text.in_label(built.breadcrumb(layer, name.id))}**")
    if reference is not None:
        labels = built.examples["label"][built.clustering(layer).labels == name.id]
        tested = f"q = {deviation.qvalue:.2g}" if deviation.qvalue == deviation.qvalue else "too few rows to test"
        st.caption(f"{text.balance(labels)} · {tested}")
    st.button("Show on map", icon=":material/my_location:", on_click=_show, args=(name,), key="show-cluster")
    named_by = f"Named by {text.in_label(name.model)} · terms: " if name.model else "Ranked terms: "
    st.caption(f"{named_by}{', '.join(text.in_label(term) for term in name.terms) or 'none'}")
    for row in name.exemplars:
        with st.container(border=True):
            text.show(built.text(row))


def _show(name: ClusterName) -> None:
    st.session_state[state.COLOR] = layer_of(name.layer).title
    column = where.cluster_column(name.layer)
    where.ask(where.in_place(where.now(), column, (Predicate(column, "is", (name.name,)),)))
