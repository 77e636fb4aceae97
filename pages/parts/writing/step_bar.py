"""The steps from a behaviour to an evaluation: what each is for, where this plan stands, and the way from one to another."""

import streamlit as st

from evalmap.pages.parts.writing.open_plan import OpenPlan
from evalmap.pages.server import caches, map_reviews
from evalmap.pages.shared import state, text

STEPS = {
    "describe": ("Describe", "Say what is tested, in one sentence."),
    "write": ("Write", "A language model writes rows, in batches."),
    "filter": ("Filter", "Another model says how surely a row bears its label."),
    "look": ("Look", "Read what was kept, and what was not."),
    "screen": ("Screen", "Repeats are set aside; see when more would be waste."),
    "phrasings": ("Phrasings", "What one template brings beside another."),
    "gaps": ("Fill the gaps", "Write more where the map is thin."),
    "review": ("Review", "People check rows, blind if wanted."),
    "publish": ("Publish", "Hand on the rows, and how they came about."),
}


def draw_sentence() -> None:
    """What the page is for, in one line."""
    st.markdown("From a behaviour in one sentence to an evaluation that is screened and that people have checked:")
    st.caption(" → ".join(name for step, (name, _) in STEPS.items() if step != "phrasings"))


def draw_outline() -> None:
    """The steps with what each does, for whoever has no plan open."""
    st.markdown("#### The way")
    numbered = list(enumerate((told for step, told in STEPS.items() if step != "phrasings"), 1))
    for row in (numbered[:4], numbered[4:]):
        for column, (number, (name, what)) in zip(st.columns(4, gap="small"), row, strict=False):
            with column, st.container(border=True, height="stretch", gap="xsmall"):
                st.markdown(f"**{number} · {name}**")
                st.caption(what)


def draw(plan: OpenPlan) -> str:
    """The bar of an open plan; the step that is chosen."""
    several = plan.plan is not None and len(plan.plan.templates) > 1
    shown = [step for step in STEPS if step != "phrasings" or several]
    chosen = st.segmented_control(
        "Steps",
        shown,
        default="write" if plan.state.running or plan.result is not None else "describe",
        format_func=lambda step: STEPS[step][0],  # the link holds these words, so they say nothing that changes
        key=state.WRITE_STEP,
        bind="query-params",
        label_visibility="collapsed",
        required=True,
    )
    step = chosen or "describe"
    done = steps_done(plan)
    behind = ", ".join(name for one, (name, _) in STEPS.items() if one in done)
    st.caption(f"{STEPS[step][1]}" + (f" :material/check: Done for this plan: {behind}." if behind else ""))
    return step


def draw_template(plan: OpenPlan) -> None:
    """Which template's prompts and rows are shown, of a plan with several."""
    names = [one.id for one in plan.plan.templates] if plan.plan is not None else []
    if len(names) > 1:
        st.segmented_control("Template", names, default=names[0], format_func=text.in_label, key=state.PHRASING, required=True)


def steps_done(plan: OpenPlan) -> set[str]:
    """The steps that the plan has behind it, as far as its files tell."""
    done = {"describe"} if plan.plan is not None or plan.schemas is not None else set()
    if plan.result is None:
        return done
    counts = plan.result.table["all"]
    if not counts.get("not_asked") and not counts.get("failed"):
        done.add("write")
    if plan.result.told.get("filter"):
        done.add("filter")
    done.add("screen")
    if (built := plan.map) is not None:
        done.add("look")
        if map_reviews.reviews_of(caches.open_map(built.slug, built.fingerprint)).reviews:
            done.add("review")
    return done


def forget_step() -> None:
    """Another plan begins where it stands; to be called from a callback."""
    st.session_state.pop(state.WRITE_STEP, None)
    st.session_state.pop(state.PHRASING, None)


def go_to(step: str) -> None:
    """Show another step; to be called from a callback."""
    st.session_state[state.WRITE_STEP] = step
