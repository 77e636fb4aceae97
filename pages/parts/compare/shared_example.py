"""The example that is open on the compare page: which one, how the URL names it, how it is shown."""

import streamlit as st

from evalmap.data.choices import option_words
from evalmap.pages.parts.compare.compared import Compared
from evalmap.pages.shared import example_address, example_body, navigation, state, text


def draw_address(compared: Compared) -> int | None:
    """Draw the field that names the open example; its row of the shared map, None where none is open or the sample left it out."""
    named = st.text_input(
        "Example",
        key=state.COMPARE_EXAMPLE,
        bind="query-params",
        placeholder="dataset:line",
        help="Which example is open: its dataset, then its line, counted from 1. Click a point of the map to fill this in.",
        icon=":material/tag:",
    )
    slug, _, place = (named or "").strip().partition(":")
    file, _, line = place.rpartition(":")
    for at, built in enumerate(compared.maps):
        if built.manifest.slug == slug and line.isdecimal() and len(line) < 19:
            row = built.row_of(file or next(iter(built.manifest.datasets)), int(line))
            return None if row is None else compared.shared_row(at, row)
    return None


def open_row(compared: Compared, shared: int) -> None:
    """Open a row of the shared map; to be called from a callback."""
    place, row = compared.own_row(shared)
    built = compared.maps[place]
    st.session_state[state.COMPARE_EXAMPLE] = f"{built.manifest.slug}:{example_address.address(built, row)}"


def close() -> None:
    """Close the open example; to be called from a callback."""
    st.session_state[state.COMPARE_EXAMPLE] = ""


def draw(compared: Compared, shared: int) -> None:
    """The example as its own dataset has it, and the nearest one of each other dataset."""
    place, row = compared.own_row(shared)
    built = compared.maps[place]
    example = built.examples.iloc[row]
    with st.container(horizontal=True, gap="small"):
        st.badge(text.in_badge(compared.name(place)), icon=":material/database:", color="gray")
        if isinstance(example["label"], str):
            st.badge(text.in_badge(option_words(example["label"], example["choices"])), icon=":material/label:", color="blue")
    example_body.draw(built, row)
    st.caption(example_address.place(built, row))
    st.button(
        "Open on its own map",
        icon=":material/scatter_plot:",
        type="tertiary",
        on_click=navigation.open_map,
        args=(built.manifest.slug, example_address.address(built, row)),
    )
    for other, beside in enumerate(compared.maps):
        if other != place:
            ((nearest, similarity),) = beside.search(built.vectors[row], top=1)
            st.caption(f"Nearest in {compared.label(other)} (similarity {similarity:.2f}):")
            example_body.draw(beside, nearest)
            st.caption(example_address.place(beside, nearest))
