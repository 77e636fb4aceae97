"""What the map does to the open example's neighbours: how many are near it there, and lines to all of them."""

import streamlit as st

from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.faithfulness import RowFaithfulness, look_at_row
from evalmap.pages.shared import state

HELP = (
    "A map in two dimensions cannot keep every neighbour of {dims}. Nearest in meaning is by cosine of the embeddings, nearest "
    "here by distance on the map, both over all examples; by chance next to none would be both."
)
RANKS = (
    "Trustworthiness falls with how unlike the examples near it here really are, continuity with how far from it the examples "
    "like it lie here: 1 is best for both."
)


def lines(built: BuiltMap, row: int | None) -> RowFaithfulness | None:
    """What lines are drawn to from the open example; None where the reader wants none."""
    return _look(built, row) if row is not None and st.session_state.get(state.LINES) else None


def draw(built: BuiltMap, row: int) -> None:
    """Say how many of its nearest examples are near it on the map, with the switch for the lines."""
    found = _look(built, row)
    if not found.n_neighbors:
        return
    dims = f"{built.vectors.shape[1]:,} dimensions"
    sentence = f"{len(found.kept)} of its {found.n_neighbors} nearest in meaning are among the {found.n_neighbors} nearest here."
    st.caption(sentence, help=HELP.format(dims=dims))
    if found.trustworthiness == found.trustworthiness:
        st.caption(f"Trustworthiness {found.trustworthiness:.3f}, continuity {found.continuity:.3f}", help=RANKS)
    st.toggle("Lines to its neighbours", key=state.LINES, persist_state="session")
    if st.session_state.get(state.LINES):
        st.caption(
            f"Solid: near in meaning and here ({len(found.kept)}). Dashed: near in meaning, not here ({len(found.missing)}). "
            f"Dotted: near here, not in meaning ({len(found.false)})."
        )


def _look(built: BuiltMap, row: int) -> RowFaithfulness:
    return _kept(built.manifest.slug, built.manifest.fingerprint, row, built)


@st.cache_data(max_entries=512, show_spinner=False)
def _kept(slug: str, fingerprint: str, row: int, _built: BuiltMap) -> RowFaithfulness:
    return look_at_row(row, _built.vectors, _built.coordinates)
