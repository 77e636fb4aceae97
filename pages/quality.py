"""Quality: how good the dataset is, what is wrong with it and what to do about it; a page that is read from top to bottom."""

import streamlit as st

from evalmap.pages.parts.quality import judged_rows, key_figures, measuring, report_sections, reviewed_rows, todo_list
from evalmap.pages.server import caches, quality_reports
from evalmap.pages.shared import state, text


def draw() -> None:
    manifest = state.require_dataset()
    found = quality_reports.stored(manifest)
    report = found.report
    text.heading(manifest.name)
    if report.sections:
        st.markdown(f"## {text.in_label(report.headline, limit=200)}", anchors=False, help=report_sections.HEADLINE)
    measuring.draw(manifest, found)
    if not report.sections:
        return
    built = caches.open_map(manifest.slug, manifest.fingerprint)
    st.caption(f"{manifest.rows:,} examples · {text.balance(built.examples['label'])}")
    key_figures.draw(report)
    todo_list.draw(built, report.todo)
    report_sections.draw(built, report)
    reviewed_rows.draw(built)
    judged_rows.draw(built)


draw()
