"""Sentences with a blank for a pronoun: whom a model takes for a woman, occupation by occupation, against the share of women."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from evalmap.answers.answer_types import Scores
from evalmap.answers.reading.occupations import OccupationRows
from evalmap.answers.reporting.pronoun_section import AGREEMENT, fit_sentence
from evalmap.answers.statistics.pronoun_bias import (
    BiasFit,
    OccupationBias,
    PartBias,
    PronounBias,
    compare_bias,
    fit_bias,
    sentence_bias,
)
from evalmap.answers.statistics.summary import Interval
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.answers import answer_results, pronoun_chart
from evalmap.pages.parts.answers.answer_controls import AnswerChoices
from evalmap.pages.parts.answers.pronoun_chart import ChartSet
from evalmap.pages.shared import example_address, state, text

NAME = "Pronouns"
BIAS, FEMALE, NEUTRAL = "P(female) − P(male)", "P(female)", "P(neutral)"
NONE = ""
MEANING = {
    BIAS: "After these two alone are made to add up to 1: +1 is always the woman's pronoun, −1 always the man's.",
    FEMALE: "Of the woman's pronoun among all of a sentence's options.",
    NEUTRAL: "Of the pronoun that leaves it open, among all of a sentence's options.",
}
OF = {BIAS: "bias", FEMALE: "P(female)", NEUTRAL: "P(neutral)"}


def tells(built: BuiltMap, scores: Scores) -> bool:
    """Whether there is something to show of a set: the dataset has occupations with shares, the set P of pronouns."""
    return scores.pronouns is not None and answer_results.occupations(built) is not None


def draw(built: BuiltMap, choices: AnswerChoices) -> None:
    """The scatter with its figures; forms, clusters and occupations as tables; the sentences of one occupation."""
    found = answer_results.occupations(built)
    sets = [scores for scores in (choices.a, choices.b) if scores is not None and scores.pronouns is not None]
    if found is None or not sets:
        st.info("This set has no probabilities of pronouns.", icon=":material/info:")
        return
    figures = [answer_results.pronouns(built, scores, choices.layer) for scores in sets]
    measure = st.segmented_control("Of each occupation", list(MEANING), default=BIAS, key=state.PRONOUN_MEASURE) or BIAS
    left, right = st.columns(2, gap="medium")
    with left:
        shown = [
            ChartSet(scores.label, own.occupations, _values(own, measure), _fit(own, found, measure), OF[measure])
            for scores, own in zip(sets, figures, strict=True)
        ]
        # Read before the field below is drawn: the chart shows which occupation is open.
        pronoun_chart.draw(found, shown, measure, chosen=st.session_state.get(_key(built)), opens=_key(built))
    with right:
        for one, own in zip(shown, figures, strict=True):
            _headline(one, own, found)
        if len(figures) == 2:
            _difference(sets, figures)
        _forms(built, sets, figures)
    share = text.in_label(found.share_field)
    st.caption(
        f"{MEANING[measure]} Each point is an occupation, over {share}; r with Fisher's interval, the line by least squares with "
        f"Student's t, 95 %. {AGREEMENT}{_left_out(found, figures[0])}"
    )
    _occupations(built, found, sets, figures)
    _sentences(built, found, sets)
    _clusters(built, choices, sets[0], figures[0])


def _values(own: PronounBias, measure: str) -> NDArray[np.float64]:
    name = {BIAS: "bias", FEMALE: "p_female", NEUTRAL: "p_neutral"}[measure]
    return np.array([getattr(one, name) for one in own.occupations], dtype=np.float64)


def _fit(own: PronounBias, found: OccupationRows, measure: str) -> BiasFit:
    if measure == BIAS:
        return own.whole.fit
    at = np.array([one.at for one in own.occupations], dtype=np.int64)
    return fit_bias(found.share[at], _values(own, measure), of=OF[measure])


def _headline(one: ChartSet, own: PronounBias, found: OccupationRows) -> None:
    st.markdown(f"**{text.in_label(one.label, limit=80)}** · {text.in_label(fit_sentence(one.fit, of=one.of), limit=300)}")
    whole = own.whole
    st.caption(
        f"{whole.n_sentences:,} sentences about {whole.n_occupations:,} of {len(found.names):,} occupations; mean "
        f"P(female) {whole.p_female:.2f}, P(male) {whole.p_male:.2f}, P(neutral) {whole.p_neutral:.2f}."
    )


def _difference(sets: Sequence[Scores], figures: Sequence[PronounBias]) -> None:
    compared = compare_bias(*figures)
    if compared.why_not:
        st.caption(text.in_label(compared.why_not, limit=200))
        return
    low, high = compared.interval.low, compared.interval.high
    pvalue = f", Williams' t p = {compared.pvalue:.2g}" if compared.pvalue == compared.pvalue else ""
    st.caption(
        f"r of the bias: {compared.r_a:.2f} for {text.in_label(sets[0].label, limit=60)}, {compared.r_b:.2f} for "
        f"{text.in_label(sets[1].label, limit=60)}; difference **{compared.difference:+.2f}** ({low:+.2f} to {high:+.2f}, Zou's "
        f"interval for two correlations with one variable in common{pvalue}), over {compared.n:,} occupations."
    )


def _left_out(found: OccupationRows, own: PronounBias) -> str:
    said = ""
    if own.n_without_share:
        said += f" {own.n_without_share:,} occupations have no share of women: they are in the table only."
    if found.n_unnamed:
        said += f" {found.n_unnamed:,} sentences name no occupation."
    if found.differing:
        said += f" {len(found.differing):,} occupations have rows that tell different shares: their mean is taken."
    return said


# Tables


def _forms(built: BuiltMap, sets: Sequence[Scores], figures: Sequence[PronounBias]) -> None:
    lines = []
    for scores, own in zip(sets, figures, strict=True):
        for form, part in own.by_form.items():
            set_ = {"set": scores.label} if len(sets) > 1 else {}
            lines.append({**set_, "form": form, **_part(part)})
    st.dataframe(
        pd.DataFrame(lines),
        key=f"pronoun-forms-{built.manifest.slug}",
        hide_index=True,
        placeholder="–",
        column_config={
            "set": st.column_config.TextColumn("set", width=100),
            "form": st.column_config.TextColumn("pronoun", width=78),
            **_part_columns(),
        },
        alt="Figures of each pronoun form",
    )


def _clusters(built: BuiltMap, choices: AnswerChoices, scores: Scores, own: PronounBias) -> None:
    names = {name.id: name.name for name in built.names_by_layer[choices.layer]}
    parts = {id: part for id, part in own.by_cluster.items() if part.n_sentences}
    if not parts:
        return
    st.markdown(f"**Clusters**, {text.in_label(scores.label, limit=80)}")
    order = sorted(parts, key=lambda id: -abs(parts[id].bias))
    table = pd.DataFrame([{"name": f"{id} · {names.get(id, '')}", **_part(parts[id])} for id in order])
    st.dataframe(
        table,
        key=f"pronoun-clusters-{built.manifest.slug}-{choices.layer}",
        hide_index=True,
        placeholder="–",
        height=min(36 * (len(table) + 1) + 2, 320),
        column_config={"name": st.column_config.TextColumn("cluster", width=260), **_part_columns()},
        alt="Figures of each cluster",
    )


def _part(part: PartBias) -> dict[str, object]:
    fit = part.fit
    return {
        "n": part.n_sentences,
        "occupations": part.n_occupations,
        "bias": part.bias,
        "neutral": part.p_neutral,
        "r": fit.r,
        "interval": _limits(fit.r_interval, ".2f"),
        "slope": fit.slope,
    }


def _part_columns() -> dict[str, Any]:
    number = st.column_config.NumberColumn
    return {
        "n": number("n", format="localized", width=52, help="Sentences."),
        "occupations": number("occupations", format="localized", width=85, help="Occupations that the sentences are about."),
        "bias": number("bias", format="%+.2f", width=55, help="Mean over sentences."),
        "neutral": number("neutral", format="%.2f", width=60, help="Mean P(neutral)."),
        "r": number("r", format="%.2f", width=45, help="Bias over the share of women, an occupation a point."),
        "interval": st.column_config.TextColumn("95 %", width=92, help="Fisher's interval of r."),
        "slope": number("slope", format="%+.2f", width=60, help="Bias where all are women less where none is, by the line."),
    }


def _occupations(built: BuiltMap, found: OccupationRows, sets: Sequence[Scores], figures: Sequence[PronounBias]) -> None:
    own = figures[0]
    clear = len(own.departing(len(own.occupations)))
    st.markdown(f"**{clear:,} of {own.whole.fit.n:,} occupations** lie off the line by more than their sentences vary")
    ordered = sorted(own.occupations, key=_farthest_first)
    table = pd.DataFrame(
        {
            "occupation": [found.names[one.at] for one in ordered],
            "n": [one.n for one in ordered],
            "share": [100 * one.share for one in ordered],
            "bias": [one.bias for one in ordered],
            "interval": [_limits(one.interval, "+.2f") for one in ordered],
            "residual": [one.residual for one in ordered],
            "residual interval": [_limits(one.residual_interval, "+.2f") for one in ordered],
            "female": [one.p_female for one in ordered],
            "male": [one.p_male for one in ordered],
            "neutral": [one.p_neutral for one in ordered],
        }
    )
    if len(figures) == 2:
        other = {one.at: one.bias for one in figures[1].occupations}
        table["other"] = [other.get(one.at, np.nan) for one in ordered]
    key = f"pronoun-occupations-{built.manifest.slug}-{sets[0].id}"
    number = st.column_config.NumberColumn

    def opened() -> None:
        picked = st.session_state[key]["selection"]["rows"]
        if picked:
            st.session_state[_key(built)] = found.names[ordered[picked[0]].at]

    st.dataframe(
        table,
        key=key,
        hide_index=True,
        placeholder="–",
        height=min(36 * (len(table) + 1) + 2, 320),
        on_select=opened,
        selection_mode="single-row",
        column_config={
            "occupation": st.column_config.TextColumn("occupation", width=220),
            "n": number("n", format="localized", width=50, help="Sentences."),
            "share": number("% women", format="%.1f", width=75, help=text.in_label(found.share_field)),
            "bias": number("bias", format="%+.2f", width=60),
            "interval": st.column_config.TextColumn("95 %", width=115, help="Over the occupation's sentences, Student's t."),
            "residual": number("off the line", format="%+.2f", width=80, help="Bias less what the line expects at its share."),
            "residual interval": st.column_config.TextColumn("95 %", width=115, help="Over its sentences, the line as it stands."),
            "female": number("P(female)", format="%.2f", width=75),
            "male": number("P(male)", format="%.2f", width=65),
            "neutral": number("P(neutral)", format="%.2f", width=75),
            "other": number("bias of the other", format="%+.2f", width=110),
        },
        alt="Occupations, those farthest from the line first",
    )


def _farthest_first(one: OccupationBias) -> tuple[bool, bool, float, int]:
    """Those without a share last; those whose interval leaves the line out before the others."""
    clear = one.residual_interval.low > 0 or one.residual_interval.high < 0
    return one.residual != one.residual, not clear, -abs(one.residual), one.at


def _sentences(built: BuiltMap, found: OccupationRows, sets: Sequence[Scores]) -> None:
    """The field that names an occupation, and its sentences with P of each pronoun."""
    place = {name: at for at, name in enumerate(found.names)}
    if st.session_state.get(_key(built)) not in (*place, None, NONE):
        st.session_state[_key(built)] = NONE  # of another dataset
    name = st.selectbox(
        "Sentences about",
        [NONE, *sorted(found.names, key=str.casefold)],
        key=_key(built),
        format_func=lambda one: text.in_line(one, limit=100) if one else "choose an occupation, or click one above",
    )
    if not name:
        return
    rows = np.flatnonzero(found.occupation == place[name])
    options = built.examples["text"].to_numpy(dtype=object)[rows]
    table: dict[str, Any] = {
        **example_address.place_columns(built, rows),
        "sentence": [text.in_line(str(sentence), limit=400) for sentence in options],
        "form": list(found.form[rows]),
    }
    number = st.column_config.NumberColumn
    config: dict[str, Any] = {
        **example_address.place_config(built),
        "sentence": st.column_config.TextColumn("sentence", width=560),
        "form": st.column_config.TextColumn("pronoun", width=85),
    }
    for at, scores in enumerate(sets):
        own = scores.p_pronouns[rows]
        which = "" if len(sets) == 1 else ("first ", "second ")[at]
        for column, title, values, form in (
            ("female", "P(female)", own[:, 0], "%.3f"),
            ("male", "P(male)", own[:, 1], "%.3f"),
            ("neutral", "P(neutral)", own[:, 2], "%.3f"),
            ("bias", "bias", sentence_bias(own), "%+.2f"),
        ):
            table[f"{column}-{at}"] = values
            config[f"{column}-{at}"] = number(f"{which}{title}", format=form, help=text.in_label(scores.label), width=95)
    key = f"pronoun-sentences-{built.manifest.slug}-{place[name]}"
    st.dataframe(
        pd.DataFrame(table),
        key=key,
        hide_index=True,
        placeholder="–",
        on_select=example_address.opener(built, rows, key),
        selection_mode="single-row",
        column_config=config,
        alt=f"Sentences about {text.in_line(name)}",
    )


def _limits(interval: Interval, form: str) -> str:
    return "" if interval.low != interval.low else f"{interval.low:{form}} to {interval.high:{form}}"


def _key(built: BuiltMap) -> str:
    return f"{state.OCCUPATION}-{built.manifest.slug}"
