"""Curating on the map: delete or tag what is selected or filtered, rename and merge clusters, and the steps with undo."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from evalmap.data.facets.predicates import plain
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.layers import LAYERS
from evalmap.pages.parts.map import where
from evalmap.pages.server import access, caches, changes
from evalmap.pages.server.curations import MapCuration, curation_of
from evalmap.pages.shared import state, text
from evalmap.pages.shared.action import action
from evalmap.screening.curation.steps import MOST_NAME

PART = "Curate"  # of the panel
LISTED = 12  # steps; the terminal lists all
READ_ONLY = "This site is read-only: steps are shown, and none can be made."


@dataclass(frozen=True)
class ChosenRows:
    """Rows that a step would be about, and how they were chosen; `words` is "" where nothing narrows them."""

    rows: NDArray[np.int64]
    words: str


def hidden_rows(built: BuiltMap) -> NDArray[np.bool_] | None:
    """(n,) the deleted rows, while they are hidden; None where there are none, or they are shown. Draws the switch."""
    deleted = curation_of(built).rows.deleted
    if not deleted:
        return None
    hide = st.toggle(
        f"Hide {len(deleted):,} deleted rows",
        value=True,
        key=state.HIDE_DELETED,
        bind="query-params",
        help="Grey on the map, and left out of the charts, the table and what is exported.",
    )
    return curation_of(built).rows.mask(len(built)) if hide else None


def draw_bar(built: BuiltMap, chosen: ChosenRows, more: Callable[[], None]) -> None:
    """What can be done with what is selected on the map, above it; nothing where nothing is. `more` draws another part's button."""
    if not len(chosen.rows) or not access.writable() or st.session_state.get(state.PANEL) == PART:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="curate-bar"):
        st.caption(f"**{len(chosen.rows):,}** selected", width="content")
        _delete_button(built, chosen, key="bar-delete")
        st.button("Tag…", icon=":material/sell:", key="bar-tag", on_click=_open_panel)
        more()


def draw(built: BuiltMap, chosen: ChosenRows) -> None:
    """The part of the panel: rows, clusters, steps."""
    curation = curation_of(built)
    may = access.writable()
    if may:
        _draw_rows(built, chosen)
        _draw_clusters(built)
    else:
        st.info(READ_ONLY, icon=":material/lock:")
    _draw_steps(built, curation, may)


def _draw_rows(built: BuiltMap, chosen: ChosenRows) -> None:
    if not chosen.words:
        st.info("Select examples on the map (lasso or box), or filter them, to delete or tag them.", icon=":material/lasso_select:")
        return
    n = len(chosen.rows)
    st.markdown(f"**{n:,} examples**: {text.in_label(chosen.words, limit=200)}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _delete_button(built, chosen, key="curate-delete")
        st.text_input("Tag", key=state.TAG, max_chars=MOST_NAME, width=220, placeholder="a word of your own")
        st.button(
            f"Tag {n:,}", icon=":material/sell:", key="curate-tag", disabled=not n, on_click=action(_tag), args=(built, chosen)
        )


def _delete_button(built: BuiltMap, chosen: ChosenRows, *, key: str) -> None:
    n = len(chosen.rows)
    st.button(
        f"Delete {n:,}",
        icon=":material/delete:",
        key=key,
        disabled=not n,
        help="From the screened set; the dataset's own file stays as it is. Can be undone under Curate.",
        on_click=action(_delete),
        args=(built, chosen),
    )


def _draw_clusters(built: BuiltMap) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        title = st.selectbox("Clusters of", [layer.title for layer in LAYERS], key=state.LAYER, bind="query-params", width=200)
        layer = next((layer for layer in LAYERS if layer.title == title), LAYERS[0]).id
        names = [name.name for name in built.names_by_layer[layer]]
        cluster = st.selectbox("Cluster", names, key=f"{state.CURATED_CLUSTER}-{layer}", width=260)
        at = names.index(cluster) if cluster in names else 0
        st.text_input("New name", key=state.CLUSTER_NAME, max_chars=MOST_NAME, width=200)
        st.button("Rename", icon=":material/edit:", key="curate-rename", on_click=action(_rename), args=(built, layer, at))
        others = [name for name in names if name != cluster]
        into = st.selectbox("Merge into", others, index=None, placeholder="another cluster", key=state.MERGE_INTO, width=260)
        st.button(
            "Merge",
            icon=":material/merge:",
            key="curate-merge",
            disabled=into not in names,
            on_click=action(_merge),
            args=(built, layer, at, names.index(into) if into in names else 0),
        )


def _draw_steps(built: BuiltMap, curation: MapCuration, may: bool) -> None:
    steps = curation.steps
    if not steps.steps:
        st.caption("No steps yet. Every step can be undone; a recipe from the Duplicates page carries them along.")
        return
    space, manifest = caches.workspace(), built.manifest
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**Steps** ({len(steps.active):,} of {len(steps.steps):,} hold)", width="stretch")
        if may and (last := steps.to_undo):
            undo = action(changes.undo_step)
            st.button("Undo", icon=":material/undo:", key="curate-undo", on_click=undo, args=(space, manifest, last.number))
        if may and (next := steps.to_redo):
            redo = action(changes.redo_step)
            st.button("Redo", icon=":material/redo:", key="curate-redo", on_click=redo, args=(space, manifest, next.number))
    for step in reversed(steps.steps[-LISTED:]):
        undone = step.number in steps.undone
        with st.container(horizontal=True, vertical_alignment="center"):
            words = text.in_label(step.sentence(), limit=200)
            st.markdown(f"{step.number}. {f'~~{words}~~' if undone else words}", width="stretch")
            st.caption(step.at[:16].replace("T", " "), width="content")
            if may:
                do = action(changes.redo_step if undone else changes.undo_step)
                what = "Do again" if undone else "Undo this"
                st.button(what, key=f"step-{step.number}", type="tertiary", on_click=do, args=(space, manifest, step.number))
    if len(steps.steps) > LISTED:
        st.caption(f"… and {len(steps.steps) - LISTED:,} earlier steps: evalmap curate lists them.")


def _open_panel() -> None:
    st.session_state[state.PANEL] = PART


def _delete(built: BuiltMap, chosen: ChosenRows) -> None:
    changes.delete_rows(caches.workspace(), built, chosen.rows, chosen.words)
    st.session_state[state.CLEARED] = (
        st.session_state.get(state.CLEARED, 0) + 1
    )  # a lasso around what is gone would hide all the rest


def _tag(built: BuiltMap, chosen: ChosenRows) -> None:
    changes.tag_rows(caches.workspace(), built, chosen.rows, st.session_state.get(state.TAG) or "", chosen.words)
    st.session_state[state.TAG] = ""


def _rename(built: BuiltMap, layer: str, cluster: int) -> None:
    before = built.names_by_layer[layer][cluster].name
    step = changes.rename_cluster(caches.workspace(), built, layer, cluster, st.session_state.get(state.CLUSTER_NAME) or "")
    st.session_state[state.CLUSTER_NAME] = ""
    _follow(layer, [before], step.name)


def _merge(built: BuiltMap, layer: str, cluster: int, into: int) -> None:
    names = [name.name for name in built.names_by_layer[layer]]
    changes.merge_clusters(caches.workspace(), built, layer, cluster, into)
    st.session_state.pop(state.MERGE_INTO, None)
    _follow(layer, [names[cluster]], names[into])


def _follow(layer: str, before: Sequence[str], after: str) -> None:
    """A filter by a cluster asks for what the cluster is called now."""
    column = where.cluster_column(layer)
    asked = []
    for one in where.now():
        if one.column == column and one.op in ("is", "is_not"):
            one = replace(one, values=tuple(dict.fromkeys(after if plain(value) in before else value for value in one.values)))
        asked.append(one)
    where.ask(tuple(asked))
