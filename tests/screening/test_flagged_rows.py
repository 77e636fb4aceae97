"""Rows with a flag go first, each with its reason, and none of them stays in place of a sound one."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evalmap.data.errors import DatasetError
from evalmap.embeddings.array_types import Vectors
from evalmap.embeddings.neighbors import GRAPH, find_neighbors, mark_outliers
from evalmap.screening.keep.by_hand import Decisions
from evalmap.screening.keep.select import FLAGGED, KEPT_BY_HAND, NEAR
from evalmap.screening.output.screening_report import report
from evalmap.screening.recipe import Recipe
from evalmap.screening.recipe_file import read_recipe, recipe_yaml
from evalmap.screening.screening import Screening, screen
from evalmap.screening.screening_options import ScreeningOptions
from evalmap.tests.command import Command
from evalmap.tests.fakes import FakeEncoder, sentences

UNSURE = ("low_confidence",)


def embedded(texts: list[str]) -> Vectors:
    return np.concatenate([vectors for _, vectors, _ in FakeEncoder().encode(texts)])


def screened(
    rows: list[dict[str, Any]], *, decisions: Decisions | None = None, own: int | None = None, **options: Any
) -> Screening:
    vectors = embedded([row["text"] for row in rows])
    return screen(pd.DataFrame(rows), vectors, options=ScreeningOptions(**options), decisions=decisions, own=own)


def pair_and_others() -> list[dict[str, Any]]:
    """Row 0 is flagged and would stay in place of row 1, its near-duplicate; row 2 is flagged and alone; row 3 is neither."""
    texts = sentences(3)
    texts = [texts[0], texts[0].upper(), *texts[1:]]
    return [{"text": text, "confidence": sure} for text, sure in zip(texts, (0.5, 0.9, 0.4, 0.8), strict=True)]


def test_a_flagged_row_goes_and_the_sound_one_that_it_stood_for_stays():
    before = screened(pair_and_others(), keep="first")
    assert before.kept_rows.tolist() == [0, 2, 3]
    after = screened(pair_and_others(), keep="first", drop_flagged=UNSURE)
    assert after.kept_rows.tolist() == [1, 3]
    assert after.selection.rule.tolist() == [FLAGGED, 0, FLAGGED, 0]
    assert [(reason.row, reason.rule, reason.keeper) for reason in after.reasons] == [
        (0, "flagged: low_confidence", None),
        (2, "flagged: low_confidence", None),
    ]
    told = report(after, settings={})
    assert (told["removed_by"], told["flagged"], told["duplicates"]) == ({"flagged": 2}, {"low_confidence": 2}, 0)


def test_a_decision_by_hand_comes_before_a_flag():
    kept = screened(pair_and_others(), keep="first", drop_flagged=UNSURE, decisions=Decisions(kept=(0,)))
    assert kept.selection.rule.tolist() == [KEPT_BY_HAND, NEAR, FLAGGED, 0]


def test_rows_that_are_only_compared_against_are_never_flagged():
    rows = pair_and_others()
    after = screened([*rows, {"text": rows[3]["text"], "confidence": 0.1}], own=4, keep="first", drop_flagged=UNSURE)
    assert after.kept_rows.tolist() == [1]
    assert after.selection.flagged == {0: "low_confidence", 2: "low_confidence"}
    assert after.reasons[-1].rule == "near-duplicate of a row of the dataset compared against"


def test_outliers_are_those_that_the_map_marks():
    texts = [*sentences(40), "zzz qqq xxx yyy"]
    vectors = embedded(texts)
    marked = np.flatnonzero(mark_outliers(find_neighbors(vectors, n_neighbors=GRAPH)))
    assert 0 < len(marked) < 10
    done = screen(texts, vectors, options=ScreeningOptions(drop_flagged=("outlier",)))
    assert sorted(done.selection.flagged) == marked.tolist()


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ("colour", "there is no flag 'colour'; choose from no_question, identical_options, "),
        ("few_shot_copy", "few_shot_copy: cannot be asked of these rows: no few-shot texts were given."),
        ("cut_by_window", "cut_by_window: cannot be asked of these rows: it is not known which texts were cut"),
    ],
)
def test_a_rule_that_is_unknown_or_cannot_be_asked_is_one_sentence(rule: str, sentence: str):
    with pytest.raises(DatasetError) as error:
        screened(pair_and_others(), drop_flagged=(rule,))
    assert str(error.value).startswith(sentence)
    assert error.value.settings == ("drop_flagged",)


def test_a_recipe_without_flags_is_written_as_before_and_one_with_them_gives_the_same_files(evalmap: Command, tmp_path: Path):
    assert b"drop_flagged" not in recipe_yaml(Recipe(paths=("a",)), tmp_path / "recipe.yaml")
    Path("set.jsonl").write_text("".join(json.dumps(row) + "\n" for row in pair_and_others()))
    outputs = ("--out", "kept.jsonl", "--removed", "removed.jsonl", "--report", "report.json", "--write-recipe", "recipe.yaml")
    done = evalmap("screen", "set.jsonl", "--drop-flagged", "low_confidence,cut_by_window", *outputs)
    assert done.code == 0
    assert "  2 flagged\n  flags: low_confidence 2, cut_by_window 0\n" in done.out
    removed = [json.loads(line) for line in Path("removed.jsonl").read_text().splitlines()]
    assert [row["evalmap_rule"] for row in removed] == ["flagged: low_confidence"] * 2
    assert [row["evalmap_kept_line"] for row in removed] == [None, None]
    assert read_recipe(Path("recipe.yaml")).options.drop_flagged == ("low_confidence", "cut_by_window")
    first = {name: Path(name).read_bytes() for name in ("kept.jsonl", "removed.jsonl", "report.json")}
    for name in first:
        Path(name).unlink()
    assert evalmap("screen", "--recipe", "recipe.yaml").code == 0
    assert {name: Path(name).read_bytes() for name in first} == first
