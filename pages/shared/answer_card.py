"""What every model answered to one example."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from answers.types import Scores
from embeddings.built import BuiltMap
from pages.shared import answer_columns, example_card, text


def draw_example(built: BuiltMap, sets: Sequence[Scores], row: int) -> None:
    """The example, its label, and the answers."""
    example = built.examples.iloc[row]
    with st.container(horizontal=True, gap="small"):
        if isinstance(example["label"], str):
            st.badge(f"matching: {text.in_badge(example['label'])}", icon=":material/label:", color="blue")
        if example["confidence"] == example["confidence"]:
            st.badge(f"confidence {text.percent(example['confidence'], 1)}", color="gray")
    with st.container(border=True):
        text.show(example["text"])
    st.caption(f"{text.in_label(str(example['dataset']), limit=60)}, line {int(example['line']):,}")
    draw_answers(sets, row, key=f"{built.manifest['slug']}-{row}")
    st.button("Open on the map page", icon=":material/scatter_plot:", on_click=_open, args=(built, row), type="tertiary")


def draw_answers(sets: Sequence[Scores], row: int, *, key: str) -> None:
    """A table of the sets that have an answer to the row; a caption where none has."""
    told = [scores for scores in sets if scores.status[row] is not None]
    if not told:
        st.caption("No model was asked this.")
        return
    table = pd.DataFrame(
        {
            "model and prompt": [scores.label for scores in told],
            "answer": [_answer(scores, row) for scores in told],
            "p": [scores.p[row] for scores in told],
            "matches": [{1.0: "✓", 0.0: "✗"}.get(float(scores.matches[row]), "") for scores in told],
            "mass": [100 * scores.mass[row] for scores in told],
        }
    )
    st.dataframe(
        table,
        key=f"answers-{key}",
        hide_index=True,
        height=min(36 * (len(table) + 1) + 2, 260),
        column_config={
            "model and prompt": st.column_config.TextColumn("model · prompt", width=190),
            "answer": st.column_config.TextColumn("answer", width=70),
            "p": st.column_config.ProgressColumn("P(matching)", min_value=0, max_value=1, format="%.2f", width=100),
            "matches": st.column_config.TextColumn("match", width=50),
            "mass": st.column_config.NumberColumn("mass", format="%.1f %%", width=60, help="Probability of all options together."),
        },
        alt="Each model's answer to the example",
    )


def _answer(scores: Scores, row: int) -> str:
    if scores.answer[row] is not None:
        return str(scores.answer[row])
    return answer_columns.UNREAD.get(str(scores.status[row]), "answered")


def _open(built: BuiltMap, row: int) -> None:
    from pages.shared import library_cards

    library_cards.open_map(built.manifest["slug"], example_card.address(built, row))
