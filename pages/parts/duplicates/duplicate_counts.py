"""The counts that follow the threshold, and the histogram that shows where it cuts."""

import numpy as np
import streamlit as st

from evalmap.data.labels import label_share, shares
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.duplicates import duplicate_charts
from evalmap.pages.parts.duplicates.duplicate_controls import ScreenChoices
from evalmap.pages.parts.duplicates.duplicate_pairs import PageScreening
from evalmap.pages.shared import text
from evalmap.screening.keep.label_shift import balance_warning
from evalmap.screening.pair_types import Pairs
from evalmap.screening.pairs.likeness import similar


def draw(built: BuiltMap, pairs: Pairs, screening: PageScreening, choices: ScreenChoices) -> None:
    """Pairs, groups, rows removed and kept, label balance before and after; the histogram with the cut."""
    selection = screening.selection
    alike = len(similar(pairs, threshold=choices.threshold, method=choices.method, normalization=choices.normalization))
    removed = int((~selection.kept).sum())
    keepers = np.unique(selection.keeper[~selection.kept & (selection.keeper >= 0)])
    left, right = st.columns([5, 6], gap="medium")
    with left:
        text.heading(built.manifest.name)
        with st.container(horizontal=True):
            st.metric("Pairs", f"{alike:,}")
            st.metric("Groups", f"{len(keepers):,}")
            st.metric("Removed", f"{removed:,}")
            st.metric("Kept", f"{len(built) - removed:,}")
            st.metric("Contrast pairs", f"{len(selection.contrast):,}")
            st.metric("Variants", f"{len(selection.variants):,}")
        _balance(built, selection.kept)
        for sentence in pairs.settings.get("capped", []):
            st.caption(text.in_label(sentence, limit=300))
        if search := pairs.settings.get("search"):
            recall = "not measured" if search["recall"] is None else f"{search['recall']:.4g}"
            st.caption(f"Semantic pairs: {search['search']} search, recall {recall}.")
        if merged := selection.settings["merged_pairs"]:
            kinds = ", ".join(choices.merge)
            st.caption(f"{merged:,} of the pairs differ in {kinds} only and are treated as duplicates.")
        if deleted := selection.settings["deleted_on_the_map"]:
            st.caption(f"{deleted:,} rows were deleted on the map: they are part of what is removed.")
        if gone := len(selection.flagged):
            st.caption(f"{gone:,} rows go first, for their flags: {', '.join(choices.drop_flagged)}.")
        if screening.log.steps:
            st.caption(f"{len(screening.log)} decisions by hand are part of this.")
    with right:
        duplicate_charts.similarity_histogram(nearest(pairs, choices), cut=choices.threshold, n=len(built))


def nearest(pairs: Pairs, choices: ScreenChoices) -> np.ndarray:
    """Each row's highest similarity to another row, for rows that make a pair at all: (m,) float32."""
    numbers = pairs.lexical if choices.method == "lexical" else pairs.semantic
    best = np.full(pairs.n, -1.0, dtype=np.float32)
    np.maximum.at(best, pairs.left, numbers)
    np.maximum.at(best, pairs.right, numbers)
    floor = pairs.floors.get("lexical" if choices.method == "lexical" else "semantic", 0.0)
    return best[best >= floor]


def _balance(built: BuiltMap, kept: np.ndarray) -> None:
    before = shares(built.manifest.labels)
    if not before:
        st.caption("The dataset has no labels: nothing to balance.")
        return
    after = label_share(built.examples["label"], kept)
    shown = " · ".join(
        f"{text.in_label(label, limit=24)} {text.percent(share, 1)} → {text.percent(after.get(label, 0.0), 1) if after else '–'}"
        for label, share in list(before.items())[:4]
    )
    st.caption(f"Labels before → after: {shown}")
    if warning := balance_warning(before, after):
        st.warning(text.in_label(warning, limit=300), icon=":material/balance:")
