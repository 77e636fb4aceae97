"""What the replies came to, by label: a table whose columns add up, and why pieces were set aside."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from evalmap.pages.server.written import StoredResult
from evalmap.pages.shared import text

ASKED = {"requests": "requests", "replies": "replies", "failed": "failed", "not_asked": "not asked"}
PIECES = {
    "pieces": "pieces",
    "unparsed": "unparsed",
    "repeats": "repeats",
    "filtered": "filtered",
    "near_duplicates": "near-duplicates",
    "not_best": "not best",
    "not_yet_filtered": "not yet filtered",
    "kept": "kept",
}
REASONS = {
    "unparsed_reasons": "Unparsed",
    "repeats_reasons": "Repeats",
    "filtered_reasons": "Filtered",
    "near_duplicates_reasons": "Near-duplicates",
    "not_best_reasons": "Not among the best",
    "removed": "Taken off rows",
}


def draw(result: StoredResult) -> None:
    """The table, the sums in words, and the reasons."""
    table = result.table
    st.subheader("What came of the replies", anchor=False, divider="gray")
    counts = table["all"]
    columns = [name for name in (*ASKED, *PIECES) if name in counts and (name in ("requests", "kept") or _any(table, name))]
    words = {**ASKED, **PIECES}
    shown = pd.DataFrame(
        {
            "label": [text.sendable(label) for label in table],
            **{words[name]: [int(of_label.get(name, 0)) for of_label in table.values()] for name in columns},
        }
    )
    st.dataframe(shown, hide_index=True, alt="Requests, replies and pieces of each label, by what became of them")
    st.caption(_sums(counts))
    for name, title in REASONS.items():
        if told := counts.get(name):
            st.caption(f"**{title}**: " + " · ".join(f"{text.in_label(str(reason))} ({n:,})" for reason, n in told.items()))


def _any(table: Mapping[str, Mapping[str, Any]], name: str) -> bool:
    return any(of_label.get(name) for of_label in table.values())


def _sums(counts: Mapping[str, Any]) -> str:
    """The two sums with their figures."""
    asked = [f"{counts[name]:,} {words}" for name, words in ASKED.items() if name != "requests" and counts.get(name)]
    became = [f"{counts[name]:,} {words}" for name, words in PIECES.items() if name != "pieces" and counts.get(name)]
    return (
        f"{counts['requests']:,} requests = {' + '.join(asked) or '0'}; "
        f"{counts['pieces']:,} pieces of replies = {' + '.join(became) or '0'}."
    )
