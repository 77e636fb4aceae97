"""The map page, but for the component itself: what each widget changes."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from streamlit.testing.v1 import AppTest

from evalmap.data.errors import DatasetError
from evalmap.data.facets.predicates import Predicate
from evalmap.data.opening import open_dataset
from evalmap.data.records import ReadOptions
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import model_names, naming
from evalmap.embeddings.faithfulness import look_at_row
from evalmap.embeddings.model_names import ModelName, ModelNames
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.pages.parts.map import where
from evalmap.pages.server import caches
from evalmap.pages.shared import example_address, text
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows
from evalmap.tests.pages import site
from evalmap.tests.pages.site import MARKUP, PERSONA, charts, counted, lines, open_page, run, said, table

ROWS_A_PAGE = 25


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with site.workspace(tmp_path_factory.mktemp("map")) as space:
        yield space


def open_map(slug: str = PERSONA, **query: str | list[str]):
    """The map page with the table of examples open below the map, unless something else is asked for."""
    return open_page("map.py", dataset=slug, **{"panel": "Examples", **query})


def numbered(rows: np.ndarray) -> list[str]:
    return [str(row + 1) for row in rows[:ROWS_A_PAGE]]


def chips(at: AppTest) -> list[str]:
    """What stands as chips above the map."""
    return [button.label for button in at.button if str(button.key).startswith("chip-")]


def linked(at: AppTest) -> list[str]:
    """The filter as the URL has it."""
    asked = at.query_params["where"]
    return [asked] if isinstance(asked, str) else asked


def ask(at: AppTest, predicate: Predicate) -> None:
    """What a chart's callback leaves in the session: of its column, this predicate alone."""
    at.session_state["where"] = where.in_place(at.session_state["where"], predicate.column, (predicate,))
    run(at)


# Which dataset


def test_page_without_a_dataset_leads_to_the_library(space: Workspace):
    at = open_page("map.py")
    assert [info.value for info in at.info] == ["No dataset is open. Choose one in the library."]
    assert not at.dataframe


@pytest.mark.parametrize("slug", ["nope", "../etc", "A B"])
def test_dataset_of_a_link_that_is_not_there_is_told(space: Workspace, slug: str):
    at = open_map(slug)
    assert [info.value for info in at.info] == ["No dataset is open. Choose one in the library."]


def test_picker_lists_every_map_and_opens_the_chosen_one(space: Workspace):
    at = open_page("map.py", panel="Examples")
    picker = at.selectbox(key="dataset")
    assert picker.options == space.slugs()
    picker.select("plain")
    run(at)
    assert at.markdown[0].value == "#### plain"
    assert lines(at) == numbered(np.arange(30))


def test_another_dataset_forgets_what_was_asked_of_the_last(space: Workspace):
    fresh = {key: open_map(panel="Clusters").selectbox(key=key).value for key in ("colour", "layer")}
    # Asked in the link, since a browser keeps what was asked in the address.
    asked = {"example": "5", "layer": "Topics, fine", "colour": "Confidence", "panel": "Clusters"}
    at = open_map(where=["label is Yes", "confidence between 0.8 0.9", "text contains plan"], **asked)
    assert chips(at) == ["Label is Yes", r"Confidence 0\.8 to 0\.9", "Text contains “plan”"]
    assert at.selectbox(key="layer").value == "Topics, fine"
    at.selectbox(key="dataset").select("values-collective-decisions")
    run(at)
    assert chips(at) == []
    assert "where" not in at.query_params
    assert at.text_input(key="example").value == ""
    assert {key: at.selectbox(key=key).value for key in fresh} == fresh
    at.session_state["panel"] = "Examples"
    run(at)
    assert counted(at) == "**200 examples** in the dataset"
    assert lines(at) == numbered(np.arange(200))


# What the widgets do


def test_colours_are_those_of_the_map(space: Workspace):
    at = open_map()
    options = at.selectbox(key="colour").options
    assert options[:6] == ["Label", "Clusters (k-means)", "Topics, coarse", "Topics", "Topics, fine", "Confidence"]
    assert at.selectbox(key="colour").value == "Label"
    for option in options:
        at.selectbox(key="colour").select(option)
        run(at)
        assert lines(at) == numbered(np.arange(200))


def test_label_filter_keeps_the_rows_of_the_label(space: Workspace):
    labels = site.built(space, PERSONA).examples["label"].to_numpy()
    at = open_map()
    ask(at, Predicate("label", "is", ("Yes",)))
    assert lines(at) == numbered(np.flatnonzero(labels == "Yes"))
    assert counted(at) == "**100 examples** that pass the filters"
    found = table(at)
    assert found is not None
    assert set(found["label"]) == {"Yes"}
    ask(at, Predicate("label", "is", ("Yes", "No")))
    assert counted(at) == "**200 examples** in the dataset"


def test_confidence_filter_keeps_the_rows_inside_and_tells_the_balance_left(space: Workspace):
    examples = site.built(space, PERSONA).examples
    confidence = examples["confidence"].to_numpy()
    at = open_map()
    ask(at, Predicate("confidence", "between", (0.9, 0.95)))
    kept = np.flatnonzero((confidence >= 0.9) & (confidence <= 0.95))
    assert lines(at) == numbered(kept)
    yes = int((examples["label"].to_numpy()[kept] == "Yes").sum())
    told = charts(at)["confidence"]["note"]
    assert told.startswith(f"keeps {len(kept)}: ")
    assert f"{yes} Yes (" in told
    assert f"{len(kept) - yes} No (" in told


def test_text_filter_is_literal(space: Workspace):
    texts = site.built(space, PERSONA).examples["text"]
    at = open_map(where="text contains PLAN")
    assert lines(at) == numbered(np.flatnonzero(["plan" in text.lower() for text in texts]))
    ask(at, Predicate("text", "contains", ("p.an",)))
    assert lines(at) == []
    assert "No example is in this selection under the current filters." in [info.value for info in at.info]
    assert counted(at) == "**0 examples** that pass the filters"


def test_clear_lets_every_row_pass_and_leaves_the_rest_as_it_is(space: Workspace):
    at = open_map(where=["label is Yes", "confidence between 0.8 0.9", "text contains plan"], example="5", colour="Confidence")
    at.button(key="clear-filters").click()
    run(at)
    assert (chips(at), "where" in at.query_params) == ([], False)
    assert counted(at) == "**200 examples** in the dataset"
    assert (at.text_input(key="example").value, at.selectbox(key="colour").value) == ("5", "Confidence")


def test_cluster_filter_keeps_the_cluster_whatever_the_table_lists(space: Workspace):
    built = site.built(space, PERSONA)
    labels = built.clustering("kmeans").labels
    at = open_map()
    ask(at, Predicate("cluster.kmeans", "is", (built.names_by_layer["kmeans"][2].name,)))
    assert lines(at) == numbered(np.flatnonzero(labels == 2))
    at.session_state["panel"] = "Clusters"
    run(at)
    at.selectbox(key="layer").select("Topics")
    run(at)
    at.session_state["panel"] = "Examples"
    run(at)
    assert lines(at) == numbered(np.flatnonzero(labels == 2))


def test_file_filter_keeps_the_rows_of_the_file(space: Workspace):
    at = open_map("samples")
    ask(at, Predicate("dataset", "is", ("winogenerated/schemas_of_work",)))
    assert counted(at) == "**180 examples** that pass the filters"
    assert lines(at) == [f"winogenerated/schemas_of_work:{line}" for line in range(1, 26)]


# Chips, the URL, and links from before


def test_each_chip_takes_its_own_filter_away(space: Workspace):
    labels = site.built(space, PERSONA).examples["label"].to_numpy()
    at = open_map(where=["label is Yes", "text contains plan"])
    assert any(caption.value.endswith(" of 200 pass · Yes 100 %") for caption in at.caption)
    next(button for button in at.button if button.label == "Text contains “plan”").click()
    run(at)
    assert chips(at) == ["Label is Yes"]
    assert linked(at) == ["label is Yes"]
    assert lines(at) == numbered(np.flatnonzero(labels == "Yes"))


def test_search_by_meaning_is_a_chip_too(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(caches, "search", lambda *_: [(7, 0.9)])
    at = open_map(meaning="being late")
    assert chips(at) == ["Nearest to “being late”"]
    at.button(key="chip-meaning").click()
    run(at)
    assert at.text_input(key="meaning").value == ""
    assert counted(at) == "**200 examples** in the dataset"


def test_a_filter_is_kept_while_other_pages_are_read(space: Workspace):
    at = open_map(where=["label is Yes", "text contains plan"])
    before = lines(at)
    at.switch_page("duplicates.py")
    run(at)
    at.query_params.clear()
    at.query_params["dataset"] = PERSONA
    at.query_params["panel"] = "Examples"
    at.switch_page("map.py")
    run(at)
    assert lines(at) == before
    assert linked(at) == ["label is Yes", "text contains plan"]


def test_links_from_before_open_what_they_named_and_leave_the_address(space: Workspace):
    built = site.built(space, PERSONA)
    name = built.names_by_layer["topics-medium"][1]
    old = {
        "label": ["Yes", "No"],
        "cluster": [f"1 · {name.name}"],
        "layer": "Topics",
        "contains": "a",
        "confidence": ["0.6", "1.0"],
    }
    at = open_map(**old)
    examples = built.examples
    kept = (
        (built.clustering("topics-medium").labels == 1)
        & examples["text"].str.contains("a", case=False, regex=False).to_numpy(dtype=bool)
        & examples["confidence"].between(0.6, 1.0).to_numpy()
    )
    assert lines(at) == numbered(np.flatnonzero(kept))
    assert len(linked(at)) == 4
    assert not {"label", "cluster", "contains", "confidence"} & set(at.query_params)
    assert linked(open_map("samples", file="winogenerated/schemas_of_work")) == ["dataset is winogenerated/schemas_of_work"]


def test_the_whole_range_of_an_earlier_link_asks_for_nothing(space: Workspace):
    at = open_map("samples", confidence=["0.0", "1.0"])
    assert chips(at) == []
    assert counted(at) == "**1,120 examples** in the dataset"  # also those without a confidence


def test_columns_without_a_chart_are_told_with_the_reason(space: Workspace):
    (sent,) = [json.loads(one.proto.json) for one in open_map().get("bidi_component") if '"charts"' in one.proto.json]
    told = sent["leftOut"]
    assert told.startswith("Without a chart: Text (texts: “Add a filter” searches them); ")
    assert "question (nearly every row has a text of its own)" in told


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("colour is red", "colour: this map has no such column; that filter was left out"),
        ("label is Maybe", "Label: no example has “Maybe”; that was left out of the filters"),
        ("label between 1 2", "Label between: can be asked"),
        ("text matches (", "is no regular expression"),
        ("nothing", "expected a column"),
    ],
)
def test_what_a_link_cannot_ask_is_told_in_one_sentence_and_left_out(space: Workspace, asked: str, told: str):
    at = open_map(where=[asked, "label is Yes"])
    (warning,) = at.warning
    assert told in warning.value.replace("\\", "")
    assert linked(at) == ["label is Yes"]
    assert counted(at) == "**100 examples** that pass the filters"
    run(at)
    assert len(at.warning) == 1  # the page runs again on its own
    at.button(key="clear-filters").click()
    run(at)
    assert not at.warning


def test_of_several_names_those_that_are_there_stay(space: Workspace):
    at = open_map(where="label is Maybe Yes")
    assert chips(at) == ["Label is Yes"]
    assert len(at.warning) == 1


# Adding a filter in words


def test_a_filter_is_built_from_column_question_and_values(space: Workspace):
    labels = site.built(space, PERSONA).examples["label"].to_numpy()
    at = open_map()
    at.selectbox(key="filter-column").select("label")
    run(at)
    at.selectbox(key="filter-op-category-False").select("is_not")
    run(at)
    assert at.button(key="filter-put").disabled
    at.multiselect(key="filter-values-label").select("Yes")
    run(at)
    at.button(key="filter-put").click()
    run(at)
    assert chips(at) == ["Label is not Yes"]
    assert lines(at) == numbered(np.flatnonzero(labels != "Yes"))


def test_a_range_is_built_from_its_ends(space: Workspace):
    confidence = site.built(space, PERSONA).examples["confidence"].to_numpy()
    at = open_map()
    at.selectbox(key="filter-column").select("confidence")
    run(at)
    op = next(box for box in at.selectbox if box.label == "Question")
    op.select("between")
    run(at)
    at.number_input(key="filter-low-confidence").set_value(0.9)
    at.number_input(key="filter-high-confidence").set_value(0.95)
    run(at)
    at.button(key="filter-put").click()
    run(at)
    assert lines(at) == numbered(np.flatnonzero((confidence >= 0.9) & (confidence <= 0.95)))


def test_a_regular_expression_that_is_none_is_told_and_one_that_is_filters(space: Workspace):
    texts = site.built(space, PERSONA).examples["text"]
    at = open_map()
    at.selectbox(key="filter-column").select("text")
    run(at)
    next(box for box in at.selectbox if box.label == "Question").select("matches")
    run(at)
    at.text_input(key="filter-value-text-matches").set_value("(unclosed")
    run(at)
    at.button(key="filter-put").click()
    run(at)
    (error,) = at.error
    assert "is no regular expression" in error.value.replace("\\", "")
    assert chips(at) == []
    at.text_input(key="filter-value-text-matches").set_value(r"^I\b.*\bplan")
    run(at)
    at.button(key="filter-put").click()
    run(at)
    assert not at.error
    assert lines(at) == numbered(np.flatnonzero([re.search(r"^I\b.*\bplan", one) is not None for one in texts]))


def test_search_lists_the_nearest_rows_that_pass_the_filters(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    asked: list[tuple] = []

    def search(slug: str, fingerprint: str, model: str, query: str, top: int) -> list[tuple[int, float]]:
        asked.append((slug, model, query, top))
        return [(7, 0.9), (3, 0.8), (150, 0.7)]

    monkeypatch.setattr(caches, "search", search)
    labels = site.built(space, PERSONA).examples["label"].to_numpy()
    at = open_map(meaning="being **late**")
    assert asked == [(PERSONA, "all-MiniLM-L6-v2", "being **late**", 50)]
    assert lines(at) == ["8", "4", "151"]
    found = table(at)
    assert found is not None
    assert found["cosine"].tolist() == [0.9, 0.8, 0.7]
    assert counted(at) == r"**3 examples** nearest to “being \*\*late\*\*”"
    ask(at, Predicate("label", "is", ("Yes",)))
    assert lines(at) == [str(row + 1) for row in (7, 3, 150) if labels[row] == "Yes"]


def test_search_that_cannot_be_done_is_told_in_a_sentence(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    def search(*_: object) -> list[tuple[int, float]]:
        raise DatasetError("my*model*: the model could not be loaded to search with. Build the map again.")

    monkeypatch.setattr(caches, "search", search)
    at = open_map(meaning="anything")
    (error,) = at.error
    assert error.value == r"my\*model\*\: the model could not be loaded to search with\. Build the map again\."
    assert counted(at) == "**200 examples** in the dataset"


def test_a_collection_s_table_names_file_and_line_in_columns_of_their_own(space: Workspace):
    built = site.built(space, "samples")
    table = site.table(open_map("samples"))
    assert table is not None
    assert table.columns.tolist()[:2] == ["file", "line"]
    assert list(zip(table["file"], table["line"], strict=True)) == [built.identity(row) for row in range(25)]
    row = next(row for row in range(len(built)) if built.examples["dataset"].iloc[row] == max(built.manifest.datasets, key=len))
    at = open_map("samples", example=example_address.address(built, row))
    similar = next(frame.value for frame in at.dataframe if "similarity" in frame.value.columns)
    assert list(zip(similar["file"], similar["line"], strict=True)) == [built.identity(other) for other, _ in built.similar(row)]
    assert f"{text.in_label(max(built.manifest.datasets, key=len), limit=250)}, line" in " ".join(c.value for c in at.caption)


# The example


def test_example_of_the_link_is_open_with_all_its_fields(space: Workspace):
    built = site.built(space, PERSONA)
    at = open_map(example="5")
    row = site.raw(built, 4)
    shown = [text.value for text in at.text]  # st.text drops white space at the ends
    assert shown == [row["statement"], *(str(value).strip() for value in row.values())]
    assert f":blue-badge[:material/label: {row['answer_matching_behavior'].strip()}]" in [m.value for m in at.markdown]
    similar = next(frame.value for frame in at.dataframe if "similarity" in frame.value.columns)
    assert similar["line"].tolist() == [other + 1 for other, _ in built.similar(4)]


def test_card_tells_how_many_neighbours_are_near_on_the_map_and_lines_lead_to_them(space: Workspace):
    built = site.built(space, PERSONA)
    found = look_at_row(4, built.vectors, built.coordinates)
    at = open_map(example="5")
    assert f"{len(found.kept)} of its 15 nearest in meaning are among the 15 nearest here." in [c.value for c in at.caption]
    assert map_payload(at)["lines"] is None
    at.toggle(key="lines").set_value(True)
    run(at)
    lines = map_payload(at)["lines"]
    assert lines == {"kept": list(found.kept), "missing": list(found.missing), "false": list(found.false)}
    assert sorted(lines["kept"] + lines["missing"]) == sorted(row for row, _ in built.similar(4, top=15))


def map_payload(at: AppTest) -> dict[str, Any]:
    """What the map is given."""
    (found,) = [element.proto.json for element in at.get("bidi_component") if '"highlight"' in element.proto.json]
    return json.loads(found)


def test_similar_example_can_be_opened(space: Workspace):
    nearest = site.built(space, PERSONA).similar(4)[2][0]
    at = open_map(example="5")
    site.select_row(at, f"similar-{PERSONA}-4", 2)
    assert at.text_input(key="example").value in ("5", str(nearest + 1))


@pytest.mark.parametrize("line", ["0", "201", "x", "²", "-1", "9" * 5000, "other:5"])
def test_example_that_is_not_there_is_told(space: Workspace, line: str):
    at = open_map(example=line)
    assert [warning.value for warning in at.warning] == ["No example has this line. Lines are counted from 1, as in the file."]


def test_example_of_a_collection_is_named_with_its_file(space: Workspace):
    at = open_map("samples", example="winogenerated/schemas_of_work:7")
    expected = site.built(space, "schemas-of-work").text(6)
    assert at.text[0].value == expected


# The panel


def test_panel_of_a_link_that_is_not_there_stays_closed(space: Workspace):
    at = open_map(panel="nope")
    assert not at.dataframe
    assert not at.error


def test_nothing_of_the_panel_is_drawn_while_it_is_closed(space: Workspace):
    at = open_page("map.py", dataset=PERSONA)
    assert not at.dataframe
    at.session_state["panel"] = "Clusters"
    run(at)
    assert len(at.dataframe) == 1
    at.button(key="close-panel").click()
    run(at)
    assert not at.dataframe


# Clusters


def test_selected_cluster_shows_its_exemplars_and_can_be_shown_on_the_map(space: Workspace):
    built = site.built(space, PERSONA)
    name = built.names_by_layer["topics-medium"][1]
    at = open_map(layer="Topics", panel="Clusters")
    assert "Select a cluster to read its most typical examples." in [info.value for info in at.info]
    site.select_row(at, f"clusters-{PERSONA}-topics-medium", 1)
    assert [text.value for text in at.text] == [built.text(row) for row in name.exemplars]
    at.button(key="show-cluster").click()
    run(at)
    assert at.selectbox(key="layer").value == at.selectbox(key="colour").value == "Topics"
    assert at.session_state["where"] == (Predicate("cluster.topics-medium", "is", (name.name,)),)
    at.session_state["panel"] = "Examples"
    run(at)
    assert lines(at) == numbered(np.flatnonzero(built.clustering("topics-medium").labels == 1))


def clusters_in(at: AppTest) -> pd.DataFrame:
    """The table of clusters."""
    return next(frame.value for frame in at.dataframe if "typical" in frame.value.columns)


def test_names_of_a_model_are_told_and_a_switch_brings_the_terms_back(space: Workspace):
    built = site.built(space, PERSONA)
    terms = [name.name for name in built.names_by_layer["topics-medium"]]
    called = ModelName("topics-medium", 1, "Lists & *plans*")
    named = model_names.keep(space, built.manifest, ModelNames("tiny-1", "file", "prompt", 1, (called,)))
    try:
        at = open_map(layer="Topics", panel="Clusters")
        assert clusters_in(at)["name"].tolist() == [terms[0], "Lists & *plans*", *terms[2:]]
        site.select_row(at, f"clusters-{PERSONA}-topics-medium", 1)
        captions = [caption.value for caption in at.caption]
        assert any(caption.startswith(f"Named by {text.in_label('tiny-1')} · terms: ") for caption in captions), captions
        assert any(text.in_label("Lists & *plans*") in markdown.value for markdown in at.markdown)
        at.toggle(key="model-names").set_value(False)
        run(at)
        assert clusters_in(at)["name"].tolist() == terms
        at.toggle(key="model-names").set_value(True)
        run(at)
        assert clusters_in(at)["name"].tolist()[1] == "Lists & *plans*"
    finally:
        model_names.drop(space, named)
    assert not [toggle for toggle in open_map(layer="Topics", panel="Clusters").toggle if toggle.key == "model-names"]


def test_cluster_table_tells_in_which_topics_a_topic_lies(space: Workspace):
    built = site.built(space, PERSONA)
    clusters = clusters_in(open_map(layer="Topics, fine", panel="Clusters"))
    fine = built.names_by_layer["topics-fine"]
    assert [" › ".join(filter(None, pair)) for pair in zip(clusters["within"], clusters["name"], strict=True)] == [
        built.breadcrumb("topics-fine", name.id) for name in fine
    ]
    assert "within" not in clusters_in(open_map(layer="Topics, coarse", panel="Clusters")).columns


def test_cluster_table_shows_sizes_and_shares(space: Workspace):
    built = site.built(space, PERSONA)
    at = open_map(panel="Clusters")
    clusters = next(frame.value for frame in at.dataframe if "size" in frame.value.columns)
    assert clusters["size"].tolist() == np.bincount(built.clustering("kmeans").labels).tolist()
    labels = built.examples["label"].to_numpy()
    shares = [100 * (labels[built.clustering("kmeans").labels == c] == "Yes").mean() for c in range(len(clusters))]
    np.testing.assert_allclose(clusters["share"], shares)
    having = []
    for cluster, name in enumerate(clusters["name"]):
        texts = built.examples["embedded_text"][built.clustering("kmeans").labels == cluster].str.lower()
        having.append(100 * np.mean([any(has_term(text, term) for term in name.split(" · ")) for text in texts]))
    np.testing.assert_allclose(clusters["holds"], having, atol=0.01)


def has_term(text: str, term: str) -> bool:
    """Whether the words of a term stand in a text one after the other, but for words that name nothing."""
    return term in re.findall(naming._TOKEN, text) or term in CountVectorizer(
        token_pattern=naming._TOKEN, stop_words=sorted(naming._stop_words()), ngram_range=(2, 2)
    ).build_analyzer()(text)


# Two subsets side by side


def compared(at: AppTest) -> dict[str, Any]:
    """What the comparison is given."""
    (found,) = [element.proto.json for element in at.get("bidi_component") if '"pairs"' in element.proto.json]
    return json.loads(found)


def test_what_passes_is_compared_with_the_others(space: Workspace):
    examples = site.built(space, PERSONA).examples
    at = open_map(panel="Subsets")
    assert [info.value for info in at.info] == [
        "Filter or select examples, or choose two different subsets, to see how they differ."
    ]
    ask(at, Predicate("confidence", "between", (0.9, 1.0)))
    found = compared(at)
    kept = examples["confidence"] >= 0.9
    assert (found["a"]["rows"], found["b"]["rows"], found["both"]) == (kept.sum(), (~kept).sum(), 0)
    shares = {name: (a, b) for name, a, b, *_ in found["labels"]}
    for label in ("Yes", "No"):
        expected = ((examples["label"][kept] == label).mean(), (examples["label"][~kept] == label).mean())
        assert shares[label] == pytest.approx(expected)
    (drawn,) = [pair for pair in found["pairs"] if pair["title"] == "Confidence"]
    assert (sum(drawn["a"]), sum(drawn["b"])) == (kept.sum(), (~kept).sum())
    assert drawn["distance"] == pytest.approx(1.0)


def test_a_subset_is_saved_under_its_words_and_compared_later(space: Workspace):
    labels = site.built(space, PERSONA).examples["label"]
    at = open_map(panel="Subsets")
    assert at.button(key="save-subset").disabled
    ask(at, Predicate("label", "is", ("Yes",)))
    at.button(key="save-subset").click()
    run(at)
    ask(at, Predicate("label", "is", ("No",)))
    at.text_input(key="subset-name").set_value("the **other** ones")
    run(at)
    at.button(key="save-subset").click()
    run(at)
    assert at.selectbox(key="subset-a").options == [
        "What passes now",
        "All others",
        "Label is Yes",
        "the **other** ones",
        "All examples",
    ]
    at.button(key="clear-filters").click()
    at.selectbox(key="subset-a").select("Label is Yes")
    at.selectbox(key="subset-b").select("the **other** ones")
    run(at)
    found = compared(at)
    assert found["a"] == {"name": "Label is Yes", "rows": int((labels == "Yes").sum())}
    assert found["b"] == {"name": "the **other** ones", "rows": int((labels == "No").sum())}
    at.button(key="forget-Label is Yes").click()
    run(at)
    assert "Label is Yes" not in at.selectbox(key="subset-a").options
    at.button(key="ask-the **other** ones").click()
    run(at)
    assert chips(at) == ["Label is No"]


def test_a_subset_without_an_example_is_told(space: Workspace):
    at = open_map(panel="Subsets", where="text contains qqqq")
    assert [info.value for info in at.info] == ["No example is in “What passes now”."]


# Datasets that lack something, or have something else


def test_score_that_is_no_ratio_has_its_own_range(space: Workspace, tmp_path: Path):
    scores = [-3.5, 12.25, float("inf"), 7.0, 0.0, 2.5]
    pd.DataFrame({"text": sentences(6), "score": scores}).to_parquet(tmp_path / "scored.parquet")
    dataset = open_dataset(tmp_path / "scored.parquet", options=ReadOptions(confidence="score"))
    build(dataset, workspace=space, encoder=FakeEncoder())
    at = open_map("scored")
    drawn = charts(at)["confidence"]
    assert drawn["edges"][0] <= -3.5 < 12.25 <= drawn["edges"][-1]
    assert drawn["missing"]["total"] == 1
    ask(at, Predicate("confidence", "between", (0.0, 7.0)))
    assert lines(at) == ["4", "5", "6"]
    at.button(key="clear-filters").click()
    run(at)
    assert counted(at) == "**6 examples** in the dataset"
    assert lines(open_map("scored", score=["0.0", "7.0"])) == ["4", "5", "6"]
    space.remove("scored")


def test_dataset_without_labels_or_confidence_has_no_such_charts(space: Workspace):
    at = open_map("plain", example="3")
    assert "cluster.kmeans" in charts(at)
    assert not {"label", "confidence", "dataset"} & set(charts(at))
    assert "Label" not in at.selectbox(key="colour").options
    found = table(at)
    assert found is not None
    assert "confidence" not in found.columns
    assert not [value for value in said(at) if "badge" in value]
    assert "no labels" in "".join(said(at))
    at.session_state["panel"] = "Clusters"
    site.select_row(at, "clusters-plain-kmeans", 0)
    assert "no labels" not in "".join(said(at))


def test_markup_in_the_data_is_shown_as_it_stands(space: Workspace, tmp_path: Path):
    slug = next(slug for slug in space.slugs() if slug.startswith("marked"))
    built = site.built(space, slug)
    everything = ""
    for row in range(8):
        at = open_map(slug, example=str(row + 1))
        ask(at, Predicate("label", "is", (MARKUP[row % 2],)))
        assert at.text[0].value == built.text(row)
        everything = "\n".join(said(at))
        for panel in ("Clusters", "About this map"):
            at.session_state["panel"] = panel
            site.select_row(at, f"clusters-{slug}-kmeans", 0)
            everything += "\n".join(said(at))
        assert [markup for markup in MARKUP if markup in everything] == []
    assert r"#### marked \*\*x\*\* \!\[a\]\(http\:\/\/x\/y\.png\) \<script\>alert\(1\)\<\/script\>" in everything
    assert r":blue-badge[:material/label: \!\[a\]\(http" in everything
    assert r"first\: id \*\*x\*\* on lines" in everything
    assert r"\$x^2\$" in everything
    assert "1 rows set aside" in everything


def test_about_tells_what_became_of_a_layout_that_was_kept(space: Workspace, tmp_path: Path):
    path = tmp_path / "growing.jsonl"
    for rows in (20, 24):
        write_rows(path, [{"text": text} for text in sentences(24)[:rows]])
        build(open_dataset(path), workspace=space, settings=Settings(k=2), encoder=FakeEncoder(), keep_layout=True)
    try:
        at = open_page("map.py", dataset="growing", panel="About this map")
        told = [shown.replace("\\", "") for shown in said(at)]
        assert any("The layout was kept: 20 rows lie where they lay, 4 new ones are placed among them" in shown for shown in told)
        assert not any("layout_kept" in shown for shown in told)
    finally:
        space.remove("growing")
