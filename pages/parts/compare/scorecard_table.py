"""How varied each dataset is, side by side at equal n."""

from typing import Any

import pandas as pd
import streamlit as st

from evalmap.pages.parts.compare.compared import Compared
from evalmap.pages.shared import text

WORDS = {
    "vendi": "Vendi score: behaves like so many different rows ↑",
    "nearest_similarity": "similarity of the nearest row ↓",
    "cluster_entropy": "spread over the clusters, 0–1 ↑",
    "compression_ratio": "compression ratio ↓",
}
ARROWS = {"near_duplicates": " ↓", "distinct": " ↑", "opening": " ↓"}  # where the good end is, by how a name begins


def draw(compared: Compared) -> None:
    """A table: a statistic a row, a dataset a column; each with its interval."""
    cards = compared.report["scorecards"]
    columns: dict[str, dict[str, str]] = {}
    for card in cards:
        place = card["dataset"]
        column = {"rows": f"{card['size']:,}"}
        if "distinct" in card:
            column["groups without near-duplicates"] = f"{card['distinct']:,} ({text.percent(card['distinct_ratio'], 1)} of rows)"
        column |= {_words(name): _cell(found) for name, found in card["statistics"].items()}
        columns[f"{place + 1} · {text.in_line(compared.name(place))}"] = column
    table = pd.DataFrame(columns).fillna("–")
    table.index.name = "statistic"
    st.dataframe(table.reset_index(), hide_index=True, alt="Statistics of diversity of each dataset, with intervals")
    for card in cards:
        if card["reason"]:
            st.caption(f"{compared.label(card['dataset'])}: {text.in_label(card['reason'], limit=300)}")
    sizes = sorted({card["n"] for card in cards})
    st.caption(f"Statistics of samples of {', '.join(f'{n:,}' for n in sizes)} rows of each, as they depend on n; 95 % intervals.")


def _words(name: str) -> str:
    """A statistic's name with an arrow to its good end."""
    if name in WORDS:
        return WORDS[name]
    arrow = next((arrow for start, arrow in ARROWS.items() if name.startswith(start)), "")
    return f"{name.replace('_', ' ')}{arrow}"


def _cell(found: dict[str, Any]) -> str:
    if found["value"] is None:
        return "–"
    if found["low"] is None or found["high"] is None:
        return f"{found['value']:.3g}"
    return f"{found['value']:.3g} ({found['low']:.3g}–{found['high']:.3g})"
