"""evalmap answers run, from the terminal and as a job of the site."""

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.asking import local_gguf, local_transformers
from evalmap.answers.asking.protocol import OnAnswer, Prompt, Request, Usage
from evalmap.answers.asking.run_job import job_location
from evalmap.answers.store import AnswerStore
from evalmap.data.store import jobs
from evalmap.data.store.jobs import Job
from evalmap.data.store.workspace import Workspace
from evalmap.tests.answers import maps
from evalmap.tests.answers.stub_server import Asked, Reply, StubServer, answer, error, p_yes
from evalmap.tests.command import Command

KEY = "sk-test-4f9a7c21d0"
ROWS = maps.rows(40)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("likes")
    maps.built(Workspace(folder / "home"), folder / "likes.jsonl", ROWS)
    return folder / "home"


@pytest.fixture
def space(home: Path, evalmap: Command, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    for name in [name for name in os.environ if name.startswith("OPENAI")]:
        monkeypatch.delenv(name)
    shutil.copytree(home, evalmap.home)
    return Workspace(evalmap.home)


def to(server: StubServer, *more: str) -> list[str]:
    return ["answers", "run", "likes", "--base-url", server.url, "--model", "stub-1", *more]


def holding(folder: Path, word: str) -> list[str]:
    """The files below a folder that hold a word."""
    return [str(path) for path in folder.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]


def test_run_keeps_an_answer_set_of_the_dataset(evalmap: Command, space: Workspace):
    with StubServer() as server:
        result = evalmap(*to(server, "--label", "Stub"))
    assert result.code == 0, result.err
    assert "likes · stub-1 · chat-yesno: 40 of 40 questions answered (40 now)" in result.out
    (record,) = AnswerStore(space).sets()
    assert (record.info.label, record.info.source_format, record.info.runtime) == (
        "Stub · chat-yesno",
        "run",
        server.url.split("/")[2],
    )
    assert (record.n_ok, record.n_expected, record.slug) == (40, 40, "likes")
    assert f"kept as {record.id}: 40 of 40 rows (40 ok)" in result.out
    table = AnswerStore(space).answers(record.id).sort_values("row")
    p_of = [p_yes(f"{row['text']}\n\nAnswer with just Yes or No.") for row in ROWS]
    expected = [p if row["label"] == "Yes" else 1 - p for p, row in zip(p_of, ROWS, strict=True)]
    assert table["p_matching"].tolist() == pytest.approx(expected)
    assert set(table["joined"]) == {"row"}


def test_completion_prompt_is_put_as_it_stands(evalmap: Command, space: Workspace):
    with StubServer() as server:
        assert evalmap(*to(server, "--prompt", "hhh", "--limit", "5")).code == 0
    assert {asked.path for asked in server.asked} == {"/v1/completions"}
    assert all(text.startswith("\n\nHuman: ") and text.endswith("\n\nAssistant:") for text in server.texts())
    (record,) = AnswerStore(space).sets()
    assert record.statuses == {"ok": 5}


def test_dry_run_asks_and_writes_nothing(evalmap: Command, space: Workspace):
    before = sorted(space.root.rglob("*"))
    with StubServer() as server:
        result = evalmap(*to(server, "--dry-run", "--limit", "10"))
        assert server.asked == []
    assert result.code == 0, result.err
    assert "40 questions (40 rows)" in result.out
    assert "0 answered already, 10 to ask" in result.out
    assert "4 characters a token" in result.out
    assert "at most 10 tokens of answers" in result.out
    assert sorted(space.root.rglob("*")) == before


def test_run_that_stops_keeps_what_there_is_and_goes_on_as_the_same_set(evalmap: Command, space: Workspace):
    with StubServer(lambda asked: answer(asked) if asked.number < 15 else error(401, "key expired")) as server:
        stopped = evalmap(*to(server, "--concurrency", "1"))
        assert stopped.code == 1
        assert stopped.err == (
            f"{server.url}: the server refuses us (401: key expired). Put a key into OPENAI_API_KEY, or name its variable. "
            "15 of 40 answers are kept; the same command goes on from there (--api-key-env).\n"
        )
        (partial,) = AnswerStore(space).sets()
        assert (partial.n_ok, partial.n_expected, partial.n_missing) == (15, 40, 25)
        job = jobs.find(space, job_location("likes", "stub-1", "chat-yesno"))
        assert job
        in_words = stopped.err.strip().replace(" (--api-key-env)", "")  # the job is read on a page
        assert (job.state, job.error) == ("failed", in_words)
        server.answer = answer
        assert evalmap(*to(server)).code == 0
        (whole,) = AnswerStore(space).sets()
        assert (whole.id, whole.n_ok, whole.n_missing) == (partial.id, 40, 0)
        assert len(server.asked) == 41  # the refused one twice
        assert len(set(server.texts())) == 40
        again = evalmap(*to(server))
        assert "40 of 40 questions answered (0 now)" in again.out
        assert len(server.asked) == 41


def test_words_are_read_where_that_is_asked_for(evalmap: Command, space: Workspace):
    with StubServer() as server:
        assert evalmap(*to(server, "--text", "--limit", "6")).code == 0
    (record,) = AnswerStore(space).sets()
    table = AnswerStore(space).answers(record.id)
    assert set(table["answer"]) <= {"Yes", "No"}
    assert table["p_matching"].isna().all()


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "MY_KEY"])
def test_key_is_in_no_file_and_in_no_output(
    evalmap: Command, space: Workspace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, name: str
):
    caplog.set_level("DEBUG")
    monkeypatch.setenv(name, KEY)
    more = ["--api-key-env", name] if name != "OPENAI_API_KEY" else []

    def gossip(asked: Asked) -> Reply:
        sent = asked.headers["authorization"]
        if asked.number % 3 == 1:
            return error(400, f"policy, {sent}")
        return error(401, f"Incorrect API key provided: {sent}") if asked.number > 20 else answer(asked)

    with StubServer(gossip) as server:
        result = evalmap(*to(server, *more))
    assert result.code == 1
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert "***" in result.err
    assert KEY not in result.out + result.err + caplog.text
    assert holding(space.root, KEY) == []
    assert holding(space.root, "policy, Bearer ***") != []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--model", "m"], "Whom to ask?"),
        (["--base-url", "http://127.0.0.1:1/v1"], "Which model?"),
        (["--base-url", f"https://me:{KEY}@host/v1", "--model", "m"], "The base URL holds more than an address"),
        (["--base-url", "http://127.0.0.1:1/v1", "--model", "m", "--prompt", "nowhere"], "nowhere: no such prompt"),
        (["--base-url", "http://127.0.0.1:1/v1", "--model", "m", "--extra", "[1]"], "--extra: a JSON list"),
        (["--base-url", "http://127.0.0.1:1/v1", "--model", "m", "--extra", "{"], "--extra: not JSON"),
        (["--base-url", "http://127.0.0.1:1/v1", "--model", "m", "--extra", f'{{"api_key": "{KEY}"}}'], "--extra holds api_key"),
        (
            ["--base-url", "http://127.0.0.1:1/v1", "--model", "m", "--extra", f'{{"a": [{{"Authorization": "Bearer {KEY}"}}]}}'],
            "--extra holds Authorization",
        ),
        (["--base-url", "http://127.0.0.1:1/v1", "--model", "m", "--extra", f'{{"hf_token": "{KEY}"}}'], "--extra holds hf_token"),
        (["--base-url", "http://127.0.0.1:1/v1", "--model", "m", "--api-key-env", "NOPE"], "NOPE: no such environment variable"),
        (["--gguf", "gone.gguf"], "gone.gguf: no such file"),
        (["--gguf", "gone.gguf", "--text"], "--text is for servers"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(evalmap: Command, space: Workspace, arguments: list[str], sentence: str):
    result = evalmap("answers", "run", "likes", *arguments)
    assert result.code == 1
    assert result.err.startswith(sentence)
    assert result.err.count("\n") == 1
    assert KEY not in result.err
    assert not (space.root / "answers").exists()


def test_unknown_dataset_is_one_sentence(evalmap: Command, space: Workspace):
    result = evalmap("answers", "run", "dislikes", "--base-url", "http://127.0.0.1:1/v1", "--model", "m")
    assert result.code == 1
    assert "dislikes: not built" in result.err


# A model file on this machine


class FakeFile:
    """Stands for either engine."""

    made: Any = None

    def __init__(self, path: Path, **given: Any) -> None:
        FakeFile.made = (path.name, given)

    def about(self) -> Mapping[str, Any]:
        return {"model": "tiny", "quantisation": "Q4_1", "runtime": "fake"}

    def answer(self, prompt: Prompt, requests: Sequence[Request], *, on_answer: OnAnswer) -> Usage:
        for request in requests:
            on_answer(request, RawAnswer(option_logprobs={"Yes": -0.5, "No": -1.0}))
        return Usage()


@pytest.mark.parametrize("engine", ["xllamacpp", "transformers"])
def test_model_file_is_asked_without_a_server(
    evalmap: Command, space: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, engine: str
):
    monkeypatch.setattr(local_gguf, "GgufAnswerer", FakeFile)
    monkeypatch.setattr(local_transformers, "TransformersAnswerer", FakeFile)
    (tmp_path / "tiny.gguf").write_bytes(b"GGUF")
    result = evalmap("answers", "run", "likes", "--gguf", tmp_path / "tiny.gguf", "--engine", engine, "--limit", "8")
    assert result.code == 0, result.err
    assert FakeFile.made == ("tiny.gguf", {"parallel": 1, "timeout": 600.0} if engine == "xllamacpp" else {})
    (record,) = AnswerStore(space).sets()
    assert (record.info.model, record.info.quantisation, record.n_ok) == ("tiny", "Q4_1", 8)


# As a job


def wait(space: Workspace, location: str, until: Callable[[Job], bool]) -> Job:
    deadline = time.monotonic() + 60
    while not ((job := jobs.find(space, location)) and until(job)):
        assert time.monotonic() < deadline, job
        time.sleep(0.02)
    return job


def start(space: Workspace, location: str, arguments: Sequence[str], environment: Mapping[str, str] | None = None) -> None:
    command = [sys.executable, "-P", "-m", "evalmap.cli", *arguments, "--workspace", str(space.root)]
    jobs.start(space, command, locations=[location], name="stub-1 on likes", environment=environment)


def test_job_tells_how_far_it_is_and_can_be_cancelled(space: Workspace):
    def slow(asked: Asked) -> Reply:
        time.sleep(0.1)
        return answer(asked)

    location = job_location("likes", "stub-1", "chat-yesno")
    with StubServer(slow) as server:
        arguments = [*to(server), "--concurrency", "2"]
        environment = {"OPENAI_API_KEY": KEY, "OPENAI_LOG": "debug"}
        start(space, location, arguments, environment)
        first = wait(space, location, lambda job: job.done > 2)
        assert (first.state, first.stage, first.total, first.name) == ("running", "answers", 40, "stub-1 on likes")
        assert 0 < first.ratio < 1
        start(space, location, arguments)
        assert wait(space, location, lambda job: True).pid == first.pid
        jobs.cancel(space, first)
        assert wait(space, location, lambda job: job.state != "running").state == "cancelled"
        asked = len(server.asked)
        start(space, location, arguments, environment)
        done = wait(space, location, lambda job: job.state != "running")
        assert (done.state, done.slug, done.error) == ("done", "likes", None)
        assert len(server.asked) - asked + first.done <= 40 + 2
        assert server.asked[-1].headers["authorization"] == f"Bearer {KEY}"
    (record,) = AnswerStore(space).sets()
    assert record.n_ok == 40
    assert holding(space.root, KEY) == []


def test_job_that_is_killed_says_that_its_answers_are_kept(space: Workspace):
    location = job_location("likes", "stub-1", "chat-yesno")
    with StubServer(lambda asked: Reply({}, hang=30) if asked.number > 3 else answer(asked)) as server:
        start(space, location, to(server))
        running = wait(space, location, lambda job: job.done > 0)
        os.kill(running.pid, signal.SIGKILL)
        failed = wait(space, location, lambda job: job.state != "running")
    assert failed.error
    assert failed.error.startswith("stub-1 on likes: the run stopped (killed, or out of memory?). Start it again: ")
