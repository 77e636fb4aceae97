"""Groups one by one: the keeper, what it stands for, the words that differ, and decisions by hand."""

from collections.abc import Callable

import streamlit as st

from evalmap.data.choices import option_words
from evalmap.data.text.normalization import NORMALIZATIONS
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.parts.duplicates import duplicate_pairs, group_map, template_list
from evalmap.pages.parts.duplicates.duplicate_controls import ScreenChoices
from evalmap.pages.parts.duplicates.duplicate_pairs import PageScreening
from evalmap.pages.server import access, caches, changes, screenings
from evalmap.pages.shared import example_address, example_body, state, text
from evalmap.pages.shared.action import action
from evalmap.pages.shared.navigation import open_map
from evalmap.screening.groups.diff import word_diff
from evalmap.screening.groups.duplicate_groups import DuplicateGroups, Sort, find_duplicate_groups
from evalmap.screening.keep.by_hand import DecisionLog, RowKey, row_keys
from evalmap.screening.pair_types import NOT_EXACT, Pairs

SHOWN = 8  # rows of a group; larger groups say how many more
SORTS: dict[str, Sort] = {"largest first": "largest", "nearest to the cut first": "nearest"}


def draw(built: BuiltMap, pairs: Pairs, screening: PageScreening, choices: ScreenChoices) -> None:
    """One group at a time, with keys: left and right arrows go, K keeps the first other row, B keeps both."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        sort = st.selectbox("Order", list(SORTS), key=state.GROUP_ORDER, persist_state="session", width=240)
        only = st.toggle("Semantic only", key=state.SEMANTIC_ONLY, persist_state="session", help=_SEMANTIC_ONLY)
        if screenings.decisions(built).steps and access.writable():
            st.button("Undo the last decision", icon=":material/undo:", on_click=action(_undo), args=(built,), key="undo")
    groups = find_duplicate_groups(pairs, screening.selection, sort=SORTS[sort or "largest first"])
    order = [g for g in range(len(groups)) if not only or _paraphrases(groups, g)]
    if not order:
        st.info("No group at this threshold." if not only else "No group that only the embeddings find.", icon=":material/check:")
        return
    at = min(int(st.session_state.get(state.GROUP_AT, 0)), len(order) - 1)
    before, after = max(at - 1, 0), min(at + 1, len(order) - 1)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Previous", icon=":material/chevron_left:", shortcut="Left", on_click=_go, args=(before,), key="previous")
        st.button("Next", icon=":material/chevron_right:", shortcut="Right", on_click=_go, args=(after,), key="next")
        st.markdown(f"group {at + 1:,} of {len(order):,}")
    _of_templates(built, pairs, groups, order[at], choices)
    _card(built, groups, order[at], choices)


def _of_templates(built: BuiltMap, pairs: Pairs, groups: DuplicateGroups, group: int, choices: ScreenChoices) -> None:
    """The templates that the group's rows are of."""
    found = duplicate_pairs.templates(built, pairs, choices)
    positions = found.positions()
    rows = [int(groups.keepers[group]), *groups.rows[groups.members(group)].tolist()]
    for at in dict.fromkeys(int(positions[row]) for row in rows if positions[row] >= 0):
        st.caption(template_list.caption(found.templates[at]))


def _card(built: BuiltMap, groups: DuplicateGroups, group: int, choices: ScreenChoices) -> None:
    keeper = int(groups.keepers[group])
    rows = [int(row) for row in groups.rows[groups.members(group)]]
    texts, beside = st.columns([7, 4], gap="medium")
    with beside, st.container(border=True):
        group_map.draw(built, keeper, rows)
        show = (built, [keeper, *rows])
        st.button("Show on the map", icon=":material/my_location:", key=f"map-{keeper}", on_click=_show_on_map, args=show)
    with texts:
        _texts(built, groups, group, choices)


def _texts(built: BuiltMap, groups: DuplicateGroups, group: int, choices: ScreenChoices) -> None:
    keeper = int(groups.keepers[group])
    members = groups.members(group)
    rows = [int(row) for row in groups.rows[members]]
    with st.container(border=True):
        st.caption(f"**Kept** by {text.in_label(choices.keep)}: {where(built, keeper)}")
        example_body.draw(built, keeper, border=False)
        size, lowest = int(groups.component_size[group]), float(groups.component_lowest[group])
        if size > len(rows) + 1:
            st.caption(f"This group is part of a chain of {size:,} rows whose least similar pair is {lowest:.3f}.")
        act(built, "Remove this one too", lambda log, k: log.remove(k[keeper]), None, f"remove-{keeper}")
    for i, row in enumerate(rows[:SHOWN]):
        at = members.start + i
        with st.container(border=True):
            st.caption(f"Removed: {where(built, row)} · {_numbers(groups, at)}")
            st.markdown(text.diff(word_diff(built.text(keeper), built.text(row))))
            with st.container(horizontal=True):
                keys = ("K", "B") if i == 0 else (None, None)
                act(built, "Keep this one", lambda log, k, r=row: log.keep(k[r], instead_of=k[keeper]), keys[0], f"keep-{row}")
                act(built, "Keep both", lambda log, k, r=row: log.keep_both(k[keeper], k[r]), keys[1], f"both-{row}")
    if len(rows) > SHOWN:
        st.caption(f"… and {len(rows) - SHOWN:,} more rows that this one stands for.")


def _show_on_map(built: BuiltMap, rows: list[int]) -> None:
    slug = built.manifest.slug
    open_map(slug, example_address.address(built, rows[0]))
    st.session_state[state.GROUP_ROWS] = (slug, rows)


def act(built: BuiltMap, label: str, change: Callable[[DecisionLog, list[RowKey]], None], shortcut: str | None, key: str) -> None:
    """A button that records a decision by hand; none on a read-only site."""

    def decide() -> None:
        changes.decide(caches.workspace(), built, lambda log: change(log, row_keys(built.examples)))

    if access.writable():
        st.button(label, on_click=action(decide), shortcut=shortcut, key=key)


def _undo(built: BuiltMap) -> None:
    changes.decide(caches.workspace(), built, DecisionLog.undo)


def _go(to: int) -> None:
    st.session_state[state.GROUP_AT] = to


def _paraphrases(groups: DuplicateGroups, group: int) -> bool:
    """Whether a group has rows that string matching misses: not equal under any normalization, and few characters shared."""
    members = groups.members(group)
    return bool(((groups.exact[members] == NOT_EXACT) & (groups.lexical[members] < 0.5)).any())


_SEMANTIC_ONLY = "Groups with a row that string matching misses: equal under no normalization, character similarity under 0.5."


def _numbers(groups: DuplicateGroups, at: int) -> str:
    exact = int(groups.exact[at])
    equal = f"equal under {NORMALIZATIONS[exact]}" if exact != NOT_EXACT else "not equal"
    return f"{equal} · characters {groups.lexical[at]:.3f} · meaning {groups.semantic[at]:.3f}"


def where(built: BuiltMap, row: int) -> str:
    """Where an example stands and what it is labelled, for a place that reads Markdown."""
    example = built.examples.iloc[row]
    words = option_words(example["label"], example["choices"])
    label = f" · {text.in_label(words, limit=48)}" if words else ""
    confidence = f" · confidence {text.percent(example['confidence'], 1)}" if example["confidence"] == example["confidence"] else ""
    return f"{example_address.place(built, row)}{label}{confidence}"
