"""Plans in the workspace: made, saved without losing anybody's change, and left alone by gc."""

from pathlib import Path

import pytest

from evalmap.answers.asking.run_job import write_job_location
from evalmap.data.errors import DatasetError
from evalmap.data.store import disk_space
from evalmap.data.store.jobs import JobFile
from evalmap.data.store.workspace import Workspace
from evalmap.writing.plan_shelf import places, save_plan, shelve, state_of, version
from evalmap.writing.plan_text import new_plan, plan_toml

CONTENT = plan_toml(new_plan("likes tea", count=3)).encode()


@pytest.fixture
def space(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "home")


def test_plans_of_one_behaviour_have_names_of_their_own(space: Workspace):
    made = [shelve(space, CONTENT).name for _ in range(3)]
    assert made == ["likes-tea", "likes-tea-2", "likes-tea-3"]
    assert [place.name for place in places(space)] == made
    assert {place.path.read_bytes() for place in places(space)} == {CONTENT}


def test_what_cannot_be_run_is_not_kept(space: Workspace):
    with pytest.raises(DatasetError, match="no behaviour"):
        shelve(space, b'kind = "a_b"')
    assert list(places(space)) == []


def test_a_save_that_would_lose_anothers_change_is_refused(space: Workspace):
    place = shelve(space, CONTENT)
    theirs, mine = (CONTENT.replace(b"tea", word) for word in (b"milk", b"water"))
    save_plan(space, place, theirs, before=version(CONTENT))
    with pytest.raises(DatasetError, match="changed elsewhere"):
        save_plan(space, place, mine, before=version(CONTENT))
    assert place.path.read_bytes() == theirs
    save_plan(space, place, mine, before=None)
    assert place.path.read_bytes() == mine


def test_a_save_of_what_cannot_be_run_changes_nothing(space: Workspace):
    place = shelve(space, CONTENT)
    with pytest.raises(DatasetError, match="temperature"):
        save_plan(space, place, CONTENT.replace(b"temperature = 1.0", b"temperature = 99"), before=version(CONTENT))
    assert place.path.read_bytes() == CONTENT


def test_the_state_of_a_plan_is_told(space: Workspace):
    place = shelve(space, CONTENT)
    state = state_of(space, place)
    assert (state.behaviour, state.wanted, state.problem, state.kept, state.running) == ("likes tea", 6, None, None, False)
    job = JobFile(space, write_job_location(place.path), "tea")
    assert state_of(space, place).running
    job.finish("failed", error="The server refused.")
    assert state_of(space, place).stopped == "The server refused."
    place.path.write_text("behaviour = 3", encoding="utf-8")
    assert state_of(space, place).problem == "Behaviour is 3; expected text in quotation marks."
    assert state_of(space, place).behaviour == "likes tea"


def test_gc_leaves_what_was_written(space: Workspace):
    place = shelve(space, CONTENT)
    place.result.mkdir()
    (place.result / "table.json").write_text("{}", encoding="utf-8")
    assert disk_space.collect(space, downloads=True) == []
    assert (place.path.is_file(), (place.result / "table.json").is_file()) == (True, True)
