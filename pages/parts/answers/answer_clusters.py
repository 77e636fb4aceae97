"""The clusters of a layer with what a model answered in each, and the examples of one with every answer side by side."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from evalmap.answers.answer_types import Scores
from evalmap.answers.statistics.clusters import MIN_N, TEST, ClusterFigures
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.label_deviations import reference_label
from evalmap.embeddings.layers import layer_of
from evalmap.pages.component import answer_columns
from evalmap.pages.parts.answers import answer_controls, answer_results, answer_rows, interval_bar
from evalmap.pages.parts.answers.answer_controls import AnswerChoices
from evalmap.pages.shared import text


def figures(built: BuiltMap, choices: AnswerChoices) -> list[ClusterFigures]:
    """Those of the chosen set on the chosen layer."""
    return answer_results.clusters(built, choices.a, choices.layer)


def selected(built: BuiltMap, choices: AnswerChoices) -> int | None:
    """The cluster that the reader selected in the table, or None; it is known before the table is drawn."""
    picked = (st.session_state.get(_key(built, choices)) or {}).get("selection", {}).get("rows", [])
    ids = _order(figures(built, choices))
    return ids[picked[0]] if picked and picked[0] < len(ids) else None


def draw(built: BuiltMap, sets: Sequence[Scores], choices: AnswerChoices) -> None:
    """Draw the table; a selected row opens its examples."""
    found = figures(built, choices)
    raw = answer_results.clusters(built, choices.a, choices.layer, adjust=False)
    hidden = sum(f.hidden for f in found)
    flagged, unadjusted = sum(f.flagged for f in found), sum(f.flagged for f in raw)
    st.markdown(
        f"**{flagged} of {len(found) - hidden} tested clusters** deviate from what their labels let expect; without the "
        f"adjustment it would be {unadjusted}. {layer_of(choices.layer).title}, {text.in_label(choices.a.label, limit=100)}."
    )
    reference = reference_label(built.examples["label"])
    st.dataframe(
        _table(built, choices, found, reference),
        key=_key(built, choices),
        hide_index=True,
        height=min(36 * (len(found) + 1) + 2, 430),
        on_select="rerun",
        selection_mode="single-row",
        placeholder="–",
        column_config=_columns(reference, "P(matching)" if found and found[0].value == "p_matching" else "% matching"),
        alt="Clusters with what the model answered in each",
    )
    note = ""
    if hidden:
        note = f" {hidden} clusters with fewer than {MIN_N} answers are not tested, and their figures are not shown."
        note += " Coarser clusters: “Clusters of” in the sidebar."
    repeats = " Near-duplicates inside a cluster make it deviate sooner: screen them out first."
    st.caption(f"● deviates: {TEST}. Bars: Wilson interval, 95 %, on 0–100 %.{note}{repeats}")
    cluster = selected(built, choices)
    if cluster is None:
        st.info("Select a cluster to read its examples with every model's answer.", icon=":material/ads_click:")
        return
    rows = np.flatnonzero(built.clustering(choices.layer).labels == cluster)
    name = built.names_by_layer[choices.layer][cluster].name
    answer_rows.draw(built, answer_controls.ordered(sets, choices), rows, f"in “{name}”", key=f"cluster-{choices.layer}-{cluster}")


def _order(found: Sequence[ClusterFigures]) -> list[int]:
    """The clusters as the table lists them: those that deviate first, by how far."""
    return [
        f.id for f in sorted(found, key=lambda f: (not f.flagged, f.hidden, -abs(f.deviation) if f.deviation == f.deviation else 0))
    ]


def _key(built: BuiltMap, choices: AnswerChoices) -> str:
    return f"answer-clusters-{built.manifest.slug}-{choices.layer}-{choices.a.id}"


def _table(built: BuiltMap, choices: AnswerChoices, found: Sequence[ClusterFigures], reference: str | None) -> pd.DataFrame:
    names = built.names_by_layer[choices.layer]
    by_id = {f.id: f for f in found}
    ordered = [by_id[id] for id in _order(found)]
    table = pd.DataFrame(
        {
            "name": [names[f.id].name for f in ordered],
            "n": [f.n for f in ordered],
            "share": [100 * f.label_share for f in ordered],
            "matching": [100 * f.matching for f in ordered],
            "bar": [interval_bar.svg(f.matching, f.interval.low, f.interval.high) for f in ordered],
            "deviation": [100 * f.deviation for f in ordered],
            "q": [f.qvalue for f in ordered],
            "deviates": ["●" if f.flagged else "" for f in ordered],
            "mean_p": [f.mean_p for f in ordered],
            "auc": [f.auc for f in ordered],
        }
    )
    if choices.a.is_graded:
        table.insert(2, "score", [f.mean_score for f in ordered])
    if choices.b is not None:
        table.insert(5, "difference", _difference(built, choices, ordered))
    return table if reference is not None else table.drop(columns=["share"])


def _difference(built: BuiltMap, choices: AnswerChoices, ordered: Sequence[ClusterFigures]) -> list[float]:
    """Mean difference of the two sets in each cluster, in points; nan below the least n."""
    assert choices.b is not None
    values: NDArray[np.float64] = answer_columns.difference(choices.a, choices.b)
    labels = built.clustering(choices.layer).labels
    counted = choices.a.counted & choices.b.counted & np.isfinite(values)
    means = []
    for f in ordered:
        rows = counted & (labels == f.id)
        means.append(100 * float(values[rows].mean()) if rows.sum() >= MIN_N else float("nan"))
    return means


def _columns(reference: str | None, tested: str) -> dict[str, Any]:
    number = st.column_config.NumberColumn
    what = f"How far {tested} lies from what the labels of the cluster's examples let expect, in points, and the test's q-value."
    return {
        "name": st.column_config.TextColumn("cluster", width=200),
        "n": number("n", format="localized", width=55, help="Answered examples."),
        "share": st.column_config.ProgressColumn(f"% {reference}", min_value=0, max_value=100, format="%.0f", width=85),
        "matching": number("% matching", format="%.1f", width=75),
        "bar": st.column_config.ImageColumn("interval", width=135),
        "mean_p": number("mean P", format="%.2f", width=60),
        "score": number("mean score", format="%.2f", width=80, help="Of the score that the source gave each free answer."),
        "auc": number("AUC", format="%.2f", width=60, help="Whether the labels are told apart inside the cluster; 0.5 is chance."),
        "difference": number("Δ to the other", format="%+.1f", width=100, help="Mean difference of the two sets, in points."),
        "deviation": number("deviation", format="%+.1f", width=75, help=what),
        "q": number("q", format="%.1e", width=70),
        "deviates": st.column_config.TextColumn("deviates", width=60),
    }
