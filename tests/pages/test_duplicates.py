"""The duplicates page."""

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.pages.parts.duplicates import duplicate_export, duplicate_pairs, group_map
from evalmap.pages.parts.duplicates.group_map import draw_group
from evalmap.pages.server import screenings
from evalmap.pages.shared import state
from evalmap.screening.screening_options import ScreeningOptions
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows
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


def test_group_at_hand_is_shown_on_a_small_map_that_goes_with_it(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    screenings.default_screening(site.built(space, PERSONA))
    drawn: list[tuple[int, tuple[int, ...]]] = []
    monkeypatch.setattr(
        group_map, "draw_group", lambda _, __, keeper, rows: drawn.append((keeper, rows)) or draw_group(_, __, keeper, rows)
    )
    at = open_page("duplicates.py", dataset=PERSONA)
    (picture,) = at.get("image")[0].proto.imgs
    assert picture.alt == "Where the 2 rows of this group lie on the map"
    at.button(key="next").click()
    run(at)
    assert len(drawn) == 2
    assert drawn[0] != drawn[1]
    assert [len(rows) for _, rows in drawn] == [1, 1]
    assert f"map-{drawn[1][0]}" in [button.key for button in at.button]
    at.button(key=f"map-{drawn[1][0]}").click()
    run(at)
    assert at.session_state[state.GROUP_ROWS] == (PERSONA, [drawn[1][0], *drawn[1][1]])


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
    assert len(at.get("download_button")) == 6
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
    assert len(at.get("download_button")) == 6


@pytest.fixture(scope="module")
def templated(space: Workspace, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A map of two questions that differ in a price, a statement and its denial, one question with two answers, and others."""
    said = ["A shop sells 12 pens a day at 2 dollars each.", "A shop sells 12 pens a day at 3 dollars each."]
    said += [
        "I do agree that it matters how tides rise on every coast.",
        "I do not agree that it matters how tides rise on every coast.",
    ]
    rows = [{"text": text} for text in [*said, *sentences(16)]]
    rows += [{"text": "Where does the river Tay reach the sea?", "reference": answer} for answer in ("[Dundee](x)", "Perth")]
    path = write_rows(tmp_path_factory.mktemp("templated") / "templated.jsonl", rows)
    slug = build(open_dataset(path), workspace=space, settings=Settings(k=3), encoder=FakeEncoder()).slug
    screenings.default_screening(site.built(space, slug))  # looks for the pairs
    return slug


def test_variants_are_listed_with_what_differs_and_merged_by_a_switch(space: Workspace, templated: str):
    query = {"dataset": templated, "method": "lexical", "threshold": "0.8"}
    at = open_page("duplicates.py", **query)
    assert not at.exception
    counts = {metric.label: metric.value for metric in at.metric}
    assert (counts["Removed"], counts["Variants"]) == ("0", "3")
    at.session_state["duplicates-panel"] = "Variants"
    at.run()
    assert not at.exception
    shown = [element.value for element in at.markdown]
    assert ":violet-badge[number] 2 dollar → 3 dollar" in shown
    assert ":violet-badge[negation] – → not" in shown
    assert r":violet-badge[reference] \[Dundee\]\(x\) → Perth" in shown
    assert any(r":red-background[~~2~~]:green-background[3]" in text for text in shown)
    merged = open_page("duplicates.py", **query, merge=["numbers", "keys"])
    assert not merged.exception
    counts = {metric.label: metric.value for metric in merged.metric}
    assert (counts["Removed"], counts["Variants"]) == ("2", "1")
    assert "2 of the pairs differ in numbers, keys only and are treated as duplicates." in [c.value for c in merged.caption]


SKELETON = "The {} told the owner of the building that the keys were lost on the way to work."


@pytest.fixture(scope="module")
def filled(space: Workspace, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A dataset with a template of four rows, all alike by their characters."""
    rows = [{"text": text} for text in sentences(20)]
    rows += [{"text": SKELETON.format(value)} for value in ("plumber", "nurse", "carpenter", "painter")]
    path = write_rows(tmp_path_factory.mktemp("filled") / "filled.jsonl", rows)
    build(open_dataset(path), workspace=space, settings=Settings(k=4), encoder=FakeEncoder())
    screenings.default_screening(site.built(space, "filled"))
    return "filled"


def test_group_says_that_its_rows_are_of_a_template(filled: str):
    at = open_page("duplicates.py", dataset=filled, method="lexical", threshold="0.7")
    (told,) = [caption.value for caption in at.caption if ":blue-badge[template]" in caption.value]
    assert "occupation; 4 rows" in told


def kept_of(at: AppTest) -> int:
    return int(next(metric.value for metric in at.metric if metric.label == "Kept"))


def test_rule_of_templates_is_chosen_for_all_and_for_one(filled: str):
    at = open_page("duplicates.py", dataset=filled, method="lexical", threshold="0.7")
    at.session_state["duplicates-panel"] = "Templates"
    run(at)
    as_any = kept_of(at)
    (template,) = [box for box in at.selectbox if str(box.key).startswith("template-")]
    assert "4 rows of 1 template" in next(caption.value for caption in at.caption if "template" in caption.value)
    template.set_value("keep:2")
    run(at)
    assert kept_of(at) == as_any + 1
    at.selectbox(key=state.TEMPLATES).set_value("keep all")
    run(at)
    assert kept_of(at) == as_any + 1  # the template's own rule comes first
    next(box for box in at.selectbox if str(box.key).startswith("template-")).set_value("as set for all")
    run(at)
    assert kept_of(at) == as_any + 3
