"""The compare page."""

import json
from collections.abc import Iterator

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from evalmap.data.errors import DatasetError
from evalmap.data.opening import open_dataset
from evalmap.data.store import jobs
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap
from evalmap.embeddings.pipeline import build
from evalmap.embeddings.settings import Settings
from evalmap.embeddings.shared_layout import shared_layout_of
from evalmap.pages.component import map_data
from evalmap.pages.parts.compare.gap_list import seed_lines
from evalmap.pages.server import comparisons, maps, repeats, workers
from evalmap.pages.server.repeats import repeats_of
from evalmap.screening.coverage import comparison_job
from evalmap.screening.coverage.comparison_store import write_comparison
from evalmap.screening.coverage.dataset_comparison import compare
from evalmap.tests.fakes import FakeEncoder, sentences, write_rows
from evalmap.tests.pages import site
from evalmap.tests.pages.site import MARKUP, open_page, run, said

HUMAN, LM = "accepts-being-paused-human", "accepts-being-paused-lm"


def make(space: Workspace, *slugs: str) -> list[BuiltMap]:
    """What the child process leaves: the layout and the comparison, without an encoder."""
    found = [site.built(space, slug) for slug in slugs]
    shared_layout_of(sorted(found, key=lambda built: built.manifest.slug), space)
    write_comparison(space, found, compare(found))
    return found


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    folder = tmp_path_factory.mktemp("compare")
    with site.workspace(folder) as space:
        make(space, LM, HUMAN)
        yield space


@pytest.fixture(autouse=True)
def no_children(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """No page of these tests starts a process; what it would compare."""
    started: list[list[str]] = []
    monkeypatch.setattr(workers, "compare", lambda _, slugs: started.append(list(slugs)))
    return started


def drawn_map(at: AppTest) -> dict:
    (found,) = [json.loads(one.proto.json) for one in at.get("bidi_component") if '"highlight"' in one.proto.json]
    return found


def panel(at: AppTest, part: str) -> AppTest:
    at.segmented_control(key="compare-panel").set_value(part)
    return run(at)


def test_two_datasets_of_a_link_lie_on_one_map_in_their_colours(space: Workspace):
    at = open_page("compare.py", compare=[LM, HUMAN])
    shown = drawn_map(at)
    assert shown["n"] == 240
    assert shown["column"]["key"] == "dataset"
    assert [category[:2] for category in shown["column"]["categories"]] == [[LM, 180], [HUMAN, 60]]
    assert len(set(shown["column"]["colors"])) == 2
    assert shown["map"].endswith(f"/evalmap/map/{HUMAN}~{LM}/{maps.together([m.manifest for m in opened(space)])[1]}")
    assert shown["mask"] is None


def opened(space: Workspace) -> list[BuiltMap]:
    return [site.built(space, slug) for slug in (HUMAN, LM)]


def test_address_of_the_map_gives_the_rows_of_both(space: Workspace):
    human, lm = opened(space)
    slug, fingerprint = maps.together([human.manifest, lm.manifest])
    both = maps.built_map(slug, fingerprint)
    assert len(map_data.points(both)) == 240 * 8
    assert map_data.hover(both, 60)["text"].startswith(lm.text(0)[:100])
    assert map_data.hover(both, 60)["dataset"] == LM
    codes = map_data.column_codes(both, "dataset")
    assert codes.tolist() == [1] * 60 + [0] * 180
    with pytest.raises(DatasetError, match="one of these maps was built again"):
        maps.built_map(slug, "0" * 20)
    with pytest.raises(DatasetError, match="nothing: no map of this name"):
        maps.built_map(f"{HUMAN}~nothing", fingerprint)


def test_repeats_are_collapsed_across_the_datasets_and_not_on_a_large_map(space: Workspace, monkeypatch: pytest.MonkeyPatch):
    human, lm = opened(space)
    slug, fingerprint = maps.together([human.manifest, lm.manifest])
    first = repeats_of(maps.built_map(slug, fingerprint))
    assert len(first) == 240
    assert (first <= np.arange(240)).all()
    assert (first != np.arange(240)).any()
    monkeypatch.setattr(repeats, "AT_ONCE", 200)
    repeats.forget()
    with pytest.raises(DatasetError, match="up to 200 examples; this has 240"):
        repeats_of(maps.built_map(slug, fingerprint))
    repeats.forget()


def test_separability_is_said_in_one_sentence_with_its_checks(space: Workspace):
    report = comparisons.report_of([site.built(space, slug) for slug in (LM, HUMAN)])
    assert report
    pair = report["separability"]["pairs"][0]
    at = open_page("compare.py", compare=[LM, HUMAN])
    (sentence,) = [shown for shown in said(at) if "told apart" in shown]
    auc, low, high, control = (round(100 * pair[name]) for name in ("auc", "low", "high", "control_auc"))
    assert f"in {auc} % of cases (95 % interval {low}–{high} %; guessing 50 %)" in sentence
    at = panel(at, "Told apart")
    assert any(f"With the two shuffled it is {control} %," in shown for shown in said(at))
    assert any("Without formats it was not measured" in shown for shown in said(at))


def test_sources_are_taken_out_of_colour_one_by_one(space: Workspace):
    at = open_page("compare.py", compare=[LM, HUMAN])
    at.button_group(key=f"shown-{HUMAN}~{LM}").set_value([1])
    shown = drawn_map(run(at))
    expected = np.zeros(240, dtype=bool)
    expected[:60] = True
    assert shown["mask"] == map_data.bitset(expected)


def test_click_on_a_point_opens_the_example_of_its_own_dataset(space: Workspace):
    human, lm = opened(space)
    at = open_page("compare.py", compare=[LM, HUMAN], **{"compared-example": f"{LM}:7"})
    assert drawn_map(at)["opened"] == 60 + 6
    texts = [element.value for element in at.text]
    assert lm.text(6) in texts
    nearest = int(np.argmax(np.array(human.vectors) @ lm.vectors[6]))
    assert human.text(nearest) in texts
    at.button(key="close-card").click()
    assert drawn_map(run(at))["opened"] is None


@pytest.mark.parametrize("named", ["nothing:1", LM, f"{LM}:999", f"{LM}:x", f"{LM}:²", ":", f"{HUMAN}:0"])
def test_example_that_is_none_opens_nothing(space: Workspace, named: str):
    assert drawn_map(open_page("compare.py", compare=[LM, HUMAN], **{"compared-example": named}))["opened"] is None


def test_gap_is_listed_ringed_and_taken_away_as_seeds(space: Workspace):
    lm, human = (site.built(space, slug) for slug in (LM, HUMAN))
    report = comparisons.report_of([lm, human])
    assert report
    gap = max(report["gaps"], key=lambda gap: len(gap["rows"]))
    assert gap["rows"]
    at = panel(open_page("compare.py", compare=[LM, HUMAN]), "Gaps")
    if (gap["of"], gap["by"]) != (0, 1):
        at.selectbox(key="gap").set_value(1)
        at = run(at)
    n = report["datasets"][gap["of"]]["n"]
    assert any(f"{len(gap['rows']):,} of {n:,} rows" in shown for shown in said(at))
    texts = [element.value for element in at.text]
    assert [one["text"] for cluster in gap["clusters"] for one in cluster["exemplars"]] == texts
    at.selectbox(key="gap-ringed").set_value([g for g in report["gaps"] if g["rows"]].index(gap))
    start = 60 if gap["of"] == 0 else 0  # rows of the shared map stand by slug
    assert drawn_map(run(at))["highlight"] == [start + row for row in gap["rows"]]


def test_seeds_are_the_exemplars_with_their_place(space: Workspace):
    lm, human = (site.built(space, slug) for slug in (LM, HUMAN))
    report = comparisons.report_of([lm, human])
    assert report
    gap = max(report["gaps"], key=lambda gap: len(gap["rows"]))

    class Two:
        maps = (lm, human)

    lines = [json.loads(line) for line in seed_lines(Two(), gap["of"], gap).decode().splitlines()]  # pyright: ignore[reportArgumentType]
    of = Two.maps[gap["of"]]
    assert [of.text(line["line"] - 1) for line in lines] == [line["text"] for line in lines]
    assert {line["gap"] for line in lines} == {cluster["name"] for cluster in gap["clusters"]}


@pytest.mark.parametrize("part", ["Coverage", "Gaps", "Told apart", "Overlap", "Scorecards", "Clusters", "Words"])
def test_each_part_is_drawn(space: Workspace, part: str):
    at = panel(open_page("compare.py", compare=[LM, HUMAN]), part)
    assert not at.error
    assert len(said(at)) > 5


def test_one_dataset_and_none_are_told_what_is_missing(space: Workspace, no_children: list[list[str]]):
    (info,) = open_page("compare.py").info
    assert info.value.startswith("Choose two to eight built datasets in the sidebar")
    (info,) = open_page("compare.py", compare=[LM]).info
    assert info.value.startswith("One dataset is chosen: choose another one in the sidebar")
    assert no_children == []


def test_another_encoder_is_refused_in_one_sentence_and_nothing_starts(space: Workspace, no_children: list[list[str]]):
    at = open_page("compare.py", compare=[LM, "plain"])
    (error,) = at.error
    assert "their vectors have nothing in common" in error.value
    assert no_children == []


def test_comparison_that_is_not_there_is_made_in_the_background(space: Workspace, no_children: list[list[str]]):
    open_page("compare.py", compare=[HUMAN, LM])  # the other order
    assert no_children == [[HUMAN, LM]]
    job = jobs.JobFile(space, comparison_job.job_location([HUMAN, LM]), "comparison of both")
    try:
        job.progress("separability", 1, 2)
        at = open_page("compare.py", compare=[HUMAN, LM])
        assert any("comparison of both" in shown for shown in said(at))
        assert "Cancel" in [button.label for button in at.button]
        assert len(no_children) == 1
        job.finish("cancelled")
        at = open_page("compare.py", compare=[HUMAN, LM])
        assert "Compare" in [button.label for button in at.button]
        assert len(no_children) == 1
        job.finish("done")  # as by the terminal, which laid nothing out
        at = open_page("compare.py", compare=[HUMAN, LM])
        assert len(no_children) == 2
        at = run(at)  # and where it ends without a result, it is not begun again by itself
        assert "Compare" in [button.label for button in at.button]
        assert len(no_children) == 2
    finally:
        jobs.dismiss(space, job.job)


def test_markup_and_three_rows_are_shown_as_they_stand(space: Workspace, tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("three")
    rows = [{"text": f"{mark} {text}"} for mark, text in zip(MARKUP[:3], sentences(3, seed=8), strict=True)]
    path = write_rows(folder / "three.jsonl", rows)
    name = f"three {MARKUP[1]}"
    slug = build(open_dataset(path, name=name), workspace=space, settings=Settings(k=2), encoder=FakeEncoder()).slug
    make(space, "plain", slug)
    at = open_page("compare.py", compare=["plain", slug], **{"compared-example": f"{slug}:1"})
    (sentence,) = [shown for shown in said(at) if "can be told apart cannot be said" in shown]
    assert "at least 10 are needed" in sentence.replace("\\", "")
    assert MARKUP[1] not in sentence  # escaped
    assert rows[0]["text"] in [element.value for element in at.text]
    at = panel(at, "Gaps")
    assert all(MARKUP[1] in option for option in at.selectbox(key="gap").options)  # a select box shows text as it is
    for part in ("Coverage", "Gaps", "Told apart", "Overlap", "Scorecards", "Clusters", "Words"):
        at = panel(at, part)
        assert not at.error
