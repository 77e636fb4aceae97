"""Buttons of the pages on a disk that refuses: the page says one sentence, and no traceback."""

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from evalmap.bench.torture.file_layer import FAULTS, FileLayer
from evalmap.data.store.jobs import JobFile
from evalmap.data.store.workspace import Workspace
from evalmap.tests.pages import site
from evalmap.tests.pages.site import open_page, run


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with site.workspace(tmp_path_factory.mktemp("refused")) as space:
        yield space


def refused(at: AppTest, space: Workspace, fault: str = "EROFS") -> str:
    with FileLayer((space.root,), FAULTS[fault], at=1).installed():
        run(at)
    (error,) = at.error
    return error.value.replace("\\", "")


def test_a_map_that_cannot_be_removed_is_told_once_and_stays(space: Workspace):
    at = open_page()
    at.button(key="remove-plain").click()
    assert "cannot be written (Read-only file system). Make that disk writable" in refused(at, space)
    assert "plain" in space.slugs()
    assert not run(at).error


def test_a_build_that_cannot_be_started_is_told(space: Workspace):
    at = open_page()
    at.button(key="again-plain").click()
    assert "cannot be written (No space left on device" in refused(at, space, "ENOSPC")


def test_a_job_that_cannot_be_dismissed_is_told(space: Workspace):
    told = JobFile(space, "/data/gone.jsonl", "gone.jsonl")
    told.finish("failed", error="gone.jsonl: no such file.")
    at = open_page()
    at.button(key=f"dismiss-{told.job.id}").click()
    with FileLayer((space.root,), FAULTS["EROFS"], at=1).installed():
        run(at)
    assert any("Read\\-only file system" in error.value for error in at.error)
    at.button(key=f"dismiss-{told.job.id}").click()
    assert not run(at).error


def test_an_upload_of_answers_that_cannot_be_kept_is_told(space: Workspace):
    at = open_page("answers.py", dataset="plain")
    at.file_uploader[0].upload("answers.jsonl", b'{"row": 1, "answer": "Yes"}\n', "application/x-ndjson")
    run(at)
    next(button for button in at.button if button.label == "Import").click()
    assert "answers.jsonl: cannot be written (No space left on device" in refused(at, space, "ENOSPC")


def test_a_workspace_that_cannot_be_listed_is_a_sentence_on_every_page(space: Workspace):
    for page in ("", "map.py", "duplicates.py", "answers.py"):
        with FileLayer((space.root,), FAULTS["EMFILE"], at=1).installed():
            at = open_page(page, dataset="plain")
        assert any("Too many open files" in error.value for error in at.error), page
