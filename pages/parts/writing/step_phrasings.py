"""Phrasings: what the templates of a plan bring, side by side."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from evalmap.answers.asking.run_job import compare_job_location
from evalmap.data.store import jobs
from evalmap.pages.parts.writing import phrasing_lists
from evalmap.pages.parts.writing.open_plan import OpenPlan
from evalmap.pages.server import access, caches, workers
from evalmap.pages.shared import job_progress, text
from evalmap.pages.shared.action import action
from evalmap.screening.quality.report_tables import in_reading_order, statistic_name
from evalmap.writing.result_files import TABLE


def draw(plan: OpenPlan) -> None:
    """The comparison, or the button that makes it; then rows of each to read."""
    if len(plan.results) < 2:
        st.info("Write first: each template has rows of its own.", icon=":material/edit_note:")
        return
    space, place = caches.workspace(), plan.place
    if jobs.is_running(space, compare_job_location(place.result)):
        job_progress.draw_jobs(jobs.jobs(space))
        return
    found = _stored(plan)
    if found is None or not _is_fresh(plan):
        if found is not None:
            st.caption(":material/info: Rows were written since this was measured.")
        if access.writable():
            st.button(
                "Compare the phrasings",
                type="primary" if found is None else "secondary",
                icon=":material/compare:",
                key="compare-phrasings",
                on_click=action(workers.compare_phrasings),
                args=(space, place),
            )
    if found is not None:
        _draw_found(found)
    phrasing_lists.draw(plan)


def _stored(plan: OpenPlan) -> dict[str, Any] | None:
    try:
        return json.loads(plan.place.phrasings.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _is_fresh(plan: OpenPlan) -> bool:
    made = plan.place.phrasings.stat().st_mtime
    return all((one.folder / TABLE).stat().st_mtime <= made for one in plan.results)


def _draw_found(found: Mapping[str, Any]) -> None:
    phrasings = found["phrasings"]
    names = [text.sendable(str(one["name"])) for one in phrasings]
    for note in found["notes"]:
        st.caption(f":material/info: {text.in_label(note, limit=400)}")
    n = phrasings[0]["diversity"]["n"]
    st.dataframe(
        pd.DataFrame([dict(zip(["", *names], row, strict=True)) for row in _rows(phrasings)]),
        hide_index=True,
        alt=f"Yield, label confidence and diversity of {', '.join(names)}",
    )
    if n:
        st.caption(f"Diversity is measured in samples of {n:,} rows of each. In brackets: 95 % intervals.")
    for pair in found["pairs"]:
        _draw_pair(pair, names)


def _rows(phrasings: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    rows = [
        ["pieces written", *(f"{one['pieces']:,}" for one in phrasings)],
        ["rows kept", *(f"{one['rows']:,}" for one in phrasings)],
    ]
    labels = dict.fromkeys(label for one in phrasings for label in one["yields"])
    rows += [[f"yield, {label}", *(_share(one["yields"].get(label)) for one in phrasings)] for label in labels]
    if any(one["confidence"] for one in phrasings):
        told = [one["confidence"] and {**one["confidence"], "value": one["confidence"]["mean"]} for one in phrasings]
        rows.append(["label confidence, mean", *map(_figure, told)])
    statistics = in_reading_order(list(phrasings[0]["diversity"]["statistics"]))
    rows += [
        [statistic_name(name), *(_figure(one["diversity"]["statistics"].get(name)) for one in phrasings)] for name in statistics
    ]
    return rows


def _draw_pair(pair: Mapping[str, Any], names: Sequence[str]) -> None:
    a, b = (text.in_label(str(names[pair[side]])) for side in ("a", "b"))
    apart = pair["separability"]
    st.markdown(f"**{a}** beside **{b}**")
    lines = []
    if pair["yield"]["value"] is not None:
        lines.append(f"Yield: {a} less {b} is {_share(pair['yield'], points=True)}.")
    if apart["auc"] is None:
        lines.append(f"Told apart: cannot be said ({text.in_label(str(apart['reason']))}).")
    else:
        lines.append(
            f"Told apart: AUC {apart['auc']:.2f} (.5 not at all, 1 wholly); {apart['control_auc']:.2f} with shuffled sides."
        )
    covered = pair["coverage"]
    lines.append(f"Rows of {a} that {b} covers: {_share(covered['a_by_b'])}; of {b} by {a}: {_share(covered['b_by_a'])}.")
    lines.append(f"Rows of {a} with a near-duplicate in {b}: {pair['shared']:,}.")
    st.markdown("\n".join(f"- {line}" for line in lines))


def _share(told: Mapping[str, Any] | None, *, points: bool = False) -> str:
    if not told or told.get("value") is None:
        return "–"
    plus, unit = ("+", "points") if points else ("", "%")
    low, high = told.get("low"), told.get("high")
    limits = "" if low is None or high is None else f" ({100 * low:{plus}.0f} to {100 * high:{plus}.0f})"
    return f"{100 * told['value']:{plus}.0f} {unit}{limits}"


def _figure(told: Mapping[str, Any] | None) -> str:
    if not told or told.get("value") is None:
        return "–"
    low, high = told.get("low"), told.get("high")
    return f"{told['value']:.3g}" + ("" if low is None or high is None else f" ({low:.3g} to {high:.3g})")
