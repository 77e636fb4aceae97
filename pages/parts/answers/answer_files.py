"""What goes out: every answer, the cluster tables, the report."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from evalmap.answers.answer_types import Scores
from evalmap.answers.reporting.answer_report import html_report, report
from evalmap.answers.reporting.answer_tables import export_answers, export_clusters
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.answers import answer_screening_effect


def draw(built: BuiltMap, sets: Sequence[Scores]) -> None:
    """The downloads; each file is made when it is asked for."""
    name = built.manifest.slug
    st.caption(
        f"{len(sets)} answer sets over {len(built):,} examples. The command line writes the same: evalmap answers report | export."
    )
    safe = st.toggle("Spreadsheet-safe CSV", key="spreadsheet-safe", persist_state="session")

    def report_now() -> dict[str, Any]:
        done = answer_screening_effect.standard_of(built)
        return report(built, sets, kept=done.kept if done else None, groups=done.groups if done else None)

    files: list[tuple[str, str, str, Callable[[], bytes]]] = [
        ("Answers (CSV)", f"{name}-answers.csv", "text/csv", lambda: export_answers(built, sets, "csv", spreadsheet_safe=safe)),
        (
            "Answers (Parquet)",
            f"{name}-answers.parquet",
            "application/vnd.apache.parquet",
            lambda: export_answers(built, sets, "parquet"),
        ),
        ("Clusters (CSV)", f"{name}-clusters.csv", "text/csv", lambda: export_clusters(report_now(), "csv", spreadsheet_safe=safe)),
        (
            "Clusters (Parquet)",
            f"{name}-clusters.parquet",
            "application/vnd.apache.parquet",
            lambda: export_clusters(report_now(), "parquet"),
        ),
        (
            "Report (JSON)",
            f"{name}-report.json",
            "application/json",
            lambda: json.dumps(report_now(), ensure_ascii=False, indent=1).encode(),
        ),
        ("Report (HTML)", f"{name}-report.html", "text/html", lambda: html_report(report_now())),
    ]
    with st.container(horizontal=True):
        for label, file, mime, made in files:
            key = f"answers-{file}"
            st.download_button(label, made, file_name=file, mime=mime, key=key, icon=":material/download:", on_click="ignore")
