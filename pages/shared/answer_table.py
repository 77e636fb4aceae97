"""A table of what every model answered to one example."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from evalmap.answers.answer_types import Scores
from evalmap.pages.component import answer_columns


def draw(sets: Sequence[Scores], row: int, *, key: str) -> None:
    """A table of the sets that have an answer to the row; a caption where none has."""
    answered = [scores for scores in sets if scores.status[row] is not None]
    if not answered:
        st.caption("No model was asked this.")
        return
    table = pd.DataFrame(
        {
            "answer": [answer_columns.cell(scores, row) for scores in answered],
            "p": [scores.p_matching[row] for scores in answered],
            "set": [scores.label for scores in answered],
            "mass": [100 * scores.mass[row] for scores in answered],
        }
    )
    st.dataframe(
        table,
        key=f"answers-{key}",
        hide_index=True,
        placeholder="–",
        height=min(36 * (len(table) + 1) + 2, 260),
        column_config={
            "answer": st.column_config.TextColumn("answer", width=75),
            "p": st.column_config.ProgressColumn("P(matching)", min_value=0, max_value=1, format="%.2f", width=95),
            "set": st.column_config.TextColumn("model · prompt", width=250),
            "mass": st.column_config.NumberColumn("mass", format="%.1f %%", width=60, help="Probability of all options together."),
        },
        alt="Each model's answer to the example",
    )
