"""The quality page: what was measured, what is to be done, and the ways from there to the examples."""

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.pages.server import access, workers
from evalmap.pages.shared import state
from evalmap.screening.quality.report import quality
from evalmap.tests.answers.stub_server import Asked, Reply, StubServer
from evalmap.tests.command import Command
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows
from evalmap.tests.pages import site
from evalmap.tests.pages.site import MARKUP, PERSONA, open_page, run, said

FAST = ["duplicates", "saturation", "flags", "balance"]
Started = list[tuple[str, tuple[str, ...]]]
RULE = "human_only_experience"


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("quality")
    with site.workspace(folder) as space:
        rows = write_rows(folder / "three.jsonl", [{"text": text, "label": "Yes"} for text in sentences(3)])
        build(open_dataset(rows), workspace=space, settings=Settings(k=2), encoder=FakeEncoder())
        for slug in ("three", "plain"):
            quality(space, space.find(slug))
        quality(space, space.find(marked(space)), without=["scorecard"])
        quality(space, space.find(PERSONA), sections=FAST)
        yield space


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    """What the page started to measure, in place of doing so: the dataset and the sections left out."""
    begun: Started = []
    monkeypatch.setattr(workers, "measure_quality", lambda space, slug, without=(): begun.append((slug, tuple(without))))
    return begun


def marked(space: Workspace) -> str:
    return next(slug for slug in space.slugs() if slug.startswith("marked"))


def rows_of(space: Workspace, rule: str = RULE) -> list[int]:
    report = quality(space, space.find(PERSONA), sections=["flags"])
    return next(list(problem.rows) for problem in report.todo if problem.id == f"flags.{rule}")


def test_what_is_measured_is_shown_and_the_rest_is_started_once(space: Workspace, started: Started):
    at = open_page("quality.py", dataset=PERSONA)
    assert started == [(PERSONA, ())]
    run(at)
    assert started == [(PERSONA, ())]
    assert {metric.label: metric.value for metric in at.metric}["Near-duplicates"] == "6.5 %"
    assert [shown.value for shown in at.subheader][:2] == ["What to do", "Near-duplicates"]
    problems = [shown.value for shown in at.markdown if " rows" in shown.value and "**" in shown.value]
    counts = [int(shown.rpartition("· ")[2].removesuffix(" rows").removesuffix(" row")) for shown in problems]
    assert counts == sorted(counts, reverse=True)
    assert all(metric.help for metric in at.metric)


def test_a_problem_shows_its_rows_alone_on_the_map_and_the_address_says_so(space: Workspace):
    expected = [str(row + 1) for row in rows_of(space)]
    at = open_page("quality.py", dataset=PERSONA)
    at.button(key=f"map-flags.{RULE}").click()
    run(at)
    assert any(f"Only the {len(expected)} rows of “Human only experience” are shown." in shown for shown in said(at))
    assert at.query_params.get(state.ROWS) in (f"flags.{RULE}", [f"flags.{RULE}"])  # one that the page wrote, or one that was read
    cold = open_page("map.py", dataset=PERSONA, rows=f"flags.{RULE}", panel="Examples")
    assert site.lines(cold) == expected
    cold.button(key="show-all-rows").click()
    run(cold)
    assert state.ROWS not in cold.query_params
    assert site.counted(cold).startswith("**200 examples**")


def test_a_link_to_rows_that_are_not_there_says_so_and_shows_all(space: Workspace):
    at = open_page("map.py", dataset=PERSONA, rows="flags.nothing", panel="Examples")
    assert any("the quality report has no such rows" in warning.value for warning in at.warning)
    assert site.counted(at).startswith("**200 examples**")


def test_examples_of_a_problem_are_listed_on_request(space: Workspace):
    rows = rows_of(space)
    at = open_page("quality.py", dataset=PERSONA)
    at.session_state[f"examples-flags.{RULE}"] = True
    run(at)
    assert [frame.value["line"].tolist() for frame in at.dataframe if "line" in frame.value.columns] == [[row + 1 for row in rows]]


def test_screening_without_the_rows_removes_them_first(space: Workspace):
    at = open_page("quality.py", dataset=PERSONA)
    at.button(key=f"mend-flags.{RULE}").click()
    run(at)
    assert at.multiselect(key=state.DROP_FLAGGED).value == [RULE]
    counts = {metric.label: int(metric.value) for metric in at.metric}
    assert counts["Removed"] == 13 + len(rows_of(space))
    assert any(f"{len(rows_of(space))} rows go first, for their flags: {RULE}" in shown for shown in said(at))


def test_contradicting_labels_are_read_as_contrast_pairs(space: Workspace):
    at = open_page("quality.py", dataset=PERSONA)
    at.button(key="mend-flags.contradicting_labels").click()
    run(at)
    assert any("pairs are alike at the threshold and have different labels" in shown for shown in said(at))


def test_a_flag_of_the_address_lists_its_rows_with_what_was_found(space: Workspace):
    at = open_page("quality.py", dataset=PERSONA, flag="low_confidence")
    (table,) = [frame.value for frame in at.dataframe if "found" in frame.value.columns]
    assert table["line"].tolist() == [row + 1 for row in rows_of(space, "low_confidence")]
    assert all(float(found) < 0.6 for found in table["found"])


def test_text_of_the_dataset_is_never_markup(space: Workspace):
    at = open_page("quality.py", dataset=marked(space))
    shown = "\n".join(said(at))
    assert "0 of 1 clusters" in shown or "of 4 clusters" in shown
    assert [mark for mark in MARKUP if mark in shown and mark != MARKUP[2]] == []


@pytest.mark.parametrize(
    ("slug", "sentence"),
    [
        ("plain", "Not measured: no row has a label."),
        ("plain", "Not tested: no row has a label."),
        ("three", "Not measured: all 3 rows with a label bear Yes."),
        ("three", "Not tested: all rows with a label bear Yes."),
        ("three", "Whether more rows would be new cannot be said: the dataset has 3 rows, at least 10 are needed."),
    ],
)
def test_what_cannot_be_said_is_one_sentence(space: Workspace, slug: str, sentence: str):
    assert sentence in [shown.replace("\\", "") for shown in said(open_page("quality.py", dataset=slug))]


def test_a_read_only_site_measures_nothing(space: Workspace, started: Started, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(access, "writable", lambda: False)
    at = open_page("quality.py", dataset=PERSONA)
    assert any("This site is read-only" in info.value for info in at.info)
    assert started == []
    assert at.metric


def test_a_large_dataset_is_measured_when_it_is_asked_for(space: Workspace, started: Started, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("evalmap.pages.parts.quality.measuring.AT_ONCE", 100)
    at: AppTest = open_page("quality.py", dataset=PERSONA)
    assert started == []
    at.button(key="measure-most").click()
    run(at)
    assert started == [(PERSONA, ("shortcuts",))]
    at.button(key="measure").click()
    run(at)
    assert started[-1] == (PERSONA, ())


# A judge


def reply_of(asked: Asked) -> Reply:
    """A judge that says no label fits, in the words of either phrasing, and calls every row a 2."""
    if "Is the label right?" in asked.text or "Is the key wrong?" in asked.text:
        token = "No" if "right?" in asked.text else "Yes"
        return Reply({"choices": [{"message": {"content": token}, "finish_reason": "stop"}]})
    return Reply({"choices": [{"message": {"content": "2"}, "finish_reason": "stop"}]})


def test_without_a_judge_the_page_says_how_to_ask_one(space: Workspace):
    at = open_page("quality.py", dataset=PERSONA)
    assert at.subheader[-1].value == "A judge"
    assert at.code[-1].value == f"evalmap quality judge {PERSONA} --model MODEL --base-url ADDRESS"


def test_a_judge_stands_apart_with_the_rows_that_it_rated_lowest(
    space: Workspace, evalmap: Command, monkeypatch: pytest.MonkeyPatch
):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    with StubServer(reply_of) as server:
        model = ["--base-url", server.url, "--model", "stub-1", "--limit", "4", "--text"]
        judged = evalmap("quality", "judge", "plain", *model, "--workspace", space.root, "--json").json
    monkeypatch.setenv("EVALMAP_HOME", str(space.root))  # the command's fixture has one of its own
    at = open_page("quality.py", dataset="plain")
    assert at.subheader[-1].value == "A judge"
    assert "A language model judged these rows. It is in no figure above." in [shown.value for shown in at.caption]
    shown = [markdown.value for markdown in at.markdown]
    assert any("different rows judged by stub" in value for value in shown)
    assert "judge" not in {section for section, _ in quality(space, space.find("plain")).sections.items()}
    table = at.dataframe[-1].value
    assert table["line"].tolist() == [row["line"] for row in judged["rows"]][:10]
    assert all(found.endswith("relevance 2.0/2.0") for found in table["found"])
