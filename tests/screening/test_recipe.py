"""recipe.yaml: what was asked for, word for word, wherever it is read from."""

from pathlib import Path

import pytest

from evalmap.data.errors import DatasetError
from evalmap.data.records import ReadOptions
from evalmap.screening.curation.steps import CurationStep
from evalmap.screening.keep.by_hand import DecisionLog, RowKey
from evalmap.screening.pair_judgements import JudgedThreshold, PairJudgement, PairJudgements
from evalmap.screening.recipe import Recipe
from evalmap.screening.recipe_file import read_recipe, recipe_yaml
from evalmap.screening.screening_options import ScreeningOptions


def full(folder: Path) -> Recipe:
    (folder / "sets").mkdir(parents=True)
    for name in ("a", "b"):
        (folder / "sets" / f"{name}.jsonl").touch()
    log = DecisionLog()
    log.keep(RowKey("a", "1f", 2), instead_of=RowKey("a", "2f"))
    log.remove(RowKey("a", "3f"))
    return Recipe(
        paths=(str(folder / "sets" / "a.jsonl"), "https://example.com/c.jsonl"),
        against=(str(folder / "sets" / "b.jsonl"), "owner/name@main"),
        read=ReadOptions(text="statement", label="", part="stem", encoding="latin-1", header=False),
        options=ScreeningOptions(
            threshold=0.9,
            method="lexical",
            keep="source:a",
            contrast="remove",
            merge=("numbers", "names"),
            balance=True,
            target=9,
            seed=1,
            drop_flagged=("no_question", "low_confidence"),
        ),
        decisions=log,
        curation=(
            CurationStep(
                1, "delete", "2026-01-01T00:00:00+00:00", "lasso on the map", rows=(RowKey("a", "1f", 2), RowKey("a", "2f"))
            ),
            CurationStep(3, "tag", "t", "Label is Yes", "odd: ones", (RowKey("a", "4f"),)),
        ),
        judged=JudgedThreshold(
            PairJudgements([PairJudgement(RowKey("a", "1f"), RowKey("a", "2f"), "same", "t")]), 0.91, 0.9, 0.93, 1, 1
        ),
        with_tags=True,
        keep_set_aside=True,
        out=folder / "out" / "kept.jsonl",
        report=folder / "report.json",
    )


def test_a_recipe_read_back_is_the_same(tmp_path: Path):
    recipe = full(tmp_path.resolve())
    path = tmp_path / "recipe.yaml"
    path.write_bytes(recipe_yaml(recipe, path))
    assert read_recipe(path) == recipe
    assert "/" + tmp_path.name not in path.read_text()


def test_a_recipe_moves_with_its_folder(tmp_path: Path):
    old = tmp_path.resolve() / "old"
    path = old / "recipe.yaml"
    content = recipe_yaml(full(old), path)
    path.write_bytes(content)
    new = old.rename(tmp_path.resolve() / "new")
    read = read_recipe(new / "recipe.yaml")
    assert read.paths == (str(new / "sets" / "a.jsonl"), "https://example.com/c.jsonl")
    assert read.out == new / "out" / "kept.jsonl"
    assert recipe_yaml(read, new / "recipe.yaml") == content


def test_a_short_recipe_takes_the_defaults(tmp_path: Path):
    (tmp_path / "recipe.yaml").write_text("evalmap: 1\nload:\n  paths: [owner/name]\nscreen:\n  threshold: 1\n")
    assert read_recipe(tmp_path / "recipe.yaml") == Recipe(paths=("owner/name",), options=ScreeningOptions(threshold=1))


def test_options_given_come_before_those_of_the_recipe():
    recipe = Recipe(paths=("a",), options=ScreeningOptions(threshold=0.9, balance=True), read=ReadOptions(text="t"))
    changed = recipe.with_given(threshold=0.8, balance=False, label="l", out=Path("k"), paths=None, keep=None)
    assert changed == Recipe(
        paths=("a",), options=ScreeningOptions(threshold=0.8), read=ReadOptions(text="t", label="l"), out=Path("k")
    )


def test_keys_and_names_of_earlier_recipes_are_read(tmp_path: Path):
    (tmp_path / "recipe.yaml").write_text("evalmap: 1\nload: {paths: [owner/name]}\nscreen: {layer: exact, normalise: N3}\n")
    recipe = read_recipe(tmp_path / "recipe.yaml")
    assert recipe.options == ScreeningOptions(method="exact", normalization="alphanumeric")
    written = recipe_yaml(recipe, tmp_path / "recipe.yaml").decode()
    assert "  method: exact\n  normalization: alphanumeric\n" in written
    assert "layer" not in written


HEAD = "evalmap: 1\nload: {paths: [a.jsonl]}\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("evalmap: [1\n", r"recipe\.yaml line 2: not YAML"),
        ("- a\n", "no recipe of this version"),
        ("evalmap: 7\n", r"no recipe of this version \(evalmap: 1\)"),
        (HEAD + "filter: {}\n", "'filter' is unknown"),
        (HEAD + "screen: {treshold: 0.9}\n", "screen: 'treshold' is unknown"),
        (HEAD + "screen: 3\n", "screen is 3; expected settings by name"),
        (HEAD + "screen: {threshold: high}\n", "threshold is 'high'; expected a number"),
        (HEAD + "screen: {threshold: 95}\n", "threshold is 95; expected a similarity above 0 and at most 1"),
        (HEAD + "screen: {method: fuzzy}\n", "method is 'fuzzy'; choose one of exact, lexical, semantic, all"),
        (HEAD + "screen: {merge: numbers}\n", "merge is 'numbers'; expected a list of texts"),
        (HEAD + "screen: {merge: [colours]}\n", "merge names 'colours'; choose from numbers, negations, dates, names, keys"),
        (HEAD + "screen: {balance: 1}\n", "balance is 1; expected true or false"),
        (HEAD + "screen: {target: 1.5}\n", "target is 1.5; expected a whole number"),
        (HEAD + "export: {out: [a]}\n", r"out is \['a'\]; expected a text"),
        (HEAD + "decisions: [{action: burn, rows: []}]\n", "action 'burn' is unknown"),
        ("evalmap: 1\nload: {paths: a.jsonl}\n", "paths is 'a.jsonl'; expected a list of texts"),
        ("evalmap: 1\nload: {paths: [a.jsonl], part: half}\n", "part is 'half'; choose one of whole, stem, choices"),
        ("evalmap: 1\nload: !!python/object/apply:os.system ['true']\n", "not YAML"),
    ],
)
def test_what_is_wrong_with_a_recipe_is_told(tmp_path: Path, content: str, message: str):
    path = tmp_path / "recipe.yaml"
    path.write_text(content)
    with pytest.raises(DatasetError, match=message):
        read_recipe(path)


def test_a_missing_recipe_is_told(tmp_path: Path):
    with pytest.raises(DatasetError, match="cannot be read"):
        read_recipe(tmp_path / "none.yaml")
