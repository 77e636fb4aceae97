"""How varied each dataset is, side by side at equal n."""

import pandas as pd
import streamlit as st

from evalmap.pages.parts.compare.compared import Compared
from evalmap.pages.shared import text
from evalmap.screening.quality.report_tables import estimate_text, in_reading_order, statistic_meaning, statistic_name


def draw(compared: Compared) -> None:
    """A table: a statistic a row, a dataset a column; each with its interval."""
    cards = compared.report["scorecards"]
    columns: dict[str, dict[str, str]] = {}
    for card in cards:
        place = card["dataset"]
        column = {"rows": f"{card['size']:,}"}
        if "distinct" in card:
            column["groups without near-duplicates"] = f"{card['distinct']:,} ({text.percent(card['distinct_ratio'], 1)} of rows)"
        found = card["statistics"]
        column |= {statistic_name(name): estimate_text(found[name], name) or "–" for name in in_reading_order(found)}
        columns[f"{place + 1} · {text.in_line(compared.name(place))}"] = column
    table = pd.DataFrame(columns).fillna("–")
    table.index.name = "statistic"
    st.dataframe(table.reset_index(), hide_index=True, alt="Statistics of diversity of each dataset, with intervals")
    with st.popover("What these figures mean", type="tertiary", icon=":material/help:"):
        for name in in_reading_order({name for card in cards for name in card["statistics"]}):
            st.markdown(f"**{statistic_name(name)}**: {statistic_meaning(name)}")
    for card in cards:
        if card["reason"]:
            st.caption(f"{compared.label(card['dataset'])}: {text.in_label(card['reason'], limit=300)}")
    sizes = sorted({card["n"] for card in cards})
    st.caption(f"Statistics of samples of {', '.join(f'{n:,}' for n in sizes)} rows of each, as they depend on n; 95 % intervals.")
