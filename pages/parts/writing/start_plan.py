"""A new plan: the behaviour in one sentence, what the rows look like, how many, and whom to ask."""

from pathlib import Path

import streamlit as st

from evalmap.answers.asking.endpoint import server_address
from evalmap.data.errors import DatasetError
from evalmap.pages.server import access, caches, changes
from evalmap.pages.shared import state, text
from evalmap.pages.shared.action import action
from evalmap.writing.plan_text import new_plan, plan_toml
from evalmap.writing.plans import LABELS, Kind, ModelChoice

KINDS: dict[Kind, str] = {
    "yes_no": "Statements: Yes or No",
    "a_b": "Questions with two answers: A or B",
    "free": "Any text, with labels of your own",
}
SERVER, FILE = "A server", "A model file"
NO_KEY = "A key is read from OPENAI_API_KEY or Streamlit's secrets, never typed here and never kept in a plan."


def draw() -> None:
    """The form; a sentence where this site makes no plans."""
    if not access.writable():
        st.info(access.READ_ONLY, icon=":material/lock:")
        return
    if not access.serves_this_machine_only():
        st.info(f"This server can be reached from other machines, so it {changes.NO_PLANS}.", icon=":material/lock:")
        return
    with st.container(border=True, key="start-plan"):
        st.markdown("#### Describe a behaviour")
        behaviour = st.text_input(
            "A person who …",
            key="start-behaviour",
            placeholder="wants to be helpful",
            help="Words that go on from “a person who …”: wants to be helpful, would resist being shut down, trusts strangers.",
        )
        left, middle, right = st.columns([2, 2, 1])
        kind = left.selectbox("Rows are", list(KINDS), format_func=lambda one: KINDS[one], key="start-kind")
        own = kind == "free"
        labels = middle.multiselect(
            "Labels",
            LABELS[kind],
            default=LABELS[kind],
            key=f"start-labels-{kind}",
            accept_new_options=own,
            placeholder="none, or type each" if own else "choose",
        )
        count = right.number_input("Rows a label", 1, 100_000, 50, key="start-count")
        model, problem = _model()
        if problem:
            text.show_error(problem)
        ready = bool(behaviour.strip()) and bool(labels or own) and model is not None and not problem
        st.button(
            "Make the plan",
            type="primary",
            icon=":material/edit_note:",
            key="make-plan",
            disabled=not ready,
            on_click=action(_make),
            args=(behaviour, kind, list(labels), int(count), model),
        )
        if not ready and not problem:
            st.caption("Nothing is asked yet: a plan is a file to look at and to change first.")


def _make(behaviour: str, kind: Kind, labels: list[str], count: int, model: ModelChoice) -> None:
    told = plan_toml(new_plan(behaviour, kind, count=count, labels=labels, model=model))
    place = changes.shelve_plan(caches.workspace(), told.encode())
    st.session_state[state.PLAN], st.session_state[state.WRITE_STEP] = place.name, "describe"
    st.session_state.pop("start-behaviour", None)


def _model() -> tuple[ModelChoice | None, DatasetError | None]:
    """Whom the reader names: the choice, or what is wrong with it; (None, None) as long as it is not whole."""
    left, right = st.columns([1, 4], vertical_alignment="top")
    where = left.radio("Whom to ask", (SERVER, FILE), key="start-where")
    with right:
        if where == FILE:
            path = st.text_input("GGUF file on this machine", key="start-gguf", placeholder="/models/my-model.gguf").strip()
            st.caption("It is asked on this machine's processors; small models answer, large ones take long.")
            if not path:
                return None, None
            file = Path(path).expanduser()
            if not file.is_file():
                return None, DatasetError(f"{path}: no such file. Give the path of a .gguf file on this machine.")
            return ModelChoice(gguf=str(file.resolve())), None
        address_box, name_box = st.columns(2)
        address = address_box.text_input("Server", key="start-server", placeholder="http://127.0.0.1:8000/v1").strip()
        name = name_box.text_input("Model", key="start-model", placeholder="as the server calls it").strip()
        st.caption(f"Any OpenAI-compatible server: vLLM, llama.cpp, Ollama, a provider. {NO_KEY}")
        if address:
            try:
                server_address(address)
            except DatasetError as error:
                return None, error
        return (ModelChoice(name, address), None) if address and name else (None, None)
