"""What a dataset has that another one lacks: clusters of uncovered rows, to read, to ring on the map, to take away as seeds."""

import json
from typing import Any

import streamlit as st

from evalmap.pages.parts.compare.compared import Compared, choose_pair
from evalmap.pages.shared import example_address, more_rows, state, text
from evalmap.screening.coverage.gaps import seeds
from evalmap.writing.gap_places import uncovered_place


def draw_ringing(compared: Compared) -> list[int]:
    """Draw the switch that rings uncovered rows on the map; those rows of the shared map, none where it is off."""
    gaps = [gap for gap in compared.report["gaps"] if gap["rows"]]
    if not gaps:
        return []
    words = [f"{compared.line(gap['of'])} not in {compared.line(gap['by'])}" for gap in gaps]
    chosen = st.selectbox(
        "Ring uncovered rows",
        range(len(gaps)),
        index=None,
        format_func=lambda at: words[at],
        placeholder="of none",
        key=state.GAP_RINGED,
        help="Rows that have nothing like them in the other dataset.",
    )
    if chosen is None or chosen >= len(gaps):
        return []
    found = (compared.shared_row(gaps[chosen]["of"], row) for row in gaps[chosen]["rows"])
    return [row for row in found if row is not None]


def draw(compared: Compared) -> None:
    """The clusters of one direction, each with its most typical rows."""
    of, by = choose_pair(compared, key=state.GAP, ordered=True, label="What is in one and not in the other")
    gap = next(gap for gap in compared.report["gaps"] if (gap["of"], gap["by"]) == (of, by))
    n = compared.report["datasets"][of]["n"]
    if not gap["rows"]:
        st.info(
            f"No row of {compared.label(of)} is without one in {compared.label(by)} at least {gap['similarity']:g} alike.",
            icon=":material/check:",
        )
        return
    st.markdown(
        f"**{len(gap['rows']):,} of {n:,} rows** of {compared.label(of)} have nothing in {compared.label(by)} that is at least "
        f"{gap['similarity']:g} alike; {len(gap['clusters'])} clusters, the largest first."
    )
    built = compared.maps[of]
    st.download_button(
        "Few-shot seeds (JSONL)",
        lambda: seed_lines(compared, of, gap),
        file_name=f"{built.manifest.slug}-not-in-{compared.maps[by].manifest.slug}-seeds.jsonl",
        mime="application/jsonl",
        icon=":material/download:",
        help="The most typical rows of each cluster, with its name and size, to write more rows like them from.",
        on_click="ignore",
        key=f"seeds-{of}-{by}",
    )
    for number, cluster in enumerate(gap["clusters"]):
        with st.container(border=True):
            st.markdown(f"**{text.in_label(cluster['name'])}** · {cluster['size']:,} rows")
            for exemplar in cluster["exemplars"]:
                text.show(exemplar["text"])
                st.caption(example_address.place(built, exemplar["row"]))
            if more_rows.may_plan():
                _draw_writing(compared, of, by, gap, number)


def _draw_writing(compared: Compared, of: int, by: int, gap: dict[str, Any], number: int) -> None:
    """Rows like these for the dataset that lacks them, on request."""
    key = f"gap-{of}-{by}-{number}"
    cluster, reference = gap["clusters"][number], compared.maps[of]
    opened = st.expander(f"Write rows like these for {compared.label(by)}", icon=":material/edit_note:", key=key, on_change="rerun")
    if opened.open:
        with opened:
            more_rows.draw(
                compared.maps[by],
                lambda: uncovered_place(
                    cluster, reference, number=number, by=compared.maps[by].manifest.name, similarity=gap["similarity"]
                ),
                key=key,
                reference=reference,
            )


def seed_lines(compared: Compared, of: int, gap: dict[str, Any]) -> bytes:
    """The seeds of a gap, one JSON text a line."""
    found = seeds(gap["clusters"], compared.maps[of].examples)
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in found).encode("utf-8", "replace")
