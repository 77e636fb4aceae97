"""What the map was made of and how: roles, boilerplate, rows set aside, settings, versions, stages."""

from dataclasses import asdict

import pandas as pd
import streamlit as st

from evalmap.data.store.manifest import Manifest
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.map import glance
from evalmap.pages.server.access import without_paths
from evalmap.pages.shared import reading, text

NOT_LISTED = ("method", "trustworthiness", "continuity", "layout_kept")  # of the projection's record: said in sentences


def draw(built: BuiltMap) -> None:
    """Draw the facts of a build."""
    manifest = built.manifest
    settings, projection = manifest.settings, manifest.settings.projection
    glance.draw(built)
    st.markdown("**How the fields were read**")
    if manifest.reading and manifest.reading.roles:
        reading.draw(manifest.reading)
    else:  # built before readings were recorded
        roles = " · ".join(f"{role}: {text.in_label(field)}" for role, field in manifest.roles.items())
        st.caption(f"{roles} · schema {manifest.schema}")
    if shared := manifest.boilerplate:
        st.markdown("**Boilerplate**")
        st.caption(text.in_label(shared.sentence(), limit=400))
        st.code(f"{shared.prefix}…{shared.suffix}", language=None, wrap_lines=True)
    for sentence in _counts(manifest):
        st.caption(sentence)
    for note in (note for note in manifest.notes if not manifest.reading or note not in manifest.reading.notes):
        st.caption(text.in_label(without_paths(note, manifest.source), limit=400))
    if manifest.set_aside_rows:
        with st.expander(f"{manifest.set_aside:,} rows set aside"):
            st.dataframe(pd.DataFrame(list(manifest.set_aside_rows)), hide_index=True)
    st.markdown("**Map**")
    encoder = settings.encoder
    details = f"{encoder['dims']} dimensions, window {encoder['window']} tokens, {encoder['dtype']}"
    model = f"{text.in_label(without_paths(encoder['model']))} ({details})"
    trust = projection.get("trustworthiness")
    options = ", ".join(f"{name} {value}" for name, value in projection.items() if name not in NOT_LISTED)
    st.caption(f"Embedded with {model}.")
    st.caption(f"Projected with {projection['method'].upper()}: {text.in_label(options, limit=300)}.")
    if kept := manifest.layout_line():
        st.caption(text.in_label(f"{kept[0].upper()}{kept[1:]}.", limit=600))
    if trust is not None:
        st.caption(
            f"Trustworthiness {trust:.3f} of 1: how far neighbours here are neighbours in the embeddings.",
            help="Falls where examples that are near here are unlike. Measured on 500 examples at most, 15 neighbours each.",
        )
    if (continuity := projection.get("continuity")) is not None:
        st.caption(
            f"Continuity {continuity:.3f} of 1: how far neighbours in the embeddings are neighbours here.",
            help="Falls where examples that are alike lie far from each other here. Measured like trustworthiness.",
        )
    if k := built.graph.knn_indices.shape[1]:
        st.caption(
            f"On average {built.neighbors_kept.mean():.1f} of the {k} nearest examples in meaning are among the {k} nearest here.",
            help="Colour by “Neighbours kept” to see where the map can be trusted; open an example for lines to its neighbours.",
        )
    layers = ", ".join(f"{c.n_clusters} ({c.layer})" for c in built.clusterings)
    st.caption(f"Clusters: {layers}; k-means on the embeddings (k = {settings.k}), Leiden on the graph, seed {settings.seed}")
    with st.expander("Stages and versions"):
        st.dataframe(pd.DataFrame([asdict(stage) for stage in manifest.stages]), hide_index=True)
        st.dataframe(pd.DataFrame(manifest.versions.items(), columns=["library", "version"]), hide_index=True)


def _counts(manifest: Manifest) -> list[str]:
    found = []
    if manifest.truncated:
        window = manifest.settings.encoder["window"]
        found.append(f"{manifest.truncated:,} rows are longer than the model's window of {window} tokens: the rest is cut.")
    if manifest.outliers:
        found.append(f"{manifest.outliers:,} outliers: even their nearest neighbour is unusually unlike them.")
    return found
