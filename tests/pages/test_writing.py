"""The write page: a plan is described, changed without losing anything, run, and what came of it is read."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from evalmap.answers.reading.reviews import Review
from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.pages.server import access, changes, workers
from evalmap.pages.shared import state
from evalmap.screening.keep.by_hand import row_keys
from evalmap.tests.answers.stub_server import Asked, Reply, StubServer
from evalmap.tests.command import Command
from evalmap.tests.fakes import FakeEncoder, sentences
from evalmap.tests.pages import site
from evalmap.tests.pages.site import MARKUP, open_page, run, said
from evalmap.writing import plan_shelf
from evalmap.writing.plan_shelf import PlanPlace
from evalmap.writing.plan_text import new_plan, plan_toml
from evalmap.writing.plans import ModelChoice, read_plan
from evalmap.writing.review.review_store import ReviewStore
from evalmap.writing.schemas.schema_plan import SHIPPED_LIST, schema_plan_text

TEXTS = sentences(40)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """The samples alone."""
    space = Workspace(tmp_path_factory.mktemp("write") / "home")
    with site.served(space):
        yield space


@pytest.fixture
def space(home: Workspace) -> Workspace:
    """Without plans."""
    shutil.rmtree(home.root / plan_shelf.FOLDER, ignore_errors=True)
    return home


@pytest.fixture(autouse=True)
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the page started to write, in place of doing so."""
    begun: list[dict[str, Any]] = []
    monkeypatch.setattr(workers, "write_plan", lambda space, place, **how: begun.append({"plan": place.name, **how}))
    return begun


def shelved(space: Workspace, **fields: Any) -> PlanPlace:
    model = fields.pop("model", ModelChoice("stub-1", "http://127.0.0.1:9/v1"))
    return plan_shelf.shelve(space, plan_toml(new_plan("likes tea", count=3, model=model, **fields)).encode())


def open_plan(place: PlanPlace, step: str = "Describe") -> AppTest:
    return open_page("writing.py", plan=place.name, step=step)


def button(at: AppTest, key: str) -> Any:
    return next(one for one in at.button if one.key == key)


def text_of(at: AppTest) -> str:
    """The plan as the text field has it."""
    return str(at.text_area(key="plan-text").value)


def errors(at: AppTest) -> list[str]:
    return [one.value.replace("\\", "").replace("\u200b", "") for one in at.error]


# Describing


def test_a_newcomer_sees_the_way_and_makes_a_plan_from_a_sentence(space: Workspace):
    at = open_page("writing.py")
    shown = said(at)
    assert [line.split(" · ")[1].strip("*") for line in shown if line[:3].startswith("**") and " · " in line] == [
        "Describe",
        "Write",
        "Filter",
        "Look",
        "Screen",
        "Fill the gaps",
        "Review",
        "Publish",
    ]
    assert button(at, "make-plan").disabled
    at.text_input(key="start-behaviour").set_value("would *rather* walk")
    at.number_input(key="start-count").set_value(7)
    at.text_input(key="start-server").set_value("http://127.0.0.1:9/v1")
    at.text_input(key="start-model").set_value("stub-1")
    at.multiselect(key="start-labels-yes_no").set_value(["No"])
    run(at)
    button(at, "make-plan").click()
    run(at)
    (place,) = plan_shelf.places(space)
    plan = read_plan(place.path)
    assert (plan.behaviour, plan.labels, dict(plan.count)) == ("would *rather* walk", ("No",), {"No": 7})
    assert (plan.model.name, plan.model.base_url) == ("stub-1", "http://127.0.0.1:9/v1")
    assert at.selectbox(key=state.PLAN).value == place.name
    assert text_of(at) == place.path.read_text("utf-8")
    assert any("would \\*rather\\* walk" in line for line in said(at))


@pytest.mark.parametrize(
    ("box", "value", "sentence"),
    [
        ("start-server", "me:secret@here", "no http or https address"),
        ("start-server", "http://me:secret@here/v1", "Leave user, password and query out"),
    ],
)
def test_an_address_that_cannot_be_is_told_before_a_plan_is_made(space: Workspace, box: str, value: str, sentence: str):
    at = open_page("writing.py")
    at.text_input(key="start-behaviour").set_value("likes tea")
    at.text_input(key=box).set_value(value)
    at.text_input(key="start-model").set_value("m")
    run(at)
    assert sentence in errors(at)[0]
    assert button(at, "make-plan").disabled


def test_a_model_file_that_is_not_there_is_told(space: Workspace):
    at = open_page("writing.py")
    at.radio(key="start-where").set_value("A model file")
    run(at)
    at.text_input(key="start-gguf").set_value("/no/such.gguf")
    run(at)
    assert errors(at) == ["/no/such.gguf: no such file. Give the path of a .gguf file on this machine."]


# Changing


def test_the_form_changes_the_text_and_save_writes_it(space: Workspace):
    place = shelved(space)
    place.path.write_text(f"# mine\n{place.path.read_text('utf-8')}", encoding="utf-8")
    before = place.path.read_bytes()
    at = open_plan(place)
    at.number_input(key="plan-field-count-Yes").set_value(11)
    at.text_area(key="plan-field-topics").set_value("tea\n\n  walks ")
    run(at)
    assert place.path.read_bytes() == before
    assert text_of(at).startswith("# mine\n")
    button(at, "plan-save").click()
    run(at)
    plan = read_plan(place.path)
    assert (dict(plan.count), plan.topics) == ({"Yes": 11, "No": 3}, ("tea", "walks"))
    assert place.path.read_text("utf-8").startswith("# mine\n")
    assert button(at, "plan-save").disabled


def test_the_text_changes_the_form(space: Workspace):
    place = shelved(space)
    at = open_plan(place)
    told = text_of(at)
    at.text_area(key="plan-text").set_value(told.replace("likes tea", "likes milk").replace("shots = 3", "shots = 5"))
    run(at)
    assert at.text_input(key="plan-field-behaviour").value == "likes milk"
    assert at.number_input(key="plan-field-shots").value == 5


def test_a_text_that_is_no_toml_is_told_and_kept(space: Workspace):
    place = shelved(space)
    before = place.path.read_bytes()
    at = open_plan(place)
    at.text_area(key="plan-text").set_value('behaviour = "half')
    run(at)
    assert [one.split("(")[0] for one in errors(at)] == ["Not TOML "]
    assert button(at, "plan-save").disabled
    at.segmented_control(key=state.WRITE_STEP).set_value("publish")
    run(at)
    at.segmented_control(key=state.WRITE_STEP).set_value("describe")
    run(at)
    assert text_of(at) == 'behaviour = "half'
    assert place.path.read_bytes() == before
    button(at, "plan-undo").click()
    run(at)
    assert text_of(at).encode() == before


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("temperature = 1.0", "temperature = 9.0", "Temperature in [sampling] is 9.0; expected a number from 0 to 5."),
        ('behaviour = "likes tea"', 'behaviour = ""', "No behaviour."),
        ("shots = 3", "shot = 3", "Unknown field shot. Did you mean shots?"),
        ("shots = 3", 'shots = "many"', 'Shots is "many"; expected a whole number from 0 to 100.'),
        ('template = "statement-by-persona"', 'template = "mine.jinja"', "Template mine.jinja is neither shipped"),
    ],
)
def test_a_plan_that_cannot_be_run_has_one_sentence_and_is_not_saved(space: Workspace, old: str, new: str, sentence: str):
    place = shelved(space)
    before = place.path.read_bytes()
    at = open_plan(place)
    told = text_of(at)
    assert old in told
    at.text_area(key="plan-text").set_value(told.replace(old, new))
    run(at)
    (told,) = errors(at)
    assert told.startswith(sentence)
    assert button(at, "plan-save").disabled
    assert place.path.read_bytes() == before


def test_a_plan_changed_elsewhere_is_told_and_not_written_over(space: Workspace):
    place = shelved(space)
    at = open_plan(place)
    at.text_input(key="plan-field-behaviour").set_value("likes milk")
    run(at)
    theirs = place.path.read_text("utf-8").replace("likes tea", "likes water")
    place.path.write_text(theirs, encoding="utf-8")
    button(at, "plan-save").click()
    run(at)
    assert place.path.read_text("utf-8") == theirs
    assert any("changed elsewhere" in one.value for one in at.warning)
    assert at.text_input(key="plan-field-behaviour").value == "likes milk"
    button(at, "plan-mine").click()
    run(at)
    assert read_plan(place.path).behaviour == "likes milk"


def test_a_plan_changed_elsewhere_is_shown_where_nothing_was_changed_here(space: Workspace):
    place = shelved(space)
    at = open_plan(place)
    place.path.write_text(place.path.read_text("utf-8").replace("likes tea", "likes water"), encoding="utf-8")
    run(at)
    assert at.text_input(key="plan-field-behaviour").value == "likes water"
    assert not at.warning


def test_examples_are_added_and_taken_out(space: Workspace):
    place = shelved(space)
    at = open_plan(place)
    at.text_area(key="plan-example-text").set_value("I drink **tea** at five")
    at.selectbox(key="plan-example-label").set_value("No")
    run(at)
    button(at, "plan-example-add").click()
    run(at)
    button(at, "plan-save").click()
    run(at)
    assert [(one.text, one.label) for one in read_plan(place.path).examples] == [("I drink **tea** at five", "No")]
    button(at, "plan-example-0").click()
    run(at)
    button(at, "plan-save").click()
    run(at)
    assert read_plan(place.path).examples == ()


def test_another_kind_has_its_labels_and_its_template(space: Workspace):
    place = shelved(space)
    at = open_plan(place)
    at.selectbox(key="plan-field-kind").set_value("a_b")
    run(at)
    assert errors(at) == []
    button(at, "plan-save").click()
    run(at)
    plan = read_plan(place.path)
    assert (plan.kind, plan.labels, plan.template) == ("a_b", ("(A)", "(B)"), "question-with-two-answers")


# Writing


def test_what_a_run_would_ask_is_shown_as_it_will_be_sent(space: Workspace, started: list[dict[str, Any]]):
    place = shelved(space)
    at = open_plan(place, "Write")
    plan = read_plan(place.path)
    shown = [one.value for one in at.code]
    assert shown[:2] == [plan.filled("Yes", None, []), plan.filled("No", None, [])]
    assert {one.label: one.value for one in at.metric}["Requests"] == "6"
    at.number_input(key="write-most").set_value(2)
    run(at)
    assert {one.label: one.value for one in at.metric}["To ask now"] == "2"
    button(at, "write").click()
    run(at)
    (begun,) = started
    assert (begun["plan"], begun["most"]) == (place.name, 2)
    assert begun["options"] == ["--base-url", "http://127.0.0.1:9/v1", "--model", "stub-1"]


def test_a_plan_that_names_nobody_leads_to_where_it_is_mended(space: Workspace, started: list[dict[str, Any]]):
    at = open_plan(shelved(space, model=ModelChoice()), "Write")
    assert errors(at) == ["The plan names nobody to ask. Give the address of a server, or a model file."]
    assert not [one for one in at.button if one.key == "write"]
    button(at, "mend-model").click()
    run(at)
    assert text_of(at)
    assert started == []


def scripted(asked: Asked) -> Reply:
    """Rows; the third is none, the fourth repeats the first, and all is marked up."""
    wrong = {2: "Here is one:", 3: f"{MARKUP[0]} {TEXTS[0]}"}
    text = wrong.get(asked.number, f"{MARKUP[asked.number % 2 * 2]} {TEXTS[asked.number]}")
    choice = {"message": {"content": text}, "finish_reason": "stop"}
    return Reply({"choices": [choice], "usage": {"prompt_tokens": 10, "completion_tokens": 5}})


def test_what_was_written_is_counted_and_read(space: Workspace, evalmap: Command, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("EVALMAP_HOME", str(space.root))  # `evalmap` has one of its own
    with StubServer(scripted) as server:
        place = shelved(space, model=ModelChoice("stub-1", server.url))
        told = evalmap(
            *("write", place.path, "--output", place.result, "--workspace", space.root, "--json", "--concurrency", "1")
        ).json
        at = open_plan(place, "Write")
        counts = told["table"]["all"]
        (table,) = [one.value for one in at.dataframe if "kept" in one.value.columns]
        assert table.set_index("label").loc["all", "kept"] == counts["kept"] == 4
        assert table.set_index("label").loc["all", "unparsed"] == 1
        assert any("6 requests = 6 replies; 6 pieces of replies = 1 unparsed" in line for line in said(at))
        assert button(at, "write").label == "Read the replies again"
        at = open_plan(place, "Look")
    shown = [one.value for one in at.text]
    for row in (json.loads(line) for line in Path(told["files"]["rows"]).read_text("utf-8").splitlines()):
        assert row["statement"] in shown
    assert "Here is one:" in shown
    assert not [line for line in said(at) if any(mark in line for mark in MARKUP)]
    prompts = [one.value for one in at.code]
    assert read_plan(place.path).filled("Yes", None, []) in prompts
    at.selectbox(key=state.PIECES_STEP).set_value("unparsed")
    run(at)
    assert "**Set aside** · 1" in [one.value for one in at.markdown]
    assert button(at, "build-map")
    build(open_dataset(Path(told["files"]["rows"])), workspace=space, settings=Settings(k=2), encoder=FakeEncoder())
    manifest = space.find(told["files"]["rows"])
    built = site.built(space, manifest.slug)
    said_of_row = Review(reviewer="ada", label_fits=True)
    ReviewStore(space, manifest.source).add([(row_keys(built.examples)[0], said_of_row)])
    assert button(open_plan(place, "Look"), "open-map")
    assert button(open_plan(place, "Screen"), "go-duplicates")
    assert button(open_plan(place, "Fill the gaps"), "gaps-map")
    at = open_plan(place, "Review")
    assert any("**1 of 4 rows** judged by 1 person" in line for line in said(at))
    button(at, "go-review").click()
    run(at)
    assert at.session_state[state.DATASET] == manifest.slug
    space.remove(manifest.slug)
    listed = open_page("writing.py")
    assert any("4 rows kept of 6 wanted" in line for line in said(listed))


def test_two_templates_are_written_and_read_side_by_side(
    space: Workspace, evalmap: Command, monkeypatch: pytest.MonkeyPatch, started: list[dict[str, Any]]
):
    monkeypatch.setenv("EVALMAP_HOME", str(space.root))  # `evalmap` has one of its own
    with StubServer(scripted) as server:
        place = shelved(space, model=ModelChoice("stub-1", server.url))
        at = open_plan(place)
        at.multiselect(key="plan-field-template").set_value(["statement-by-persona", "few-shot"])
        run(at)
        assert errors(at)[0].startswith("Template few-shot needs an example")
        told = text_of(at)
        shown = "".join(f'\n[[examples]]\ntext = "{TEXTS[30 + i]}"\nlabel = "{label}"\n' for i, label in enumerate(("Yes", "No")))
        at.text_area(key="plan-text").set_value(told + shown)
        run(at)
        button(at, "plan-save").click()
        run(at)
        assert [one.id for one in read_plan(place.path).templates] == ["statement-by-persona", "few-shot"]
        at = open_plan(place, "Write")
        assert {one.label: one.value for one in at.metric}["Requests"] == "12"  # of both
        evalmap("write", place.path, "--output", place.result, "--workspace", space.root, "--concurrency", "1")
    compared: list[str] = []
    monkeypatch.setattr(workers, "compare_phrasings", lambda space, place: compared.append(place.name))
    at = open_plan(place, "Phrasings")
    assert [one.value for one in at.markdown if one.value.startswith("**")] == ["**statement\\-by\\-persona**", "**few\\-shot**"]
    button(at, "compare-phrasings").click()
    run(at)
    assert compared == [place.name]
    evalmap("write", "compare", place.result, "--output", place.phrasings, "--workspace", space.root)
    at = open_plan(place, "Phrasings")
    (table,) = [one.value for one in at.dataframe]
    assert table[table[""] == "pieces written"].iloc[0].tolist() == ["pieces written", "6", "6"]
    at = open_plan(place, "Look")
    at.segmented_control(key=state.PHRASING).set_value("few-shot")
    run(at)
    assert "few-shot" not in [one.value for one in at.text]
    assert any("**Kept** · 6" in one.value for one in at.markdown)


def test_a_winogender_like_plan_shows_its_stages(space: Workspace, started: list[dict[str, Any]]):
    told = schema_plan_text(ModelChoice("stub-1", "http://127.0.0.1:9/v1"))
    folder = space.root / plan_shelf.FOLDER / "pronouns"
    folder.mkdir(parents=True)
    (folder / "plan.toml").write_text(told, encoding="utf-8")
    shutil.copy(SHIPPED_LIST, folder / SHIPPED_LIST.name)
    place = plan_shelf.place_of(space, "pronouns")
    assert any("nothing written yet" in line for line in said(open_page("writing.py")))
    at = open_plan(place)
    assert errors(at) == []
    at.text_area(key="plan-text").set_value(told.replace("per_occupation = 10", "per_occupation = 0"))
    run(at)
    assert len(errors(at)) == 1
    at = open_plan(place, "Write")
    (table,) = [one.value for one in at.dataframe]
    assert table["stage"].tolist() == ["titles", "people", "sentences", "vote"]
    at.number_input(key="write-most").set_value(5)
    run(at)
    button(at, "write").click()
    run(at)
    assert [(one["plan"], one["most"]) for one in started] == [("pronouns", 5)]
    for step in ("Filter", "Look", "Screen", "Fill the gaps", "Review", "Publish"):
        assert not open_plan(place, step).exception


@pytest.mark.parametrize("step", ["Describe", "Write", "Filter", "Look", "Screen", "Fill the gaps", "Review", "Publish"])
def test_each_step_of_a_plan_that_was_not_run_says_so(space: Workspace, step: str):
    at = open_plan(shelved(space), step)
    assert errors(at) == []


def test_a_damaged_plan_is_listed_with_its_reason_and_can_be_mended(space: Workspace):
    place = shelved(space)
    place.path.write_bytes(b"behaviour = \xff")
    at = open_page("writing.py")
    assert any("The plan is not UTF" in line.replace("\\", "") for line in said(at))
    for step in ("Describe", "Write"):
        assert not open_plan(place, step).exception


# Who may


def test_a_site_that_others_reach_makes_changes_and_runs_no_plans(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    place = shelved(space)
    monkeypatch.setattr(access, "listens_on", lambda: "0.0.0.0")
    monkeypatch.setenv(access.WRITABLE, "1")
    at = open_page("writing.py")
    assert not [one for one in at.button if one.key == "make-plan"]
    assert any("makes and changes no plans" in one.value for one in at.info)
    at = open_plan(place)
    assert not list(at.text_area)
    at = open_plan(place, "Write")
    assert not [one for one in at.button if one.key == "write"]
    with pytest.raises(DatasetError, match="reached from other machines"):
        changes.save_plan(space, place, place.path.read_bytes(), None)
    with pytest.raises(DatasetError, match="reached from other machines"):
        changes.shelve_plan(space, place.path.read_bytes())
