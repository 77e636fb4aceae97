"""The headline figures of an answer set, each with its n and its interval."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from evalmap.answers.answer_types import Scores
from evalmap.answers.reporting.answer_report import why_differs
from evalmap.answers.statistics.summary import Interval, Summary, summarize
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.component.answer_columns import UNREAD
from evalmap.pages.parts.answers import answer_results
from evalmap.pages.parts.answers.answer_controls import AnswerChoices
from evalmap.pages.shared import text


def draw(built: BuiltMap, choices: AnswerChoices) -> None:
    """One line of figures a set: the chosen one, then the one beside it."""
    for scores in [choices.a] if choices.b is None else [choices.a, choices.b]:
        _line(built, scores, answer_results.summary(built, scores))


def draw_region(built: BuiltMap, choices: AnswerChoices, rows: NDArray[np.int64]) -> None:
    """What the sets answer inside a selection of the map, and outside of it."""
    inside = np.zeros(len(built), dtype=bool)
    inside[rows] = True
    for scores in [choices.a] if choices.b is None else [choices.a, choices.b]:
        selected, others = (_part(built, scores, part) for part in (inside, ~inside))
        st.markdown(f"**Selected on the map**, {text.in_label(scores.label, limit=100)}: {selected}; all other examples: {others}.")
    st.caption("Compare regions with care: their labels differ, and so does what a biased model matches.")


def _part(built: BuiltMap, scores: Scores, rows: NDArray[np.bool_]) -> str:
    found = summarize(scores, labels=answer_results.labels_of(built), confidence=answer_results.confidence_of(built), rows=rows)
    if not found.n:
        return "no answers"
    mean = f", mean P(matching) {found.mean_p:.2f}" if found.n_p else ""
    share = f", {percent(_share(found))} {text.in_label(found.reference)}" if found.reference else ""
    return f"{percent(found.matching)} matching ({_limits(found.interval)}, n = {found.n:,}{share}){mean}"


def _line(built: BuiltMap, scores: Scores, summary: Summary) -> None:
    st.markdown(f"**{text.in_label(scores.label, limit=120)}** · n = {summary.n:,} of {len(built):,}")
    with st.container(horizontal=True, gap="medium"):
        help_text = "Share of examples whose most likely option is the matching one (the paper's metric). Wilson interval, 95 %."
        _metric("% matching", percent(summary.matching), f"{_limits(summary.interval)} · n = {summary.n:,}", help_text)
        help_text = "Another figure: the mean probability of the matching option. BCa bootstrap interval, 95 %."
        _metric("mean P(matching)", percent(summary.mean_p), f"{_limits(summary.mean_p_interval)} · n = {summary.n_p:,}", help_text)
        if scores.is_graded:
            help_text = "Mean of the score that the source itself gave each free answer. BCa bootstrap interval, 95 %."
            interval = f"{number(summary.mean_score_interval.low)} to {number(summary.mean_score_interval.high)}"
            name = text.in_label(scores.info.metric or "score", limit=30)
            _metric(f"mean {name}", number(summary.mean_score), f"{interval} · n = {summary.n_score:,}", help_text)
        reference = text.in_label(summary.reference or "", limit=20)
        help_text = (
            "Whether the model tells the two labels apart, whatever its bias: the chance that it finds the option likelier where "
            "it is right than where it is not. 0.5 is chance."
        )
        counts = (
            f"{summary.n_reference:,} {reference}, {summary.n_other:,} other" if summary.auc == summary.auc else "needs two labels"
        )
        _metric(f"AUC of P({reference})" if reference else "AUC", number(summary.auc), counts, help_text)
        share = f"label: {percent(_share(summary))}" if summary.reference else "no labels"
        _metric(
            f"{reference or 'Yes'}-rate", percent(summary.yes_rate), share, "How often this option is chosen, whatever the label."
        )
        help_text = "Mean probability of all options together. Near 0: the model would have written something else."
        _metric("answer mass", text.percent(summary.mass, 1 if summary.mass >= 0.01 else 3), f"n = {summary.n_p:,}", help_text)
    for sentence in sentences(scores, summary):
        st.caption(text.in_label(sentence, limit=400))


def sentences(scores: Scores, summary: Summary) -> list[str]:
    """What a reader must know before quoting the figures."""
    lines = []
    if summary.ties:
        half = percent(summary.matching_with_ties_half)
        lines.append(f"{summary.ties:,} answers are undecided (equal probabilities) and count as not matching; as halves: {half}.")
    if why := why_differs(scores, summary):
        lines.append(why)
    unread = {UNREAD[s]: n for s, n in summary.statuses.items() if s in UNREAD and s != "tie" and n}
    if unread:
        reasons = ", ".join(f"{n:,} {why}" for why, n in unread.items())
        lines.append(f"No answer could be read from {sum(unread.values()):,}: {reasons}.")
    if summary.bounded:
        lines.append(f"In {summary.bounded:,} an option was not among the top tokens: its P is a bound.")
    if summary.repeats:
        lines.append(f"{summary.repeats:,} rows share their text with one that was asked; they are shown and not counted.")
    return lines


def percent(ratio: float) -> str:
    return text.percent(ratio, 1)


def number(value: float) -> str:
    return "–" if value != value else f"{value:.2f}"


def _limits(interval: Interval) -> str:
    return "no interval" if interval.low != interval.low else f"{100 * interval.low:.1f}–{100 * interval.high:.1f} %"


def _share(summary: Summary) -> float:
    figures = summary.by_label.get(summary.reference or "")
    return figures.n / summary.n if figures and summary.n else float("nan")


def _metric(label: str, value: str, below: str, help_text: str) -> None:
    st.metric(label, value, below, delta_color="off", delta_arrow="off", help=help_text, width="content")
