"""Asking a model from the answers page: the form starts a job, and its answers come to the page."""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from evalmap.answers.aligned import answers_on
from evalmap.answers.asking.run_job import job_location
from evalmap.answers.store import AnswerStore
from evalmap.data.opening import open_dataset
from evalmap.data.records import ReadOptions
from evalmap.data.store import jobs
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import load_map
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.pages.server import access, answer_cache
from evalmap.tests.answers.stub_server import StubServer, answer, error, p_yes
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows
from evalmap.tests.pages import site
from evalmap.tests.pages.site import open_page, run, said

PATIENCE = 120  # seconds for a child process on a busy machine


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    with site.workspace(tmp_path) as space:
        rows = [{"text": t, "label": "Yes" if i % 2 else "No"} for i, t in enumerate(sentences(40))]
        path = write_rows(tmp_path / "likes.jsonl", rows)
        dataset = open_dataset(path, options=ReadOptions(text="text", label="label"))
        build(dataset, workspace=space, settings=Settings(k=3), encoder=FakeEncoder())
        monkeypatch.delenv("OPENAI_API_KEY", raising=False)
        yield space
        answer_cache.forget()


def ask(address: str, *, limit: int):
    at = open_page("answers.py", dataset="likes")
    at.text_input(key="run-server").set_value(address)
    at.text_input(key="run-model").set_value("stub-1")
    at.number_input(key="run-limit").set_value(limit)
    run(at)
    next(button for button in at.button if button.label == "Ask").click()
    return run(at)


def wait(space: Workspace) -> jobs.Job:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        job = jobs.find(space, job_location("likes", "stub-1", "chat-yesno"))
        if job and job.state != "running":
            return job
        time.sleep(0.2)
    raise AssertionError(f"the job did not end within {PATIENCE} s")


@pytest.mark.slow
def test_the_form_asks_as_many_as_it_says_and_the_answers_come_to_the_page(space: Workspace) -> None:
    with StubServer(answer) as server:
        ask(server.url, limit=15)
        job = wait(space)
        asked = [one.text for one in server.asked]
    assert (job.state, job.error) == ("done", None)
    at = open_page("answers.py", dataset="likes")
    assert at.selectbox(key="answers").options == ["stub-1 · chat-yesno"]
    built = load_map(space, space.find("likes"))
    (scores,) = answers_on(built, AnswerStore(space))
    rows = np.flatnonzero(scores.answered).tolist()
    assert len(rows) == 15
    prompts = {built.text(row): f"{built.text(row)}\n\nAnswer with just Yes or No." for row in rows}
    assert set(prompts.values()) <= set(asked)
    for row in rows:
        yes = p_yes(prompts[built.text(row)])
        wanted = yes if built.examples["label"].iloc[row] == "Yes" else 1 - yes
        assert scores.p_matching[row] == pytest.approx(wanted, abs=1e-6)


@pytest.mark.slow
def test_a_server_that_refuses_is_told_on_the_page_and_keeps_nothing(space: Workspace) -> None:
    with StubServer(lambda _: error(401, "no such key")) as server:
        ask(server.url, limit=5)
        job = wait(space)
    assert job.state == "failed"
    at = open_page("answers.py", dataset="likes")
    assert any("stub" in shown.value and "401" in shown.value for shown in at.error), [e.value for e in at.error]
    assert any("No model answers yet" in value for value in said(at))


def test_a_server_that_others_can_reach_asks_nobody(space: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "listens_on", lambda: "0.0.0.0")
    monkeypatch.setenv(access.WRITABLE, "1")
    at = open_page("answers.py", dataset="likes")
    assert not [button for button in at.button if button.label == "Ask"]
    assert any("so it asks no models" in value for value in said(at))
