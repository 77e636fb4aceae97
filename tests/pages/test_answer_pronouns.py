"""The pronouns of the answers page: its figures, tables and controls; the chart's own clicks are a matter for Chromium."""

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from evalmap.answers.aligned import answers_on
from evalmap.answers.answer_types import Scores
from evalmap.answers.reporting.answer_report import report
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap
from evalmap.pages.server import access, answer_cache
from evalmap.tests.answers import maps, pronoun_map
from evalmap.tests.pages import site
from evalmap.tests.pages.site import open_page, run, said

KEY = "occupation-jobs"


@dataclass
class Asked:
    built: BuiltMap
    sets: list[Scores]
    rows: list[pronoun_map.Row]


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    folder = tmp_path_factory.mktemp("jobs")
    space, written = Workspace(folder / "home"), pronoun_map.rows()
    for row in written[-3:]:
        row["occupation"] = pronoun_map.EVIL
    on = pronoun_map.built(space, folder / "jobs.jsonl", written)
    pronoun_map.kept(space, on, written, pronoun_map.leaning, model="leans")
    pronoun_map.kept(space, on, written, lambda row, at: pronoun_map.leaning(row, at, slope=0.1, noise=0.6), model="hardly")
    other = maps.rows(20)
    plain = maps.built(space, folder / "plain.jsonl", other)
    maps.kept(space, plain, maps.saying(other, ["Yes"] * 20))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALMAP_HOME", str(space.root))
        patch.delenv(access.WRITABLE, raising=False)
        patch.delenv(access.ALLOWED_HOSTS, raising=False)
        patch.setattr(access, "listens_on", lambda: "127.0.0.1")
        patch.setattr(access, "front_door_stands", True)
        site.clear()
        answer_cache.forget()
        yield Asked(on, answers_on(on, space), written)
        site.clear()
        answer_cache.forget()


def opened(**query: str) -> AppTest:
    at = open_page("answers.py", dataset="jobs", **{"answers": "leans · blank", **query})
    assert not at.exception
    return at


def frame(at: AppTest, *columns: str) -> pd.DataFrame:
    return next(d.value for d in at.dataframe if set(columns) <= set(d.value.columns))


def test_pronouns_come_first_where_there_are_some_and_are_nowhere_else(asked: Asked):
    at = opened()
    (bar,) = [group for group in at.segmented_control if group.label == "Below the map"]
    assert bar.value == "Pronouns"
    plain = open_page("answers.py", dataset="plain")
    (bar,) = [group for group in plain.segmented_control if group.label == "Below the map"]
    assert "Pronouns" not in bar.options


def test_figures_are_the_reports(asked: Asked):
    section = report(asked.built, asked.sets)["pronoun_bias"]
    (leans,) = [one for one in section["sets"] if one["label"] == "leans · blank"]
    at = opened()
    fit = leans["whole"]["fit"]
    assert any(f"r = {fit['r']:.2f}" in value.replace("\\", "") for value in said(at))
    table = frame(at, "residual", "share")
    by_name = {one["occupation"]: one for one in leans["occupations"]}
    assert table["bias"].tolist() == pytest.approx([by_name[name]["bias"] for name in table["occupation"]])
    assert table["occupation"].tolist()[: len(leans["departing"])] == leans["departing"]
    forms = frame(at, "form", "r")
    assert forms["r"].tolist() == pytest.approx([part["fit"]["r"] for part in leans["by_form"]])
    clusters = frame(at, "name", "jobs")
    wanted = {one["id"]: one["n_sentences"] for one in leans["clusters"] if one["layer"] == "kmeans"}
    assert dict(zip([int(name.split(" · ")[0]) for name in clusters["name"]], clusters["n"], strict=True)) == wanted


def test_sentences_of_an_occupation_are_listed_with_each_p(asked: Asked):
    at = opened()
    at.selectbox(KEY).set_value("nurse")
    at = run(at)
    table = frame(at, "sentence", "female-0")
    rows = [(i, row) for i, row in enumerate(asked.rows) if row["occupation"] == "nurse"]
    assert table["sentence"].tolist() == [row["sentence_with_blank"] for _, row in rows]
    assert table["female-0"].tolist() == pytest.approx([pronoun_map.leaning(row, i)[row["pronoun_options"][1]] for i, row in rows])


def test_second_model_stands_beside_and_the_difference_is_told(asked: Asked):
    at = opened(versus="hardly · blank")
    (pair,) = report(asked.built, asked.sets)["pronoun_bias"]["comparisons"]
    told = next(value for value in said(at) if value.startswith("r of the bias"))
    assert f"{abs(pair['difference']):.2f}" in told
    assert "Zou's" in told
    assert frame(at, "set", "form")["set"].nunique() == 2
    assert "other" in frame(at, "residual", "share").columns


@pytest.mark.parametrize("measure", ["P(female)", "P(neutral)"])
def test_other_measures_draw_too(asked: Asked, measure: str):
    at = opened()
    at.session_state["pronoun-measure"] = measure
    at = run(at)
    assert not at.exception
    wanted = "P(female) +" if measure == "P(female)" else "same P(neutral)"
    assert any(wanted in value.replace("\\", "") for value in said(at))


def test_names_of_occupations_are_never_markup(asked: Asked):
    at = opened()
    at.selectbox(KEY).set_value(pronoun_map.EVIL)
    at = run(at)
    assert not at.exception
    assert not any("<b>smith" in value or "![x](" in value for value in said(at))
