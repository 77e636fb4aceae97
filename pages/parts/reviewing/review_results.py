"""What the reviews come to: the label, relevance, how far people agree, each person and cluster, and a judge beside them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.reviewing import disputed_list, review_files
from evalmap.pages.server import map_reviews
from evalmap.pages.shared import text

KAPPA = "Fleiss' κ of whether the label fits, over the rows that as many people read: 1 is full agreement, 0 is what chance gives."


def draw(built: BuiltMap) -> None:
    """The figures, the rows on which people disagree, and the files."""
    try:
        report = map_reviews.report_of(built)
    except DatasetError as error:
        text.show_error(error)
        return
    if not report["judgements"]:
        st.info("Nobody has reviewed any row yet.", icon=":material/rate_review:")
        review_files.draw_import(built)
        return
    with st.container(horizontal=True, gap="large"):
        ratio = {"digits": 0, "scale": 100, "unit": " %"}
        n = f"Of {report['n']:,} rows whose label is decided by the majority or by hand; 95 % Wilson interval."
        _metric("Label fits", report["fits"], report["low"], report["high"], help_=n, **ratio)
        n = f"1 to 5: the mean of {report['n_relevance']:,} rows' means; 95 % bootstrap interval."
        _metric("Relevance", report["relevance"], report["relevance_low"], report["relevance_high"], help_=n)
        n = f"Somebody called it ambiguous, of {report['n_ambiguous']:,} rows; 95 % Wilson interval."
        _metric("Ambiguous", report["ambiguous"], report["ambiguous_low"], report["ambiguous_high"], help_=n, **ratio)
        rows = f" {report['n_kappa']:,} rows; 95 % bootstrap interval." if report["n_kappa"] else " No row was read by several."
        _metric("Agreement, κ", report["kappa"], report["kappa_low"], report["kappa_high"], help_=KAPPA + rows)
    people = f"{report['reviewers']:,} {'person' if report['reviewers'] == 1 else 'people'}"
    rows = "1 row" if report["rows"] == 1 else f"{report['rows']:,} rows"
    ties = f" {report['ties']:,} have no majority and are left out of “label fits”." if report["ties"] else ""
    st.caption(f"{rows} read by {people}, {report['judgements']:,} judgements.{ties}")
    if report["judge"]:
        beside = report["judge"]
        kappa = _limits(beside["kappa"], beside["low"], beside["high"])
        st.markdown(f"Cohen's κ with {text.in_label(beside['model'])} as judge: **{kappa}** ({beside['n']:,} rows)")
    disputed_list.draw(built, report["disputed"])
    st.subheader("By reviewer", anchor=False, divider="gray")
    _table("reviewer", [one["reviewer"] or "(no name)" for one in report["by_reviewer"]], report["by_reviewer"])
    st.subheader("By cluster", anchor=False, divider="gray")
    _table("cluster", [one["name"] for one in report["by_cluster"]], report["by_cluster"])
    if len(report["by_sample"]) > 1:
        st.subheader("By how rows were drawn", anchor=False, divider="gray")
        if any(one["sample"] == "worst" for one in report["by_sample"]):
            st.caption("Rows that were drawn as the worst pull the figures of the whole down.")
        _table("drawn", [one["sample"] for one in report["by_sample"]], report["by_sample"])
    review_files.draw(built)


def _metric(
    name: str,
    value: float | None,
    low: float | None,
    high: float | None,
    *,
    help_: str,
    digits: int = 2,
    scale: float = 1,
    unit: str = "",
) -> None:
    """A figure with its interval below; a dash where it is not known."""

    def shown(number: float) -> str:
        return f"{scale * number:.{digits}f}"

    known = "–" if value is None else f"{shown(value)}{unit}"
    limits = "no interval" if low is None or high is None else f"{shown(low)} to {shown(high)}{unit}"
    st.metric(name, known, delta=limits, delta_color="off", delta_arrow="off", help=help_, width="content")


def _table(what: str, names: Sequence[str], figures: Sequence[Mapping[str, Any]]) -> None:
    table = pd.DataFrame(
        {
            what: names,
            "rows": [one["rows"] for one in figures],
            "fits": [None if one["fits"] is None else 100 * one["fits"] for one in figures],
            "95 %": [_limits(None, one["low"], one["high"], scale=100, digits=0) for one in figures],
            "relevance": [one["relevance"] for one in figures],
            "95 % ": [_limits(None, one["relevance_low"], one["relevance_high"]) for one in figures],
            "ambiguous": [None if one["ambiguous"] is None else 100 * one["ambiguous"] for one in figures],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        height="auto" if len(table) <= 12 else 420,
        column_config={
            what: st.column_config.TextColumn(what, width=170),
            "rows": st.column_config.NumberColumn("rows", format="localized", width=60),
            "fits": st.column_config.NumberColumn("label fits", format="%.0f %%", width=80),
            "relevance": st.column_config.NumberColumn("relevance", format="%.2f", width=80),
            "ambiguous": st.column_config.NumberColumn("ambiguous", format="%.0f %%", width=85),
        },
        alt=f"What people said, by {what}",
    )


def _limits(value: float | None, low: float | None, high: float | None, *, scale: float = 1, digits: int = 2) -> str:
    """ "0.61 (0.40 to 0.79)", or the interval alone; a dash where it is not known."""
    limits = "–" if low is None or high is None else f"{scale * low:.{digits}f} to {scale * high:.{digits}f}"
    return limits if value is None else f"{scale * value:.{digits}f} ({limits})"
