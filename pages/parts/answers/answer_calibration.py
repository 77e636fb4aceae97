"""P(matching) against label_confidence, within each label: does the model follow where the label is surer?"""

import pandas as pd
import streamlit as st

from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.answers import answer_charts, answer_results
from evalmap.pages.parts.answers.answer_controls import AnswerChoices
from evalmap.pages.shared import text


def draw(built: BuiltMap, choices: AnswerChoices) -> None:
    """A curve a label, and the numbers below it."""
    if not built.examples["confidence"].notna().any():
        st.info("The dataset has no label confidence to hold the answers against.", icon=":material/info:")
        return
    curves = answer_results.curves(built, choices.a)
    if not curves:
        st.info("This set has no answer to an example with a confidence.", icon=":material/info:")
        return
    summary = answer_results.summary(built, choices.a)
    answer_charts.calibration(curves, ceiling=summary.ceiling, floor=summary.floor)
    for curve in curves:
        st.caption(
            f"{text.in_label(curve.label, limit=40)}: Spearman of P(matching) and confidence {curve.spearman:.2f} (n = {curve.n:,})"
        )
    pooled = curves[0].pooled_spearman
    st.caption(
        f"Over both labels together it would be {pooled:.2f}: confident examples often bear one label, so a model that prefers one "
        "answer seems to follow (or to flee) the confidence. Read the curves within a label."
    )
    lines = [
        {
            "label": curve.label,
            "confidence": 100 * b.confidence,
            "n": b.n,
            "mean P(matching)": b.mean_p,
            "% matching": 100 * b.matching,
            "interval": f"{100 * b.interval.low:.1f}–{100 * b.interval.high:.1f}",
        }
        for curve in curves
        for b in curve.bins
    ]
    with st.expander("The numbers"):
        st.dataframe(pd.DataFrame(lines), key="calibration-numbers", hide_index=True)
