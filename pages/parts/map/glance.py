"""What a reader should know of a dataset before opening any example."""

import pandas as pd
import streamlit as st

from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.label_deviations import reference_label
from evalmap.embeddings.layers import KMEANS
from evalmap.pages.server import caches
from evalmap.pages.shared import text

SHOWN = 4  # clusters whose label share deviates


def draw(built: BuiltMap) -> None:
    """Repeated texts, clusters that are out of balance, and rows unlike all others."""
    manifest = built.manifest
    slug, fingerprint = manifest.slug, manifest.fingerprint
    st.markdown("**At a glance**")
    repeated = caches.repeated(slug, fingerprint)
    st.caption(f"{repeated:,} rows repeat another one up to case, white space and the style of quotes and dashes.")
    if manifest.outliers:
        st.caption(f"{manifest.outliers:,} outliers: even their nearest neighbour is unusually unlike them.")
    reference = reference_label(pd.Series(list(manifest.labels), dtype="str"))
    if reference is None:
        return
    flagged = [deviation for deviation in caches.deviations_of_labels(slug, fingerprint, KMEANS.id) if deviation.flagged]
    names = built.names_by_layer[KMEANS.id]
    st.caption(f"{len(flagged)} of {len(names)} k-means clusters deviate from the dataset's label balance.")
    whole = sum(manifest.labels.values())
    share = manifest.labels[reference] / whole
    for deviation in sorted(flagged, key=lambda d: -abs(d.share - share))[:SHOWN]:
        name = text.in_label(names[deviation.id].name)
        st.caption(f"{text.percent(deviation.share)} {text.in_label(reference)} of {deviation.n:,}: **{name}**")
    if len(flagged) > SHOWN:
        st.caption("The others: in Clusters.")
