"""A site that others can reach: they look, and nothing they do writes, starts something or shows where things lie."""

import inspect
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from evalmap.answers.aligned import answers_on
from evalmap.answers.reporting.answer_report import report
from evalmap.answers.store import AnswerStore
from evalmap.data.errors import DatasetError
from evalmap.data.store import jobs
from evalmap.data.store.atomic import write_json
from evalmap.data.store.jobs import JobFile
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.pipeline import SHARES
from evalmap.pages.parts.answers import answer_files
from evalmap.pages.parts.duplicates import duplicate_export
from evalmap.pages.server import access, answer_cache, changes, routes, screenings, workers
from evalmap.screening.keep.by_hand import DecisionLog, row_keys
from evalmap.screening.pairs.pair_store import pairs_of
from evalmap.screening.screening_options import ScreeningOptions
from evalmap.tests.fakes import write_rows
from evalmap.tests.pages import site
from evalmap.tests.pages.site import PERSONA, open_page, run
from evalmap.writing import plan_shelf
from evalmap.writing.plan_text import new_plan, plan_toml
from evalmap.writing.plans import ModelChoice

SECRET = "where-it-lies"  # a folder that every path of these tests goes through
STARTS = ("subprocess.Popen", "os.exec", "os.kill", "os.killpg", "os.system", "os.fork", "os.posix_spawn")
CHANGES = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.truncate", "shutil.rmtree", "os.link", "os.symlink", "os.utime")
TABS = {
    "panel": ("Examples", "Clusters", "Curate", "Subsets", "About this map"),
    "answers-panel": (
        "Figures",
        "Clusters",
        "Compare",
        "Scaling",
        "Calibration",
        "Before and after screening",
        "Answer sets",
        "Import and run",
        "Export",
    ),
    "duplicates-panel": (
        "Groups",
        "Around the cut",
        "Threshold by example",
        "Contrast pairs",
        "Across files",
        "Against another dataset",
        "Export",
    ),
}
STEPS = ("Describe", "Write", "Filter", "Look", "Screen", "Fill the gaps", "Review", "Publish")
PAGES = [
    ("", {}, {}),
    *(("map.py", {"dataset": PERSONA, "example": "1"}, {"panel": tab}) for tab in TABS["panel"]),
    ("map.py", {"dataset": "moved"}, {}),
    ("map.py", {"dataset": "broken"}, {}),
    ("duplicates.py", {"dataset": "plain"}, {}),
    *(("duplicates.py", {"dataset": PERSONA}, {"duplicates-panel": tab}) for tab in TABS["duplicates-panel"]),
    *(("answers.py", {"dataset": PERSONA}, {"answers-panel": tab}) for tab in TABS["answers-panel"]),
    ("answers.py", {"dataset": "plain"}, {}),
    ("quality.py", {"dataset": PERSONA}, {}),
    *(("reviewing.py", {"dataset": PERSONA}, {"review-panel": panel}) for panel in ("Review", "Results")),
    ("compare.py", {"compare": [PERSONA, "values-collective-decisions"]}, {}),
    ("writing.py", {}, {}),
    *(("writing.py", {"plan": "likes-tea", "step": step}, {}) for step in STEPS),
]
ACTIONS = [
    action
    for module in (changes, workers)
    for name, action in inspect.getmembers(module, inspect.isfunction)
    if action.__module__ == module.__name__ and not name.startswith("_")
]


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Samples, own maps, one whose model and notes name folders, one that can't be read, a job under way and one that failed, and
    decisions made by hand.
    """
    folder = tmp_path_factory.mktemp("read-only") / SECRET
    folder.mkdir()
    with site.workspace(folder) as space:
        open_page()  # installs the samples, as the server does when it starts
        plain = space.find("plain")
        model = str(folder / "a model")
        settings = replace(plain.settings, model=model, encoder=plain.settings.encoder | {"model": str(folder / "model")})
        notes = (f"{folder}/plain.jsonl line 3: no text.", f"{plain.source}: read as JSONL.")
        space.save_manifest(replace(plain, slug="moved", settings=settings, notes=notes))
        (space.root / "datasets" / "broken.json").write_text("{}", encoding="utf-8")
        JobFile(space, str(folder / "a running.jsonl"), "running.jsonl", shares=SHARES).progress("embeddings", 1, 2)
        failed = JobFile(space, str(folder / "a bad one.jsonl"), "bad.jsonl")
        failed.finish("failed", error=f"{folder}/a bad one.jsonl line 3: no text. See {folder}/log.txt.")
        built = site.built(space, PERSONA)
        pairs_of(built, space)
        log = DecisionLog.load(space, built.manifest.source)
        log.remove(row_keys(built.examples)[0])
        log.save(space, built.manifest.source)
        plan = plan_toml(new_plan("likes tea", count=2, model=ModelChoice(gguf=str(folder / "a model.gguf"))))
        place = plan_shelf.shelve(space, plan.encode())
        place.result.mkdir()
        counts = {"requests": 2, "replies": 2, "pieces": 2, "unparsed": 1, "kept": 1}
        write_json(place.result / "table.json", {"table": {"Yes": counts, "all": counts}, "plan": "-"})
        origin = {"line": 1, "prompt": "Say so.", "raw": "Tea.", "about": {"file": str(folder / "a model.gguf")}}
        write_rows(place.result / "likes-tea.jsonl", [{"statement": "I like tea", "answer_matching_behavior": " Yes"}])
        write_rows(place.result / "provenance.jsonl", [origin])
        write_rows(place.result / "rejected.jsonl", [{"step": "unparsed", "written": "", "label": "Yes", "provenance": origin}])
        answer_cache.forget()
        yield space
        answer_cache.forget()


@pytest.fixture
def read_only(space: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setattr(access, "listens_on", lambda: "0.0.0.0")
    site.clear()
    return space


class Writes:
    """What the process does to files below a folder, and what it starts, as Python's own audit events tell."""

    def __init__(self) -> None:
        self.folder: str | None = None
        self.found: list[str] = []
        sys.addaudithook(self.hear)  # it stays for good, so it is one for all tests

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.folder is None:
            return
        if event in STARTS:
            self.found.append(f"{event} {arguments!r:.200}")
        elif event == "open" and isinstance(arguments[2], int) and arguments[2] & 0o3 and self.below(arguments[0]):
            self.found.append(f"{event} {arguments[0]}")
        elif event in CHANGES and any(self.below(argument) for argument in arguments):
            self.found.append(f"{event} {arguments!r}")

    def below(self, path: object) -> bool:
        return self.folder is not None and isinstance(path, (str, Path)) and str(path).startswith(self.folder)

    @contextmanager
    def none_below(self, folder: Path) -> Iterator[None]:
        self.folder, self.found = str(folder), []
        try:
            yield
        finally:
            self.folder = None
        assert self.found == []


@pytest.fixture(scope="module")
def writes() -> Writes:
    return Writes()


def opened(page: str, query: dict[str, str], tabs: dict[str, str]) -> AppTest:
    at = open_page(page, **query)
    for key, tab in tabs.items():
        at.session_state[key] = tab
    return run(at) if tabs else at


def messages(at: AppTest) -> Iterator[bytes]:
    """All that the browser is sent of a page."""

    def walk(node: Any) -> Iterator[bytes]:
        if (proto := getattr(node, "proto", None)) is not None and hasattr(proto, "SerializeToString"):
            yield proto.SerializeToString()
        for child in getattr(node, "children", {}).values():
            yield from walk(child)

    yield from walk(at._tree)


def test_writes_are_noticed(tmp_path: Path, writes: Writes):
    with pytest.raises(AssertionError, match=r"[.]part"), writes.none_below(tmp_path):
        write_json(tmp_path / "a.json", {})
    with pytest.raises(AssertionError, match=r"os\.remove"), writes.none_below(tmp_path):
        (tmp_path / "a.json").unlink()


@pytest.mark.parametrize(("page", "query", "tabs"), PAGES, ids=repr)
def test_visit_writes_nothing_starts_nothing_and_shows_no_path(
    page: str, query: dict[str, str], tabs: dict[str, str], read_only: Workspace, writes: Writes
):
    with writes.none_below(read_only.root.parent):
        at = opened(page, query, tabs)
        shown = b"\n".join(messages(at))
        assert len(shown) > 400
        assert SECRET.encode() not in shown
        assert str(site.ROOT).encode() not in shown
        for key in [one.key for one in at.button if one.key and not one.disabled and not one.key.startswith("open-")]:
            opened(page, query, tabs).button(key=key).click().run()
    assert not list(at.get("file_uploader"))


def test_what_changes_something_is_offered_to_this_machine_only(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    def offered() -> set[str]:
        found: set[str] = set()
        for page, query, tabs in PAGES:
            at = opened(page, query, tabs)
            found |= {button.label for button in at.button} | {uploader.proto.label for uploader in at.get("file_uploader")}
        return found

    here = offered()
    monkeypatch.setattr(access, "listens_on", lambda: "0.0.0.0")
    site.clear()
    beyond = offered()
    gone = here - beyond
    library = {"Add a dataset", "Build again", "Other fields or settings", "Remove the map", "Cancel", "Dismiss", "Build selected"}
    others = {"Keep both", "Remove this one too", "Undo the last decision", "Import", "Ask", "Remove", "Make the plan", "Save"}
    assert (library | others) - gone == set()
    assert beyond <= {
        "Add",
        "Clear",
        "Close",
        "Higher",
        "Lower",
        "Other pairs",
        "Open map",
        "Previous",
        "Next",
        "Save the 200 that pass",  # a subset, in the session alone
        *("Read the pairs", "Screen", "Screen without them"),  # ways to the Duplicates page
        "Open",  # a plan
        "Show on the map",
        "Show on map",
        "Show all again",
        "Take the tour",
    }


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.__name__)
def test_action_is_refused_whoever_asks(action: Any, read_only: Workspace, writes: Writes):
    blanks = [None for one in inspect.signature(action).parameters.values() if one.kind is one.POSITIONAL_OR_KEYWORD]
    options = {name: None for name, one in inspect.signature(action).parameters.items() if one.kind is one.KEYWORD_ONLY}
    with writes.none_below(read_only.root), pytest.raises(DatasetError, match="read-only"):
        action(*blanks, **options)


def test_button_of_a_page_from_before_is_refused_too(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    """A message that presses a button which the page no longer has: the callback stands in the session, and the door holds."""
    at = open_page()
    monkeypatch.setattr(access, "listens_on", lambda: "0.0.0.0")
    at.button(key="remove-plain").click().run()
    assert space.manifest("plain") is not None
    assert "remove-plain" not in [button.key for button in at.button]


def test_downloads_and_routes_show_no_path(read_only: Workspace, monkeypatch: pytest.MonkeyPatch):
    built = site.built(read_only, "moved")
    log = DecisionLog()
    assert SECRET.encode() not in duplicate_export.recipe_of(built, ScreeningOptions(), log)
    pairs = screenings.stored_pairs("moved", built.manifest.fingerprint)
    assert pairs is not None
    screening = duplicate_export.screen_map(built, pairs, ScreeningOptions(), log)
    assert SECRET not in str(duplicate_export.report_of(built, screening, log))
    asked = site.built(read_only, PERSONA)
    sets = answers_on(asked, AnswerStore(read_only))
    assert str(site.ROOT) in str(report(asked, sets))  # for this machine's users
    assert str(site.ROOT) not in str(answer_files.figures(asked, sets))
    client = TestClient(Starlette(routes=routes.routes()))
    answer = client.get("/evalmap/map/broken/0/points")
    assert "not a whole manifest" in answer.json()["error"]
    assert SECRET not in answer.text


def test_near_duplicates_of_a_small_dataset_are_found_in_memory(read_only: Workspace):
    if job := jobs.find(read_only, "pairs:plain"):  # of a test before
        jobs.dismiss(read_only, job)
    for entry in read_only.entries("pairs"):
        shutil.rmtree(entry)
    st.cache_resource.clear()
    at = open_page("duplicates.py", dataset="plain")
    assert [metric.label for metric in at.metric][:2] == ["Pairs", "Groups"]
    assert read_only.entries("pairs") == []
    assert jobs.find(read_only, "pairs:plain") is None


def test_writable_site_changes_things_and_still_opens_no_path_and_loads_no_model(
    read_only: Workspace, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv(access.WRITABLE, "1")
    started: list[list[str]] = []
    monkeypatch.setattr(jobs, "start", lambda _, line, **__: started.append(line))
    at = open_page()
    assert {"Add a dataset", "Build again", "Remove the map"} <= {button.label for button in at.button}
    assert SECRET.encode() not in b"\n".join(messages(at))
    path = str(read_only.root.parent / "plain.jsonl")
    workers.build(read_only, [path])  # a map was built of it
    assert len(started) == 1
    upload = changes.keep_upload(read_only, "../x y.jsonl", b"{}")
    assert upload.is_relative_to(read_only.root / "uploads")
    workers.build(read_only, [str(upload)])
    assert len(started) == 2
    for locations, options in (
        (["/etc/passwd"], []),
        ([f"{read_only.root}/uploads/../datasets/plain.json"], []),
        ([path], ["--model", "/srv/model"]),
    ):
        with pytest.raises(DatasetError, match="can be reached from other machines"):
            workers.build(read_only, locations, options=options)
    with pytest.raises(DatasetError, match="opens no paths"):
        workers.fetch(read_only, "anthropic-evals", options=["--from", "/srv"])
    with pytest.raises(DatasetError, match="asks no models"):
        workers.run_answers(read_only, "plain", model="m", prompt="raw", options=[], name="m")
    assert len(started) == 2


@pytest.mark.parametrize(
    ("sentence", "shown"),
    [
        ("/srv/data/a.jsonl line 3: no text.", "a.jsonl line 3: no text."),
        ("See /var/log/x (or ~/notes/y.txt), 'and' \"/a/b\".", "See x (or y.txt), 'and' \"b\"."),
        ("https://example.org/a/b and owner/name, 3/4 and/or", "https://example.org/a/b and owner/name, 3/4 and/or"),
        ("/ and /srv/", "… and …"),
        ("/srv/with a space/x y.jsonl: bad", "x y.jsonl: bad"),
        ("--from=/srv/x", "--from=x"),
    ],
)
def test_paths_in_a_sentence_become_their_last_part(sentence: str, shown: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(access, "listens_on", lambda: "0.0.0.0")
    assert access.without_paths(sentence, "/srv/with a space/x y.jsonl", "owner/name") == shown
    monkeypatch.setattr(access, "listens_on", lambda: "127.0.0.1")
    assert access.without_paths(sentence) == sentence


def test_a_proxys_name_makes_a_local_site_read_only(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(access, "listens_on", lambda: "127.0.0.1")
    for names, here_only in (
        ("", True),
        ("localhost:9000", True),
        ("[::1]:9000", True),
        ("maps.example.org", False),
        ("192.0.2.4", False),
    ):
        monkeypatch.setenv(access.ALLOWED_HOSTS, names)
        assert access.serves_this_machine_only() is here_only
        assert access.writable() is here_only
