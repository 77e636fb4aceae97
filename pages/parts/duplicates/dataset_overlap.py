"""Rows that files of a collection share, and rows of this dataset that are copied from, or too near to, another one."""

import numpy as np
import pandas as pd
import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.duplicates import duplicate_charts
from evalmap.pages.parts.duplicates.duplicate_controls import CONTROLS, ScreenChoices
from evalmap.pages.parts.duplicates.group_cards import where
from evalmap.pages.server import caches
from evalmap.pages.shared import state, text
from evalmap.screening.groups.diff import word_diff
from evalmap.screening.pair_types import Pairs
from evalmap.screening.pairs.file_matrix import compare_files, pairs_between
from evalmap.screening.pairs.overlap import Overlap, find_overlap

SHOWN = 10  # pairs of a cell, and rows of B
LARGEST = 200_000_000  # rows of A × rows of B that a page compares while the reader waits


def draw_files(built: BuiltMap, pairs: Pairs, choices: ScreenChoices) -> None:
    """The file × file matrix of a collection; a selected pair of files shows what they share."""
    if len(built.manifest.datasets) < 2:
        st.info("This dataset is one file. Build a folder to compare its files.", icon=":material/folder_open:")
        return
    examples = built.examples
    likeness = {"threshold": choices.threshold, "method": choices.method, "normalization": choices.normalization}
    matrix = compare_files(pairs, examples["text"].tolist(), examples["dataset"].tolist(), examples["label"], **likeness)
    first, second = np.triu_indices(len(matrix), k=1)
    some = np.flatnonzero((matrix.near_pairs[first, second] > 0) | (matrix.shared[first, second] > 0))
    if not len(some):
        st.info("No two files share a row at this threshold.", icon=":material/check:")
        return
    duplicate_charts.file_matrix(matrix.near_pairs, matrix.names)
    first, second = first[some], second[some]
    table = pd.DataFrame(
        {
            "file": [matrix.names[i] for i in first],
            "and": [matrix.names[i] for i in second],
            "pairs alike": matrix.near_pairs[first, second],
            f"texts equal ({choices.normalization})": matrix.shared[first, second],
            "opposite labels": matrix.opposite[first, second],
        }
    ).sort_values(["pairs alike", "file"], ascending=[False, True], ignore_index=True)
    picked = st.dataframe(
        table,
        key=f"file-pairs-{built.manifest.slug}",
        hide_index=True,
        height=300,
        on_select="rerun",
        selection_mode="single-row",
        alt="Pairs of files with what they share",
    )
    rows = picked["selection"]["rows"]  # type: ignore[index]
    if not rows or rows[0] >= len(table):
        st.info("Select two files to read what they share.", icon=":material/ads_click:")
        return
    one, other = str(table["file"].iloc[rows[0]]), str(table["and"].iloc[rows[0]])
    positions = pairs_between(pairs, examples["dataset"].tolist(), one, other, **likeness)
    for at in positions[np.argsort(-pairs.semantic[positions], kind="stable")][:SHOWN].tolist():
        _pair(built, built, int(pairs.left[at]), int(pairs.right[at]), float(pairs.semantic[at]))
    if len(positions) > SHOWN:
        st.caption(f"… and {len(positions) - SHOWN:,} more pairs.")


def draw_against(built: BuiltMap, choices: ScreenChoices) -> None:
    """Compare with another built dataset: which of these rows are copied from it or too near to it, row by row of it."""
    model = built.manifest.settings.encoder["model_key"]
    others = {
        manifest.slug: manifest
        for manifest in caches.workspace().manifests()
        if manifest.slug != built.manifest.slug and manifest.settings.encoder["model_key"] == model
    }
    hint = "a built dataset: test set, human-written, few-shot seeds"
    chosen = st.selectbox("Compare with", list(others), index=None, placeholder=hint, key=state.AGAINST)
    if not chosen:
        st.caption("Shows which of this dataset's rows repeat the other's, or stand too near to it, at this threshold.")
        return
    other = caches.open_map(chosen, others[chosen].fingerprint)
    if len(built) * len(other) > LARGEST:
        st.info("These two are too large to compare here. Use evalmap screen --against PATH.", icon=":material/terminal:")
        return
    overlap = _compare(built.manifest.slug, built.manifest.fingerprint, chosen, others[chosen].fingerprint)
    try:
        positions = overlap.alike(threshold=choices.threshold, method=choices.method, normalization=choices.normalization)
    except DatasetError as error:
        text.show_error(error, *CONTROLS, place="in the sidebar")
        return
    rows = overlap.rows_of_a(positions)
    st.markdown(f"**{len(rows):,} of {len(built):,} rows** are copied from {text.in_label(chosen)} or too near to it.")
    for row, copies in overlap.per_row_of_b(positions)[:SHOWN]:
        with st.container(border=True):
            st.caption(f"{len(copies):,} rows are like {where(other, row)}")
            text.show(other.text(row))
            for copy in copies[:3].tolist():
                st.caption(where(built, copy))
                st.markdown(text.diff(word_diff(other.text(row), built.text(copy))))


@st.cache_resource(max_entries=8, show_spinner="Comparing …")
def _compare(slug: str, fingerprint: str, other_slug: str, other_fingerprint: str) -> Overlap:
    a, b = caches.open_map(slug, fingerprint), caches.open_map(other_slug, other_fingerprint)
    return find_overlap(a.examples["embedded_text"].tolist(), a.vectors, b.examples["embedded_text"].tolist(), b.vectors)


def _pair(built: BuiltMap, other: BuiltMap, left: int, right: int, number: float) -> None:
    with st.container(border=True):
        st.caption(f"meaning {number:.3f} · {where(built, left)} — {where(other, right)}")
        st.markdown(text.diff(word_diff(built.text(left), other.text(right))))
