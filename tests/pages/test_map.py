"""The map page, but for the component itself: what each widget changes."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.records import ReadOptions
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.pipeline import build
from evalmap.pages.server import caches
from evalmap.pages.shared import example_address, text
from evalmap.tests.fakes import FakeEncoder, sentences
from evalmap.tests.pages import site
from evalmap.tests.pages.site import MARKUP, PERSONA, counted, lines, open_page, run, said, table

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
    fresh = {key: open_map().selectbox(key=key).value for key in ("colour", "layer")}
    # Asked in the link, since a browser keeps what was asked in the address.
    asked = {"label": "Yes", "contains": "plan", "example": "5", "layer": "Topics, fine", "colour": "Confidence"}
    at = open_map(confidence=["0.8", "0.9"], **asked)
    assert at.slider(key="confidence").value == (0.8, 0.9)
    assert at.multiselect(key="label").value == ["Yes"]
    assert at.selectbox(key="layer").value == "Topics, fine"
    at.selectbox(key="dataset").select("values-collective-decisions")
    run(at)
    assert at.multiselect(key="label").value == []
    assert (at.text_input(key="contains").value, at.text_input(key="example").value) == ("", "")
    assert at.slider(key="confidence").value == (at.slider(key="confidence").min, at.slider(key="confidence").max)
    assert {key: at.selectbox(key=key).value for key in fresh} == fresh
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
    at.multiselect(key="label").select("Yes")
    run(at)
    assert lines(at) == numbered(np.flatnonzero(labels == "Yes"))
    assert counted(at) == "**100 examples** that pass the filters"
    found = table(at)
    assert found is not None
    assert set(found["label"]) == {"Yes"}
    at.multiselect(key="label").select("No")
    run(at)
    assert counted(at) == "**200 examples** in the dataset"


def test_confidence_filter_keeps_the_rows_inside_and_tells_the_balance_left(space: Workspace):
    examples = site.built(space, PERSONA).examples
    confidence = examples["confidence"].to_numpy()
    at = open_map()
    at.slider(key="confidence").set_range(0.9, 0.95)
    run(at)
    kept = np.flatnonzero((confidence >= 0.9) & (confidence <= 0.95))
    assert lines(at) == numbered(kept)
    yes = int((examples["label"].to_numpy()[kept] == "Yes").sum())
    told = next(caption.value for caption in at.caption if caption.value.startswith("keeps "))
    assert told.startswith(f"keeps {len(kept)}: ")
    assert f"{yes} Yes (" in told
    assert f"{len(kept) - yes} No (" in told


def test_text_filter_is_literal(space: Workspace):
    texts = site.built(space, PERSONA).examples["text"]
    at = open_map(contains="PLAN")
    assert lines(at) == numbered(np.flatnonzero(["plan" in text.lower() for text in texts]))
    at.text_input(key="contains").set_value("p.an")
    run(at)
    assert lines(at) == []
    assert "No example is in this selection under the current filters." in [info.value for info in at.info]
    assert counted(at) == "**0 examples** that pass the filters"


def test_clear_lets_every_row_pass_and_leaves_the_rest_as_it_is(space: Workspace):
    asked = {"label": "Yes", "contains": "plan", "example": "5", "colour": "Confidence"}
    at = open_map(confidence=["0.8", "0.9"], **asked)
    next(button for button in at.button if button.label == "Clear").click()
    run(at)
    assert (at.text_input(key="contains").value, at.multiselect(key="label").value) == ("", [])
    assert counted(at) == "**200 examples** in the dataset"
    assert (at.text_input(key="example").value, at.selectbox(key="colour").value) == ("5", "Confidence")


def test_cluster_filter_keeps_the_cluster_and_is_forgotten_with_its_layer(space: Workspace):
    labels = site.built(space, PERSONA).clustering("kmeans").labels
    at = open_map()
    at.multiselect(key="cluster").select(at.multiselect(key="cluster").options[2])
    run(at)
    assert lines(at) == numbered(np.flatnonzero(labels == 2))
    at.selectbox(key="layer").select("Topics")
    run(at)
    assert at.multiselect(key="cluster").value == []
    assert counted(at) == "**200 examples** in the dataset"


def test_file_filter_keeps_the_rows_of_the_file(space: Workspace):
    at = open_map("samples")
    at.multiselect(key="file").select("winogenerated/schemas_of_work")
    run(at)
    assert counted(at) == "**180 examples** that pass the filters"
    assert lines(at) == [f"winogenerated/schemas_of_work:{line}" for line in range(1, 26)]


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
    at.multiselect(key="label").select("Yes")
    run(at)
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
    assert at.multiselect(key="cluster").value == [f"1 · {name.name}"]
    at.session_state["panel"] = "Examples"
    run(at)
    assert lines(at) == numbered(np.flatnonzero(built.clustering("topics-medium").labels == 1))


def test_cluster_table_shows_sizes_and_shares(space: Workspace):
    built = site.built(space, PERSONA)
    at = open_map(panel="Clusters")
    clusters = next(frame.value for frame in at.dataframe if "size" in frame.value.columns)
    assert clusters["size"].tolist() == np.bincount(built.clustering("kmeans").labels).tolist()
    labels = built.examples["label"].to_numpy()
    shares = [100 * (labels[built.clustering("kmeans").labels == c] == "Yes").mean() for c in range(len(clusters))]
    np.testing.assert_allclose(clusters["share"], shares)


# Datasets that lack something, or have something else


def test_score_that_is_no_ratio_has_its_own_range(space: Workspace, tmp_path: Path):
    scores = [-3.5, 12.25, float("inf"), 7.0, 0.0, 2.5]
    pd.DataFrame({"text": sentences(6), "score": scores}).to_parquet(tmp_path / "scored.parquet")
    dataset = open_dataset(tmp_path / "scored.parquet", options=ReadOptions(confidence="score"))
    build(dataset, workspace=space, encoder=FakeEncoder())
    at = open_map("scored")
    assert (at.slider(key="score").min, at.slider(key="score").max) == (-3.5, 12.25)
    at.slider(key="score").set_range(0.0, 7.0)
    run(at)
    assert lines(at) == ["4", "5", "6"]
    next(button for button in at.button if button.label == "Clear").click()
    run(at)
    assert counted(at) == "**6 examples** in the dataset"
    space.remove("scored")


def test_dataset_without_labels_or_confidence_has_no_such_widgets(space: Workspace):
    at = open_map("plain", example="3")
    assert {widget.key for widget in at.multiselect} == {"cluster"}
    assert not at.slider
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
        at.multiselect(key="label").select(MARKUP[row % 2])
        run(at)
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
