"""Describe: the fields of a plan as a form beside its text. Either changes the draft; Save writes it."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.pages.parts.writing import plan_draft, step_bar
from evalmap.pages.parts.writing.form_fields import FormFields
from evalmap.pages.parts.writing.open_plan import OpenPlan
from evalmap.pages.parts.writing.plan_draft import PlanDraft
from evalmap.pages.parts.writing.start_plan import KINDS, NO_KEY
from evalmap.pages.server import access
from evalmap.pages.shared import text
from evalmap.pages.shared.action import action
from evalmap.writing.plan_edits import fields_of, named_field
from evalmap.writing.plan_shelf import parse_any, sentence_of
from evalmap.writing.plan_templates import OF_KIND, shipped_templates
from evalmap.writing.plans import LABELS
from evalmap.writing.schemas.schema_plan import is_schema_plan

TEXT = "plan-text"
GROWTH = ("until_new", "min_yield", "batch")
FIELDS = (
    *(
        "behaviour",
        "kind",
        "labels",
        "count",
        "per_reply",
        "template",
        "templates",
        "prompt_kind",
        "system",
        "topics",
        "shots",
        "examples",
    ),
    *("near_duplicates", "sampling.temperature", "sampling.top_p", "sampling.max_tokens", "sampling.seed"),
    *("model.name", "model.base_url", "model.gguf", "filter.threshold", "filter.best", "filter.balanced", "filter.template"),
    *("filter.model.name", "filter.model.base_url", "filter.model.gguf", "until_new", "min_yield", "batch"),
)


def draw(plan: OpenPlan) -> None:
    """The form and the text; the text alone, to read, where this site changes no plans."""
    if not (access.writable() and access.serves_this_machine_only()):
        st.code(access.without_paths(plan.content.decode("utf-8", "replace")), language="toml", wrap_lines=True)
        return
    draft, elsewhere = plan_draft.draft_of(plan)
    told, problem = _read(draft)
    if told is not None and problem is None:
        problem = _problem(draft, plan)
    field = named_field(problem, FIELDS) if problem else None
    _draw_saving(plan, draft, elsewhere, problem)
    left, right = st.columns([6, 5], gap="large")
    with left:
        if told is None:
            st.info("The form comes back when the text can be read.", icon=":material/edit_off:")
        elif is_schema_plan(told):
            st.markdown(
                "Sentences with one blank whose pronoun stands for an occupation, in stages: titles made singular, another person, "
                "sentences, grammar, a vote on whom the blank stands for, so many of each. The plan is changed in its text."
            )
        else:
            _draw_form(told, plan, field, problem)
    with right:
        _draw_text(draft, problem if told is None or field is None or is_schema_plan(told) else None)


def _read(draft: PlanDraft) -> tuple[Mapping[str, Any] | None, str | None]:
    try:
        return fields_of(draft.text), None
    except DatasetError as error:
        return None, str(error)


def _problem(draft: PlanDraft, plan: OpenPlan) -> str | None:
    """Why the draft cannot be run, one sentence."""
    try:
        parse_any(draft.text.encode(), plan.place.path)
    except DatasetError as error:
        return sentence_of(error, plan.place)
    return None


def _draw_saving(plan: OpenPlan, draft: PlanDraft, elsewhere: bool, problem: str | None) -> None:
    """Save and its like, and how the draft stands."""
    if elsewhere:
        st.warning(
            "This plan was changed elsewhere since you opened it, and so were you changing it. Your text is below, and nothing of "
            "it is saved.",
            icon=":material/call_split:",
        )
        with st.container(horizontal=True):
            st.button("Take the other one, mine goes", key="plan-theirs", on_click=plan_draft.drop)
            st.button(
                "Save mine over it",
                key="plan-mine",
                on_click=action(plan_draft.save_draft),
                args=(plan, True),
                disabled=bool(problem),
            )
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Save",
            type="primary",
            icon=":material/save:",
            key="plan-save",
            disabled=not draft.changed or bool(problem),
            on_click=action(plan_draft.save_draft),
            args=(plan,),
        )
        if draft.changed:
            st.button("Undo my changes", key="plan-undo", icon=":material/undo:", on_click=plan_draft.drop)
            st.caption("Not saved yet. " + ("What is marked has to be mended first." if problem else "A run takes the saved plan."))
        elif problem:
            st.caption("What is marked has to be mended before it can be run.")
        else:
            st.button(
                "To writing",
                key="plan-next",
                icon=":material/arrow_forward:",
                type="tertiary",
                on_click=step_bar.go_to,
                args=("write",),
            )
            st.caption("Saved.")


def _draw_text(draft: PlanDraft, problem: str | None) -> None:
    st.session_state[TEXT] = draft.text
    st.text_area(
        "The plan as it is kept (TOML)",
        key=TEXT,
        height=640,
        on_change=plan_draft.retype,
        args=(TEXT,),
        help="What the form leaves out can be said here. Comments stay.",
    )
    if problem:
        st.error(text.in_label(problem, limit=600), icon=":material/error:")
    st.caption(text.in_label(f"plan.toml · the same in a terminal: evalmap write {draft.name}/plan.toml"))


def _draw_form(told: Mapping[str, Any], plan: OpenPlan, field: str | None, problem: str | None) -> None:
    form = FormFields(told, field, problem)
    form.text("behaviour", "A person who …")
    kind = str(told.get("kind", "yes_no"))
    form.choice("kind", "Rows are", KINDS, "yes_no", read=_of_kind)
    known = LABELS.get(kind, LABELS["yes_no"])
    labels = [one for one in told.get("labels") or known if isinstance(one, str)]
    read = partial(_of_labels, told=told)
    form.several("labels", "Labels", known, labels, read=read, own="none, or type each" if kind == "free" else "")
    if labels:
        form.counts(labels)
    else:
        form.whole("count", "Rows", 50, low=1, high=1_000_000)
    own = sorted(path.name for path in plan.place.folder.glob("*.jinja"))
    for_kind = [name for name in shipped_templates() if name not in OF_KIND.values() or name == OF_KIND.get(kind)]
    templates = told.get("templates") or [told.get("template") or OF_KIND.get(kind, "")]
    templates = [one for one in templates if isinstance(one, str)] if isinstance(templates, list) else []
    form.several(
        "template",
        "Template of the prompt; of two, each writes its rows, to compare",
        [*for_kind, *own],
        templates,
        read=_of_templates,
    )
    form.lines("topics", "Topics, one a line; prompts take them in turn")
    form.examples(labels)
    one, middle, other = st.columns(3, vertical_alignment="bottom")
    with one:
        form.whole("shots", "Examples in a prompt", 3, low=0, high=100)
    with middle:
        form.whole("per_reply", "Rows in a reply", 1, low=1, high=50)
    with other:
        form.number("near_duplicates", "Near-duplicates from cosine", 0.95, low=0.5, high=1.0, step=0.01)
    with st.expander("How replies are drawn", icon=":material/casino:", expanded=bool(field and field.startswith("sampling"))):
        one, other = st.columns(2)
        with one:
            form.number("sampling.temperature", "Temperature", 1.0, low=0.0, high=5.0, step=0.1)
            form.whole("sampling.max_tokens", "Tokens of a reply at most", 160, low=1, high=100_000)
        with other:
            form.number("sampling.top_p", "Top-p", 0.95, low=0.001, high=1.0, step=0.05)
            form.whole("sampling.seed", "Seed", 42, low=0, high=2**31 - 1)
    with st.expander("Whom to ask", icon=":material/dns:", expanded=bool(field and field.startswith("model"))):
        form.text("model.base_url", "Server", placeholder="http://127.0.0.1:8000/v1")
        form.text("model.name", "Model", placeholder="as the server calls it")
        form.text("model.gguf", "Or a model file on this machine", placeholder="/models/my-model.gguf")
        st.caption(NO_KEY)
    with st.expander("Filter by another model", icon=":material/filter_alt:", expanded=bool(field and field.startswith("filter"))):
        _draw_filter(form, told)
    with st.expander("Go on until there are enough", icon=":material/trending_up:", expanded=field in GROWTH):
        form.optional_whole("until_new", "Stop at so many rows kept", 500, low=1, high=1_000_000)
        form.number("min_yield", "Or where a batch keeps less than this ratio", 0.1, low=0.0, high=1.0, step=0.05)
        form.whole("batch", "Requests of a batch", 50, low=1, high=10_000)
    with st.expander("More", icon=":material/tune:", expanded=field in ("prompt_kind", "system")):
        form.choice("prompt_kind", "The prompt is put as", {"chat": "a chat", "completion": "a text to go on with"}, "chat")
        form.text("system", "System message of a chat", area=True)


def _draw_filter(form: FormFields, told: Mapping[str, Any]) -> None:
    filter = told.get("filter")
    form.switch("filter", "Keep rows whose label another model finds likely", {"threshold": 0.5})
    if not isinstance(filter, Mapping):
        return
    if "best" in filter:
        form.whole("filter.best", "Rows of each label that stay, the likeliest", 50, low=1, high=1_000_000)
    else:
        form.number("filter.threshold", "Threshold of the label confidence", 0.5, low=0.0, high=1.0, step=0.05)
    form.text("filter.model.base_url", "Its server", placeholder="the writer's")
    form.text("filter.model.name", "Its model", placeholder="the writer's")
    form.text("filter.model.gguf", "Or a model file on this machine")
    st.caption(
        "The model has to give log-probabilities of its first token. A writer that judges itself is lenient: name another one."
    )


def _of_kind(kind: str) -> dict[str, Any]:
    """Another kind has other labels, and a template of its own."""
    labels = list(LABELS[kind])
    count = dict.fromkeys(labels, 50) if labels else 50
    own = {"labels": labels or None, "count": count, "template": OF_KIND[kind], "templates": None, "per_reply": 1}
    return {"kind": kind, "separator": None, **own}


def _of_templates(chosen: list[str]) -> dict[str, Any]:
    """One template has a field of another name than several."""
    one = chosen[0] if len(chosen) == 1 else None
    return {"template": one, "templates": chosen if len(chosen) > 1 else None}


def _of_labels(chosen: list[str], told: Mapping[str, Any]) -> dict[str, Any]:
    """Labels with the counts that they have, or as many as the first of the others."""
    counts = told.get("count", 50)
    of_label = counts if isinstance(counts, Mapping) else {}
    usual = next(iter(of_label.values()), 50) if isinstance(counts, Mapping) else counts
    if not chosen:
        return {"labels": None, "count": usual}
    return {"labels": chosen, "count": {label: of_label.get(label, usual) for label in chosen}}
