"""One row at a time, with a key for each thing that can be said of it; what was said is on the disk before the next row comes."""

from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from evalmap.answers.reading.reviews import Review
from evalmap.data.errors import DatasetError
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.component import review_keys
from evalmap.pages.parts.reviewing import review_controls
from evalmap.pages.parts.reviewing.review_controls import LABEL, RELEVANCE, ReviewChoices
from evalmap.pages.server import caches, changes, map_reviews
from evalmap.pages.shared import example_address, example_body, state, text
from evalmap.pages.shared.action import action, draw_failure
from evalmap.writing.review.behaviour_line import behaviour_line
from evalmap.writing.review.label_options import BY_KEY, LabelOptions, label_options
from evalmap.writing.review.review_queue import left

FITS = {"yes": True, "no": False, "unsure": None}
UNSURE = "?"


@dataclass
class Pending:
    """What was said of a row so far; None where nothing. `fits`: yes, no or unsure; `relevance`: 1 to 5, 0 for unsure."""

    at: tuple[str, str, int] = ("", "", -1)  # dataset, reviewer, row
    fits: str | None = None
    chosen: str | None = None  # the label that a blind reviewer chose
    relevance: int | None = None
    ambiguous: bool = False
    comment: str = ""


@dataclass
class Done:
    """What one window did for one dataset and reviewer: (what, row), the last one last."""

    of: tuple[str, str] = ("", "")
    actions: list[tuple[str, int]] = field(default_factory=list)

    @property
    def skipped(self) -> list[int]:
        return [row for what, row in self.actions if what == "skip"]


@st.fragment
def draw(built: BuiltMap, choices: ReviewChoices) -> None:
    """The row that comes next, what can be said of it, and how far everybody is."""
    draw_failure()
    try:
        queues = review_controls.queues(built, choices)
        found = map_reviews.reviews_of(built)
    except DatasetError as error:
        text.show_error(error, "blind", "reviewers", "overlap", place="in the sidebar")
        return
    done = _done(built, choices.reviewer)
    rest = left(queues, {(row, review.reviewer) for row, review in found.reviews})
    rows = [row for row in rest[choices.reviewer] if row not in done.skipped]
    with st.container(key="review", gap="small"):
        _progress(queues, rest, choices, found)
        if told := st.session_state.pop(state.REVIEW_TOLD, None):
            st.caption(f":material/undo: {told}")
        if rows:
            _draw_row(built, rows[0], choices)
        else:
            _draw_end(built, choices, done, bool(queues[choices.reviewer]))


def _progress(
    queues: dict[str, list[int]], rest: dict[str, list[int]], choices: ReviewChoices, found: map_reviews.MapReviews
) -> None:
    own = queues[choices.reviewer]
    n = len(own) - len(rest[choices.reviewer])
    sample = set().union(*queues.values())
    others: dict[str, str] = {}
    for name in sorted({*queues, *(review.reviewer for _, review in found.reviews)} - {choices.reviewer}):
        rows = set(queues.get(name, sample))
        judged = len(rows & found.judged_by(name))
        if judged or name in queues:
            others[name] = f"{text.in_label(name or '(no name)', limit=30)} {judged:,} of {len(rows):,}"
    beside = f" · {', '.join(list(others.values())[:6])}" if others else ""
    beside += f" and {len(others) - 6:,} more" if len(others) > 6 else ""
    st.progress(n / len(own) if own else 1.0, text=f"{n:,} of {len(own):,}, yours{beside}")


def _draw_row(built: BuiltMap, row: int, choices: ReviewChoices) -> None:
    options = label_options(built, row)
    asked = _asked(options, choices)
    pending = _pending(built, choices.reviewer, row)
    behaviour = behaviour_line(caches.workspace(), built.manifest)
    about = f" · {text.in_label(behaviour, limit=200)}" if behaviour else ""
    st.caption(f"{example_address.place(built, row)}{about}")
    with st.container(key="review-text", gap="small"):
        example_body.draw(built, row, mark=not choices.blind)
    press: dict[str, str] = {}
    focus: dict[str, str] = {}
    with st.container(key="review-bar", gap="xsmall"):
        if options is not None and not choices.blind:  # beside the buttons: the text may be longer than the window
            st.badge(text.in_badge(options.right), icon=":material/label:", color="blue")
        if LABEL in asked and options is not None:
            if choices.blind:
                _draw_options(built, row, choices, options, pending, press, focus)
            else:
                _draw_fits(built, row, choices, pending, press)
        if RELEVANCE in asked:
            by_key = not (choices.blind and LABEL in asked and pending.fits is None)
            _draw_relevance(built, row, choices, pending, press, by_key=by_key)
        _draw_more(built, row, choices, pending, press, focus)
    review_keys.draw(press, focus)


def _asked(options: LabelOptions | None, choices: ReviewChoices) -> tuple[str, ...]:
    """What is asked of a row: of one without a label its relevance, whatever was chosen."""
    asked = tuple(question for question in choices.questions if question != LABEL or options is not None)
    return asked or ((RELEVANCE,) if options is None else (LABEL, RELEVANCE))


def _draw_fits(built: BuiltMap, row: int, choices: ReviewChoices, pending: Pending, press: dict[str, str]) -> None:
    with _line("Does the label fit?"):
        for value, word, key in (("yes", "Yes", "y"), ("no", "No", "n"), ("unsure", "Can't say", UNSURE)):
            _button(built, row, choices, f"{word} `{key}`", "fits", value, pending.fits == value, press, key)


def _draw_options(
    built: BuiltMap,
    row: int,
    choices: ReviewChoices,
    options: LabelOptions,
    pending: Pending,
    press: dict[str, str],
    focus: dict[str, str],
) -> None:
    """What a blind reviewer chooses from: a key each, or a list where there are more than there are keys."""
    by_key = pending.fits is None  # then the digits say how relevant the row is
    with _line("Which label is right?"):
        if len(options.names) <= BY_KEY:
            for number, name in enumerate(options.names, start=1):
                hint = f" `{number}`" if by_key else ""
                chosen = pending.chosen == name
                keys = (press, str(number)) if by_key else ({}, "")
                _button(built, row, choices, f"{text.in_label(name, limit=40)}{hint}", "chosen", name, chosen, *keys, at=number)
        else:
            key = f"review-list-{row}"
            st.selectbox(
                "Which label is right?",
                options.names,
                index=options.names.index(pending.chosen) if pending.chosen in options.names else None,
                placeholder="Choose the label (L)",
                key=key,
                label_visibility="collapsed",
                format_func=text.in_line,
                width=280,
                on_change=action(lambda: _say(built, row, choices, "chosen", st.session_state.get(key))),
            )
            focus["l"] = "review-list-"
        _button(built, row, choices, f"Can't say `{UNSURE}`", "fits", "unsure", pending.fits == "unsure", press, UNSURE)


def _draw_relevance(
    built: BuiltMap, row: int, choices: ReviewChoices, pending: Pending, press: dict[str, str], *, by_key: bool
) -> None:
    with _line("How relevant?"):
        for number in range(1, 6):
            keys = (press, str(number)) if by_key else ({}, "")
            help_ = {1: "Nothing to do with what the dataset tests for", 5: "Exactly what the dataset tests for"}.get(number)
            _button(built, row, choices, str(number), "relevance", number, pending.relevance == number, *keys, help_=help_)
        keys = (press, "0") if by_key else ({}, "")
        _button(built, row, choices, "Can't say `0`", "relevance", 0, pending.relevance == 0, *keys)


def _draw_more(
    built: BuiltMap, row: int, choices: ReviewChoices, pending: Pending, press: dict[str, str], focus: dict[str, str]
) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        hint = "It can be read in two ways. Not pressed, it is said not to be ambiguous."
        _button(built, row, choices, "Ambiguous `a`", "ambiguous", True, pending.ambiguous, press, "a", help_=hint)
        comment = _comment_key(row)
        st.text_input(
            "Comment",
            pending.comment,
            key=comment,
            placeholder="Comment (c)",
            label_visibility="collapsed",
            width=260,
        )
        focus["c"] = "review-comment-"
        for word, key, name, do in (("Skip", "s", "skip", _skip), ("Take back", "u", "back", _take_back)):
            button = f"review-{name}-{row}"
            args = (built, row, choices.reviewer)
            st.button(f"{word} `{key}`", key=button, type="tertiary", on_click=action(do), args=args)
            press[key] = f"review-{name}-"
        press["Backspace"] = press["u"]


def _line(question: str) -> Any:
    box = st.container(horizontal=True, vertical_alignment="center", gap="small")
    box.markdown(question, width=150)
    return box


def _button(
    built: BuiltMap,
    row: int,
    choices: ReviewChoices,
    label: str,
    name: str,
    value: Any,
    chosen: bool,
    press: dict[str, str],
    key: str,
    *,
    help_: str | None = None,
    at: object = None,
) -> None:
    """A button that says one thing of a row. Its key names the row: what is pressed late says nothing of the next one."""
    button = f"review-{name}-{value if at is None else at}-{row}"
    kind = "primary" if chosen else "secondary"
    st.button(label, key=button, type=kind, help=help_, on_click=action(_say), args=(built, row, choices, name, value))
    if key:  # whatever the row: the one that is on the page is the one that the reader sees
        press[key] = button.removesuffix(str(row))


def _say(built: BuiltMap, row: int, choices: ReviewChoices, name: str, value: Any) -> None:
    """Take note of one thing; where all that is asked was said, keep it."""
    pending = _pending(built, choices.reviewer, row)
    options = label_options(built, row)
    if name == "ambiguous":
        pending.ambiguous = not pending.ambiguous
    elif name == "chosen" and options is not None:
        pending.chosen, pending.fits = value, None if value is None else "yes" if value == options.right else "no"
    elif name == "fits":
        pending.fits, pending.chosen = value, None
    elif name == "relevance":
        pending.relevance = value
    if any(getattr(pending, {LABEL: "fits", RELEVANCE: "relevance"}[question]) is None for question in _asked(options, choices)):
        return
    said = Review(
        review_controls.reviewer_now(),
        label_fits=None if pending.fits is None else FITS[pending.fits],
        relevance=pending.relevance or None,
        ambiguous=pending.ambiguous,
        comment=str(st.session_state.get(_comment_key(row)) or pending.comment),
        sample=choices.by,
    )
    changes.review_row(caches.workspace(), built, row, said)
    st.session_state.pop(state.REVIEW_PENDING, None)
    _done(built, choices.reviewer).actions.append(("say", row))


def _skip(built: BuiltMap, row: int, reviewer: str) -> None:
    st.session_state.pop(state.REVIEW_PENDING, None)
    _done(built, reviewer).actions.append(("skip", row))


def _take_back(built: BuiltMap, row: int, reviewer: str) -> None:
    """What was begun, else what this window did last, else what this person said last."""
    pending = _pending(built, reviewer, row)
    if (pending.fits, pending.relevance) != (None, None) or pending.ambiguous:
        st.session_state.pop(state.REVIEW_PENDING, None)
        return
    actions = _done(built, reviewer).actions
    what, last = actions.pop() if actions else ("", None)
    if what == "skip":
        return
    taken = changes.take_review_back(caches.workspace(), built, review_controls.reviewer_now(), last)
    if taken is None:
        st.session_state[state.REVIEW_TOLD] = "There is nothing to take back."
        return
    keys = map_reviews.keys_of(built)
    at = keys.index(taken[0]) if taken[0] in keys else None
    where = "a row that the dataset does not hold now" if at is None else example_address.place(built, at)
    st.session_state[state.REVIEW_TOLD] = f"Taken back: {where}"
    if at is not None:
        again = Pending((built.manifest.slug, reviewer, at), ambiguous=bool(taken[1].ambiguous), comment=taken[1].comment)
        st.session_state[state.REVIEW_PENDING] = again


def _draw_end(built: BuiltMap, choices: ReviewChoices, done: Done, any_rows: bool) -> None:
    skipped = len(done.skipped)
    if any_rows:
        st.success(
            "No row is left of yours." if not skipped else f"No row is left but {skipped:,} skipped.", icon=":material/check:"
        )
    else:
        st.info("None of these rows is yours.", icon=":material/info:")
    press = {"u": "review-back-end", "Backspace": "review-back-end"}
    with st.container(horizontal=True):
        if skipped:
            st.button("Show skipped rows", key="review-again", on_click=action(_show_skipped), args=(built, choices.reviewer))
        args = (built, -1, choices.reviewer)
        st.button("Take back `u`", key="review-back-end", type="tertiary", on_click=action(_take_back), args=args)
    review_keys.draw(press, {})


def _show_skipped(built: BuiltMap, reviewer: str) -> None:
    done = _done(built, reviewer)
    done.actions = [one for one in done.actions if one[0] != "skip"]


def _pending(built: BuiltMap, reviewer: str, row: int) -> Pending:
    at = (built.manifest.slug, reviewer, row)
    found = st.session_state.get(state.REVIEW_PENDING)
    if found is None or found.at != at:
        found = st.session_state[state.REVIEW_PENDING] = Pending(at)
    return found


def _done(built: BuiltMap, reviewer: str) -> Done:
    of = (built.manifest.slug, reviewer)
    found = st.session_state.get(state.REVIEW_DONE)
    if found is None or found.of != of:
        found = st.session_state[state.REVIEW_DONE] = Done(of)
    return found


def _comment_key(row: int) -> str:
    return f"review-comment-{row}"
