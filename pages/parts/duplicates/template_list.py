"""Rows that are equal but for short slots: what they share, what fills the slots, and how many of them stay."""

import pandas as pd
import streamlit as st

from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.duplicates import duplicate_pairs
from evalmap.pages.parts.duplicates.duplicate_controls import TEMPLATE_CHOICES, ScreenChoices
from evalmap.pages.parts.duplicates.duplicate_pairs import PageScreening
from evalmap.pages.shared import example_address, state, text
from evalmap.pages.shared.action import action
from evalmap.screening.pair_types import Pairs
from evalmap.screening.templates.find_templates import Template

PAGE = 5
AS_ALL = "as set for all"


def draw(built: BuiltMap, pairs: Pairs, screening: PageScreening, choices: ScreenChoices) -> None:
    """A page of templates, each with its table row × slot and a choice of its own."""
    found = duplicate_pairs.templates(built, pairs, choices, asked=True)
    if not found:
        st.info("No rows of this dataset are equal but for short slots.", icon=":material/check:")
        return
    kept = screening.selection.kept
    stay = int(kept[[row for template in found.templates for row in template.rows]].sum())
    some = "template" if len(found) == 1 else "templates"
    st.caption(
        f"**{found.rows:,} rows of {len(found):,} {some}**: equal but for a name, a number, an occupation or another short slot. "
        f"{found.rows - stay:,} of them go. “Rows of templates” in the sidebar chooses for all of them."
    )
    if found.left_out:
        st.caption(f"{found.aligned:,} pairs were aligned, the {found.left_out:,} least alike were not.")
    pages = -(-len(found) // PAGE)
    page = min(st.pagination(pages, key="template-page"), pages) if pages > 1 else 1
    for template in found.templates[(page - 1) * PAGE : page * PAGE]:
        with st.container(border=True):
            _draw_template(built, template, screening, choices)


def caption(template: Template) -> str:
    """What a group says of the template that its rows are of, for a place that reads Markdown."""
    kinds = ", ".join(f"{{{number}}} {slot.kind}" for number, slot in enumerate(template.slots, start=1))
    skeleton = text.in_label(template.skeleton, limit=300)
    return f":blue-badge[template] {skeleton} ({kinds}; {len(template.rows):,} rows, see the tab Templates)"


def _draw_template(built: BuiltMap, template: Template, screening: PageScreening, choices: ScreenChoices) -> None:
    text.show(template.skeleton)
    own = dict(choices.template_rules)
    options = [AS_ALL, *TEMPLATE_CHOICES.values()]
    key = f"template-{template.id}"
    slug = built.manifest.slug
    st.selectbox(
        "Rows of this template",
        options,
        index=options.index(own[template.id]) if own.get(template.id) in options else 0,
        format_func=lambda rule: rule if rule == AS_ALL else _named(rule),
        key=key,
        width=260,
        on_change=action(_choose),
        args=(slug, template.id, key),
    )
    kept = screening.selection.kept
    columns = {f"{{{number}}} {slot.kind}": list(slot.values) for number, slot in enumerate(template.slots, start=1)}
    where = [example_address.place(built, row) for row in template.rows]
    table = pd.DataFrame({**columns, "label": built.examples["label"].iloc[list(template.rows)].tolist(), "where": where})
    table["kept"] = kept[list(template.rows)]
    st.dataframe(table, hide_index=True, key=f"slots-{template.id}", height="content" if len(table) <= 8 else 300)


def _named(rule: str) -> str:
    return next(name for name, value in TEMPLATE_CHOICES.items() if value == rule)


def _choose(slug: str, template: str, key: str) -> None:
    rules = state.template_rules(slug)
    chosen = st.session_state[key]
    if chosen == AS_ALL:
        rules.pop(template, None)
    else:
        rules[template] = chosen
    st.session_state[state.TEMPLATE_RULES] = (slug, rules)
