"""The sections of the report, one below the other: what each measured, as figures, charts and tables."""

from typing import Any

import pandas as pd
import streamlit as st

from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.quality import growth_chart, problem_rows
from evalmap.pages.shared import state, text
from evalmap.screening.quality.report import QualityReport
from evalmap.screening.quality.report_tables import Column, ReportTable, cell_text
from evalmap.screening.quality.sections import of_names

ROW, MOST = 35, 20  # of a table: pixels of a row, rows that are seen at once
HEADLINE = (
    "The Vendi score: how many wholly different rows the dataset behaves like. From 1, all alike, to the number of rows; near the "
    "number of rows is good."
)


def draw(built: BuiltMap, report: QualityReport) -> None:
    """Every section that was measured, in the order of the table of sections."""
    for section, value in of_names(report.sections):
        st.subheader(section.title, anchor=False, divider="gray")
        if section.name == "saturation":
            growth_chart.draw(value)
        for at, table in enumerate(section.tables(value, report.facts)):
            key = f"table-{section.name}-{at}"
            if not table.detail:
                if table.title:
                    st.markdown(f"**{text.in_label(table.title)}**")
                draw_table(table, key=key)
                continue
            detail = st.expander(text.in_label(table.title or section.title), key=f"detail-{section.name}-{at}", on_change="rerun")
            if detail.open:
                with detail:
                    draw_table(table, key=key)
        if section.name == "flags":
            _flag_rows(built, value)


def draw_table(table: ReportTable, *, key: str) -> None:
    """The sentences and the table; a column's head tells what its figures mean, or a list where rows are figures."""
    if table.lead:
        st.markdown(text.in_label(table.lead, limit=1_000))
    if not table.rows:
        return
    if any(table.helps):
        with st.popover("What these figures mean", type="tertiary", icon=":material/help:"):
            for row, help in zip(table.rows, table.helps, strict=True):
                st.markdown(f"**{text.in_label(str(row[0]))}**: {text.in_label(help, limit=400)}")
    # Columns are numbered: their names may be labels of the dataset, and two may be the same
    cells = {str(at): [_cell(row[at], column) for row in table.rows] for at, column in enumerate(table.columns)}
    st.dataframe(
        pd.DataFrame(cells),
        key=key,
        hide_index=True,
        height=ROW * (min(len(table.rows), MOST) + 1) + 2,
        placeholder="–",
        column_config={str(at): _config(column) for at, column in enumerate(table.columns)},
        alt=table.title or "Figures of this section",
    )


def _cell(value: Any, column: Column) -> Any:
    if column.kind == "text" or value is None:
        return value if value is None else cell_text(value, column.kind)
    return 100 * value if column.kind == "ratio" else round(value) if column.kind == "count" else value


def _config(column: Column) -> Any:
    help = column.help or None
    name = text.in_line(column.name)
    match column.kind:
        case "count":
            return st.column_config.NumberColumn(name, format="localized", help=help)
        case "ratio":
            return st.column_config.NumberColumn(name, format="%.1f %%", help=help)
        case "number":
            return st.column_config.NumberColumn(name, format="%.3g", help=help)
        case _:
            return st.column_config.TextColumn(name, help=help)


def _flag_rows(built: BuiltMap, flags: Any) -> None:
    """The rows of one rule, with what was found in each."""
    found = {flag["rule"]: flag for flag in flags if flag["count"]}
    if not found:
        return
    rule = st.selectbox(
        "Rows with the flag", list(found), index=None, placeholder="Choose a flag", key=state.FLAG, bind="query-params"
    )
    if rule:
        flag = found[rule]
        st.caption(text.in_label(flag["meaning"], limit=200))
        problem_rows.draw(built, flag["rows"], key=f"flag-{rule}", evidence=flag["evidence"])
