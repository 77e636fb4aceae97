"""evalmap name: a language model names the clusters of a map."""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from evalmap.answers.answer_types import RawAnswer
from evalmap.answers.asking import local_gguf, local_transformers
from evalmap.answers.asking.protocol import OnAnswer, Prompt, Request, Usage
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings import model_names
from evalmap.embeddings.built_map import BuiltMap, load_map
from evalmap.tests.answers import maps
from evalmap.tests.answers.stub_server import Asked, Reply, StubServer, error
from evalmap.tests.command import Command


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("likes")
    maps.built(Workspace(folder / "home"), folder / "likes.jsonl", maps.rows(40))
    return folder / "home"


@pytest.fixture
def space(home: Path, evalmap: Command, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    shutil.copytree(home, evalmap.home)
    return Workspace(evalmap.home)


def read(space: Workspace) -> BuiltMap:
    return load_map(space, "likes")


def to(server: StubServer, *more: str) -> list[str]:
    return ["name", "likes", "--base-url", server.url, "--model", "stub-1", *more]


def says(words: str) -> Reply:
    return Reply({"choices": [{"message": {"content": words}, "finish_reason": "stop"}]})


def typical(asked: Asked) -> Reply:
    """A model that repeats the first typical text, in bold: to the fake encoder that lies well inside the cluster."""
    text = next(line for line in asked.text.splitlines() if line.startswith("a typical text: "))
    return says(f"**{json.loads(text.removeprefix('a typical text: '))}**")


def test_names_that_find_their_clusters_are_shown_and_the_others_are_not(evalmap: Command, space: Workspace):
    before = read(space)
    with StubServer(typical) as server:
        result = evalmap(*to(server))
    assert result.code == 0, result.err
    asked = len({asked.text for asked in server.asked})
    assert f"likes · stub-1: {asked} of {asked} prompts answered ({asked} now)" in result.out
    assert all(asked.body["max_tokens"] == 32 and "logprobs" not in asked.body for asked in server.asked)
    named = read(space)
    taken = [name for name in named.names if name.model]
    assert taken
    for name in taken:
        assert (name.model, name.name) == ("stub-1", named.text(name.medoid))
    assert [name for name in named.names if not name.model] == [
        old for old, new in zip(before.names, named.names, strict=True) if not new.model
    ]
    kept = model_names.load(space.entry(model_names.STAGE, named.manifest.key(model_names.STAGE)))
    assert {(name.layer, name.id) for name in kept.taken} == {(name.layer, name.id) for name in taken}
    assert all(name.refused for name in kept.names if name not in kept.taken)
    assert (kept.server, kept.prompt_version) == (server.url, 1)


def test_same_command_asks_nothing_again(evalmap: Command, space: Workspace):
    with StubServer(typical) as server:
        evalmap(*to(server))
        first, asked = read(space).manifest.fingerprint, len(server.asked)
        again = evalmap(*to(server))
        assert len(server.asked) == asked
    assert "(0 now)" in again.out
    assert read(space).manifest.fingerprint == first


def test_run_that_stops_keeps_its_answers_and_goes_on(evalmap: Command, space: Workspace):
    with StubServer(lambda asked: typical(asked) if asked.number < 3 else error(401, "key expired")) as server:
        stopped = evalmap(*to(server, "--concurrency", "1"))
        assert stopped.code == 1
        assert stopped.err.startswith(f"{server.url}: the server refuses us (401: key expired).")
        assert "3 of " in stopped.err
        assert stopped.err.count("\n") == 1
        server.answer = typical
        assert evalmap(*to(server)).code == 0
        texts = [asked.text for asked in server.asked]
        assert len(texts) == len(set(texts)) + 1  # the refused one twice


def test_worse_names_are_not_taken(evalmap: Command, space: Workspace):
    before = read(space)
    with StubServer(lambda asked: says("zebra quartz")) as server:
        result = evalmap(*to(server))
    assert result.code == 0, result.err
    named = read(space)
    assert sum(name.model is not None for name in named.names) < len(named.names) / 4
    for layer in named.names_by_layer.values():
        assert len({name.name for name in layer}) == len(layer)
    assert [name.terms for name in named.names] == [name.terms for name in before.names]


def test_terms_are_one_command_away(evalmap: Command, space: Workspace):
    before = read(space)
    with StubServer(typical) as server:
        evalmap(*to(server))
    assert evalmap("name", "likes", "--terms").out == "likes: clusters are named by their terms.\n"
    after = read(space)
    assert (after.names, after.manifest.fingerprint) == (before.names, before.manifest.fingerprint)


def test_dry_run_asks_and_writes_nothing(evalmap: Command, space: Workspace):
    before = sorted(space.root.rglob("*"))
    with StubServer(typical) as server:
        result = evalmap(*to(server, "--dry-run", "--limit", "2"))
        assert server.asked == []
    assert "2 to ask for" in result.out
    assert "You name groups of texts." in result.out
    assert sorted(space.root.rglob("*")) == before


class FakeFile:
    """Stands for either engine."""

    made: Any = None

    def __init__(self, path: Path, **given: Any) -> None:
        FakeFile.made = (path.name, given)

    def about(self) -> Mapping[str, Any]:
        return {"model": "tiny"}

    def answer(self, prompt: Prompt, requests: Sequence[Request], *, on_answer: OnAnswer) -> Usage:
        for request in requests:
            on_answer(request, RawAnswer(text="Name: Gardens"))
        return Usage()


@pytest.mark.parametrize("engine", ["xllamacpp", "transformers"])
def test_model_file_names_without_a_server(
    evalmap: Command, space: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, engine: str
):
    monkeypatch.setattr(local_gguf, "GgufAnswerer", FakeFile)
    monkeypatch.setattr(local_transformers, "TransformersAnswerer", FakeFile)
    (tmp_path / "tiny.gguf").write_bytes(b"GGUF")
    result = evalmap("name", "likes", "--gguf", tmp_path / "tiny.gguf", "--engine", engine, "--limit", "3")
    assert result.code == 0, result.err
    assert "likes · tiny: 3 of 3 prompts answered (3 now)" in result.out
    more = {"parallel": 1, "timeout": 600.0} if engine == "xllamacpp" else {}
    assert FakeFile.made == ("tiny.gguf", {**more, "text_tokens": 32})


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Whom to ask?"),
        (["--base-url", "http://127.0.0.1:1/v1"], "Which model?"),
        (["--base-url", "http://127.0.0.1:1/v1", "--model", "m", "--extra", "{"], "--extra: not JSON"),
        (["--gguf", "gone.gguf"], "gone.gguf: no such file"),
        (["--gguf", "gone.gguf", "--model", "m"], "--model is for servers"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(evalmap: Command, space: Workspace, arguments: list[str], sentence: str):
    result = evalmap("name", "likes", *arguments)
    assert result.code == 1
    assert result.err.startswith(sentence)
    assert result.err.count("\n") == 1
    assert not (space.root / "answers").exists()


def test_unknown_dataset_is_one_sentence(evalmap: Command, space: Workspace):
    result = evalmap("name", "dislikes", "--base-url", "http://127.0.0.1:1/v1", "--model", "m")
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "dislikes: not built" in result.err
