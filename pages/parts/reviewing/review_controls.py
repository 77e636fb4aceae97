"""Which rows are reviewed and by whom: the review page's sidebar, and the name that it asks for first."""

from dataclasses import dataclass

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.reviewing import visitor
from evalmap.pages.server.maps import built_map
from evalmap.pages.shared import state, text
from evalmap.writing.review import review_sample
from evalmap.writing.review.label_options import require_options
from evalmap.writing.review.review_queue import WAYS, By

LABEL, RELEVANCE = "label fits", "relevance"
SIZE, OVERLAP = 100, 20  # rows; per cent
_NAME = "reviewer-entry"


@dataclass(frozen=True)
class ReviewChoices:
    """What was set. `reviewer` is "" where nobody said who they are; `overlap` is a ratio."""

    reviewer: str
    by: By
    size: int
    seed: int
    people: tuple[str, ...]
    overlap: float
    blind: bool
    questions: tuple[str, ...]


def draw(built: BuiltMap) -> ReviewChoices:
    """Draw the sidebar and read it.

    Raises
    ------
    DatasetError : the proxy does not say who is there
    """
    reviewer = _reviewer()
    by = st.selectbox(
        "Rows drawn",
        WAYS,
        key=state.SAMPLE_BY,
        bind="query-params",
        help="random; stratified: with the share of each label and cluster; worst: the most flags and the lowest confidence first, "
        "which says where to look and nothing of the dataset as a whole.",
    )
    with st.container(horizontal=True):
        size = st.number_input("Rows", 1, max(len(built), SIZE), SIZE, key=state.SAMPLE_SIZE, bind="query-params")
        same = "The same seed draws the same rows."
        seed = st.number_input("Seed", 0, 2**31 - 1, 42, key=state.SAMPLE_SEED, bind="query-params", help=same)
    people = st.text_input(
        "Shared among",
        key=state.PEOPLE,
        bind="query-params",
        placeholder="ann, bob",
        help="Names with commas between them: each reads a part. Empty: everybody reads all rows.",
    )
    overlap = OVERLAP
    if review_sample.names_of(people):
        help_ = "The part that all of them read, so that they can be compared."
        overlap = st.slider("Read by all", 0, 100, OVERLAP, format="%d %%", key=state.OVERLAP, bind="query-params", help=help_)
    help_ = "The label is not shown: you say which one is right, and the rest follows."
    blind = st.toggle("Blind to the label", key=state.BLIND, bind="query-params", help=help_)
    questions = st.pills(
        "Asked of a row",
        (LABEL, RELEVANCE),
        selection_mode="multi",
        default=(LABEL, RELEVANCE),
        key=state.QUESTIONS,
        bind="query-params",
        help="With one of them, a row is one key.",
    )
    return ReviewChoices(
        reviewer,
        by or "random",
        int(size),
        int(seed),
        tuple(review_sample.names_of(people)),
        overlap / 100,
        bool(blind),
        tuple(questions or ()),
    )


def _reviewer() -> str:
    if visitor.named_by_proxy():
        name = visitor.name()
        st.markdown(f"Reviewing as **{text.in_label(name)}**")
        return name
    help_ = "Whose judgements these are. Others may review the same rows under their own names."
    return (
        st.text_input("Your name", key=state.REVIEWER, bind="query-params", max_chars=visitor.LONGEST, help=help_) or ""
    ).strip()


def draw_name() -> None:
    """Ask who is there, where nobody said it yet."""
    st.markdown("#### Who is reviewing?", anchors=False)
    st.text_input("Your name, as others know you", key=_NAME, max_chars=visitor.LONGEST, on_change=_named)
    st.caption("Your judgements are kept under it. There is no log-in; take another name than the others.")


def _named() -> None:
    st.session_state[state.REVIEWER] = str(st.session_state.get(_NAME) or "").strip()


def reviewer_now() -> str:
    """Who is there at the moment a key is pressed: where a proxy says it, nothing that the browser sends counts.

    Raises
    ------
    DatasetError : nobody said who they are
    """
    name = visitor.name() if visitor.named_by_proxy() else str(st.session_state.get(state.REVIEWER) or "").strip()
    if not name:
        raise DatasetError("Say who you are first: your name, in the sidebar.")
    return name


def queues(built: BuiltMap, choices: ReviewChoices) -> dict[str, list[int]]:
    """Each person's rows.

    Raises
    ------
    DatasetError : as `evalmap.writing.review.review_sample.queues`; blind, and there is nothing to choose from
    """
    if choices.blind:
        require_options(built)
    manifest = built.manifest
    drawn = (choices.by, choices.size, choices.seed, choices.people, choices.overlap)
    return _queues(manifest.slug, manifest.fingerprint, choices.reviewer, *drawn)


@st.cache_resource(max_entries=32, show_spinner="Drawing the rows …")
def _queues(
    slug: str, fingerprint: str, reviewer: str, by: By, size: int, seed: int, people: tuple[str, ...], overlap: float
) -> dict[str, list[int]]:
    how = {"sample": size, "by": by, "seed": seed, "people": people, "overlap": overlap}
    return review_sample.queues(built_map(slug, fingerprint), reviewer, **how)
