"""Session keys, spelled once, and what they start as. A key bound to the URL is also the name of its URL parameter."""

from typing import Any

import streamlit as st

from evalmap.data.errors import DatasetError
from evalmap.data.store.manifest import Manifest
from evalmap.embeddings import model_names
from evalmap.embeddings.layers import KMEANS
from evalmap.pages.shared import text

DATASET = "dataset"
COLOR = "colour"
WHERE = "where"  # what is asked of the columns: a filter in the session, one text a predicate in the URL
NOT_ASKED = "not-asked"  # sentences on what a link asked for and cannot be asked, until something else is asked
# What links from before ask with, each once a widget of its own
EARLIER_FILTERS = ("label", "confidence", "score", "cluster", "file", "contains")
FACET_SEARCH = "facet-search"  # which names are looked for in a chart, by its column
SUBSETS = "subsets"  # those that were saved under a name
SUBSET_NAME = "subset-name"
SUBSET_A, SUBSET_B = "subset-a", "subset-b"  # those that are compared
LAYER = "layer"
MEANING = "meaning"
EXAMPLE = "example"
NAMES = "names"
LINES = "lines"  # whether lines lead from the open example to its neighbours
MODEL_NAMES = "model-names"  # whether clusters bear the names that a language model gave them
PANEL = "panel"  # which part of the drawer below the map is open
PANEL_HEIGHT = "panel-height"
HIDE_DELETED = "hide-deleted"  # whether rows that were deleted on the map are hidden
CLEARED = "cleared"  # how often what was selected on the map was let go of, since it was deleted
TAG = "tag"
CURATED_CLUSTER, CLUSTER_NAME, MERGE_INTO = "curated-cluster", "cluster-name", "merge-into"
MORE_LABEL, MORE_COUNT, MORE_BEHAVIOUR = "more-label", "more-count", "more-behaviour"  # of rows that are to be written
UNEVEN_CLUSTER = "uneven-cluster"  # whose labels are to be evened out by new rows
MADE_PLAN = "made-plan"  # (slug, where on the page, the plan's file, what it says) of the plan that was made last
ROWS = "rows"  # a problem of the quality report whose rows the map shows alone
GO_TO = "go-to"  # the page to go to when the picker is drawn, and what its address asks for
TOUR = "tour"  # whether the tour is on; in an address, ?tour=1 begins it
FAILURE = "failure"  # why the last button could not do what it is for

# The duplicates page
SCREEN_METHOD = "method"
THRESHOLD = "threshold"
NORMALIZATION = "normalization"
KEEP = "keep"
PROTECT = "protect"
MERGE = "merge"
TEMPLATES = "templates"
TEMPLATE_RULES = "template-rules"  # (slug, {template: rule}): those that have a rule of their own
GROUP_ORDER = "group-order"
SEMANTIC_ONLY = "semantic-only"
GROUP_AT = "group-at"
GROUP_ROWS = "group-rows"
PAIR_SAMPLE = "pair-sample"
BALANCE = "restore-balance"
DROP_FLAGGED = "drop-flagged"
DROP_DISPUTED = "drop-disputed"
DUPLICATES_PANEL = "duplicates-panel"  # which tab is open
TARGET = "target"
AGAINST = "against"

# The quality page
FLAG = "flag"  # the rule whose rows are listed
MEASURED_FOR = "quality-started"  # what the page started to measure by itself, so that it starts it once

# The answers page
ANSWERS = "answers"  # the answer set that the page tells of
VERSUS = "versus"  # the one beside it
ANSWER_COLOR = "colour-answers"
ANSWER_ROWS = "rows-of-answers"
ANSWERS_PANEL = "answers-panel"  # which part of the drawer below the map is open
SCALE_BY = "scale-by"
PRONOUN_MEASURE = "pronoun-measure"  # what the scatter of occupations shows upright
OCCUPATION = "occupation"  # whose sentences are listed

# The compare page
COMPARED = "compare"  # the datasets, by slug
COMPARED_FOR = "comparison-started"  # what the page began to compare by itself, so that it begins it once
COMPARE_COLOR = "colour-compared"
COMPARE_SHOWN = "shown"  # which of them are in colour
COMPARE_PANEL = "compare-panel"  # which part of the drawer below the map is open
COMPARE_EXAMPLE = "compared-example"  # "<slug>:<the example as its own map's URL names it>"
COMPARE_PAIR = "pair"  # which two of several a part tells of
GAP = "gap"  # whose uncovered rows are listed
GAP_RINGED = "gap-ringed"  # whether they are ringed on the map

# The review page
REVIEWER = "reviewer"
REVIEW_PANEL = "review-panel"  # reviewing, or what the reviews come to
SAMPLE_BY, SAMPLE_SIZE, SAMPLE_SEED = "sample", "sample-size", "sample-seed"
PEOPLE, OVERLAP = "people", "overlap"  # who share the sample out, and which percentage of it all of them read
BLIND = "blind"
QUESTIONS = "ask-for"
REVIEW_PENDING = "review-pending"  # what was said of the row that is shown, until all of it is
REVIEW_DONE = "review-done"  # what this window did, row by row, so that it can be taken back
REVIEW_TOLD = "review-told"  # what the last key did that is not seen by itself
SETTLED_BEFORE = "settled-before"  # decisions by hand of this window, each with the one before it

# The write page
PLAN = "plan"  # the plan that is open, by its name in the workspace
WRITE_STEP = "step"  # which step of it is shown
PHRASING = "phrasing"  # the template whose result is shown, of a plan with several
PLAN_DRAFT = "plan-draft"  # the text of the open plan as it is edited, and the version of the file that it began with
PIECES_STEP, PIECES_LABEL = "pieces-step", "pieces-label"  # which pieces of the result are read

FILTERS = (WHERE, NOT_ASKED, MEANING)
OF_ONE_DATASET = (  # meaningless for another dataset
    *(*FILTERS, FACET_SEARCH, SUBSETS, SUBSET_NAME, SUBSET_A, SUBSET_B, COLOR, LAYER),
    *(EXAMPLE, ANSWERS, VERSUS, ANSWER_COLOR),
    *(HIDE_DELETED, TAG, CLUSTER_NAME, MERGE_INTO),
    *(ROWS, DROP_FLAGGED, DROP_DISPUTED, FLAG, MEASURED_FOR, MADE_PLAN, UNEVEN_CLUSTER),
)
_STARTS: dict[str, Any] = {
    WHERE: (),
    MEANING: "",
    COLOR: "Label",  # where there are no labels: the first that there is
    LAYER: KMEANS.title,
    EXAMPLE: "",
}


def template_rules(slug: str) -> dict[str, str]:
    """The rules of single templates that the reader chose for this dataset, by id."""
    of, rules = st.session_state.get(TEMPLATE_RULES, ("", {}))
    return dict(rules) if of == slug else {}


def forget(*keys: str) -> None:
    """Put the keys back to their start; to be called from a callback.

    A key that stands in the URL is set and not dropped: dropped, it would come back from the URL, which has it still.
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
    return manifest if st.session_state.get(MODEL_NAMES, True) else model_names.by_terms(manifest)
