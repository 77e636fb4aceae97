"""% matching over model size or RLHF steps: the trend with its interval, over the dataset or one cluster."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from evalmap.answers.answer_types import Scores
from evalmap.answers.model_facts import NAME
from evalmap.answers.reporting.answer_report import chance_of, scale_points
from evalmap.answers.statistics.scaling import scaling
from evalmap.data.errors import DatasetError
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.answers import answer_charts, answer_results
from evalmap.pages.parts.answers.answer_controls import AnswerChoices
from evalmap.pages.server import access, caches
from evalmap.pages.shared import state, text

SIZES = {"Parameters": "params", "RLHF steps": "rlhf_steps"}
WHOLE = "the whole dataset"


def draw(built: BuiltMap, sets: Sequence[Scores], choices: AnswerChoices) -> None:
    """The chart and the trend; a sentence where there are fewer than three sizes."""
    left, middle, right = st.columns(3)
    by = left.selectbox("Over", list(SIZES), key=state.SCALE_BY, persist_state="session")
    prompts = sorted({scores.info.prompt_id for scores in sets})
    mine = prompts.index(choices.a.info.prompt_id)
    prompt = middle.selectbox(
        "Prompt", prompts, index=mine, key=f"scale-prompt-{built.manifest.slug}", format_func=lambda p: p or "unknown"
    )
    names = built.names_by_layer[choices.layer]
    where = right.selectbox(
        "In", [WHOLE, *(f"{n.id} · {n.name}" for n in names)], key=f"scale-in-{built.manifest.slug}-{choices.layer}"
    )
    rows = np.ones(len(built), dtype=bool)
    if where and where != WHOLE:
        rows = np.asarray(built.clustering(choices.layer).labels == int(where.split(" · ")[0]))
    points = scale_points([s for s in sets if s.info.prompt_id == prompt], SIZES[by or "Parameters"], rows)
    chance = chance_of(built)
    try:
        found = scaling(points, chance=chance)
    except DatasetError as error:
        st.info(text.error_sentence(error), icon=":material/show_chart:")
        _known(sets)
        return
    answer_charts.scaling(points, found, title=by or "Parameters", chance=chance)
    low, high = found.slope_interval.low, found.slope_interval.high
    way = " **Inverse scaling**: the larger the model, the less it matches." if found.inverse else ""
    per = "tenfold size" if found.unit == "decade" else "1,000 steps"
    st.markdown(
        f"Spearman ρ = {found.rho:.2f} over {len(points)} models (p = {found.rho_pvalue:.2g}); "
        f"the odds of matching change by a factor of {np.exp(found.slope):.2f} per {per} "
        f"({np.exp(low):.2f} to {np.exp(high):.2f}, p = {found.slope_pvalue:.2g}).{way}"
    )
    if found.overdispersed:
        st.caption("The models differ by more than counting noise around the line; its interval is widened for that.")
    summary = answer_results.summary(built, choices.a)
    if summary.ceiling == summary.ceiling:
        st.caption(
            f"As the paper defines them: ceiling {text.percent(summary.ceiling, 1)}, floor {text.percent(summary.floor, 1)}."
        )
    _known(sets)


def _known(sets: Sequence[Scores]) -> None:
    with st.expander("What is known of the models"):
        lines = [
            {
                "model": s.info.model,
                "prompt": s.info.prompt_id,
                "parameters": s.info.params,
                "RLHF steps": s.info.rlhf_steps,
                "training": s.info.training,
                "family": s.info.family,
            }
            for s in sets
        ]
        st.dataframe(pd.DataFrame(lines), key="scaling-models", hide_index=True)
        folder = text.in_label(access.workspace_words(caches.workspace().root), limit=200)
        st.caption(f"Add what is missing to {NAME} in {folder}, for example:")
        st.code('[models."my-model-7b"]\nparams = 7e9\nfamily = "my-model"\ntraining = "rlhf"\nrlhf_steps = 250', language="toml")
