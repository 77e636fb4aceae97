"""The fields of a plan's form: each shows what the draft holds, changes the draft, and has its error below it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from evalmap.pages.parts.writing import plan_draft
from evalmap.pages.shared import text
from evalmap.pages.shared.action import action


class FormFields:
    """The form of one draft.

    Parameters
    ----------
    told : what the draft holds
    field, problem : which field is wrong, and why
    """

    def __init__(self, told: Mapping[str, Any], field: str | None, problem: str | None) -> None:
        self._told = told
        self._field, self._problem = field, problem

    def text(self, field: str, label: str, *, placeholder: str = "", area: bool = False) -> None:
        """A line of text, or several; an empty one takes the field out, but for the behaviour."""
        value = self._value(field)
        key = self._show(field, value if isinstance(value, str) else "")
        draw = st.text_area if area else st.text_input
        empty = "" if field == "behaviour" else None
        draw(label, key=key, placeholder=placeholder, on_change=plan_draft.changed_by(lambda v: {field: v.strip() or empty}, key))
        self._mark(field)

    def choice(
        self,
        field: str,
        label: str,
        options: Mapping[Any, str] | Sequence[str],
        default: str,
        *,
        read: Callable[[str], dict[str, Any]] | None = None,
    ) -> None:
        """One of several; what the draft holds besides stands among them."""
        value = self._value(field)
        value = value if isinstance(value, str) and value else default
        known = list(options) if value in options else [*options, value]
        words = options if isinstance(options, Mapping) else {}
        key = self._show(field, value)
        st.selectbox(
            label,
            known,
            format_func=lambda one: words.get(one, one),
            key=key,
            on_change=plan_draft.changed_by(read or (lambda v: {field: v}), key),
        )
        self._mark(field)

    def several(
        self,
        field: str,
        label: str,
        options: Sequence[str],
        value: list[str],
        *,
        read: Callable[[list[str]], dict[str, Any]],
        own: str = "",
    ) -> None:
        """Some of several; the author's own too where `own` says so, in the empty box."""
        known = [*options, *(one for one in dict.fromkeys(value) if one not in options)]
        key = self._show(field, list(dict.fromkeys(value)))
        st.multiselect(
            label,
            known,
            key=key,
            accept_new_options=bool(own),
            placeholder=own or "choose",
            on_change=plan_draft.changed_by(read, key),
        )
        self._mark(field)

    def whole(self, field: str, label: str, default: int, *, low: int, high: int) -> None:
        """A whole number."""
        value = self._value(field)
        good = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        key = self._show(field, value if good else default)
        st.number_input(label, low, high, key=key, on_change=plan_draft.changed_by(lambda v: {field: int(v)}, key))
        self._mark(field)

    def optional_whole(self, field: str, label: str, usual: int, *, low: int, high: int) -> None:
        """A whole number, or none; an empty box takes the field out."""
        value = self._value(field)
        good = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        key = self._show(field, value if good else None)
        change = plan_draft.changed_by(lambda v: {field: None if v is None else int(v)}, key)
        st.number_input(label, low, high, value=None, key=key, placeholder=f"such as {usual:,}", on_change=change)
        self._mark(field)

    def switch(self, field: str, label: str, on: Mapping[str, Any]) -> None:
        """A table that is there or not; turned on, it begins with `on`."""
        key = self._show(field, isinstance(self._value(field), Mapping))
        change = plan_draft.changed_by(
            lambda v: {f"{field}.{name}": value for name, value in on.items()} if v else {field: None}, key
        )
        st.toggle(label, key=key, on_change=change)
        self._mark(field)

    def number(self, field: str, label: str, default: float, *, low: float, high: float, step: float) -> None:
        """A number."""
        value = self._value(field)
        good = isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high
        key = self._show(field, float(value) if good else default)
        change = plan_draft.changed_by(lambda v: {field: round(float(v), 6)}, key)
        st.number_input(label, low, high, step=step, key=key, on_change=change)
        self._mark(field)

    def counts(self, labels: Sequence[str]) -> None:
        """Rows of each label."""
        counts = self._told.get("count", 50)
        of_label = {label: counts.get(label, 0) if isinstance(counts, Mapping) else counts for label in dict.fromkeys(labels)}
        for column, (label, count) in zip(st.columns(max(len(of_label), 1)), of_label.items(), strict=False):
            good = isinstance(count, int) and not isinstance(count, bool) and 1 <= count <= 1_000_000
            key = self._show(f"count-{label}", count if good else 1)

            def read(value: int, label: str = label) -> dict[str, Any]:
                return {"count": {**of_label, label: int(value)}}

            name = f"Rows of {text.in_label(label)}"
            column.number_input(name, 1, 1_000_000, key=key, on_change=plan_draft.changed_by(read, key))
        self._mark("count")

    def lines(self, field: str, label: str) -> None:
        """A list of texts, one a line."""
        value = self._value(field)
        key = self._show(field, "\n".join(map(str, value)) if isinstance(value, list) else "")
        change = plan_draft.changed_by(lambda v: {field: [line.strip() for line in v.splitlines() if line.strip()]}, key)
        st.text_area(label, key=key, height=110, on_change=change)
        self._mark(field)

    def examples(self, labels: Sequence[str]) -> None:
        """Those that there are, each to be taken out, and one to add."""
        value = self._told.get("examples", [])
        there = [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
        with st.expander(f"Examples that the model is shown and must not repeat ({len(there)})", icon=":material/format_quote:"):
            for at, one in enumerate(there):
                with st.container(horizontal=True, vertical_alignment="center"):
                    with st.container(width="stretch", gap=None):
                        text.show(str(one.get("text", "")))
                    st.badge(text.in_badge(str(one.get("label", "?"))), color="gray")
                    left = there[:at] + there[at + 1 :]
                    st.button(
                        "",
                        icon=":material/close:",
                        type="tertiary",
                        help="Take it out",
                        key=f"plan-example-{at}",
                        on_click=action(plan_draft.change),
                        args=({"examples": left or None},),
                    )
            st.text_area(
                "Another one", key="plan-example-text", height=80, placeholder="a statement, or a question with its answers"
            )
            with st.container(horizontal=True, vertical_alignment="bottom"):
                if labels:
                    st.selectbox("Its label", list(dict.fromkeys(labels)), key="plan-example-label", width=140)
                st.button("Add the example", key="plan-example-add", icon=":material/add:", on_click=action(_add), args=(there,))
        self._mark("examples")

    def _value(self, field: str) -> Any:
        at: Any = self._told
        for name in field.split("."):
            at = at.get(name) if isinstance(at, Mapping) else None
        return at

    def _show(self, field: str, value: Any) -> str:
        """The widget's key, with the draft's value in it: a widget that is drawn again shows the draft and not what it held."""
        key = f"plan-field-{field}"
        st.session_state[key] = value
        return key

    def _mark(self, field: str) -> None:
        if self._problem and self._field == field:
            st.error(text.in_label(self._problem, limit=600), icon=":material/error:")


def _add(there: list[Mapping[str, Any]]) -> None:
    written = st.session_state["plan-example-text"].strip()
    if written:
        plan_draft.change({"examples": [*there, {"text": written, "label": st.session_state.get("plan-example-label", "")}]})
        st.session_state["plan-example-text"] = ""
