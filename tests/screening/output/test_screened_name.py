"""The name of a screened set: short, the same wherever the recipe lies, another for another recipe."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalmap.data.records import ReadOptions
from evalmap.screening.output.screened_name import screened_name, with_name
from evalmap.screening.recipe import Recipe
from evalmap.screening.screening_options import ScreeningOptions
from evalmap.tests.command import Command, texts
from evalmap.tests.fakes import sentences

RECIPE = Recipe(paths=("data/persona-x.jsonl",), options=ScreeningOptions(threshold=0.85, method="semantic", templates="keep:3"))


def test_name_says_what_was_done_in_short():
    assert re.fullmatch(r"persona-x@sem85-k3-[0-9a-f]{6}", screened_name(RECIPE))
    more = replace(RECIPE, paths=("a/b.csv.gz", "hf://owner/name"), options=ScreeningOptions(0.955, "all", balance=True, target=50))
    assert re.fullmatch(r"b\+1@all95\.5-bal-n50-[0-9a-f]{6}", screened_name(more))
    assert re.fullmatch(
        r"set@exa-kall-[0-9a-f]{6}", screened_name(Recipe(options=ScreeningOptions(method="exact", templates="keep-all")))
    )


def test_name_does_not_depend_on_where_the_files_lie_or_go():
    moved = replace(RECIPE, paths=("/elsewhere/persona-x.jsonl",), out=Path("kept.jsonl"), report=Path("/tmp/report.json"))
    assert screened_name(moved) == screened_name(RECIPE)


@pytest.mark.parametrize(
    "other",
    [
        replace(RECIPE, options=replace(RECIPE.options, keep="first")),
        replace(RECIPE, options=replace(RECIPE.options, template_rules=(("3f2a91bc", "keep-all"),))),
        replace(RECIPE, read=ReadOptions(text="statement")),
        replace(RECIPE, keep_set_aside=True),
        replace(RECIPE, against=("other.jsonl",)),
        replace(RECIPE, model="another"),
    ],
)
def test_another_recipe_has_another_name(other: Recipe):
    assert screened_name(other) != screened_name(RECIPE)
    assert screened_name(other).rpartition("-")[0] == screened_name(RECIPE).rpartition("-")[0]


@settings(max_examples=25)
@given(st.text(min_size=1, max_size=30))
def test_name_may_always_be_a_files_name(path: str):
    name = screened_name(replace(RECIPE, paths=(path,)))
    assert re.fullmatch(r"[\w.+-]+@[\w.+-]+", name)
    assert not name.startswith(".")


def test_name_stands_in_the_report_and_in_paths_that_ask_for_it(evalmap: Command):
    Path("persona-x.jsonl").write_bytes(texts(*({"text": text} for text in sentences(6))))
    done = evalmap(
        "screen", "persona-x.jsonl", "--method", "exact", "--out", "{name}.jsonl", "--report", "r.json", "--write-recipe", "r.yaml"
    )
    (written,) = Path().glob("persona-x@*.jsonl")
    name = written.name.removesuffix(".jsonl")
    assert f"name of the kept set: {name}" in done.out
    assert f'"name": "{name}"' in Path("r.json").read_text(encoding="utf-8")
    written.unlink()
    assert evalmap("screen", "--recipe", "r.yaml").code == 0
    assert written.is_file()
    assert with_name(Path("a/{name}.csv"), "x") == Path("a/x.csv")
