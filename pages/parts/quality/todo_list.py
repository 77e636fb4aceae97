"""The to-do list: each problem with its evidence, its rows and the buttons that mend it."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from evalmap.data.exporting import export_rows
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.quality import problem_rows
from evalmap.pages.server.access import without_paths
from evalmap.pages.shared import more_rows, state, text
from evalmap.pages.shared.action import action
from evalmap.pages.shared.navigation import open_duplicates, open_map
from evalmap.screening.quality.todo import Problem
from evalmap.writing.gap_places import find_uneven

UNEVEN = "balance"
CONTRADICTING = "flags.contradicting_labels"
FIRST = 5  # problems that are shown at once
MENDS = {
    "drop": ":material/filter_alt_off:",
    "screen": ":material/join_inner:",
    "export": ":material/edit_note:",
    "write": ":material/stylus_note:",
    "decide": ":material/visibility:",
}


def draw(built: BuiltMap, problems: Sequence[Problem]) -> None:
    """The problem of the most rows first; those after the first few on request."""
    help = "Problems by the number of rows that they affect. Each says what was found, in which rows, and what mends it."
    st.subheader("What to do", anchor=False, help=help)
    if not problems:
        st.info("Nothing that these sections look for.", icon=":material/check:")
        return
    for problem in problems[:FIRST]:
        _draw(built, problem)
    if rest := problems[FIRST:]:
        more = st.expander(f"{len(rest)} more with fewer rows", key="more-problems", on_change="rerun")
        if more.open:
            with more:
                for problem in rest:
                    _draw(built, problem)


def _draw(built: BuiltMap, problem: Problem) -> None:
    with st.container(border=True, key=f"problem-{problem.id.replace('.', '-')}"):
        rows = "row" if problem.count == 1 else "rows"
        st.markdown(f"{MENDS[problem.mend]} **{text.in_label(problem.title)}** · {problem.count:,} {rows}")
        st.markdown(f"{text.in_label(problem.evidence, limit=800)}  \n:gray[{text.in_label(problem.remedy, limit=400)}]")
        with st.container(horizontal=True):
            _mend(built, problem)
            _rows(built, problem)
            if problem.command:
                with st.popover("From a terminal", type="tertiary", icon=":material/terminal:"):
                    st.code(without_paths(problem.command), language=None, wrap_lines=True)
        if problem.id == UNEVEN and more_rows.may_plan():
            _writing(built)
        if problem.rows:
            examples = st.expander("Examples", key=f"examples-{problem.id}", on_change="rerun")
            if examples.open:
                with examples:
                    problem_rows.draw(built, problem.rows, key=problem.id)


def _mend(built: BuiltMap, problem: Problem) -> None:
    """The button that mends the problem on another page, or gives the rest of the file."""
    slug = built.manifest.slug
    if problem.mend == "screen":
        go = action(open_duplicates)
        st.button("Screen", type="primary", icon=":material/join_inner:", key=f"mend-{problem.id}", on_click=go, args=(slug,))
    elif problem.mend == "drop":
        rule = problem.id.partition(".")[2]
        st.button(
            "Screen without them",
            type="primary",
            icon=":material/filter_alt_off:",
            key=f"mend-{problem.id}",
            help="Opens the Duplicates page with these rows going first; its Export gives the files and the recipe.",
            on_click=action(lambda: open_duplicates(slug, drop_flagged=[rule])),
        )
    elif problem.id == CONTRADICTING:
        st.button(
            "Read the pairs",
            type="primary",
            icon=":material/compare_arrows:",
            key=f"mend-{problem.id}",
            help="Opens the Duplicates page at its contrast pairs: near-duplicates whose labels differ.",
            on_click=action(lambda: open_duplicates(slug, tab="Contrast pairs")),
        )
    elif problem.mend == "export" and problem.rows:
        left = np.setdiff1d(np.arange(len(built)), np.array(problem.rows))
        _download(built, "Export all other rows", left.tolist(), f"without-{problem.section}", key=f"mend-{problem.id}")


def _writing(built: BuiltMap) -> None:
    """Rows that even the labels of a cluster out, on request."""
    opened = st.expander("Write rows that even a cluster out", icon=":material/edit_note:", key="write-uneven", on_change="rerun")
    if not opened.open:
        return
    with opened:
        places = find_uneven(built)
        chosen = st.selectbox(
            "Cluster",
            range(len(places)),
            format_func=lambda at: text.in_line(f"{places[at].name}: {places[at].reason}", limit=160),
            key=state.UNEVEN_CLUSTER,
        )
        if chosen is not None and chosen < len(places):
            place = places[chosen]
            more_rows.draw(built, lambda: place, key=f"uneven-{place.number}", to_write=place.to_write)


def _rows(built: BuiltMap, problem: Problem) -> None:
    if not problem.rows:
        return
    slug, id = built.manifest.slug, problem.id
    show = action(lambda: open_map(slug, rows=id))
    st.button("Show on the map", icon=":material/my_location:", key=f"map-{problem.id}", on_click=show)
    label = f"Export {'this row' if len(problem.rows) == 1 else f'these {len(problem.rows):,} rows'}"
    _download(built, label, list(problem.rows), problem.id.replace(".", "-"), key=f"export-{problem.id}")


def _download(built: BuiltMap, label: str, rows: list[int], name: str, *, key: str) -> None:
    st.download_button(
        label,
        data=lambda: export_rows(built.examples, built.fields, rows, "jsonl"),
        file_name=f"{built.manifest.slug}-{name}.jsonl",
        mime="application/x-ndjson",
        icon=":material/download:",
        key=key,
        on_click="ignore",
    )
