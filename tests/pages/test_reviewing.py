"""The review page: what keys say is in the store before the next row, whoever says it, and what it comes to is shown."""

import json
from collections.abc import Iterator

import numpy as np
import pytest
import yaml
from streamlit.testing.v1 import AppTest

from evalmap.answers.reading.reviews import Review
from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.pages.component import answer_columns, review_columns
from evalmap.pages.parts.duplicates import duplicate_controls, duplicate_export, duplicate_pairs
from evalmap.pages.parts.reviewing import visitor
from evalmap.pages.server import access, changes, screenings
from evalmap.screening.keep.by_hand import row_keys
from evalmap.screening.pairs.pair_store import pairs_of
from evalmap.screening.screening_options import ScreeningOptions
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows
from evalmap.tests.pages import site
from evalmap.tests.pages.site import PERSONA, charts, lines, open_page, run, said
from evalmap.writing.review.review_report import review_report
from evalmap.writing.review.review_sample import queues
from evalmap.writing.review.review_store import ReviewStore
from evalmap.writing.review.review_table import written_reviews

LABEL = ":material/label:"  # stands before a label that is shown


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """With questions with three options each, a dataset of twelve labels, and one of one label."""
    folder = tmp_path_factory.mktemp("review")
    with site.workspace(folder) as space:
        texts = sentences(24)
        for name, rows in {
            "options": [
                {"question": text, "choices": [f"red {at}", f"**green** {at}", f"blue {at}"], "answer": at % 3}
                for at, text in enumerate(texts)
            ],
            "many": [{"text": text, "label": f"label {at % 12:02}"} for at, text in enumerate(texts)],
            "one": [{"text": text, "label": "Yes"} for text in texts],
        }.items():
            path = write_rows(folder / f"{name}.jsonl", rows)
            build(open_dataset(path), workspace=space, settings=Settings(k=4), encoder=FakeEncoder())
        yield space


@pytest.fixture
def space(home: Workspace) -> Iterator[Workspace]:
    yield home
    for path in (home.root / "reviews").glob("*"):
        path.unlink()


def store(space: Workspace, slug: str = PERSONA) -> ReviewStore:
    return ReviewStore(space, site.built(space, slug).manifest.source)


def page(slug: str = PERSONA, **query: str) -> AppTest:
    return open_page("reviewing.py", dataset=slug, **{"reviewer": "ann", "sample-size": "6", **query})


def press(at: AppTest, *names: str) -> AppTest:
    """The buttons whose keys begin with "review-<name>-", as the page's keys find them."""
    for name in names:
        (button,) = [one for one in at.button if str(one.key).startswith(f"review-{name}-")]
        button.click()
        run(at)
    return at


def row(at: AppTest) -> int:
    """The row that is shown."""
    (button,) = [one for one in at.button if str(one.key).startswith("review-skip-")]
    return int(str(button.key).rpartition("-")[2])


def keys(at: AppTest) -> dict[str, dict[str, str]]:
    """What the page's script is told of keys."""
    (found,) = [json.loads(one.proto.json) for one in at.get("bidi_component") if '"press"' in one.proto.json]
    return found


def test_each_row_is_in_the_store_before_the_next_one_is_shown(space: Workspace):
    at = page()
    built = site.built(space, PERSONA)
    order = queues(built, "ann", sample=6, by="random")["ann"]
    assert row(at) == order[0]
    assert any(LABEL in one for one in said(at))
    press(at, "fits-yes")
    assert (row(at), store(space).judgements()) == (order[0], [])  # half a judgement is none
    press(at, "relevance-4")
    assert row(at) == order[1]
    at.text_input(key=f"review-comment-{order[1]}").set_value("unclear who speaks")
    press(at, "ambiguous-True", "relevance-0", "fits-no")  # in any order
    assert "2 of 6, yours" in said(at)
    made = store(space).on(built.examples)
    assert [(place, one.label_fits, one.relevance, one.ambiguous, one.comment, one.sample) for place, one in made] == [
        (order[0], True, 4, False, "", "random"),
        (order[1], False, None, True, "unclear who speaks", "random"),
    ]
    again = page()
    assert row(again) == order[2]
    assert "2 of 6, yours" in said(again)
    bob = page(reviewer="bob")
    assert "0 of 6, yours · ann 2 of 6" in said(bob)
    assert row(bob) == order[0]


def test_one_question_is_one_key_a_row(space: Workspace):
    at = page(**{"ask-for": "label fits"})
    press(at, "fits-yes", "fits-no", "fits-unsure")
    assert [one.label_fits for _, one in store(space).judgements()] == [True, False, None]
    assert keys(at)["press"] == {
        **{"y": "review-fits-yes-", "n": "review-fits-no-", "?": "review-fits-unsure-", "a": "review-ambiguous-True-"},
        **{"s": "review-skip-", "u": "review-back-", "Backspace": "review-back-"},
    }


def test_what_was_said_is_taken_back_step_by_step(space: Workspace):
    at = page()
    first = row(at)
    press(at, "fits-yes", "relevance-1")
    second = row(at)
    press(at, "skip")
    third = row(at)
    press(at, "fits-no")
    press(at, "back")  # what was begun
    assert row(at) == third
    press(at, "back")  # the skipped row
    assert row(at) == second
    press(at, "back")
    assert row(at) == first
    assert store(space).judgements() == []
    assert any(one.startswith("Taken back: ") or ":material/undo: Taken back" in one for one in said(at))
    press(at, "back")
    assert any("There is nothing to take back." in one for one in said(at))


def test_window_takes_back_what_it_said_itself(space: Workspace):
    at = page()
    first = row(at)
    press(at, "fits-yes", "relevance-1")
    other = page()  # the same person
    press(other, "fits-no", "relevance-2")
    press(at, "back")
    assert row(at) == first
    assert [one.relevance for _, one in store(space).judgements()] == [2]


def test_blind_reviewer_sees_no_label_and_chooses_among_the_labels(space: Workspace):
    at = page(blind="true", **{"sample-size": "20"})
    built = site.built(space, PERSONA)
    assert "Does the label fit?" not in said(at)
    assert not any(LABEL in one for one in said(at))
    for _ in range(8):
        assert {key: name for key, name in keys(at)["press"].items() if key.isdigit()} == {
            "1": "review-chosen-1-",
            "2": "review-chosen-2-",
        }
        press(at, "chosen-2")
        assert keys(at)["press"]["2"] == "review-relevance-2-"
        press(at, "relevance-3")
    made = store(space).on(built.examples)
    assert {place: one.label_fits for place, one in made} == {
        place: built.examples["label"].iloc[place] == "Yes" for place, _ in made
    }
    assert {one.label_fits for _, one in made} == {True, False}


def test_blind_reviewer_of_a_question_chooses_among_its_options(space: Workspace):
    at = page("options", blind="true")
    built = site.built(space, "options")
    place = row(at)
    labels = [one.label for one in at.button if str(one.key).startswith("review-chosen-")]
    right = "ABC"[place % 3]
    assert [label.replace("\\", "").partition(" ")[0] for label in labels] == ["A", "B", "C"]
    assert "\\*\\*green" in labels[1]
    assert not any(LABEL in one or ":material/check: label" in one for one in said(at))
    press(at, f"chosen-{'ABC'.index(right) + 1}", "relevance-5")
    assert [one.label_fits for _, one in store(space, "options").on(built.examples)] == [True]


def test_blind_reviewer_of_many_labels_has_a_list_and_of_one_label_a_sentence(space: Workspace):
    at = page("many", blind="true", **{"ask-for": "label fits"})
    built = site.built(space, "many")
    place = row(at)
    assert keys(at)["focus"] == {"l": "review-list-", "c": "review-comment-"}
    at.selectbox(key=f"review-list-{place}").select(f"label {place % 12:02}")
    run(at)
    assert [(one, review.label_fits) for one, review in store(space, "many").on(built.examples)] == [(place, True)]
    refused = page("one", blind="true")
    assert [error.value.replace("\\", "") for error in refused.error] == [
        "one: every label is 'Yes', so there is none to choose from. Show the label. Choose it in the sidebar."
    ]


def test_rows_without_a_label_are_asked_for_their_relevance(space: Workspace):
    at = page("plain")
    assert "Does the label fit?" not in said(at)
    press(at, "relevance-2")
    assert [(one.label_fits, one.relevance) for _, one in store(space, "plain").judgements()] == [(None, 2)]


def test_people_share_the_rows_and_whoever_is_not_among_them_is_told(space: Workspace):
    at = page(people="ann, bob", overlap="50", **{"sample-size": "20"})
    assert "0 of 15, yours · bob 0 of 15" in said(at)
    other = page(reviewer="eve", people="ann, bob")
    assert [error.value for error in other.error] == ["eve is not among the reviewers ann, bob\\. Choose it in the sidebar."]


def test_name_is_asked_for_first(space: Workspace):
    at = page(reviewer="")
    assert any("Who is reviewing?" in one for one in said(at))
    at.text_input(key="reviewer-entry").set_value(" ann ")
    run(at)
    assert at.text_input(key="reviewer").value == "ann"
    press(at, "fits-yes", "relevance-3")
    assert [one.reviewer for _, one in store(space).judgements()] == ["ann"]


def test_name_that_a_proxy_gives_cannot_be_typed(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(visitor.USER_HEADER, "X-Forwarded-User")
    monkeypatch.setattr(visitor, "_sent", lambda header: {"X-Forwarded-User": ["zoë".encode().decode("latin-1")]}[header])
    at = page(reviewer="somebody else")
    assert "reviewer" not in [one.key for one in at.text_input]
    assert "Reviewing as **zoë**" in said(at)
    press(at, "fits-yes", "relevance-3")
    assert [one.reviewer for _, one in store(space).judgements()] == ["zoë"]
    for sent in ([], ["ann", "bob"], [""]):
        monkeypatch.setattr(visitor, "_sent", lambda header, sent=sent: sent)
        with pytest.raises(DatasetError, match="The proxy did not say who you are"):
            visitor.name()
        nobody = page(reviewer="ann")
        assert not [one for one in nobody.button if str(one.key).startswith("review-")]
        assert "The proxy did not say who you are" in nobody.error[0].value


def test_read_only_site_shows_the_results_and_judges_nothing(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    press(page(), "fits-yes", "relevance-3")
    monkeypatch.setattr(access, "listens_on", lambda: "0.0.0.0")
    at = page()
    assert {metric.label: metric.value for metric in at.metric}["Label fits"] == "100 %"
    assert not [one.key for one in at.button if str(one.key).startswith(("review-", "settle-", "import-"))]
    built = site.built(space, PERSONA)
    with pytest.raises(DatasetError, match="read-only"):
        changes.review_row(space, built, 0, Review("ann", True))


VOTES = {3: "nn", 4: "yn", 5: "yyn", 6: "yn", 7: "yy", 8: "n"}  # row → what ann, bob and eve say of its label


@pytest.fixture
def voted(space: Workspace) -> Workspace:
    keys = row_keys(site.built(space, PERSONA).examples)
    for row, votes in VOTES.items():
        for who, vote in zip(("ann", "bob", "eve"), votes, strict=False):
            relevance = min(row - 2, 5) if who == "ann" else None
            store(space).add([(keys[row], Review(who, vote == "y", relevance, comment="<b>no</b>" if row == 4 else ""))])
    return space


def test_results_are_those_of_the_report_and_disagreements_are_settled_by_hand_and_back(voted: Workspace):
    at = page(**{"review-panel": "Results"})
    built = site.built(voted, PERSONA)
    report = review_report(built, store(voted).on(built.examples))
    metrics = {metric.label: (metric.value, metric.delta) for metric in at.metric}
    assert metrics["Label fits"] == ("50 %", f"{100 * report['low']:.0f} to {100 * report['high']:.0f} %")
    assert metrics["Relevance"] == ("3.33", f"{report['relevance_low']:.2f} to {report['relevance_high']:.2f}")
    assert metrics["Agreement, κ"][0] == f"{report['kappa']:.2f}"
    reviewers = next(frame.value for frame in at.dataframe if "reviewer" in frame.value.columns)
    assert reviewers["reviewer"].tolist() == ["ann", "bob", "eve"]
    assert reviewers["rows"].tolist() == [6, 5, 1]
    assert "3 rows: 2 without a majority." in said(at)

    def verdict(row: int) -> tuple[bool | None, str | None]:
        found = review_report(built, store(voted).on(built.examples), settled=store(voted).settled_on(built.examples))
        return next((one["verdict"], one["settled"]) for one in found["disputed"] if one["row"] == row)

    for key, expected in (
        ("settle-no-4", (False, "by hand")),
        ("settle-yes-4", (True, "by hand")),
        ("unsettle", (False, "by hand")),
        ("unsettle", (None, None)),
        ("settle-no-4", (False, "by hand")),
        ("settle-open-4", (None, None)),
        ("unsettle", (False, "by hand")),
    ):
        at.button(key=key).click()
        run(at)
        assert verdict(4) == expected, key
    assert "3 rows: 1 without a majority." in said(at)
    assert verdict(5) == (True, "by majority")


def test_reviews_go_out_of_the_page_and_in_again(voted: Workspace):
    built = site.built(voted, PERSONA)
    before = store(voted).judgements()
    for ending in (".jsonl", ".csv"):
        content = written_reviews(before, built.examples, ending=ending)
        store(voted).path.unlink()
        at = page(**{"review-panel": "Results"})
        assert "Nobody has reviewed any row yet." in said(at)
        at.file_uploader(key="review-upload").upload(f"mine{ending}", content)
        run(at)
        at.button(key="import-reviews").click()
        run(at)
        assert "12 judgements read, 12 of them new." in said(at)
        assert store(voted).judgements() == before
    at = page(**{"review-panel": "Results"})
    at.file_uploader(key="review-upload").upload("mine.csv", b"a,b\n1,2\n")
    run(at)
    at.button(key="import-reviews").click()
    run(at)
    assert at.error[0].value.replace("\\", "").startswith("mine.csv: Expected the columns label_fits")


def test_people_colour_the_map_filter_it_and_stand_beside_an_example(voted: Workspace):
    built = site.built(voted, PERSONA)
    at = open_page("map.py", dataset=PERSONA, example="5", colour="Label fits, by people")
    assert at.selectbox(key="colour").value == "Label fits, by people"
    fits, relevance = review_columns.columns(built)
    assert fits.categories == (("fits", 2), ("does not fit", 2), ("disputed", 2), ("not reviewed", 194))
    codes = np.frombuffer(answer_columns.column_bytes(built, fits.key), dtype="<u2")
    assert codes[3:9].tolist() == [1, 2, 0, 2, 0, 1]
    assert (np.delete(codes, np.arange(3, 9)) == 65_535).all()
    drawn = np.frombuffer(answer_columns.column_bytes(built, relevance.key), dtype="<f4")
    assert drawn[3:9].tolist() == [1, 2, 3, 4, 5, 5]
    assert [bar[:3] for bar in charts(at)["review.fits"]["bars"]][:1] == [["not reviewed", 194, 194]]
    escaped = ":gray[· \\<b\\>no\\<\\/b\\>]"
    assert f"ann: label fits, relevance 2 {escaped}  \nbob: label does not fit {escaped}" in said(at)
    asked = open_page("map.py", dataset=PERSONA, where="review.fits is disputed", panel="Examples")
    assert lines(asked) == ["5", "7"]
    store(voted).settle(row_keys(built.examples)[4], True)
    with pytest.raises(KeyError):
        answer_columns.column_bytes(built, fits.key)
    assert review_columns.columns(built)[0].categories[:3] == (("fits", 3), ("does not fit", 2), ("disputed", 1))


def test_rows_that_people_refuse_go_from_the_duplicates_page_as_from_the_command(voted: Workspace):
    built = site.built(voted, PERSONA)
    for slug in (PERSONA, "options"):
        pairs_of(site.built(voted, slug), voted)
    nobody = [one.key for one in open_page("duplicates.py", dataset="options").toggle]
    assert "protect" in nobody
    assert "drop-disputed" not in nobody
    whole = open_page("duplicates.py", dataset=PERSONA, method="exact")
    assert whole.toggle(key="drop-disputed").value is False
    at = open_page("duplicates.py", dataset=PERSONA, method="exact", **{"drop-disputed": "true"})
    kept = {metric.label: metric.value for metric in at.metric}
    before = {metric.label: metric.value for metric in whole.metric}
    assert int(before["Kept"]) - int(kept["Kept"]) == 4  # 3 and 8 are refused, 4 and 6 are undecided
    at.session_state["duplicates-panel"] = "Export"
    run(at)
    pairs = screenings.stored_pairs(PERSONA, built.manifest.fingerprint)
    assert pairs
    choices = duplicate_controls.ScreenChoices(1.0, "exact", "typographic", "confidence", True, drop_disputed=True)
    log = duplicate_pairs.select_rows(built, pairs, choices).log
    recipe = yaml.safe_load(duplicate_export.recipe_of(built, ScreeningOptions(method="exact"), log))
    (first,) = recipe["decisions"]
    assert first["action"] == "remove"
    assert [one["example_id"] for one in first["rows"]] == [built.examples["example_id"].iloc[row] for row in (3, 4, 6, 8)]
