"""More rows like these: the map, the Compare page and the Quality page make a plan in the workspace."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.embeddings.shared_layout import shared_layout_of
from evalmap.pages.server import access, changes, workers
from evalmap.pages.shared import more_rows
from evalmap.screening.coverage.comparison_store import stored_comparison, write_comparison
from evalmap.screening.coverage.dataset_comparison import compare
from evalmap.screening.quality.report import quality
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows
from evalmap.tests.pages import site
from evalmap.tests.pages.site import PERSONA, open_page, run, said
from evalmap.writing.gap_places import find_uneven
from evalmap.writing.plan_text import plan_toml
from evalmap.writing.plans import WritePlan, read_plan

HUMAN, LM = "accepts-being-paused-human", "accepts-being-paused-lm"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("more-rows")
    with site.workspace(folder) as space:
        found = [site.built(space, slug) for slug in (LM, HUMAN)]
        shared_layout_of(sorted(found, key=lambda built: built.manifest.slug), space)
        write_comparison(space, found, compare(found))
        texts = sentences(100)  # five topics in turn; all of the first are Yes
        rows = [{"text": text, "label": "Yes" if i % 5 == 0 or i % 2 else "No"} for i, text in enumerate(texts)]
        path = write_rows(folder / "uneven.jsonl", rows)
        build(open_dataset(path), workspace=space, settings=Settings(k=5), encoder=FakeEncoder())
        quality(space, space.find("uneven"), sections=["balance"])
        yield space


@pytest.fixture
def space(home: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """Without any plan when a test ends; nothing is started."""
    for starts in ("compare", "measure_quality"):
        monkeypatch.setattr(workers, starts, lambda *_, **__: None)
    yield home
    shutil.rmtree(home.root / "written", ignore_errors=True)


def plans(space: Workspace) -> list[tuple[Path, WritePlan]]:
    return [(path, read_plan(path)) for path in sorted((space.root / "written").glob("*/plan.toml"))]


def test_filtered_rows_become_the_examples_of_a_plan(space: Workspace):
    built = site.built(space, PERSONA)
    at = open_page("map.py", dataset=PERSONA, panel="Write more", where="text contains plan")
    at.selectbox(key="more-label-map").select("No")
    at.number_input(key="more-count-map").set_value(30)
    run(at)
    at.button(key="make-plan-map").click()
    run(at)
    ((path, plan),) = plans(space)
    assert (plan.behaviour, plan.count, len(plan.topics)) == ("prefers careful planning", {"No": 30}, 1)
    asked = built.examples[built.examples["text"].str.contains("plan", case=False) & (built.examples["label"] == "No")]
    assert {one.text for one in plan.examples} <= set(asked["text"])
    assert 1 <= len(plan.examples) <= 6
    assert plan.extends
    assert (plan.extends.path, plan.extends.map) == (built.manifest.location, PERSONA)
    assert any(f"evalmap write {path} --onto-map" in code.value for code in at.code)
    assert at.button(key=f"open-plan-{path.parent.name}").label == "Say whom to ask, and write"
    at.button(key="make-plan-map").click()  # a second plan is one of its own
    run(at)
    assert len(plans(space)) == 2


def test_nothing_is_offered_where_nothing_is_chosen(space: Workspace):
    at = open_page("map.py", dataset=PERSONA, panel="Write more")
    assert any("to have more written like them" in info.value for info in at.info)
    assert "make-plan-map" not in [button.key for button in at.button]


def test_rows_with_labels_of_ones_own_become_a_plan_of_kind_free(space: Workspace):
    marked = next(slug for slug in space.slugs() if slug.startswith("marked"))
    at = open_page("map.py", dataset=marked, panel="Write more", where="text contains number0x1")
    at.button(key="make-plan-map").click()
    run(at)
    ((_, plan),) = plans(space)
    assert plan.kind == "free"


def test_uncovered_rows_become_a_plan_for_the_dataset_that_lacks_them(space: Workspace):
    maps = [site.built(space, slug) for slug in (LM, HUMAN)]
    report = stored_comparison(space, maps)
    assert report
    gap = max(report["gaps"], key=lambda gap: len(gap["rows"]))
    at = open_page("compare.py", compare=[LM, HUMAN], **{"compare-panel": "Gaps"})
    if (gap["of"], gap["by"]) != (0, 1):
        at.selectbox(key="gap").set_value(1)
    key = f"gap-{gap['of']}-{gap['by']}-0"
    at.session_state[key] = True
    run(at)
    at.button(key=f"make-plan-{key}").click()
    run(at)
    ((_, plan),) = plans(space)
    has, lacks = maps[gap["of"]], maps[gap["by"]]
    assert plan.extends
    assert plan.extends.map == lacks.manifest.slug
    assert plan.kind == "a_b"  # though some questions have a third answer
    assert {one.text for one in plan.examples} <= set(has.examples["text"].str.strip())


def test_uneven_cluster_is_evened_out_from_the_to_do_list(space: Workspace):
    places = find_uneven(site.built(space, "uneven"))
    at = open_page("quality.py", dataset="uneven")
    at.session_state["write-uneven"] = True
    run(at)
    key = f"uneven-{places[0].number}"
    assert places[0].to_write.keys() == {"No"}
    assert at.selectbox(key=f"more-label-{key}").value == f"{places[0].to_write['No']} No, which evens it out"
    at.button(key=f"make-plan-{key}").click()
    run(at)
    ((_, plan),) = plans(space)
    assert plan.count == places[0].to_write


@pytest.mark.parametrize("shut", ["read-only", "writable for others"])
def test_who_may_not_make_plans_gets_no_button(space: Workspace, monkeypatch: pytest.MonkeyPatch, shut: str):
    monkeypatch.setattr(access, "listens_on", lambda: "0.0.0.0")
    if shut == "writable for others":
        monkeypatch.setenv(access.WRITABLE, "1")
    assert not more_rows.may_plan()
    at = open_page("map.py", dataset=PERSONA, where="text contains plan")
    assert "Write more" not in at.segmented_control(key="panel").options
    built = site.built(space, PERSONA)
    plan = more_rows.gap_plan(more_rows.GapPlace("chosen", None, "x", (0,), {}, {}, ""), built, behaviour="helps")
    with pytest.raises(DatasetError, match="read-only" if shut == "read-only" else "makes and changes no plans"):
        changes.shelve_plan(space, plan_toml(plan).encode())
    assert plans(space) == []
    assert said(at)


def test_plan_that_is_made_opens_on_the_write_page(space: Workspace):
    at = open_page("map.py", dataset=PERSONA, panel="Write more", where="text contains plan")
    at.button(key="make-plan-map").click()
    run(at)
    ((path, _),) = plans(space)
    at.button(key=f"open-plan-{path.parent.name}").click()
    run(at)
    assert at.selectbox(key="plan").value == path.parent.name
    assert any("prefers careful planning" in shown for shown in said(at))
