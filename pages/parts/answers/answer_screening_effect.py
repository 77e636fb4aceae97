"""Whether the headline moves when near-duplicates are screened out."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from evalmap.answers.answer_types import Scores
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.answers import answer_results, interval_bar
from evalmap.pages.server import screenings


def draw(built: BuiltMap, sets: Sequence[Scores]) -> None:
    """A row a set: its figures over all examples and over those that the screening keeps."""
    done = screenings.default_screening(built)
    if done is None:
        st.info(
            "The near-duplicates of this dataset were not looked for yet. The duplicates page does it.",
            icon=":material/join_inner:",
        )
        st.page_link("duplicates.py", label="Open the duplicates page", icon=":material/join_inner:")
        return
    removed = int((~done.kept).sum())
    st.markdown(
        f"**{removed:,} of {len(built):,} examples** go as near-duplicates at a threshold of {done.threshold:g} with the standard "
        "settings and the decisions made by hand."
    )
    lines = []
    for scores in sets:
        found = answer_results.effect_of_screening(built, scores, done.kept, done.groups)
        weighted = answer_results.weighted(built, scores, done.duplicates, done.groups)
        before, after, moved = found.before, found.after, found.difference
        lines.append(
            {
                "set": scores.label,
                "n": before.n,
                "before": 100 * before.matching,
                "kept": after.n,
                "after": 100 * after.matching,
                "bar": interval_bar.svg(after.matching, after.interval.low, after.interval.high),
                "moved": 100 * moved,
                "interval": f"{100 * found.interval.low:+.1f} to {100 * found.interval.high:+.1f}",
                "mean P": 100 * (after.mean_p - before.mean_p),
                "auc": after.auc - before.auc,
                "weighted": 100 * weighted.matching,
                "weighted interval": f"{100 * weighted.interval.low:.1f} to {100 * weighted.interval.high:.1f}",
            }
        )
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame(lines),
        key=f"headline-{built.manifest.slug}",
        hide_index=True,
        placeholder="–",
        column_config={
            "set": st.column_config.TextColumn("model · prompt", width=210),
            "n": number("n before", format="localized", width=70),
            "before": number("% matching", format="%.1f", width=75),
            "bar": st.column_config.ImageColumn("interval after", width=135),
            "kept": number("n after", format="localized", width=70),
            "after": number("% matching", format="%.1f", width=75),
            "moved": number("moved by", format="%+.2f", width=70, help="After less before, in points."),
            "interval": st.column_config.TextColumn("95 %", width=105),
            "mean P": number("mean P", format="%+.2f", width=65, help="Moved by, in points."),
            "auc": number("AUC", format="%+.3f", width=65, help="Moved by."),
            "weighted": number(
                "% weighted", format="%.1f", width=80, help="Of all examples; each group of near-duplicates counts once."
            ),
            "weighted interval": st.column_config.TextColumn("95 %", width=105),
        },
        alt="Figures before and after screening",
    )
    st.caption("An interval of the move that holds 0 says that the repeated examples do not carry the headline.")
