"""Session keys, spelled once, and what they start as. A key bound to the URL is also the name of its URL parameter."""

from typing import Any

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.data.store.manifest import Manifest
from evalmap.embeddings.layers import KMEANS
from evalmap.pages.shared import text

DATASET = "dataset"
COLOR = "colour"
LABELS = "label"
CONFIDENCE = "confidence"
SCORE = "score"  # what stands in the confidence's place where it is no ratio
LAYER = "layer"
CLUSTERS = "cluster"
FILES = "file"
CONTAINS = "contains"
MEANING = "meaning"
EXAMPLE = "example"
NAMES = "names"
PANEL = "panel"  # which part of the drawer below the map is open
PANEL_HEIGHT = "panel-height"
GO_TO = "go-to"  # the page to go to when the picker is drawn
TOUR = "tour"  # whether the tour is on; in an address, ?tour=1 begins it
FAILURE = "failure"  # why the last button could not do what it is for

# The duplicates page
SCREEN_METHOD = "method"
THRESHOLD = "threshold"
NORMALIZATION = "normalization"
KEEP = "keep"
PROTECT = "protect"
MERGE = "merge"
GROUP_ORDER = "group-order"
SEMANTIC_ONLY = "semantic-only"
GROUP_AT = "group-at"
GROUP_ROWS = "group-rows"
PAIR_SAMPLE = "pair-sample"
BALANCE = "restore-balance"
TARGET = "target"
AGAINST = "against"

# The answers page
ANSWERS = "answers"  # the answer set that the page tells of
VERSUS = "versus"  # the one beside it
ANSWER_COLOR = "colour-answers"
ANSWER_ROWS = "rows-of-answers"
ANSWERS_PANEL = "answers-panel"  # which part of the drawer below the map is open
SCALE_BY = "scale-by"

FILTERS = (LABELS, CONFIDENCE, SCORE, CLUSTERS, FILES, CONTAINS, MEANING)
OF_ONE_DATASET = (*FILTERS, COLOR, LAYER, EXAMPLE, ANSWERS, VERSUS, ANSWER_COLOR)  # meaningless for another dataset
_STARTS: dict[str, Any] = {
    LABELS: [],
    CONFIDENCE: (0.0, 1.0),
    CLUSTERS: [],
    FILES: [],
    CONTAINS: "",
    MEANING: "",
    COLOR: "Label",  # where there are no labels: the first that there is
    LAYER: KMEANS.title,
    EXAMPLE: "",
}


def forget(*keys: str) -> None:
    """Put the keys back to their start; to be called from a callback.

    A key that is bound to the URL is set and not dropped: dropped, it would come back from the URL, which has it still.
    """
    for key in keys:
        if key in _STARTS:
            st.session_state[key] = _STARTS[key]
        else:
            st.session_state.pop(key, None)


def require_dataset() -> Manifest:
    """The manifest of the dataset that is open; the page ends with a sentence where there is none."""
    from evalmap.pages.server.caches import workspace

    slug = st.session_state.get(DATASET)
    try:
        manifest = workspace().manifest(slug) if slug else None
    except DatasetError as error:
        text.show_error(error)
        st.stop()
    if manifest is None:
        st.info("No dataset is open. Choose one in the library.", icon=":material/map:")
        st.page_link("library.py", label="Open the library", icon=":material/library_books:")
        st.stop()
    return manifest
