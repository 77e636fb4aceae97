"""Write: what would be asked, the prompts as they will be sent, the run, and what its replies came to."""

from dataclasses import astuple

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.pages.parts.writing import counts_table, plan_draft, prompt_view, run_state, stage_counts, step_bar
from evalmap.pages.parts.writing.open_plan import OpenPlan
from evalmap.pages.server import access, caches, workers, written
from evalmap.pages.server.api_key import api_key
from evalmap.pages.shared import state, text
from evalmap.pages.shared.action import action
from evalmap.writing.label_confidence import FilterAsking
from evalmap.writing.plan_templates import PlanTemplate
from evalmap.writing.schemas.schema_plan import KIND as SCHEMAS
from evalmap.writing.write_requests import WriteAsking
from evalmap.writing.write_run import WriteEstimate

ONTO_MAP = "write-onto-map"
OLD_STAY = "The grown dataset gets a map of its own, on which the old points lie where they lay and new rows are marked."
Asked = tuple[WriteAsking, FilterAsking | None]


def draw(plan: OpenPlan) -> None:
    """The figures of a run, the button, how far it is, the table of the last one, and the prompts."""
    may_run = access.writable() and access.serves_this_machine_only()
    if not may_run:
        _draw_refusal()
    elif plan.schemas is not None:
        stage_counts.draw_run(plan, plan.schemas)
    elif plan.plan is None:
        text.show_error(DatasetError(plan.state.problem or "The plan cannot be run."))
        st.button("Mend it", icon=":material/edit_note:", key="mend-plan", on_click=step_bar.go_to, args=("describe",))
    asked = _asked(plan)
    if may_run and asked:
        _draw_run(plan, asked)
    if plan.result is not None:
        if plan.result.told.get("kind") == SCHEMAS:
            stage_counts.draw_table(plan.result)
        else:
            counts_table.draw(plan.result)
        if plan.plan is not None and plan.result.told.get("plan") not in {one.hash for one in plan.plan.phrasings()}:
            st.caption(":material/info: The plan has changed since these rows were written.")
    if asked:
        prompt_view.draw(*_shown(asked))


def _draw_refusal() -> None:
    if access.writable():
        st.info("This server can be reached from other machines, so it asks no models. Use: evalmap write", icon=":material/lock:")
    else:
        st.info(access.READ_ONLY, icon=":material/lock:")


def _asked(plan: OpenPlan) -> list[Asked]:
    """What a run would ask, and of whom, of each template; nothing where the plan names nobody, which is told."""
    if plan.plan is None:
        return []
    try:
        phrasings = plan.plan.phrasings()
        return [(written.asking_of(one, plan.place), written.filter_of(one, plan.place)) for one in phrasings]
    except DatasetError as error:
        text.show_error(error)
        if access.serves_this_machine_only():
            st.button("Say whom to ask", icon=":material/dns:", key="mend-model", on_click=step_bar.go_to, args=("describe",))
        return []


def _shown(asked: list[Asked]) -> Asked:
    """Of the template that the reader chose, or the first."""
    chosen = st.session_state.get(state.PHRASING)
    return next((one for one in asked if PlanTemplate(one[0].plan.template, "").id == chosen), asked[0])


def _count(asked: list[Asked], most: int | None) -> WriteEstimate:
    """What a run would ask, all templates together: they share the bound, one after the other."""
    space, whole = caches.workspace(), WriteEstimate(0, 0, 0, 0, 0)
    for asking, filtering in asked:
        one = written.estimate_of(asking, filtering, space, most)
        most = None if most is None else max(0, most - one.to_ask)
        whole = WriteEstimate(*(a + b for a, b in zip(astuple(whole), astuple(one), strict=True)))
    return whole


def _draw_run(plan: OpenPlan, asked: list[Asked]) -> None:
    job = plan.state.job
    if plan.state.running:
        run_state.draw_running()
        return
    most = run_state.most()
    counted = _count(asked, most)
    _draw_figures(counted, *asked[0])
    if plan_draft.has_changes(plan):
        st.warning("The plan has changes that are not saved: a run takes the saved one.", icon=":material/edit:")
    if job is not None and job.state in ("failed", "cancelled"):
        run_state.draw_ended(plan, job)
    if plan.plan is not None and plan.plan.extends is not None and not plan.plan.templates:
        st.toggle("Show the new rows on the map of the dataset that they are for", True, key=ONTO_MAP, help=OLD_STAY)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        run_state.draw_guard()
        asks = _asks(plan, counted)
        label = ("Write on" if counted.answered else "Write") if asks else "Read the replies again"
        st.button(
            f"{label} · {counted.to_ask:,} requests" if counted.to_ask else label,
            type="primary" if asks else "secondary",
            icon=":material/play_arrow:" if asks else ":material/refresh:",
            key="write",
            on_click=action(_start),
            args=(plan, most if asks else 0),
        )
        if asks and counted.answered > _read(plan):
            st.button("Read what there is", key="read-replies", icon=":material/refresh:", on_click=action(_start), args=(plan, 0))
    if plan.result is None:
        st.caption("Replies are kept as they come: a run that is cut short goes on where it was, and nothing is paid for twice.")


def _asks(plan: OpenPlan, counted: WriteEstimate) -> bool:
    """Whether a run would ask anything: of the plan's requests, of the filter, or beyond them until there are enough rows."""
    if counted.to_ask or counted.filter_to_ask:
        return True
    if plan.plan is None or plan.plan.until_new is None:
        return False
    told = {one.told.get("plan"): one.told.get("ended", {}).get("by") for one in plan.results}
    return any(told.get(one.hash, "unfinished") == "unfinished" for one in plan.plan.phrasings())


def _read(plan: OpenPlan) -> int:
    """Replies that the table of the last run counts."""
    return sum(int(one.table["all"].get("replies", 0)) for one in plan.results)


def _draw_figures(counted: WriteEstimate, asking: WriteAsking, filtering: FilterAsking | None) -> None:
    with st.container(horizontal=True, gap="large"):
        st.metric("Requests", f"{counted.requests:,}", help="All that the plan needs.")
        st.metric("Answered already", f"{counted.answered:,}", help="They are kept, and not asked again.")
        st.metric("To ask now", f"{counted.to_ask:,}")
        st.metric("Prompt tokens", f"≈ {counted.prompt_tokens:,}", help="Of what is asked now, at 4 characters a token.")
        st.metric("Reply tokens", f"≤ {counted.most_completion_tokens:,}", help="At most; most replies are shorter.")
        if filtering is not None:
            st.metric("Filter", f"≤ {counted.filter_most:,}", help="Rows that the filter's model is asked about, at most.")
    whom = [f"{asking.header['model']} · {asking.header['server']}"]
    whom += [f"filter: {filtering.header['model']} · {filtering.header['server']}"] if filtering is not None else []
    st.caption(text.in_label(f"Asked: {'; '.join(whom)}", limit=400))
    if (enough := asking.plan.until_new) is not None:
        st.caption(f"It goes on until {enough:,} rows are kept: fewer requests may do, or more follow, up to the bound below.")


def _start(plan: OpenPlan, most: int | None) -> None:
    assert plan.plan is not None
    chosen = plan.plan.model
    # Said again on the command line, where OPENAI_BASE_URL would go before the plan: what runs is what the page has counted.
    whom = [] if chosen.gguf else ["--base-url", str(chosen.base_url), "--model", str(chosen.name)]
    if plan.plan.extends is not None and not plan.plan.templates and st.session_state.get(ONTO_MAP, True):
        whom.append("--onto-map")
    workers.write_plan(
        caches.workspace(),
        plan.place,
        name=f"writing “{plan.plan.behaviour}”",
        most=most,
        options=whom,
        environment={"OPENAI_BASE_URL": "", **api_key()},
    )
