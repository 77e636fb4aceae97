"""The library page: what is built, what is being built, and how it is opened."""

import os
from collections.abc import Iterator
from dataclasses import asdict, replace

import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.store import jobs
from evalmap.data.store import workspace as store_workspace
from evalmap.data.store.atomic import write_json
from evalmap.data.store.jobs import JobFile
from evalmap.data.store.workspace import Workspace
from evalmap.data.store.workspace import _read_manifest as read_manifest
from evalmap.embeddings.pipeline import SHARES, build
from evalmap.pages.parts.library import add_dataset
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows
from evalmap.tests.pages import site
from evalmap.tests.pages.site import MARKUP, PERSONA, open_page, run, said


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with site.workspace(tmp_path_factory.mktemp("library")) as space:
        yield space


def keys(at, start: str) -> list[str]:
    return [button.key.removeprefix(start) for button in at.button if button.key and button.key.startswith(start)]


def test_every_map_has_a_card_and_own_maps_come_first(space: Workspace):
    at = open_page()
    own = [slug for slug in space.slugs() if slug == "plain" or slug.startswith("marked")]
    assert sorted(keys(at, "open-")) == space.slugs()
    assert keys(at, "open-")[: len(own)] == own
    assert sorted(keys(at, "remove-")) == sorted(own)  # a sample would come back
    captions = [caption.value for caption in at.caption]
    assert "200 examples · No 50 % · Yes 50 %" in captions
    assert "30 examples · no labels" in captions
    assert any(caption.startswith("1,120 examples in 7 files") for caption in captions)


def test_card_shows_the_picture_of_its_map_and_says_what_it_is(space: Workspace):
    manifest = space.find("plain")
    shown = [markdown.value for markdown in open_page().markdown]
    assert f"![Map of plain](/evalmap/map/plain/{manifest.fingerprint}/thumbnail)" in shown
    (marked,) = [value for value in shown if value.startswith(r"![Map of marked \*\*x\*\* \!\[a\]\(http")]
    assert marked.count("](/evalmap/map/marked-") == 1  # what its name says is no address


def test_card_of_a_map_without_a_picture_has_none(space: Workspace):
    manifest = space.find("plain")
    stages = tuple(stage for stage in manifest.stages if stage.name != "thumbnail")
    space.save_manifest(replace(manifest, slug="earlier", name="earlier", stages=stages))
    at = open_page()
    assert "open-earlier" in [button.key for button in at.button]
    assert not [markdown.value for markdown in at.markdown if "Map of earlier" in markdown.value]
    space.remove("earlier")


def test_every_manifest_is_read_once_a_run(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    open_page()  # the first run of a server installs the samples
    read: list[str] = []
    monkeypatch.setattr(store_workspace, "_read_manifest", lambda path: read.append(path.stem) or read_manifest(path))
    open_page()
    assert sorted(read) == space.slugs()


def test_open_map_goes_to_the_map(space: Workspace):
    at = open_page()
    at.button(key=f"open-{PERSONA}").click()
    run(at)
    assert at.session_state["dataset"] == PERSONA
    assert r"#### prefers\-careful\-planning" in [markdown.value for markdown in at.markdown]


def test_running_build_shows_how_far_it_is_and_can_be_cancelled(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    told = JobFile(space, f"/data/{MARKUP[0]}.jsonl", f"{MARKUP[0]}.jsonl", shares=SHARES)
    told.progress("embeddings", 300, 1000)
    cancelled: list[str] = []
    monkeypatch.setattr(jobs, "cancel", lambda _, job: cancelled.append(job.id))
    at = open_page()
    (shown,) = at.get("progress")
    assert shown.proto.text == r"**\*\*x\*\*\.jsonl** · embeddings · 300 of 1,000"
    assert shown.proto.value == 23  # the records, and three tenths of the embeddings
    at.button(key=f"cancel-{told.job.id}").click()
    run(at)
    assert cancelled == [told.job.id]
    told.finish("done")


def test_failed_build_tells_why_until_it_is_dismissed(space: Workspace):
    told = JobFile(space, "/data/bad.jsonl", "bad.jsonl")
    told.finish("failed", error="bad.jsonl line 3: not JSON (![a](http://x/y.png)). Expected **a** JSON object.")
    at = open_page()
    (error,) = at.error
    sentence = r"bad\.jsonl line 3\: not JSON \(\!\[a\]\(http\:\/\/x\/y\.png\)\)\. Expected \*\*a\*\* JSON object\."
    assert error.value.replace("\u200b", "") == sentence
    at.button(key=f"dismiss-{told.job.id}").click()
    run(at)
    assert not at.error
    assert jobs.find(space, "/data/bad.jsonl") is None


def test_build_whose_process_died_is_failed(space: Workspace):
    told = JobFile(space, "/data/dead.jsonl", "dead.jsonl")
    dead = replace(told.job, born=0.0, pid=os.getpid(), stage="neighbors")
    write_json(space.root / "jobs" / f"{dead.id}.json", asdict(dead))
    at = open_page()
    assert any("the build stopped at neighbors" in error.value for error in at.error)
    jobs.dismiss(space, replace(dead, state="failed"))


def test_removed_map_is_gone_from_the_library(space: Workspace):
    at = open_page()
    at.button(key="remove-plain").click()
    run(at)
    assert "plain" not in keys(at, "open-")
    assert space.manifest("plain") is None


def test_dialog_says_what_is_wrong_and_that_its_mend_stands_below(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise DatasetError("a.jsonl line 1: no text field (found: prompt). Choose the text field.", "text")

    monkeypatch.setattr(add_dataset, "look", refuse)
    file = write_rows(space.root / "a.jsonl", [{"prompt": "?"}])
    at = open_page()
    at.session_state["location"] = str(file)  # a rerun of the dialog alone is more than AppTest can do
    next(button for button in at.button if button.label == "Add a dataset").click()
    run(at)
    (error,) = at.error
    assert error.value == r"a\.jsonl line 1\: no text field \(found\: prompt\)\. Choose the text field\. Choose it below."
    assert at.text_input(key="role-text").label == "text field"


@pytest.mark.parametrize("local", [True, False])
def test_dialog_takes_a_bare_hub_id_for_a_path_and_builds_nothing(space: Workspace, monkeypatch: pytest.MonkeyPatch, local: bool):
    monkeypatch.setattr(add_dataset, "serves_this_machine_only", lambda: local)
    at = open_page()
    at.session_state["location"] = "owner/name"
    next(button for button in at.button if button.label == "Add a dataset").click()
    run(at)
    (error,) = at.error
    assert r"hf\:" in error.value.replace("\u200b", "")
    assert next(button for button in at.button if button.label == "Build the map").disabled


def test_dialog_tells_how_a_file_was_read_and_takes_its_encoding_and_header(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(add_dataset, "serves_this_machine_only", lambda: True)
    file = space.root / "a.csv"
    file.write_bytes("question;one\nEst-ce vrai, le café?;one\nQui le dit?;two\n".encode("latin-1"))
    at = open_page()
    at.session_state["location"] = str(file)
    next(button for button in at.button if button.label == "Add a dataset").click()
    run(at)
    assert at.error[0].value.endswith(r"or name its encoding\. Choose it below.")
    at.session_state["encoding"], at.session_state["first-row"] = "latin-1", "names the columns"
    next(button for button in at.button if button.label == "Add a dataset").click()
    run(at)
    shown = [one.value for one in at.caption]
    assert at.error.len == 0
    assert "**2 rows, 2 fields**" in said(at)
    assert any("parted by semicolons" in one for one in shown)


def test_published_files_that_are_not_there_say_so(space: Workspace):
    at = open_page()
    files = next(frame.value for frame in at.dataframe if "state" in frame.value.columns)
    assert len(files) == 135
    assert set(files["state"]) == {"not loaded"}
    assert "politically-liberal" in files["dataset"].tolist()


def test_markup_in_names_and_labels_is_shown_as_it_stands(space: Workspace):
    at = open_page()
    assert [value for value in said(at) for markup in MARKUP if markup in value] == []
    assert any(value.startswith(r"**marked \*\*x\*\* \!\[a\]\(http\:\/\/x") for value in said(at))


def test_damaged_map_is_shown_with_its_reason_and_the_rest_works(space: Workspace) -> None:
    path = space.root / "datasets" / "broken.json"
    path.write_text("{}", encoding="utf-8")
    at = open_page()
    assert any("not a whole manifest" in caption.value for caption in at.caption)
    assert "broken" not in keys(at, "open-")
    assert PERSONA in keys(at, "open-")
    for page in ("map.py", "duplicates.py", "answers.py"):
        (error,) = open_page(page, dataset="broken").error
        assert "not a whole manifest" in error.value
    at.button(key="remove-damaged-broken").click()
    run(at)
    assert not path.exists()


def test_rows_that_a_program_held_cannot_be_built_again_here(space: Workspace) -> None:
    build(open_dataset(sentences(20), name="held"), workspace=space, encoder=FakeEncoder())
    try:
        at = open_page()
        assert "held" in keys(at, "remove-")
        assert "held" not in keys(at, "again-")
        assert len(keys(at, "again-")) == 1  # of the map that was built from a file
    finally:
        space.remove("held")
