"""Whether the datasets can be told apart, in plain words, with the interval and what checks it."""

from typing import Any

import pandas as pd
import streamlit as st

from evalmap.pages.parts.compare.compared import Compared
from evalmap.pages.shared import text

SOUND = (0.45, 0.55)  # of the control: outside, the measurement itself is in doubt
WORDS = ((0.6, "can hardly be told apart"), (0.75, "are somewhat told apart"), (0.9, "are mostly told apart"))
ALWAYS = "are nearly always told apart"


def draw_sentence(compared: Compared) -> None:
    """The first two, in one sentence; two alone are named in the heading above it."""
    st.markdown(sentence(compared, compared.report["separability"]["pairs"][0], named=len(compared.maps) > 2))


def draw(compared: Compared) -> None:
    """Each two, with the control and what is left without formats."""
    pairs = compared.report["separability"]["pairs"]
    for pair in pairs:
        st.markdown(sentence(compared, pair))
        if not pair["reason"]:
            st.caption(checks(pair))
            if not SOUND[0] <= pair["control_auc"] <= SOUND[1]:
                st.warning(
                    "The control should lie between 45 and 55 %: too few rows to trust the figure.",
                    icon=":material/warning:",
                )
    if len(pairs) > 1:
        rows = [
            {
                "first": text.in_line(compared.name(pair["a"])),
                "second": text.in_line(compared.name(pair["b"])),
                **{name: pair[name] for name in ("auc", "low", "high", "control_auc", "stripped_auc")},
            }
            for pair in pairs
        ]
        st.dataframe(pd.DataFrame(rows).round(3), hide_index=True, alt="Separability of each two datasets")
    st.caption(
        "The figure is the cross-validated AUC of a logistic regression on the embeddings, with near-duplicates in one fold: 50 % "
        "is guessing, 100 % means that every row gives away its dataset. The interval also counts that another sample might have "
        "been learned from."
    )


def sentence(compared: Compared, pair: dict[str, Any], *, named: bool = True) -> str:
    """Markdown: what the figure of two datasets says; without their names, "they"."""
    both = f"**{compared.label(pair['a'])}** and **{compared.label(pair['b'])}**" if named else "they"
    if pair["reason"]:
        return f"Whether {both} can be told apart cannot be said: {text.in_label(pair['reason'], limit=300)}."
    verdict = next((words for most, words in WORDS if pair["auc"] < most), ALWAYS)
    interval = f"{100 * pair['low']:.0f}–{text.percent(pair['high'])}"
    return (
        f"{both if named else 'They'} {verdict}: of one row of each, their embeddings say which is whose in "
        f"{text.percent(pair['auc'])} of cases (95 % interval {interval}; guessing 50 %)."
    )


def checks(pair: dict[str, Any]) -> str:
    """The control and the figure without formats, in words."""
    control = f"With the two shuffled it is {text.percent(pair['control_auc'])}, which should be near 50 %."
    if pair["stripped_auc"] is None:
        return f"{control} Without formats it was not measured."
    stripped = f" Without options and formats such as “Question: … Answer:” it is {text.percent(pair['stripped_auc'])}"
    fell = pair["auc"] - pair["stripped_auc"]
    why = ": the format gives much of it away." if fell > 0.1 else ": it is not the format alone."
    return f"{control}{stripped}{why if pair['auc'] >= WORDS[0][0] else '.'}"
