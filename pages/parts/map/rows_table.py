"""The rows of a selection, a filter or a search: paged, with their label balance and clusters, and out as a file."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from evalmap.data.exporting import EXPORT_FORMATS, export_rows
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.layers import TOPICS_COARSE, TOPICS_MEDIUM
from evalmap.pages.server.curations import curation_of
from evalmap.pages.shared import example_address, text
from evalmap.screening.output.files import with_fields

PAGE = 25


def draw(built: BuiltMap, rows: NDArray[np.int64], what: str, similarity: dict[int, float]) -> None:
    """Draw the table of the rows, in the order given."""
    with st.container(key="rows"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{len(rows):,} examples** {text.in_label(what, limit=100)}", width="stretch")
            if len(rows):
                _export(built, rows)
        if not len(rows):
            st.info("No example is in this selection under the current filters.", icon=":material/filter_alt_off:")
            return
        st.caption(f"{text.balance(built.examples['label'].iloc[rows])} · {_make_up(built, rows)}")
        pages = -(-len(rows) // PAGE)
        # The key holds what the pages are of, so that another selection starts on its first page.
        key = f"page-{built.manifest.fingerprint}-{hash((len(rows), int(rows[0]), int(rows[-1]), what))}"
        page = st.pagination(pages, key=key) if pages > 1 else 1
        _table(built, rows[(page - 1) * PAGE : page * PAGE], similarity)


def _table(built: BuiltMap, rows: NDArray[np.int64], similarity: dict[int, float]) -> None:
    examples = built.examples.iloc[rows]
    names = built.names_by_layer[TOPICS_MEDIUM.id]
    labels = built.clustering(TOPICS_MEDIUM.id).labels
    table = pd.DataFrame({**example_address.place_columns(built, rows), "text": examples["text"].to_numpy()})
    if any(int(row) in similarity for row in rows):
        table.insert(0, "cosine", [similarity.get(int(row), np.nan) for row in rows])
    table["label"] = examples["label"].to_numpy()
    if examples["confidence"].notna().any():
        table["confidence"] = 100 * examples["confidence"].to_numpy()
    tags = curation_of(built).rows.tags
    if any(int(row) in tags for row in rows):
        table["tags"] = [", ".join(tags.get(int(row), ())) for row in rows]
    table["topic"] = [names[labels[row]].name for row in rows]
    key = f"rows-{built.manifest.fingerprint}-{int(rows[0])}-{len(rows)}"

    st.dataframe(
        table,
        key=key,
        hide_index=True,
        height="auto",
        on_select=example_address.opener(built, rows, key),
        selection_mode="single-row",
        column_config={
            "cosine": st.column_config.NumberColumn("cosine", format="%.3f", width=70),
            **example_address.place_config(built),
            "text": st.column_config.TextColumn("text", width=640 if len(built.manifest.datasets) == 1 else 420),
            "label": st.column_config.TextColumn("label", width=60),
            "confidence": st.column_config.NumberColumn("confidence", format="%.1f %%", width=80),
            "topic": st.column_config.TextColumn("topic", width=240),
        },
        alt="Examples of the selection",
    )


def _make_up(built: BuiltMap, rows: NDArray[np.int64]) -> str:
    """The selection's largest topics."""
    counts = Counter(built.clustering(TOPICS_COARSE.id).labels[rows].tolist()).most_common(3)
    names = built.names_by_layer[TOPICS_COARSE.id]
    return "topics: " + "; ".join(f"{text.in_label(names[c].name)} {text.percent(n / len(rows))}" for c, n in counts)


def _export(built: BuiltMap, rows: NDArray[np.int64]) -> None:
    name = built.manifest.slug
    tags = curation_of(built).rows.tags
    with st.popover("Export", icon=":material/download:"):
        st.caption(f"{len(rows):,} examples. JSONL is each row's source line, byte for byte where the source is JSONL.")
        safe = st.toggle(
            "Spreadsheet-safe CSV",
            key="spreadsheet-safe",
            persist_state="session",
            help="Puts an apostrophe before cells that a spreadsheet would run as a formula (= + - @) or that start with one. "
            "Take one apostrophe off to restore the cell. JSONL and Parquet stay exact.",
        )
        tagged = bool(tags) and st.toggle(
            "With tags",
            key="export-tags",
            persist_state="session",
            help="A column evalmap_tags behind the others; in JSONL a field behind those of each row that has tags.",
        )
        for form, known in EXPORT_FORMATS.items():
            st.download_button(
                known.name,
                data=lambda form=form: _exported(built, rows, form, tags if tagged else {}, safe),
                file_name=f"{name}-{len(rows)}{known.ending}",
                mime=known.media_type,
                key=f"export-{form}",
                on_click="ignore",
                width="stretch",
            )


def _exported(built: BuiltMap, rows: NDArray[np.int64], form: str, tags: Mapping[int, tuple[str, ...]], safe: bool) -> bytes:
    examples, fields = built.examples, built.fields
    if tags and form == "jsonl":
        raw = [with_fields(line, {"tags": list(tags[row])}) if row in tags else line for row, line in enumerate(examples["raw"])]
        examples = examples.assign(raw=raw)
    elif tags:
        joined = [", ".join(tags[row]) if row in tags else None for row in range(len(built))]
        fields = fields.assign(evalmap_tags=pd.Series(joined, dtype="str", index=fields.index))
    return export_rows(examples, fields, rows.tolist(), form, spreadsheet_safe=safe)
