"""The duplicates page."""

from collections.abc import Iterator

import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.store.workspace import Workspace
from evalmap.pages.parts.duplicates import duplicate_export, duplicate_pairs
from evalmap.pages.server import screenings
from evalmap.screening.screening_options import ScreeningOptions
from evalmap.tests.pages import site
from evalmap.tests.pages.site import PERSONA, open_page, run


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with site.workspace(tmp_path_factory.mktemp("duplicates")) as space:
        yield space


def test_choices_that_cannot_be_screened_are_said_with_where_to_change_them(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise DatasetError("The pairs reach down to 0.80, and the threshold is 0.70.", "threshold")

    screenings.default_screening(site.built(space, PERSONA))  # looks for the pairs, which the page would do in the background
    monkeypatch.setattr(duplicate_pairs, "select", refuse)
    at = open_page("duplicates.py", dataset=PERSONA)
    (error,) = at.error
    assert error.value == r"The pairs reach down to 0\.80, and the threshold is 0\.70\. Choose it in the sidebar."
    assert at.slider(key="threshold").value == 0.95
    assert not at.metric


def open_export(dataset: str, **query: str):
    at = open_page("duplicates.py", dataset=dataset, **query)
    at.session_state["duplicates-panel"] = "Export"
    return run(at)


def test_a_target_that_cannot_be_reached_is_said_in_a_sentence_and_nothing_is_offered(space: Workspace):
    built = site.built(space, PERSONA)
    screenings.default_screening(built)
    at = open_export(PERSONA, threshold="0.85")
    (kept,) = [int(metric.value) for metric in at.metric if metric.label == "Kept"]
    assert kept < len(built)
    assert len(at.get("download_button")) == 5
    at.number_input(key="target").set_value(kept + 1)
    run(at)
    (error,) = at.error
    assert error.value.replace("\\", "").startswith(f"target {kept + 1}: only {kept} of {len(built)} rows are left")
    assert not at.get("download_button")
    at.number_input(key="target").set_value(kept)
    run(at)
    assert not at.error
    at.toggle(key="restore-balance").set_value(True)  # takes further rows
    run(at)
    (error,) = at.error
    assert "rows are left without duplicates" in error.value


def test_balance_that_was_asked_of_another_dataset_is_not_asked_of_one_without_labels(
    space: Workspace, monkeypatch: pytest.MonkeyPatch
):
    for slug in (PERSONA, "plain"):
        screenings.default_screening(site.built(space, slug))
    asked: list[ScreeningOptions] = []
    monkeypatch.setattr(duplicate_export, "_check_target", lambda *given: asked.append(given[-1]))
    at = open_export(PERSONA)
    at.toggle(key="restore-balance").set_value(True)
    run(at)
    at.selectbox(key="dataset").set_value("plain")
    run(at)
    assert [options.balance for options in asked] == [False, True, False]  # screening for balance without labels raises
    assert len(at.get("download_button")) == 5
