"""Answers in the shapes of public files (../shared/cases) are scored as their READMEs say. A case more is a line more."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from evalmap.answers.aligned import answers_on
from evalmap.answers.import_pipeline import import_answers
from evalmap.answers.statistics.summary import summarize
from evalmap.answers.store import AnswerStore
from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import load_map
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.tests.fakes import FakeEncoder
from evalmap.tests.needs import absent
from evalmap.tests.paths import ROOT

YES = "01-answer-key-beside-prediction"
OWN_TEXT = "15-text-column-is-the-question"


@dataclass(frozen=True)
class Case:
    """Answers to a dataset: `ok` of them are read, `matching` is the ratio that match, `said` what is read as what."""

    dataset: str
    answers: str
    matching: float
    said: str = ""
    yes_rate: float | None = None
    ok: int = 8


CASES = [
    Case(YES, f"{YES}/predictions.jsonl", 0.5, "question, prediction as answer, answer as the key, model", 1.0),
    Case(YES, f"{YES}/responses.jsonl", 0.5, "question, response as what the model wrote, answer as the key, model", 1.0),
    Case("02-mmlu-pro-results", "02-mmlu-pro-results/results.jsonl", 0.25, "pred as answer, model_outputs as what the model wrote"),
    Case(
        "03-integer-label-is-an-index",
        "03-integer-label-is-an-index/samples_mmlu_2025-01-01T00-00-00.000001.jsonl",
        1.0,
    ),
    Case("03-integer-label-is-an-index", "03-integer-label-is-an-index/letters.jsonl", 0.25, "prediction as answer"),
    Case(YES, "13-answer-tables-not-recognised/pred.jsonl", 0.5, "text as question, pred as answer, label as the key", 1.0),
    Case(YES, "13-answer-tables-not-recognised/generated_text.jsonl", 0.5, "generated_text as what the model wrote", 1.0),
    Case(YES, "13-answer-tables-not-recognised/model_answer.jsonl", 0.5, "model_answer as what the model wrote", 1.0),
    Case("14-free-text-tasks/gsm.jsonl", "14-free-text-tasks/samples_gsm8k_2025-01-01T00-00-00.000001.jsonl", 0.5),
    Case(YES, "13-answer-tables-not-recognised/anthropic.jsonl", 0.5, "text blocks of result.message", 1.0),
    Case(OWN_TEXT, f"{OWN_TEXT}/answers_response.jsonl", 0.5, "text as question, response as what the model wrote", 1.0),
    Case(OWN_TEXT, f"{OWN_TEXT}/answers_noid.jsonl", 0.5, "text as question, response as what the model wrote", 1.0),
    Case(OWN_TEXT, f"{OWN_TEXT}/answers_prediction.jsonl", 0.5, "text as question, prediction as answer", 1.0),
    Case(OWN_TEXT, f"{OWN_TEXT}/answers_label.jsonl", 0.5, "response as what the model wrote, label as the key", 1.0),
]


@pytest.fixture(scope="module")
def cases_root() -> Path:
    folder = ROOT.parent / "shared" / "cases"
    if not folder.is_dir():
        absent("the cases are not beside the repository (../shared/cases)")
    return folder


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.answers)
def test_case_is_scored_as_its_readme_says(case: Case, cases_root: Path, tmp_path: Path):
    space = Workspace(tmp_path / "home")
    asked = cases_root / case.dataset
    asked = asked if asked.is_file() else asked / "dataset.jsonl"
    manifest = build(open_dataset(asked), workspace=space, settings=Settings(k=2), encoder=FakeEncoder())
    (done,) = import_answers([cases_root / case.answers], space)
    assert (done.unjoined, done.record.statuses) == ((), {"ok": case.ok})
    on = load_map(space, manifest)
    (scores,) = answers_on(on, AnswerStore(space))
    figures = summarize(scores, labels=on.examples["label"].to_numpy(dtype=object), confidence=on.examples["confidence"].to_numpy())
    assert (figures.n, figures.matching) == (case.ok, case.matching)
    assert case.yes_rate is None or figures.yes_rate == case.yes_rate
    assert case.said in "\n".join(done.record.notes)
