"""The open plan as it is being edited: one text in the session, which the form and the text field both change.

It outlives a bad edit, and going to another step or page; what lies in the file changes with Save alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from evalmap.pages.parts.writing.open_plan import OpenPlan
from evalmap.pages.server import caches, changes
from evalmap.pages.shared import state
from evalmap.pages.shared.action import action
from evalmap.writing.plan_edits import with_fields
from evalmap.writing.plan_shelf import version


@dataclass(frozen=True)
class PlanDraft:
    """A text, and the version of the file that it began with. `saved` is the text as it lay there then."""

    name: str
    before: str
    saved: str
    text: str

    @property
    def changed(self) -> bool:
        return self.text != self.saved


def draft_of(plan: OpenPlan) -> tuple[PlanDraft, bool]:
    """(the draft of the open plan, whether the file was changed elsewhere since it began).

    A draft without changes follows the file.
    """
    lying = plan.content.decode("utf-8", "replace")
    draft: PlanDraft | None = st.session_state.get(state.PLAN_DRAFT)
    now = version(plan.content)
    if draft is None or draft.name != plan.place.name or (draft.before != now and not draft.changed):
        draft = PlanDraft(plan.place.name, now, lying, lying)
        _keep(draft)
    elif draft.before != now and draft.text == lying:  # saved elsewhere as it is here
        draft = replace(draft, before=now, saved=lying)
        _keep(draft)
    return draft, draft.before != now


def has_changes(plan: OpenPlan) -> bool:
    """Whether the draft of this plan says something else than its file."""
    draft: PlanDraft | None = st.session_state.get(state.PLAN_DRAFT)
    return draft is not None and draft.name == plan.place.name and draft.changed


def changed_by(read: Callable[[Any], dict[str, Any]], key: str) -> Callable[[], None]:
    """The callback of a widget of the form: what it holds goes into the draft.

    Parameters
    ----------
    read : the widget's value → {field: value}, as of `with_fields`
    key : the widget's
    """

    return action(lambda: change(read(st.session_state[key])))


def change(fields: dict[str, Any]) -> None:
    """Set fields of the draft; to be called from a callback.

    Raises
    ------
    DatasetError : the text is no TOML just now
    """
    draft: PlanDraft = st.session_state[state.PLAN_DRAFT]
    _keep(replace(draft, text=with_fields(draft.text, fields)))


def retype(key: str) -> None:
    """The text field's callback."""
    _keep(replace(st.session_state[state.PLAN_DRAFT], text=st.session_state[key]))


def save_draft(plan: OpenPlan, over: bool = False) -> None:
    """Write the draft to the file; to be called from a callback.

    Parameters
    ----------
    over : also where the file was changed elsewhere

    Raises
    ------
    DatasetError : as `changes.save_plan`; the draft stays
    """
    draft: PlanDraft = st.session_state[state.PLAN_DRAFT]
    content = draft.text.encode()
    changes.save_plan(caches.workspace(), plan.place, content, None if over else draft.before)
    _keep(PlanDraft(draft.name, version(content), draft.text, draft.text))


def drop() -> None:
    """Let go of the draft: the file is shown as it lies; to be called from a callback."""
    st.session_state.pop(state.PLAN_DRAFT, None)


def _keep(draft: PlanDraft) -> None:
    st.session_state[state.PLAN_DRAFT] = draft
