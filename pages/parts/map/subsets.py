"""Subsets of a map: saved under a name for as long as the session lasts, and two of them set side by side."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from evalmap.data.facets.facet import DateFacet, Facet, NumberFacet
from evalmap.data.facets.predicates import Filter, describe
from evalmap.data.facets.subset_comparison import LEAST_ROWS, FacetComparison, ShareDifference, SubsetComparison, compare_subsets
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.component.compare_view import Difference, PairChart, show_comparison
from evalmap.pages.parts.map import where
from evalmap.pages.parts.map.facet_charts import MILLISECONDS, colors_of, is_whole
from evalmap.pages.parts.map.map_columns import MapColumns
from evalmap.pages.server import caches
from evalmap.pages.shared import state, text

NOW, OTHERS, ALL = "What passes now", "All others", "All examples"
Named = tuple[str, NDArray[np.bool_]]  # a subset's name and its rows
LOOKED_AT, MOST_TERMS = 400, 12  # words, and those that are drawn of a side
MOST_BARS = 60  # of a column
MOST_NAME = 60  # characters


@dataclass(frozen=True)
class Subset:
    """What was asked when it was saved, and the rows that were selected on the map; None: all."""

    filter: Filter
    selected: NDArray[np.int64] | None = None


def draw(built: BuiltMap, columns: MapColumns, now: Subset, mask: NDArray[np.bool_]) -> None:
    """Save what passes now, choose two subsets, and see how they differ.

    Parameters
    ----------
    now : what is asked and selected
    mask : (n_samples,) the rows that pass what is asked
    """
    mask = _within(mask, now.selected)
    saved: dict[str, Subset] = st.session_state.setdefault(state.SUBSETS, {})
    names = [NOW, OTHERS, *saved, ALL]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        a = st.selectbox("A", names, key=state.SUBSET_A, persist_state="session", width=220)
        b = st.selectbox("B", names, index=1, key=state.SUBSET_B, persist_state="session", width=220)
        _draw_saving(columns, now, mask, saved)
    rows_a, rows_b = (rows_of(one or NOW, built, columns, mask, saved) for one in (a, b))
    if a == b or (mask.all() and {a, b} == {NOW, OTHERS}):
        st.info(
            "Filter or select examples, or choose two different subsets, to see how they differ.", icon=":material/compare_arrows:"
        )
        return
    if not rows_a.any() or not rows_b.any():
        empty = a if not rows_a.any() else b
        st.info(f"No example is in “{text.in_label(str(empty))}”.", icon=":material/filter_alt_off:")
        return
    _draw_comparison(built, columns, (str(a), rows_a), (str(b), rows_b))


def rows_of(
    name: str, built: BuiltMap, columns: MapColumns, mask: NDArray[np.bool_], saved: Mapping[str, Subset]
) -> NDArray[np.bool_]:
    """(n_samples,) the rows of a subset by its name.

    Parameters
    ----------
    mask : (n_samples,) what passes now
    """
    if name == NOW:
        return mask
    if name == OTHERS:
        return ~mask
    rows = np.ones(len(built), dtype=bool)
    if one := saved.get(name):
        known, _ = where.possible(one.filter, columns.facets)  # an answer set may have gone
        rows = columns.cross_filter.apply(known).mask
        rows = _within(rows, one.selected)
    return rows


def _within(rows: NDArray[np.bool_], selected: NDArray[np.int64] | None) -> NDArray[np.bool_]:
    """Those of the rows that are selected; all of them where nothing is."""
    if selected is None:
        return rows
    inside = np.zeros(len(rows), dtype=bool)
    inside[selected] = True
    return rows & inside


def pair_chart(facet: Facet, compared: FacetComparison, *, colors: Mapping[str, str] | None = None) -> PairChart:
    """A column of two subsets, as it is drawn."""
    a, b = compared.counts_a, compared.counts_b
    missing = (compared.missing_a, compared.missing_b)
    if isinstance(facet, NumberFacet):
        dated = isinstance(facet, DateFacet)
        return PairChart(
            title=facet.title,
            distance=compared.distance,
            missing=missing,
            edges=(facet.edges * (MILLISECONDS if dated else 1)).tolist(),
            a=a.tolist(),
            b=b.tolist(),
            date=dated,
            whole=is_whole(facet),
        )
    difference = np.abs(a / max(1, a.sum()) - b / max(1, b.sum()))
    sent = sorted(np.lexsort((-(a + b), -difference))[:MOST_BARS].tolist(), key=lambda place: -(a + b)[place])
    return PairChart(
        title=facet.title,
        distance=compared.distance,
        missing=missing,
        bars=[(text.in_line(facet.names[place], limit=120), int(a[place]), int(b[place])) for place in sent],
        more=len(facet.names) - len(sent),
        colors=None if colors is None else [colors.get(facet.names[place], "") for place in sent],
    )


@st.cache_resource(max_entries=32, show_spinner="Comparing …")
def _compared(
    slug: str, fingerprint: str, masks: str, _built: BuiltMap, _columns: MapColumns, _a: NDArray[np.bool_], _b: NDArray[np.bool_]
) -> SubsetComparison:
    """`masks` names the rows of both and the columns."""
    facets = list(_columns.facets.values())
    return compare_subsets(facets, _a, _b, texts=_built.examples["text"], label=where.LABEL, most_terms=LOOKED_AT)


def _draw_saving(columns: MapColumns, now: Subset, mask: NDArray[np.bool_], saved: dict[str, Subset]) -> None:
    words = " and ".join(describe(one, columns.facets[one.column].title) for one in now.filter)
    words = ", ".join(filter(None, [words, "selected on the map" if now.selected is not None else ""]))
    st.text_input(
        "Save as",
        key=state.SUBSET_NAME,
        placeholder=text.in_line(words, limit=MOST_NAME) or "Filter or select first",
        help="Saved for this session: what is asked and selected, not the rows.",
        width=220,
    )
    st.button(
        f"Save the {int(mask.sum()):,} that pass",
        icon=":material/bookmark_add:",
        disabled=not words,
        on_click=_save,
        args=(now, text.in_line(words, limit=MOST_NAME)),
        key="save-subset",
    )
    if not saved:
        return
    with st.popover(f"{len(saved)} saved", icon=":material/bookmarks:"):
        for name, one in saved.items():
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(text.in_label(name, limit=MOST_NAME), width="stretch")
                st.button("Filter by it", key=f"ask-{name}", type="tertiary", on_click=where.ask, args=(one.filter,))
                st.button("Remove", key=f"forget-{name}", type="tertiary", on_click=_forget, args=(name,))


def _save(subset: Subset, words: str) -> None:
    name = text.in_line(st.session_state.get(state.SUBSET_NAME) or words, limit=MOST_NAME)
    while name in (NOW, OTHERS, ALL):
        name += " (saved)"
    st.session_state[state.SUBSETS] = {**st.session_state.get(state.SUBSETS, {}), name: subset}
    st.session_state[state.SUBSET_NAME] = ""


def _forget(name: str) -> None:
    saved = st.session_state.get(state.SUBSETS, {})
    st.session_state[state.SUBSETS] = {other: subset for other, subset in saved.items() if other != name}
    for key in (state.SUBSET_A, state.SUBSET_B):
        if st.session_state.get(key) == name:
            st.session_state.pop(key)


def _draw_comparison(built: BuiltMap, columns: MapColumns, a: Named, b: Named) -> None:
    manifest = built.manifest
    masks = hashlib.sha256(np.packbits(np.stack([a[1], b[1]])).tobytes() + "\0".join(columns.facets).encode()).hexdigest()
    found = _compared(manifest.slug, manifest.fingerprint, masks, built, columns, a[1], b[1])
    own = caches.columns(manifest.slug, manifest.fingerprint)
    colors = {column.key: colors_of(column) for column in own if column.key == where.LABEL}
    drawn = [one for one in found.facets if one.kind != "text"]
    # The labels stand first, whatever they tell; then what differs most, and last what no distance can be told of
    drawn.sort(key=lambda one: (one.key != where.LABEL, np.isnan(one.distance), -one.distance))
    show_comparison(
        (a[0], found.n_a),
        (b[0], found.n_b),
        both=found.n_both,
        labels=[_difference(one) for one in found.labels],
        terms=[_difference(one) for one in (*_surest(found, 1), *_surest(found, -1))],
        pairs=[pair_chart(columns.facets[one.key], one, colors=colors.get(one.key)) for one in drawn],
        note=_note(found),
        key=f"comparison-{manifest.slug}",
    )


def _surest(found: SubsetComparison, sign: int) -> list[ShareDifference]:
    """The words that one side has more often: of the first where the sign is 1, of the second where it is -1."""
    return [one for one in found.terms if one.difference * sign > 0][:MOST_TERMS]


def _difference(one: ShareDifference) -> Difference:
    return text.in_line(one.name), one.share_a, one.share_b, one.difference, *one.interval


def _note(found: SubsetComparison) -> str:
    if found.reason:
        return f"Nothing is compared: {found.reason}."
    words = f"Of {found.n_terms:,} words in at least {LEAST_ROWS} texts. The lines are intervals that hold jointly at 95 %."
    if found.n_both:
        words += f" Examples in both count on one side only: {found.compared_a:,} are compared with {found.compared_b:,}."
    return words
