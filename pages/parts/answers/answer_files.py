"""What goes out: every answer, the cluster tables, the report."""

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import streamlit as st

from evalmap.answers.answer_types import Scores
from evalmap.answers.reporting.answer_report import html_report, report
from evalmap.answers.reporting.answer_tables import export_answers, export_clusters
from evalmap.data.exporting import EXPORT_FORMATS
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.server import screenings
from evalmap.pages.server.access import without_paths


def draw(built: BuiltMap, sets: Sequence[Scores]) -> None:
    """The downloads; each file is made when it is asked for."""
    name = built.manifest.slug
    st.caption(
        f"{len(sets)} answer sets over {len(built):,} examples. The command line writes the same: evalmap answers report | export."
    )
    safe = st.toggle("Spreadsheet-safe CSV", key="spreadsheet-safe", persist_state="session")

    def answers(form: str) -> bytes:
        return export_answers(built, sets, form, spreadsheet_safe=safe)

    def clusters(form: str) -> bytes:
        return export_clusters(figures(built, sets), form, spreadsheet_safe=safe)

    files: list[tuple[str, str, str, Callable[[], bytes]]] = []
    for what, written in (("Answers", answers), ("Clusters", clusters)):
        for form, known in EXPORT_FORMATS.items():
            if form != "jsonl":  # the terminal writes it too
                made = partial(written, form)
                files.append((f"{what} ({known.name})", f"{name}-{what.lower()}{known.ending}", known.media_type, made))
    files += [
        (
            "Report (JSON)",
            f"{name}-report.json",
            "application/json",
            lambda: json.dumps(figures(built, sets), ensure_ascii=False, indent=1).encode(),
        ),
        ("Report (HTML)", f"{name}-report.html", "text/html", lambda: html_report(figures(built, sets))),
    ]
    with st.container(horizontal=True):
        for label, file, mime, made in files:
            key = f"answers-{file}"
            st.download_button(label, made, file_name=file, mime=mime, key=key, icon=":material/download:", on_click="ignore")


def figures(built: BuiltMap, sets: Sequence[Scores]) -> dict[str, Any]:
    """The report, as the command line would write it; without the source's path where others than this machine's users get it."""
    done = screenings.default_screening(built)
    screened = {"kept": done.kept, "groups": done.groups, "duplicates": done.duplicates} if done else {}
    found = report(built, sets, **screened)
    source = built.manifest.source
    return found | {"dataset": found["dataset"] | {"source": without_paths(source, source)}}
