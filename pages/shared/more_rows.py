"""Write more rows like these: which label and how many make a plan in the workspace, and what to do with it."""

import shlex
from collections.abc import Callable, Mapping

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.server import access, caches, changes
from evalmap.pages.shared import state, text
from evalmap.pages.shared.action import action
from evalmap.pages.shared.navigation import open_plan
from evalmap.writing import plan_shelf
from evalmap.writing.gap_places import GapPlace
from evalmap.writing.gap_plan import USUAL_COUNT, behaviour_beside, gap_plan, kind_of, labels_of_another
from evalmap.writing.plan_text import plan_toml
from evalmap.writing.plans import MOST_ROWS

EACH, ROWS = "each label", "another number"
NOTHING: Mapping[str, int] = {}


def may_plan() -> bool:
    """Whether who looks may make a plan: it can name files of the machine that the site runs on."""
    return access.writable() and access.serves_this_machine_only()


def draw(
    dataset: BuiltMap,
    place: Callable[[], GapPlace],
    *,
    key: str,
    to_write: Mapping[str, int] = NOTHING,
    reference: BuiltMap | None = None,
) -> None:
    """The choices, the button, and once it is pressed the plan's command.

    Parameters
    ----------
    dataset : that grows
    place : says what the rows are to be like; called when the button is pressed
    key : of this one among those on the page
    to_write : {label: rows} that would even the place out: what is chosen at first, where there are any
    reference : whose rows the place's are, where they are not the dataset's
    """
    try:
        _, labels = kind_of(dataset)
    except DatasetError as error:
        text.show_error(error)
        return
    behaviour, known = behaviour_beside(dataset)
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"more-rows-{key}"):
        evens = ", ".join(f"{n:,} {one}".strip() for one, n in to_write.items())
        names = [*([f"{evens}, which evens it out"] if evens else []), *([EACH] if labels else [ROWS] if evens else []), *labels]
        chosen = EACH
        if names:
            width = 280 if evens else 140
            chosen = st.selectbox("Label", names, format_func=text.in_line, key=f"{state.MORE_LABEL}-{key}", width=width)
        label, count = chosen if chosen in labels else None, None
        if not evens or chosen != names[0]:
            count = st.number_input(
                "Rows" if label or not labels else "Rows, of each",
                min_value=1,
                max_value=MOST_ROWS,
                value=USUAL_COUNT,
                key=f"{state.MORE_COUNT}-{key}",
                width=130,
            )
        told = st.text_input(
            "A person who …",
            value=behaviour,
            key=f"{state.MORE_BEHAVIOUR}-{key}",
            width=320,
            help=f"What the dataset tests, in words that go on from “a person who …”: {text.in_label(known, limit=200)}.",
        )
        st.button(
            "Make the plan",
            icon=":material/edit_note:",
            type="primary",
            key=f"make-plan-{key}",
            on_click=action(_make),
            args=(dataset, place, reference, label, count, told, key),
        )
    if note := labels_of_another(dataset, reference):
        st.caption(text.in_label(note, limit=400))
    made = st.session_state.get(state.MADE_PLAN)
    if made and made[:2] == (dataset.manifest.slug, key):
        _draw_made(made[2], made[3])


def _make(
    dataset: BuiltMap,
    place: Callable[[], GapPlace],
    reference: BuiltMap | None,
    label: str | None,
    count: int | None,
    behaviour: str,
    key: str,
) -> None:
    plan = gap_plan(place(), dataset, behaviour=behaviour, reference=reference, label=label, count=count)
    made = changes.shelve_plan(caches.workspace(), plan_toml(plan).encode())
    counts = " and ".join(f"{n:,} {one}".strip() for one, n in plan.count.items())
    about = f" about “{plan.topics[0]}”" if plan.topics else ""
    told = f"{counts}{about}, with {len(plan.examples)} examples; rows that repeat one of the dataset will be set aside."
    st.session_state[state.MADE_PLAN] = (dataset.manifest.slug, key, made.name, told)


def _draw_made(name: str, told: str) -> None:
    st.success(f"The plan is made: {text.in_label(told, limit=300)}", icon=":material/check:")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Say whom to ask, and write",
            icon=":material/stylus_note:",
            key=f"open-plan-{name}",
            on_click=open_plan,
            args=(name,),
            help="Opens the plan on the Write page. The new rows come onto a map where the old points stay.",
        )
        with st.popover("From a terminal", type="tertiary", icon=":material/terminal:"):
            path = plan_shelf.place_of(caches.workspace(), name).path
            st.code(f"evalmap write {shlex.quote(str(path))} --onto-map", language=None, wrap_lines=True)
