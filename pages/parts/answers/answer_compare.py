"""Two answer sets over the same examples: who matches where, and whether the difference is more than chance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from evalmap.answers.answer_types import Scores
from evalmap.answers.statistics.clusters import MIN_N
from evalmap.answers.statistics.comparison import ComparedRows, Comparison, compared_rows
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.label_deviations import reference_label
from evalmap.pages.parts.answers import answer_charts, answer_results, answer_rows
from evalmap.pages.parts.answers.answer_controls import AnswerChoices
from evalmap.pages.server import screenings
from evalmap.pages.shared import text


@dataclass(frozen=True)
class ExampleList:
    """Examples that a comparison counts: what they are, and which rows of `ComparedRows`."""

    what: str
    rows: Callable[[ComparedRows], NDArray[np.bool_]]


LISTS = {
    "Other answers": ExampleList("where the two give different answers", lambda compared: compared.different),
    "Only the first matches": ExampleList("that only the first answers with the matching option", lambda compared: compared.only_a),
    "Only the second matches": ExampleList(
        "that only the second answers with the matching option", lambda compared: compared.only_b
    ),
    "Both match": ExampleList("that both answer with the matching option", lambda compared: compared.both),
    "Neither matches": ExampleList("that neither answers with the matching option", lambda compared: compared.neither),
}
FIRST_LIST = "Other answers"


def draw(built: BuiltMap, sets: Sequence[Scores], choices: AnswerChoices) -> None:
    """The counts, the tests, the clusters and the examples of a comparison."""
    a, b = choices.a, choices.b
    if b is None:
        st.info("Choose a second answer set under “Compare with” above the map.", icon=":material/compare_arrows:")
        return
    done = screenings.default_screening(built)
    groups = done.groups if done else None
    found = answer_results.comparison(built, a, b, groups)
    if not found.n:
        unknown = f" Of {found.n_unknown:,} that both answered it is not known whether they match." if found.n_unknown else ""
        st.info(f"No example can be compared.{unknown or ' None was answered by both.'}", icon=":material/info:")
        return
    _headline(a, b, found)
    left, right = st.columns([5, 6], gap="medium")
    with left:
        _counts(a, b, found)
    with right:
        answer_charts.scatter(a, b)
    _clusters(built, choices, groups)
    which = st.segmented_control("Examples", list(LISTS), default=FIRST_LIST, key="compare-rows") or FIRST_LIST
    listed = LISTS[which]
    rows = np.flatnonzero(listed.rows(compared_rows(a, b)))
    answer_rows.draw(built, [a, b], rows, listed.what, key=f"compare-{a.id}-{b.id}-{which}")


def _headline(a: Scores, b: Scores, found: Comparison) -> None:
    low, high = found.difference_interval.low, found.difference_interval.high
    first, second = text.in_label(a.label, limit=80), text.in_label(b.label, limit=80)
    st.markdown(
        f"**{100 * found.difference:+.1f} points** of % matching ({100 * low:+.1f} to {100 * high:+.1f}): {first} less {second}, "
        f"over {found.n:,} examples that both answered. "
        f"McNemar p = {found.mcnemar_pvalue:.2g} ({text.in_label(found.mcnemar_test)})."
    )
    same = found.n - found.different
    ratio = text.percent(found.agreement, 1)
    said = f"They give the same answer to {same:,} of them ({ratio}), different ones to {found.different:,}."
    if found.n_unknown:
        said += f" {found.n_unknown:,} more are left out: whether both match is not known, as where there is no label."
    if found.different and found.mcnemar_pvalue > 0.05:
        said += " Two equal headlines can hide different answers: read the examples below."
    if found.mean_p_difference == found.mean_p_difference:
        interval = found.mean_p_interval
        said += (
            f" Mean P(matching) differs by {100 * found.mean_p_difference:+.1f} points "
            f"({100 * interval.low:+.1f} to {100 * interval.high:+.1f}, n = {found.n_p:,})."
        )
    if found.grouped:
        said += f" With each group of near-duplicates as one answer: p = {found.grouped_pvalue:.2g}."
    how = (
        f"{found.n_groups:,} groups of near-duplicates"
        if found.grouped
        else "single examples, as near-duplicates were not looked for"
    )
    st.caption(f"{said} Intervals: paired bootstrap over {how}, 95 %.")


def _counts(a: Scores, b: Scores, found: Comparison) -> None:
    st.caption("Examples by whose answer matches")
    table = pd.DataFrame(
        {
            "": ["first matches", "first does not"],
            "second matches": [found.both, found.only_b],
            "second does not": [found.only_a, found.neither],
        }
    )
    st.dataframe(table, key=f"compare-counts-{a.id}-{b.id}", hide_index=True, width="content")
    st.caption(f"First: {text.in_label(a.label, limit=80)}. Second: {text.in_label(b.label, limit=80)}.")


def _clusters(built: BuiltMap, choices: AnswerChoices, groups: np.ndarray | None) -> None:
    assert choices.b is not None
    found = answer_results.cluster_comparisons(built, choices.a, choices.b, choices.layer, groups)
    names = built.names_by_layer[choices.layer]
    shown = sorted(
        (c for c in found if not c.hidden), key=lambda c: (c.qvalue if c.qvalue == c.qvalue else 2.0, -abs(c.difference))
    )
    if not shown:
        st.caption(f"No cluster has {MIN_N} examples that can be compared.")
        return
    f = {figures.id: figures for figures in answer_results.clusters(built, choices.a, choices.layer)}
    reference = reference_label(built.examples["label"])
    flagged = sum(c.flagged for c in shown)
    st.markdown(f"**{flagged} of {len(shown)} clusters** in which the two differ (q < .05)")
    table = pd.DataFrame(
        {
            "name": [names[c.id].name for c in shown],
            "n": [c.n for c in shown],
            "share": [100 * f[c.id].label_share for c in shown],
            "difference": [100 * c.difference for c in shown],
            "interval": [f"{100 * c.difference_interval.low:+.1f} to {100 * c.difference_interval.high:+.1f}" for c in shown],
            "only a": [c.only_a for c in shown],
            "only b": [c.only_b for c in shown],
            "q": [c.qvalue for c in shown],
            "differs": ["●" if c.flagged else "" for c in shown],
        }
    )
    number = st.column_config.NumberColumn
    st.dataframe(
        table,
        key=f"compare-clusters-{choices.layer}-{choices.a.id}-{choices.b.id}",
        hide_index=True,
        placeholder="–",
        height=min(36 * (len(table) + 1) + 2, 320),
        column_config={
            "name": st.column_config.TextColumn("cluster", width=260),
            "n": number("n", format="localized", width=60),
            "share": st.column_config.ProgressColumn(f"% {reference}", min_value=0, max_value=100, format="%.0f", width=90),
            "difference": number("Δ % matching", format="%+.1f", width=100),
            "interval": st.column_config.TextColumn("95 %", width=110),
            "only a": number("only first", format="localized", width=80),
            "only b": number("only second", format="localized", width=80),
            "q": number("q", format="%.1e", width=70),
            "differs": st.column_config.TextColumn("differs", width=70),
        },
        alt="Clusters with the difference of the two sets",
    )
