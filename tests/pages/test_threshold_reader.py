"""Threshold by example on the Duplicates page: the buttons, what is kept, and the threshold that follows."""

from collections.abc import Iterator

import pytest
import yaml
from streamlit.testing.v1 import AppTest

from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.pages.parts.duplicates import duplicate_export
from evalmap.pages.server import access, screenings
from evalmap.screening.keep.by_hand import DecisionLog
from evalmap.screening.pair_judgements import PairJudgements, judgements_path
from evalmap.screening.screening_options import ScreeningOptions
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows
from evalmap.tests.pages import site
from evalmap.tests.pages.site import MARKUP, open_page, run, said

TAB = "Threshold by example"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """With a dataset whose sentences stand twice, the second time with one more word."""
    folder = tmp_path_factory.mktemp("threshold")
    with site.workspace(folder) as space:
        own = [f"{MARKUP[i % 8]} {text}" for i, text in enumerate(sentences(16))]
        path = write_rows(folder / "twice.jsonl", [{"text": text} for text in [*own, *[f"{text} again" for text in own]]])
        build(open_dataset(path), workspace=space, settings=Settings(k=4), encoder=FakeEncoder())
        screenings.default_screening(site.built(space, "twice"))
        yield space


@pytest.fixture
def space(home: Workspace) -> Iterator[Workspace]:
    yield home
    judgements_path(home, site.built(home, "twice").manifest.source).unlink(missing_ok=True)


def reader(**query: str) -> AppTest:
    at = open_page("duplicates.py", dataset="twice", method="lexical", **query)
    at.session_state["duplicates-panel"] = TAB
    return run(at)


def judge(at: AppTest, *verdicts: str) -> AppTest:
    for verdict in verdicts:
        at.button(key=f"judge-{verdict}").click()
        run(at)
    return at


def test_verdicts_survive_a_new_session_and_lead_to_a_threshold_that_can_be_used(space: Workspace):
    at = reader()
    assert "A threshold is told from 5 pairs on." in said(at)
    judge(at, "same", "different", "skipped", "same", "different", "same", "different")
    again = reader()
    assert any("6 read, of about 20" in one for one in said(again))
    metrics = {metric.label: metric.value for metric in again.metric}
    built = site.built(space, "twice")
    pairs = screenings.stored_pairs("twice", built.manifest.fingerprint)
    assert pairs
    found = screenings.reading_of(built, pairs, method="lexical", normalization="typographic", merge=()).estimate
    assert found
    assert metrics["Agrees best"] == f"{found.threshold:.3f}"
    assert metrics["Judgements"] == f"{found.agreed} of 6"
    again.button(key="use-threshold").click()
    run(again)
    assert again.slider(key="threshold").value == pytest.approx(found.threshold, abs=0.0006)
    recipe = yaml.safe_load(
        duplicate_export.recipe_of(
            built, ScreeningOptions(method="lexical", threshold=0.9), DecisionLog.load(space, built.manifest.source)
        )
    )
    kept = recipe["threshold_by_example"]
    assert [one["verdict"] for one in kept["judgements"]].count("skipped") == 1
    assert kept["threshold"] == round(found.threshold, 6)


def test_the_last_verdict_can_be_taken_back(space: Workspace):
    at = judge(reader(), "same", "different")
    at.button(key="judge-undo").click()
    run(at)
    made = PairJudgements.load(space, site.built(space, "twice").manifest.source)
    assert [one.verdict for one in made.made] == ["same"]


def test_verdicts_of_one_kind_tell_on_which_side_the_boundary_lies(space: Workspace):
    at = judge(reader(), *["same"] * 5)
    assert "No threshold yet: every pair so far was called the same." in said(at)
    assert any("Your boundary lies at or below" in one for one in said(at))


def test_an_exact_method_has_no_threshold(space: Workspace):
    at = open_page("duplicates.py", dataset="twice", method="exact")
    at.session_state["duplicates-panel"] = TAB
    run(at)
    assert "Equal or not: an exact method has no threshold. Choose lexical, semantic or all." in said(at)


def test_visitor_of_a_read_only_site_judges_nothing(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    judge(reader(), "same")
    monkeypatch.setattr(access, "listens_on", lambda: "0.0.0.0")
    at = reader()
    assert not [button for button in at.button if str(button.key).startswith("judge-")]
    assert any("1 read, of about 20" in one for one in said(at))


def test_texts_are_shown_as_they_are(space: Workspace):
    at = reader()
    for _ in range(4):
        for one in said(at):
            assert "<script>alert" not in one.replace("\\<script\\>alert", "")
        judge(at, "skipped")
