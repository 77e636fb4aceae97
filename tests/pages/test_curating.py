"""Curating on the map page: what the buttons do to the counts, the table, the names, the recipe; and undo."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from streamlit.testing.v1 import AppTest

from evalmap.data.store.workspace import Workspace
from evalmap.pages.component import answer_columns, tag_column
from evalmap.pages.parts.duplicates import duplicate_export
from evalmap.pages.parts.map import rows_table
from evalmap.pages.server import access, screenings
from evalmap.pages.server.curations import curation_of
from evalmap.screening.curation.curation_journal import journal_path
from evalmap.screening.keep.by_hand import DecisionLog
from evalmap.screening.screening_options import ScreeningOptions
from evalmap.tests.pages import site
from evalmap.tests.pages.site import MARKUP, PERSONA, charts, counted, open_page, run, said


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with site.workspace(tmp_path_factory.mktemp("curating")) as space:
        yield space


@pytest.fixture
def space(home: Workspace) -> Iterator[Workspace]:
    """Without any steps when a test ends."""
    yield home
    for slug in (PERSONA, "plain"):
        if (path := journal_path(home, site.built(home, slug).manifest.source)).exists():
            path.unlink()


def curating(slug: str = PERSONA, **query: str | list[str]) -> AppTest:
    return open_page("map.py", dataset=slug, panel="Curate", **query)


def press(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click()
    return run(at)


def steps(at: AppTest) -> list[str]:
    return [shown.value.replace("\\", "") for shown in at.markdown if shown.value[:1].isdigit() and ". " in shown.value]


def test_deleting_follows_in_every_count_and_undo_brings_the_rows_back(space: Workspace):
    built = site.built(space, PERSONA)
    n = len(built)
    agrees = int((built.examples["label"] == "Yes").sum())
    at = curating(where="label is Yes")
    assert f"**{agrees} examples**: Label is Yes" in said(at)
    press(at, "curate-delete")
    assert at.toggle(key="hide-deleted").label == f"Hide {agrees} deleted rows"
    assert any(f"{n} examples" in one and f"{agrees} deleted" in one for one in said(at))
    assert steps(at) == [rf"1. deleted {agrees} rows: Label is Yes"]
    at.session_state["panel"] = "Examples"
    at.session_state["where"] = ()
    run(at)
    assert counted(at) == f"**{n - agrees} examples** that are not deleted"
    assert sum(bar[2] for bar in charts(at)["label"]["bars"]) == n - agrees
    at.toggle(key="hide-deleted").set_value(False)
    run(at)
    assert counted(at) == f"**{n} examples** in the dataset"
    assert {bar[0]: bar[1] for bar in charts(at)["deleted"]["bars"]} == {"deleted": agrees, "not deleted": n - agrees}
    at.session_state["panel"] = "Curate"
    run(at)
    press(at, "curate-undo")
    assert "deleted" not in charts(at)
    assert steps(at) == [rf"1. ~~deleted {agrees} rows: Label is Yes~~"]
    press(at, "curate-redo")
    assert "deleted" in charts(at)


def test_nothing_is_offered_for_the_whole_dataset(space: Workspace):
    at = curating()
    assert any("Select examples on the map" in info.value for info in at.info)
    assert not [button for button in at.button if button.key in ("curate-delete", "curate-tag")]
    assert "No steps yet" in " ".join(said(at))


def test_tags_are_a_colour_a_filter_and_a_column_of_exports(space: Workspace):
    built = site.built(space, PERSONA)
    at = curating(where="label is Yes")
    at.text_input(key="tag").set_value("agrees")
    run(at)
    press(at, "curate-tag")
    assert at.text_input(key="tag").value == ""
    at.session_state["where"] = ()
    run(at)
    assert [bar[:3] for bar in charts(at)["tag"]["bars"]] == [["agrees", 100, 100]]
    at.selectbox(key="colour").select("Tags")
    run(at)
    column = tag_column.tag_column(built)
    assert column
    assert column.categories == (("agrees", 100), ("no tag", 100))
    codes = np.frombuffer(answer_columns.column_bytes(built, column.key), dtype="<u2")
    agrees = (built.examples["label"] == "Yes").to_numpy()
    assert (codes == np.where(agrees, 0, 65_535)).all()
    tags = curation_of(built).rows.tags
    rows = np.array([int(np.flatnonzero(agrees)[0]), int(np.flatnonzero(~agrees)[0])])
    raw = built.examples["raw"].iloc[rows].tolist()
    jsonl = rows_table._exported(built, rows, "jsonl", tags, False).decode().splitlines()
    assert json.loads(jsonl[0]) == {**json.loads(raw[0]), "evalmap_tags": ["agrees"]}
    assert jsonl[1] == raw[1]
    table = list(csv.DictReader(io.StringIO(rows_table._exported(built, rows, "csv", tags, False).decode())))
    assert [row["evalmap_tags"] for row in table] == ["agrees", ""]
    at.session_state["panel"] = "Examples"
    at.session_state["where"] = ()
    run(at)
    assert at.toggle(key="export-tags").label == "With tags"


@pytest.mark.parametrize("name", MARKUP[:4])
def test_a_tag_is_shown_as_it_is(space: Workspace, name: str):
    at = curating(where="label is Yes")
    at.text_input(key="tag").set_value(name)
    run(at)
    press(at, "curate-tag")
    at.session_state["colour"] = "Tags"
    run(at)
    assert not any(name in one for one in said(at) if "tagged" in one)  # escaped


def test_renamed_and_merged_clusters_show_and_the_filter_follows(space: Workspace):
    built = site.built(space, PERSONA)
    names = [name.name for name in built.names_by_layer["kmeans"]]
    at = curating(where=f'cluster.kmeans is "{names[1]}"')
    at.selectbox(key="curated-cluster-kmeans").select(names[1])
    at.text_input(key="cluster-name").set_value("Plans for trips")
    run(at)
    press(at, "curate-rename")
    assert at.query_params["where"] in ('cluster.kmeans is "Plans for trips"', ['cluster.kmeans is "Plans for trips"'])
    assert not at.warning
    assert "Plans for trips" in [bar[0] for bar in charts(at)["cluster.kmeans"]["bars"]]
    at.selectbox(key="curated-cluster-kmeans").select("Plans for trips")
    run(at)
    at.selectbox(key="merge-into").select(names[0])
    run(at)
    press(at, "curate-merge")
    bars = {bar[0]: bar[1] for bar in charts(at)["cluster.kmeans"]["bars"]}
    sizes = np.bincount(built.clustering("kmeans").labels)
    assert bars[names[0]] == sizes[0] + sizes[1]
    assert len(bars) == len(names) - 1
    at.session_state["panel"] = "Clusters"
    run(at)
    assert "Plans for trips" not in next(frame.value for frame in at.dataframe if "size" in frame.value)["name"].tolist()
    at.session_state["panel"] = "Curate"
    run(at)
    press(at, "step-2")
    press(at, "step-1")
    assert space.find(PERSONA) == built.manifest


def test_name_that_another_cluster_has_is_refused_in_one_sentence(space: Workspace):
    names = [name.name for name in site.built(space, PERSONA).names_by_layer["kmeans"]]
    at = curating()
    at.selectbox(key="curated-cluster-kmeans").select(names[1])
    at.text_input(key="cluster-name").set_value(names[0])
    run(at)
    press(at, "curate-rename")
    assert "another cluster of" in at.error[0].value
    assert steps(at) == []


def test_duplicates_page_and_its_recipe_follow(space: Workspace, tmp_path: Path):
    built = site.built(space, PERSONA)
    at = curating(where="label is Yes")
    press(at, "curate-delete")
    found = screenings.default_screening(built)
    assert found
    assert not found.kept[(built.examples["label"] == "Yes").to_numpy()].any()
    log = DecisionLog.load(space, built.manifest.source)
    recipe = yaml.safe_load(duplicate_export.recipe_of(built, ScreeningOptions(), log))
    assert [(step["action"], step["chosen"]) for step in recipe["curation"]] == [("delete", "Label is Yes")]
    page = open_page("duplicates.py", dataset=PERSONA)
    assert any("100 rows were deleted on the map" in one for one in said(page))


def test_visitor_of_a_read_only_site_sees_the_steps_and_makes_none(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    press(curating(where="label is Yes"), "curate-delete")
    monkeypatch.setattr(access, "listens_on", lambda: "0.0.0.0")
    at = curating(where="label is No")
    assert steps(at) == ["1. deleted 100 rows: Label is Yes"]
    assert any("read-only" in info.value for info in at.info)
    offered = [str(button.key) for button in at.button]
    assert not [key for key in offered if key.startswith(("curate-", "step-", "bar-"))]
