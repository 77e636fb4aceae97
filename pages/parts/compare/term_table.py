"""The words that differ between two datasets."""

import math
from typing import Any

import pandas as pd
import streamlit as st

from evalmap.pages.parts.compare.compared import Compared, choose_pair
from evalmap.pages.shared import state, text

SHOWN = 25


def draw(compared: Compared) -> None:
    """Two tables: the words of the one, and of the other."""
    a, b = choose_pair(compared, key=state.COMPARE_PAIR)
    terms = next(found["terms"] for found in compared.report["terms"] if (found["a"], found["b"]) == (a, b))
    for column, place, of_a in zip(st.columns(2, gap="medium"), (a, b), (True, False), strict=True):
        own = [term for term in terms if (term["log_odds"] > 0) == of_a and term["low"] * term["high"] > 0]
        own.sort(key=lambda term: -abs(term["z"]))
        with column:
            st.markdown(f"**More in {compared.label(place)}** ({len(own):,})")
            if own:
                st.dataframe(_table(own[:SHOWN], of_a=of_a), hide_index=True, alt=f"Words more frequent in dataset {place + 1}")
            else:
                st.caption("No word is surely more frequent here.")
    st.caption(
        "How many times higher the odds of a word are, with the interval; all intervals hold jointly at 95 %. Log-odds with an "
        "informative Dirichlet prior, Monroe, Colaresi and Quinn 2008 (doi:10.1093/pan/mpn018)."
    )


def _table(terms: list[dict[str, Any]], *, of_a: bool) -> pd.DataFrame:
    sign, (first, second) = (1, ("low", "high")) if of_a else (-1, ("high", "low"))
    rows = [
        {
            "word": text.in_line(term["term"]),
            "times higher": f"{math.exp(sign * term['log_odds']):.3g}",
            "interval": f"{math.exp(sign * term[first]):.3g}–{math.exp(sign * term[second]):.3g}",
            "rows here": term["count_a"] if of_a else term["count_b"],
            "rows there": term["count_b"] if of_a else term["count_a"],
        }
        for term in terms
    ]
    return pd.DataFrame(rows)
