"""Every answer set of the dataset with its figures, where it comes from, and what did not join."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from evalmap.answers.answer_types import Scores
from evalmap.answers.model_facts import NAME
from evalmap.answers.store import AnswerStore, SetRecord
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.answers import answer_results, interval_bar
from evalmap.pages.server import access, caches, changes
from evalmap.pages.shared import text
from evalmap.pages.shared.action import action


def draw(built: BuiltMap, sets: Sequence[Scores]) -> None:
    """The table of sets; below it each source with its notes and the answers that belong to no example."""
    _table(built, sets)
    st.caption(
        "Sets are told apart by model, how it was run, and the prompt. What the logs lack (parameters, family, RLHF steps) goes "
        f"into {text.in_label(NAME)} in {text.in_label(access.workspace_words(caches.workspace().root), limit=200)}."
    )
    store = AnswerStore(caches.workspace())
    files = set(built.examples["dataset"])
    for record in store.sets():
        if record.slug == built.manifest.slug or files & set(record.datasets):
            _source(store, record)


def _table(built: BuiltMap, sets: Sequence[Scores]) -> None:
    lines = []
    for scores in sets:
        found, info = answer_results.summary(built, scores), scores.info
        lines.append(
            {
                "model": info.model,
                "prompt": info.prompt_id or "unknown",
                "n": found.n,
                "matching": 100 * found.matching,
                "bar": interval_bar.svg(found.matching, found.interval.low, found.interval.high),
                "mean_p": found.mean_p,
                "auc": found.auc,
                "yes": 100 * found.yes_rate,
                "mass": 100 * found.mass,
                "ties": found.ties,
                "params": "" if info.params is None else f"{info.params:.3g}",
                "run": ", ".join(filter(None, (info.runtime, info.quantisation, info.dtype))),
            }
        )
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame(lines),
        key=f"answer-sets-{built.manifest.slug}",
        hide_index=True,
        placeholder="–",
        column_config={
            "model": st.column_config.TextColumn("model", width=220),
            "prompt": st.column_config.TextColumn("prompt", width=120),
            "n": number("n", format="localized", width=60),
            "matching": number("% matching", format="%.1f", width=80),
            "bar": st.column_config.ImageColumn("interval", width=135),
            "mean_p": number("mean P", format="%.3f", width=70),
            "auc": number("AUC", format="%.2f", width=60),
            "yes": number("Yes-rate", format="%.1f %%", width=80),
            "mass": number("mass", format="%.1f %%", width=70),
            "ties": number("ties", format="localized", width=50),
            "params": st.column_config.TextColumn("parameters", width=80),
            "run": st.column_config.TextColumn("run with", width=160),
        },
        alt="Answer sets with their figures",
    )


def _source(store: AnswerStore, record: SetRecord) -> None:
    info = record.info
    title = f"{text.in_label(info.label, limit=90)} · {text.in_label(access.without_paths(info.source_file), limit=90)}"
    with st.expander(title):
        for note in record.notes:  # what was read as what comes first
            st.markdown(f":material/info: {text.in_label(access.without_paths(note), limit=500)}")
        counts = ", ".join(f"{count:,} {status}" for status, count in record.statuses.items())
        st.caption(f"{counts} · {record.n_ok:,} of {record.n_expected:,} questions answered · id {record.id}")
        facts = {
            "format": info.source_format,
            "revision": info.revision,
            "family": info.family,
            "training": info.training,
            "RLHF steps": info.rlhf_steps,
            "temperature": info.temperature,
            "shots": info.n_shot,
            "made": info.created,
            "tool": info.tool_version,
        }
        st.caption(" · ".join(f"{name}: {text.in_label(str(value))}" for name, value in facts.items() if value is not None))
        if info.prompt_template:
            st.caption("Prompt")
            st.code(info.prompt_template, language=None, wrap_lines=True)
        if info.system_prompt:
            st.caption("System prompt")
            st.code(info.system_prompt, language=None, wrap_lines=True)
        if record.unjoined:
            st.warning(f"{record.unjoined:,} answers belong to no example of this dataset.", icon=":material/link_off:")
            st.dataframe(pd.DataFrame(list(record.unjoined_rows)), key=f"unjoined-{record.id}", hide_index=True, height=220)
        if access.writable():
            remove = (store.workspace, record.id)
            key = f"remove-answers-{record.id}"
            st.button("Remove", key=key, icon=":material/delete:", on_click=action(changes.remove_answers), args=remove)
