"""When the tour begins, and when it does not."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.runtime.context import ContextProxy

from evalmap.data.store import jobs
from evalmap.data.store.jobs import JobFile
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import sample_maps
from evalmap.pages.component import tour_view
from evalmap.pages.server import access
from evalmap.pages.shared import state
from evalmap.tests.pages import site
from evalmap.tests.pages.site import PERSONA, open_page, run

NEVER_SEEN: dict[str, str] = {}
SEEN = {tour_view.COOKIE: tour_view.SEEN}


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A workspace of the samples alone."""
    space = Workspace(tmp_path / "home")
    sample_maps.install(space)
    monkeypatch.setenv("EVALMAP_HOME", str(space.root))
    monkeypatch.setattr(access, "listens_on", lambda: "127.0.0.1")
    monkeypatch.setattr(access, "front_door_stands", True)
    site.clear()
    yield space
    site.clear()


def tour_of(at) -> bool:
    return at.session_state[state.TOUR]


def send(monkeypatch: pytest.MonkeyPatch, cookies: dict[str, str]) -> None:
    monkeypatch.setattr(ContextProxy, "cookies", cookies)


def headings(at) -> list[str]:
    return [markdown.value for markdown in at.markdown if markdown.value.startswith("###")]


def test_bare_address_leads_a_newcomer_into_the_sample(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    send(monkeypatch, NEVER_SEEN)
    at = open_page()
    assert (tour_of(at), at.session_state[state.DATASET]) == (True, tour_view.SAMPLE)
    assert headings(at) == ["#### samples"]


def test_who_has_seen_the_tour_finds_the_library(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    send(monkeypatch, SEEN)
    at = open_page()
    assert not tour_of(at)
    assert headings(at)[0] == "### Library"


@pytest.mark.parametrize(("page", "query"), [("", {"dataset": PERSONA}), ("", {"label": "Yes"}), ("map.py", {"dataset": PERSONA})])
def test_link_to_something_shows_no_tour(space: Workspace, monkeypatch: pytest.MonkeyPatch, page: str, query: dict[str, str]):
    send(monkeypatch, NEVER_SEEN)
    at = open_page("", **query) if not page else linked_page(page, query)
    assert not tour_of(at)
    assert at.session_state[state.DATASET] in (PERSONA, None)


def linked_page(page: str, query: dict[str, str]):
    """A session that begins on a page, as a link to it has it."""
    from streamlit.testing.v1 import AppTest

    at = AppTest.from_file(str(site.FRAME), default_timeout=60)
    for name, value in query.items():
        at.query_params[name] = value
    at.switch_page(page)
    return run(at)


def test_workspace_with_a_map_of_ones_own_begins_no_tour(space: Workspace):
    assert tour_view.begins_by_itself(NEVER_SEEN, {}, space)
    manifest = space.find(PERSONA)
    space.save_manifest(replace(manifest, slug="mine", name="mine", sample=False))
    assert not tour_view.begins_by_itself(NEVER_SEEN, {}, space)
    space.remove("mine")
    assert tour_view.begins_by_itself(NEVER_SEEN, {}, space)


def test_build_under_way_or_a_damaged_map_begins_no_tour(space: Workspace):
    told = JobFile(space, "/data/own.jsonl", "own.jsonl")
    assert not tour_view.begins_by_itself(NEVER_SEEN, {}, space)
    told.finish("failed", error="own.jsonl: not found")
    assert not tour_view.begins_by_itself(NEVER_SEEN, {}, space)
    jobs.dismiss(space, told.job)
    JobFile(space, "pairs:samples", "near-duplicates of samples").finish("done")  # an earlier visitor's look at a sample
    assert tour_view.begins_by_itself(NEVER_SEEN, {}, space)
    (space.root / "datasets" / "broken.json").write_text("{")
    assert not tour_view.begins_by_itself(NEVER_SEEN, {}, space)


def test_ended_tour_does_not_begin_again_in_the_session(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    send(monkeypatch, NEVER_SEEN)
    at = open_page()
    at.session_state[state.TOUR] = False  # what the component's callback does
    at.switch_page("library.py")
    run(at)
    assert not tour_of(at)
    assert headings(at)[0] == "### Library"


def test_address_begins_the_tour_whoever_asks(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    send(monkeypatch, SEEN)
    at = open_page(tour="1")
    assert (tour_of(at), at.session_state[state.DATASET]) == (True, tour_view.SAMPLE)
    assert "tour" not in at.query_params
    there = linked_page("map.py", {"dataset": PERSONA, "tour": "1"})
    assert (tour_of(there), there.session_state[state.DATASET]) == (True, PERSONA)
    assert not tour_of(linked_page("map.py", {"dataset": PERSONA, "tour": "no"}))


def test_library_offers_the_tour(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    send(monkeypatch, SEEN)
    at = open_page()
    next(button for button in at.button if button.label == "Take the tour").click()
    run(at)
    assert (tour_of(at), at.session_state[state.DATASET]) == (True, tour_view.SAMPLE)
    assert headings(at) == ["#### samples"]


def test_read_only_site_shows_the_tour_too(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(access, "listens_on", lambda: "0.0.0.0")
    send(monkeypatch, NEVER_SEEN)
    open_page()  # a server's first run installs the samples' answers
    before = {path: path.stat().st_mtime_ns for path in space.root.rglob("*") if path.is_file()}
    assert tour_of(open_page())
    assert {path: path.stat().st_mtime_ns for path in space.root.rglob("*") if path.is_file()} == before


def test_point_of_the_tour_stands_alone_near_the_middle_of_the_map(space: Workspace):
    built = site.built(space, PERSONA)
    row = tour_view.lone_row(built)
    places = built.coordinates
    distances = np.linalg.norm(places[:, None] - places[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert distances[row].min() > np.median(distances.min(axis=1))
    from_middle = np.linalg.norm(places - np.median(places, axis=0), axis=1)
    assert (from_middle <= from_middle[row]).mean() <= 0.25
