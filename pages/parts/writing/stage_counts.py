"""A Winogender-like plan: its run, and the counts of its stages."""

import pandas as pd
import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.pages.parts.writing import run_state, step_bar
from evalmap.pages.parts.writing.open_plan import OpenPlan
from evalmap.pages.server import access, caches, workers, written
from evalmap.pages.server.api_key import api_key
from evalmap.pages.server.written import StoredResult
from evalmap.pages.shared import text
from evalmap.pages.shared.action import action
from evalmap.writing.schemas.schema_plan import SchemaPlan
from evalmap.writing.schemas.schema_table import table_lines


def draw_run(plan: OpenPlan, schemas: SchemaPlan) -> None:
    """What each stage would ask, and the button."""
    if plan.state.running:
        run_state.draw_running()
        return
    most = run_state.most()
    try:
        counted = written.estimate_schemas(schemas, plan.place, caches.workspace(), most)
    except DatasetError as error:
        text.show_error(error)
        if access.serves_this_machine_only():
            st.button("Say whom to ask", icon=":material/dns:", key="mend-model", on_click=step_bar.go_to, args=("describe",))
        return
    rows = [
        {"stage": stage, "requests, at most": one.requests, "answered": one.answered, "to ask": one.to_ask}
        for stage, one in counted.items()
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, alt="Requests of each stage")
    job = plan.state.job
    if job is not None and job.state in ("failed", "cancelled"):
        run_state.draw_ended(plan, job)
    to_ask = sum(one.to_ask for one in counted.values())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        run_state.draw_guard()
        label = f"Write · {to_ask:,} requests at most" if to_ask else "Read the replies again"
        args = (plan, schemas, most if to_ask else 0)
        st.button(label, type="primary" if to_ask else "secondary", key="write", on_click=action(_start), args=args)


def draw_table(result: StoredResult) -> None:
    """The counts of each stage, which add up from one to the next."""
    st.subheader("What came of the replies", anchor=False, divider="gray")
    st.code("\n".join(table_lines(result.table)), language=None, wrap_lines=True)
    counts = result.table["all"]
    st.caption(f"{counts['kept']:,} sentences kept of {counts['pieces']:,} written.")


def _start(plan: OpenPlan, schemas: SchemaPlan, most: int | None) -> None:
    chosen = schemas.model
    whom = [] if chosen.gguf else ["--base-url", str(chosen.base_url), "--model", str(chosen.name)]
    workers.write_plan(
        caches.workspace(),
        plan.place,
        name=f"writing “{plan.state.behaviour}”",
        most=most,
        options=whom,
        environment={"OPENAI_BASE_URL": "", **api_key()},
    )
