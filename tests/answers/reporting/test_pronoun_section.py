"""The report's section on pronouns: its figures are those of the table of sentences, and other datasets have none."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from evalmap.answers.aligned import answers_on
from evalmap.answers.answer_types import Scores
from evalmap.answers.reporting.answer_report import html_report, report
from evalmap.answers.reporting.pronoun_section import fit_sentence
from evalmap.answers.statistics.pronoun_bias import BiasFit
from evalmap.data.store.workspace import Workspace
from evalmap.embeddings.built_map import BuiltMap
from evalmap.tests.answers import maps, pronoun_map


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[BuiltMap, list[Scores], list[pronoun_map.Row]]:
    folder = tmp_path_factory.mktemp("jobs")
    space, written = Workspace(folder / "home"), pronoun_map.rows()
    for row in written[9:12]:
        row["BLS_percent_women_2019"] = None
    for row in written[-3:]:
        row["occupation"] = pronoun_map.EVIL
    on = pronoun_map.built(space, folder / "jobs.jsonl", written)
    told = [{**row, "BLS_percent_women_2019": row["BLS_percent_women_2019"] or 50.0} for row in written]
    pronoun_map.kept(space, on, told, pronoun_map.leaning, model="leans")
    flat = {"slope": 0.1, "noise": 0.6}
    pronoun_map.kept(space, on, told, lambda row, at: pronoun_map.leaning(row, at, **flat), model="hardly")
    return on, answers_on(on, space), written


@pytest.fixture(scope="module")
def section(asked: tuple[BuiltMap, list[Scores], list[pronoun_map.Row]]) -> dict[str, Any]:
    found = report(asked[0], asked[1])
    json.dumps(found, allow_nan=False)
    return found["pronoun_bias"]


def test_figures_are_those_of_a_table_of_sentences(
    asked: tuple[BuiltMap, list[Scores], list[pronoun_map.Row]], section: dict[str, Any]
):
    from scipy import stats as scipy_stats

    stats: Any = scipy_stats  # its results have no types

    lines = []
    for i, row in enumerate(asked[2]):
        p = pronoun_map.leaning({**row, "BLS_percent_women_2019": row["BLS_percent_women_2019"] or 50.0}, i)
        he, she, they = row["pronoun_options"]
        told = {"she": p[she], "they": p[they], "form": he, "bias": (p[she] - p[he]) / (p[she] + p[he])}
        lines.append({"occupation": row["occupation"], "share": row["BLS_percent_women_2019"], **told})
    table = pd.DataFrame(lines)
    (ours,) = [one for one in section["sets"] if one["label"] == "leans · blank"]
    mean = table.groupby("occupation", sort=False).mean(numeric_only=True)
    assert [one["occupation"] for one in ours["occupations"]] == list(mean.index)
    assert [one["bias"] for one in ours["occupations"]] == pytest.approx(list(mean["bias"]))
    assert [one["p_female"] for one in ours["occupations"]] == pytest.approx(list(mean["she"]))
    known = mean.dropna(subset="share")
    theirs = stats.pearsonr(known["share"] / 100, known["bias"])
    line = stats.linregress(known["share"] / 100, known["bias"])
    fit = ours["whole"]["fit"]
    assert (fit["n"], fit["r"], fit["slope"], fit["intercept"]) == pytest.approx((19, theirs.statistic, line.slope, line.intercept))
    assert fit["r_interval"] == pytest.approx(list(theirs.confidence_interval()))
    of_object = table[table["form"] == "him"].groupby("occupation", sort=False).mean(numeric_only=True).dropna(subset="share")
    (form,) = [one for one in ours["by_form"] if one["form"] == "object"]
    assert form["fit"]["r"] == pytest.approx(stats.pearsonr(of_object["share"], of_object["bias"]).statistic)


def test_occupation_without_a_share_is_listed(section: dict[str, Any]):
    for one in section["sets"]:
        assert one["n_without_share"] == 1
        (librarian,) = [own for own in one["occupations"] if own["occupation"] == "librarian"]
        assert (librarian["share"], librarian["residual"], librarian["n"]) == (None, None, 3)
        assert "librarian" not in one["departing"]


def test_clusters_have_figures_and_their_sentences_add_up(section: dict[str, Any]):
    for one in section["sets"]:
        kmeans = [cluster for cluster in one["clusters"] if cluster["layer"] == "kmeans"]
        assert sum(cluster["n_sentences"] for cluster in kmeans) == one["whole"]["n_sentences"] == 60


def test_two_models_are_compared(section: dict[str, Any]):
    (pair,) = section["comparisons"]
    by_label = {one["label"]: one["whole"]["fit"]["r"] for one in section["sets"]}
    assert (pair["r_a"], pair["r_b"]) == pytest.approx((by_label[pair["a"]], by_label[pair["b"]]))
    assert pair["interval"][0] < pair["difference"] < pair["interval"][1]
    assert pair["pvalue"] < 0.01


def test_html_file_has_the_scatter_and_no_markup_of_the_data(asked: tuple[BuiltMap, list[Scores], list[pronoun_map.Row]]):
    page = html_report(report(asked[0], asked[1])).decode()
    assert page.count('<svg class="scatter"') == 2
    assert page.count("<title>") == 1 + 2 * 19  # the page's own, and a point for each occupation with a share
    assert page.count('<line class="fit"') == 2
    assert pronoun_map.EVIL not in page
    assert "&lt;b&gt;smith&lt;/b&gt; &amp; ![x]" in page


def test_other_datasets_have_no_such_section(tmp_path: Path):
    space, rows = Workspace(tmp_path / "home"), maps.rows(20)
    on = maps.built(space, tmp_path / "a.jsonl", rows)
    maps.kept(space, on, maps.saying(rows, ["Yes"] * 20))
    found = report(on, answers_on(on, space))
    assert found["pronoun_bias"] is None
    assert "Pronouns and occupations" not in html_report(found).decode()


def test_why_there_is_no_r_is_told_in_its_place():
    assert fit_sentence(BiasFit(2, why_not="2 occupations have both.")) == "2 occupations have both."
